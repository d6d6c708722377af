"""Where text of others comes from: each source makes files with a text in them, and says which commands
show it. A new source is a function with ``@source``; what must hold of all is in test_foreign_text.py.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tokensphere as ts
from tests import small_model
from tests.formats import made
from tokensphere.formats.gguf.writer import write_gguf
from tokensphere.sources.cache import writer as cache_writer
from tokensphere.sources.layout.search import Found

# Title and colour of the terminal, text that runs backwards, C1, line ends, marks of no width, Rich's
# markup, formulas of Matplotlib, HTML, a character that fonts lack, a combining mark; and a long one.
EVIL = (
    "\x1b]0;pwned\x07\x1b[31m\u202e\x9b2J\r\n\x85\u2028[link=http://x]\u2066\u200b\u200e[/b]$a_{1$"
    "<b onclick=x>&lt;\x7f\ufeff\U000e0041{x}%s漢\u0301"
)
TEXTS = {"evil": EVIL, "long": EVIL + 40_000 * "A" + 20_000 * "\u0301" + EVIL}
Arguments = tuple[object, ...]
Source = Callable[[Path, str], Iterator[Arguments]]
SOURCES: dict[str, Source] = {}
V = np.random.default_rng(3).standard_normal((30, small_model.D)).astype(np.float32)
N = 60
TOKENS = [f"t{id}" for id in range(N)]
QUICK: Arguments = ("--draws", 50)


def source(make: Source) -> Source:
    SOURCES[make.__name__] = make
    return make


def model(
    path: Path,
    *,
    tokens: list[str] = TOKENS,
    metadata: Mapping[str, Any] | None = None,
    tensors: Mapping[str, Any] | None = None,
) -> Path:
    """A model in GGUF, whose pieces are its tokens."""
    noise = np.random.default_rng(1).standard_normal((len(tokens), small_model.D))
    rows = (noise + 0.3).astype(np.float32)
    about: dict[str, Any] = {
        "general.name": "m", "tokenizer.ggml.model": "llama", "tokenizer.ggml.tokens": tokens,
        **(metadata or {}),
    }  # fmt: skip
    matrix = ("F32", rows.shape, rows.tobytes())
    write_gguf(path, about, {"token_embd.weight": matrix, **(tensors or {})})
    return path


def on_one_line(text: str) -> str:
    """Without what ends a column or a line in a text file."""
    return text.translate({ord(end): None for end in "\t\n\r"}).strip()


def stored(array: Any) -> tuple[str, Any, bytes]:
    return ("F32", array.shape, array.tobytes())


@source
def name_of_a_gguf_model(folder: Path, text: str) -> Iterator[Arguments]:
    path = model(folder / "m.gguf", metadata={"general.name": text})
    yield "info", "--model", path
    yield "nearest", "t1", "--model", path
    yield "random", "-n", 2, "--model", path
    yield "pair", "t1", "t2", "--model", path
    yield "name", "t1", "t2", "t3", "--model", path, "--draws", 99, "--random-directions", 9
    yield "labels", "--model", path
    if text == EVIL:
        yield "survey", "--model", path, "-n", 100, "--surrogates", 2, "--plot", folder / "s.svg"


@source
def licence_and_notes_of_a_gguf_model(folder: Path, text: str) -> Iterator[Arguments]:
    path = model(
        folder / "m.gguf", metadata={"general.license": text, "tokensphere.note.a": text,
                                     "tokensphere.source.revision": text}
    )  # fmt: skip
    yield "info", "--model", path
    yield "nearest", "t1", "--model", path


@source
def keys_and_tensors_of_a_gguf_model(folder: Path, text: str) -> Iterator[Arguments]:
    tensors = {text: stored(V), "b": stored(V)}
    path = model(folder / "m.gguf", metadata={"general.architecture": text}, tensors=tensors)
    yield "info", "--model", path
    yield "info", "--model", path, "--matrix", "output"
    yield "info", "--model", path, "--tensor", "nothing"
    yield "nearest", "--directions", path, "--model", path
    yield "nearest", "--directions", f"{path}:nothing", "--model", path


@source
def tokens(folder: Path, text: str) -> Iterator[Arguments]:
    path = model(folder / "m.gguf", tokens=[*TOKENS[:40], text, "b" + text, " " + text, *TOKENS[40:]])
    yield "nearest", "id:40", "t1", "--model", path, "-k", 50
    yield "nearest", "--positive", "id:40", "--negative", "id:41", "--model", path
    yield "pair", "id:40", "id:41", "--model", path
    yield "pair", "id:40", "id:40", "--model", path
    yield "name", "id:40", "id:41", "id:42", "--model", path, "--draws", 99, "--random-directions", 9
    yield "labels", "--label", "id:256", "--model", path
    pairs = written(folder / "pairs.txt", "id:40 - id:41\nid:42")
    yield "test", "--tokens", pairs, "--model", path, *QUICK


def written(path: Path, text: str) -> Path:
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    return path


@source
def what_is_typed(folder: Path, text: str) -> Iterator[Arguments]:
    text = text[:100_000].replace("\0", "")  # the system takes no longer argument
    small = model(folder / "m.gguf")
    yield "nearest", text, "--model", small
    yield "nearest", "t1", text, "--model", small
    yield "info", "--model", text
    yield "info", "--tensor", text, "--model", small
    yield "info", "--revision", text, "--model", "owner/name"
    yield "info", "--matrix", text
    yield "info", "--vocabulary", text, "--model", small
    yield (text,)
    yield "info", f"--{text}"
    yield "random", "-n", text
    yield "nearest", "--directions", text, "--model", small
    yield "nearest", "--directions", f"{written(folder / 'x.txt', text)}:{text}", "--model", small
    yield "labels", "--kind", text, small
    yield "labels", "--label", text, small
    yield "nearest", "t1", "--kind", text, "--model", small
    yield "test", text, "--model", small
    yield "test", text, "--null", text
    yield "test", folder / "x.txt", "--statistic", text
    yield "survey", "--save", text
    yield "survey", "--save", folder / "no" / f"{text[:40]}.parquet"
    yield "survey", "--plot", text
    yield "geometry", "--clusters", text
    yield "geometry", "--labelling", text, small
    yield "cache", "remove", text
    yield "cache", "remove", "owner/name@\udcff"  # a byte that is not UTF-8
    yield "info", "--revision", "\udcff", "owner/name"


@source
def names_of_directions(folder: Path, text: str) -> Iterator[Arguments]:
    small = model(folder / "m.gguf")
    path = folder / "d.safetensors"
    names = (text, text + "b", "c")
    path.write_bytes(made.safetensors({name: stored(V[place::3]) for place, name in enumerate(names)}))
    yield "nearest", "--directions", f"{path}:*", "--model", small
    yield "nearest", "--directions", path, "--model", small
    yield "nearest", "--directions", f"{path}:nothing", "--model", small
    yield "nearest", "--directions", f"{path}:*", "--model", small, "--axis", 0
    test = ("test", f"{path}:*", "--model", small, *QUICK)
    yield *test, "--plot", folder / "t.svg", "--save", folder / "t.parquet"
    yield *test, "--save", folder / "t.parquet"  # read again


@source
def names_in_more_pictures(folder: Path, text: str) -> Iterator[Arguments]:
    path, small = folder / "d.safetensors", model(folder / "m.gguf", metadata={"general.name": text})
    names = (text, text + "b", "c")
    path.write_bytes(made.safetensors({name: stored(V[place::3]) for place, name in enumerate(names)}))
    few = ("-n", 20, "--clusters", "3", "--surrogates", 2)
    yield "geometry", "--model", small, *few, "--plot", folder / "g.svg"
    test = ("test", f"{path}:*", "--model", small, *QUICK)
    yield *test, "--null", "own", "--both-ends", "--plot", folder / "t.png"


@source
def names_of_files(folder: Path, text: str) -> Iterator[Arguments]:
    name = text[:70].replace("/", "").replace("\0", "")  # the system takes no longer name
    at = folder / name
    at.mkdir()
    path = model(at / f"{name}.gguf", metadata={"general.name": ""})
    np.save(at / f"{name}.npy", V)
    yield "info", "--model", path
    yield "info", at
    yield "info", at / "no.gguf"
    yield "nearest", "--directions", at / f"{name}.npy", "--model", path
    test = ("test", at / f"{name}.npy", "--model", path, *QUICK, "--save", at / f"{name}.parquet")
    yield test
    yield *test, "--seed", 1
    yield *test, "--fresh", "--plot", at / "t.svg"
    labelled = written(at / f"{name}.tsv", "\n".join([f"t{id}\t{id % 2}" for id in range(99)]))
    few = ("-n", 20, "--clusters", "none", "--surrogates", 2)
    yield "geometry", "--model", path, *few, "--labelling", labelled
    yield "labels", "--model", path, "--labels", labelled
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TOKENSPHERE_CACHE", str(at))
        yield "cache", "list"
        yield "cache", "path"


@source
def types_of_tensors(folder: Path, text: str) -> Iterator[Arguments]:
    path = folder / "d.safetensors"
    path.write_bytes(made.safetensors({"a": (text, V.shape, V.tobytes())}))
    yield "nearest", "--directions", path, "--model", model(folder / "m.gguf")
    yield "info", "--model", path


@source
def expressions(folder: Path, text: str) -> Iterator[Arguments]:
    path, text = model(folder / "m.gguf"), on_one_line(text).replace('"', "").replace("\\", "")
    good = written(folder / "good.txt", f'a{text}b: "t1" - "t2"\n"t3"')
    yield "nearest", "--tokens", good, "--model", path
    yield "test", "--tokens", good, "--model", path, *QUICK, "--save", folder / "t.parquet"
    for bad in (f'"{text}"', f'a: "t1" "{text}', f"{text}: {text}", f'{text}: "t1"\n{text}: "t1"'):
        yield "nearest", "--tokens", written(folder / f"{len(bad)}.txt", bad), "--model", path


@source
def labels(folder: Path, text: str) -> Iterator[Arguments]:
    path, label = model(folder / "m.gguf"), on_one_line(text)
    lines = [f"t{id}\t{label}" for id in range(9)] + [f"t{id}\tother" for id in range(9, 20)]
    file = written(folder / "labels.tsv", "\n".join(lines))
    few = ("--draws", 99, "--random-directions", 9)
    yield "name", *TOKENS[:6], "--labels", file, "--model", path, *few
    yield "labels", "--labels", file, "--model", path
    yield "labels", "--labels", file, "--label", f"user:{label}", "--model", path
    yield "nearest", "t1", "--labels", file, "--model", path
    small = ("-n", 20, "--clusters", "3", "--surrogates", 2)
    yield "geometry", "--labelling", file, *small, "--model", path
    test = ("test", "--tokens", written(folder / "x.txt", "t1 - t9\nt4"), "--model", path, *QUICK)
    yield *test, "--labels", file, "--save", folder / "t.parquet"
    for bad in (f"{label}\tx", f"t1\t{label}\nt1\t{label}b", f"t1\t{label}\t{label}"):
        wrong = written(folder / f"{len(bad)}.tsv", bad)
        yield "labels", "--labels", wrong, "--model", path
        yield "geometry", "--labelling", wrong, "--model", path


@source
def labels_in_parquet(folder: Path, text: str) -> Iterator[Arguments]:
    pa = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    path, file = model(folder / "m.gguf"), folder / "labels.parquet"
    parquet.write_table(pa.table({"token": TOKENS[:9], "label": [text] * 9}), file)
    yield "name", *TOKENS[:6], "--labels", file, "--model", path, "--draws", 99, "--random-directions", 9
    yield "labels", "--labels", file, "--model", path
    wrong = folder / "wrong.parquet"
    parquet.write_table(pa.table({text: TOKENS[:9], "label": TOKENS[:9]}), wrong)
    yield "labels", "--labels", wrong, "--model", path


@source
def metadata_of_a_saved_table(folder: Path, text: str) -> Iterator[Arguments]:
    from tokensphere.formats.parquet import write_columns

    path, saved = model(folder / "m.gguf"), folder / "t.parquet"
    survey = ("survey", "--model", path, "-n", 100, "--surrogates", 2, "--save", saved)
    for about in (
        {"what": text},
        {"what": "survey", "schema": 1, "key": {text: text}},
        {"what": "survey", "schema": text, "key": {}},
    ):
        write_columns(saved, {text: V[:, 0]}, about)
        yield survey
        saved.unlink()


@source
def configuration_of_a_folder(folder: Path, text: str) -> Iterator[Arguments]:
    at = folder / "model"
    at.mkdir()
    config = dict.fromkeys(("model_type", "torch_dtype", "quantization_config"), text)
    (at / "config.json").write_text(json.dumps(config))
    tensors = {"model.embed_tokens.weight": stored(V), text: stored(V)}
    (at / "model.safetensors").write_bytes(made.safetensors(tensors))
    vocabulary = {token: id for id, token in enumerate(TOKENS[: len(V)])}
    (at / "tokenizer.json").write_text(json.dumps({"model": {"type": text, "vocab": vocabulary}}))
    yield "info", at
    (at / "config.json").write_text(json.dumps({"model_type": text}))
    (at / "tokenizer.json").write_text(json.dumps({"model": {"type": "WordLevel", "vocab": vocabulary}}))
    yield "info", at
    yield "info", at, "--matrix", "output"
    yield "info", at, "--tensor", text[:99].replace("\0", "")


@source
def a_saved_space(folder: Path, text: str) -> Iterator[Arguments]:
    path = folder / "saved.safetensors"
    ts.EmbeddingSpace.from_arrays(V, [*TOKENS[: len(V) - 1], text], name=text).save(path)
    yield "info", "--model", path
    yield "nearest", "t1", "-k", 28, "--model", path


@source
def cached_entries(folder: Path, text: str) -> Iterator[Arguments]:
    raw = V.tobytes()
    for tensor in ("wte.weight", text):
        cache_writer.store(
            "owner/name", None, "a" * 40, tensor=tensor, dtype="F32", shape=V.shape, size=len(raw),
            fill=lambda write: write(0, raw), license=text,
            files={"tokenizer.json": json.dumps({"model": {"type": text, "vocab": {}}}).encode()},
        )  # fmt: skip
    found = Found("wte.weight", None, text, True, (text,))
    cache_writer.record("owner/name", None, "a" * 40, found, matrix="input", tensor=None)
    yield "cache", "list"
    yield "cache", "verify"
    yield "info", "--model", "owner/name"
