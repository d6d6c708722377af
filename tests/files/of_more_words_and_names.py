"""More vocabularies, word vectors and names: contradictions, tables, ends of lines, links."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tests.files.case import Case, Want
from tests.files.of_names_and_places import COMMIT, ROWS, TOKENS, file, model, shared_cache
from tests.files.of_vocabularies import (
    BARE,
    SPM,
    TEKKEN,
    array,
    folder,
    padding,
    tokenizer,
)

_ADDED = "github.com/huggingface/tokenizers, tokenizers/src/tokenizer/added_vocabulary.rs, add_tokens"
_LINES = "github.com/huggingface/transformers, models/bert/tokenization_bert.py, load_vocab"
_BLANK = "github.com/WorksApplications/SudachiTra issue 64, github.com/pytorch/text issue 1840"
_PROJECTOR = "github.com/tensorflow/embedding-projector-standalone, README (vectors and metadata in TSV)"
_KALDI = "kaldi-asr.org/doc/data_prep.html (words.txt: a word and its number)"
_NAN = "github.com/danielfrg/word2vec issue 32, github.com/explosion/spaCy issue 737"
_WORD2VEC = "github.com/piskvorky/gensim, gensim/models/keyedvectors.py, _load_word2vec_format"
_WALK = "github.com/phanein/deepwalk, README (each line a node's number and its vector)"
_NUMPY = "numpy.org/doc/stable/reference/generated/numpy.savez.html"
_HUB_CACHE = "https://huggingface.co/docs/hub/local-cache"
_HUB = "https://huggingface.co"
_RFC = "rfc-editor.org/rfc/rfc8259, section 4 (names should be unique)"
_SHELL = "www.gnu.org/software/bash/manual, shell parameter expansion of an unset variable"


def twice(first: int, second: int) -> bytes:
    return b'{"a": %d, "b": 1, "a": %d}' % (first, second)


def link(name: str, **files: Any) -> Callable[[Path], Want]:
    """A model of which one file is a link to nothing, as after a download that was cut off."""

    def make(path: Path) -> Want:
        want = folder({key.replace("__", "."): value for key, value in files.items()}, 103)(path)
        (path / "model" / name).symlink_to("../blobs/gone")
        return want

    return make


def without_weights(path: Path) -> Want:
    shared_cache("owner/name", root=path)
    snapshot = path / "models--owner--name" / "snapshots" / COMMIT
    (snapshot / "model.safetensors").resolve().unlink()
    return Want(snapshot)


def npz(vectors: npt.ArrayLike, tokens: npt.NDArray[Any]) -> bytes:
    out = io.BytesIO()
    np.savez(out, allow_pickle=True, vectors=vectors, tokens=tokens)
    return out.getvalue()


def given(make: Callable[[Path], Path]) -> Callable[[Path], Want]:
    """A model with a vocabulary that is no file."""

    def write(path: Path) -> Want:
        return Want(model(path / "model"), options={"vocabulary": make(path)})

    return write


def pipe(path: Path) -> Path:
    os.mkfifo(path / "pipe")
    return path / "pipe"


def named(name: str, *tokens: str, **options: Any) -> Callable[[Path], Want]:
    def make(_path: Path) -> Want:
        shared_cache("owner/name")
        return Want(name, ROWS, tokens or TOKENS, options)

    return make


def broken(path: Path) -> Want:
    (path / "gpt2").symlink_to("gone")
    return Want(path / "gpt2")


def empty(path: Path) -> Want:
    (path / "gpt2").mkdir()
    return Want(path / "gpt2")


def lines(text: str, tokens: Sequence[str], name: str = "t.txt") -> Callable[[Path], Want]:
    return array({name: text.encode()}, name, tokens)


_RANKS: list[Any] = [*TEKKEN["vocab"]]
GAPS = [{**token, "rank": 2 * token["rank"]} for token in _RANKS]
_CODE = ["model", "model_type", "tokenizer_class", "added_tokens_decoder"]
_SPACED = [[1, 2, 3], [4, 5, 6]]
VOCABULARIES = [
    Case("tokenizer.json adds a token at an id of its model's: the model is believed", _ADDED,
         folder({"tokenizer.json": tokenizer(BARE, [(2, "<x>", True)])}, 4, [*BARE, *padding(3, 4)],
                note="id 2 is 'Ġc' in its model, '<x>' among those added")),
    Case("tokenizer.json adds tokens that its model has, and leaves ids out", _ADDED,
         folder({"tokenizer.json": tokenizer(BARE, [(1, "Ġb", False), (5, "<y>", True)])}, 6,
                [*BARE, "<unused id 3>", "<unused id 4>", "<y>"], note="2 rows without a token")),
    Case("vocab.json with a token twice", _RFC,
         folder({"vocab.json": twice(0, 2)}, 3), refused="'a' comes twice, with 0 and 2"),
    Case("vocab.json with the same line twice", _RFC,
         folder({"vocab.json": twice(0, 0)}, 2, ["a", "b"])),
    Case("vocab.json with the words of a configuration as tokens",
         "github.com/openai/gpt-2, encoder.json",
         folder({"vocab.json": {token: id for id, token in enumerate(_CODE)}}, 4, _CODE)),
    Case("a tekken.json whose ranks have a gap",
         "github.com/mistralai/mistral-common, tokens/tokenizers/tekken.py, _reload_mergeable_ranks",
         folder({"tekken.json": {**TEKKEN, "vocab": GAPS}}, 5),
         refused="says 5 tokens, but has ranks for 4"),
    Case("vocab.txt that ends with an empty line", _BLANK,
         folder({"vocab.txt": b"[UNK]\nthe\n\n"}, 2, ["[UNK]", "the"])),
    Case("vocab.txt with empty lines that have rows", _BLANK,
         folder({"vocab.txt": b"[UNK]\n\nthe\n\n"}, 4, ["[UNK]", "", "the", ""])),
    Case("vocab.txt of Windows whose last line was added elsewhere", _LINES,
         folder({"vocab.txt": b"[UNK]\r\nthe\r\n[NEW]\n"}, 3, ["[UNK]", "the", "[NEW]"])),
    Case("vocab.txt of old Macs", _LINES, folder({"vocab.txt": b"a\rb\rc\r"}, 3, ["a", "b", "c"])),
    Case("a list that ends with empty lines", _LINES, lines("a\nb\n\n\n", ["a", "b"])),
    Case("a list with an empty line too many inside", _LINES,
         lambda path: Want(lines("a\n\nb\n", ["a", "b"])(path).model,
                           options={"vocabulary": path / "t.txt"}),
         refused="ids for 3 tokens"),
    Case("a list of words that are numbers", _LINES, lines("10\n20\n1990\n", ["10", "20", "1990"])),
    Case("vocab.txt with a number before each token", _KALDI,
         folder({"vocab.txt": b"0 a\n1 b\n2 c\n"}, 3), refused="number before each token.*bare token"),
    Case("vocab.txt with a number and a tab before each token", _PROJECTOR,
         folder({"vocab.txt": b"7\ta\n3\tb\n9\tc\n"}, 3), refused="columns with tabs"),
    Case("metadata of the projector with columns", _PROJECTOR,
         lines("word\ttag\nthe\tDT\n", ["", ""], "metadata.tsv"), refused="columns with tabs"),
    Case("metadata of the projector with one column", _PROJECTOR,
         lines("the\nof\n", ["the", "of"], "metadata.tsv")),
    Case("tokens in a table of commas", "pandas.pydata.org, DataFrame.to_csv",
         lines("token\nthe\n", ["", ""], "t.csv"), refused="a table.*bare token a line"),
    Case("tokens in quotes, one a line", "jsonlines.org",
         lines('"the"\n"of"\n', ["", ""]), refused="in quotes or braces"),
    Case("tokens in objects, one a line", "jsonlines.org",
         lines('{"token": "the"}\n{"token": "of"}\n', ["", ""]), refused="in quotes or braces"),
    Case("merges given as tokens", "github.com/openai/gpt-2, vocab.bpe",
         lines("#version: 0.2\nt h\nth e\n", ["", "", ""], "merges.txt"), refused="a list of merges"),
    Case("tokens in YAML", "yaml.org/spec/1.2.2, block sequences",
         lines("- the\n- of\n", ["", ""], "t.yaml"), refused="a list in YAML"),
    Case("a link to nothing for config.json, which says how the ids are shifted", _HUB_CACHE,
         link("config.json", spiece__model=SPM), refused="config.json is a link that leads to no file"),
    Case("a link to nothing for tokenizer.json beside another vocabulary", _HUB_CACHE,
         link("tokenizer.json", vocab__json=BARE), refused="tokenizer.json is a link .* download"),
    Case("a link to nothing for the weights of a snapshot", _HUB_CACHE, without_weights,
         refused="model.safetensors is a link that leads to no file"),
    Case("a vocabulary that is a pipe", "man7.org, mkfifo(3)", given(pipe),
         refused="cannot read the vocabulary .*no regular file"),
    Case("a vocabulary that is a folder", "huggingface.co/docs/transformers, save_pretrained",
         given(lambda path: path), refused="cannot read the vocabulary .*no regular file"),
    Case("a vocabulary that is not there", "huggingface.co/docs/transformers, save_pretrained",
         given(lambda path: path / "gone"), refused="cannot read the vocabulary .*No such file"),
]  # fmt: skip

WORDS = [
    Case("a matrix of numbers without words", _PROJECTOR,
         file("vectors.txt", b"0.12 -0.3 0.5\n0.4 0.1 -0.9\n-1.5 0.25 0.125\n"),
         "vectors without words.*numpy.save"),
    Case("a matrix of numbers with tabs", _PROJECTOR,
         file("vectors.txt", b"1e-3\t-0.3\t0.5\n4e-1\t0.1\t-0.9\n"), "vectors without words"),
    Case("numbers of nodes as words, without a header", _WALK,
         file("nodes.txt", b"3 0.5 1.5\n1 0.25 2\n20 -1 4\n", [[0.5, 1.5], [0.25, 2], [-1, 4]],
              ["3", "1", "20"])),
    Case("numbers of nodes as words, with a header", _WALK,
         file("nodes.txt", b"3 2\n3 0.5 1.5\n1 0.25 2\n20 -1 4\n", [[0.5, 1.5], [0.25, 2], [-1, 4]],
              ["3", "1", "20"])),
    Case("words set in columns with spaces", _WORD2VEC,
         file("v.txt", b"the   1 2 3\nof    4 5 6\n", _SPACED, ["the", "of"])),
    Case("words and numbers set in columns", _WORD2VEC,
         file("v.txt", b"  the  1  2  3\n   of  4  5  6\n", _SPACED, ["the", "of"])),
    Case("two spaces after each word, under a header", _WORD2VEC,
         file("v.vec", b"2 3\nthe  1 2 3\nof  4 5 6\n", _SPACED, ["the", "of"])),
    Case("a word that is a space, as GoogleNews has in text", _NAN,
         file("v.vec", b"3 2\nthe 1 2\n  3 4\nof 5 6\n", [[1, 2], [3, 4], [5, 6]], ["the", " ", "of"])),
    Case("a word that is a space of another kind, at the first line", _NAN,
         file("v.txt", "\u00a0 1 2\nthe 3 4\nof 5 6\n".encode(), [[1, 2], [3, 4], [5, 6]],
              ["\u00a0", "the", "of"])),
    Case("a table of pandas with numbers for its columns", "pandas.pydata.org, DataFrame.to_csv",
         file("v.txt", b" 0 1 2\nthe 0.5 1 2\nof 4 5 6\n"), "first line only numbers the columns"),
    Case("words in quotes", "rdrr.io/r/utils/write.table.html (quote = TRUE)",
         file("v.txt", b'"New York" 0.5 1\n"the" 1 2\n"of" 2 1\n"a" 1 1\n'), "all words are in quotes"),
    Case("words of which some are quotes", _WORD2VEC,
         file("v.txt", b'" 0.5 1\n"" 1 2\nthe 2 1\n', [[0.5, 1], [1, 2], [2, 1]], ['"', '""', "the"])),
    Case("tokens as Python's objects in npz", _NUMPY,
         file("v.npz", npz(ROWS, np.array(TOKENS, dtype=object))), r"Python objects.*astype\(str\)"),
]  # fmt: skip

NAMES = [
    Case("an empty name", _SHELL, named(""), "name is empty"),
    Case("a name of spaces", _SHELL, named(" \t"), "name is empty"),
    Case("a link that leads nowhere", "man7.org, symlink(7)", broken, "link that leads nowhere"),
    Case("an empty folder", "git-scm.com, git clone that was stopped", empty,
         "gpt2 is empty .*name another folder"),
    Case("an address of the Hub's interface", "huggingface.co/docs/hub/api",
         named("https://huggingface.co/api/models/owner/name")),
    Case("an address with models before the owner", _HUB,
         named("https://huggingface.co/models/owner/name/tree/main")),
    Case("a number as the revision", "docs.python.org/3/library/functions.html, int",
         named("owner/name", revision=3), "a revision is a name"),
    Case("a number as the tensor", "docs.python.org/3/library/functions.html, int",
         named("owner/name", tensor=0), "a tensor is a name"),
    Case("a number as the vocabulary", "docs.python.org/3/library/functions.html, int",
         named("owner/name", vocabulary=0), "a vocabulary is a file's name"),
]  # fmt: skip

CASES = [*VOCABULARIES, *WORDS, *NAMES]
