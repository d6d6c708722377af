"""The vocabulary of a model's folder, made to fit its matrix."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from tokensphere.errors import FormatError, SourceError
from tokensphere.formats.files import is_there, opened
from tokensphere.formats.gguf.split import open_gguf
from tokensphere.sources.tokens.beside import BESIDE, read_beside
from tokensphere.sources.tokens.fit import fit_to_rows
from tokensphere.sources.tokens.gguf import gguf_vocabulary
from tokensphere.sources.tokens.readers import read_vocabulary
from tokensphere.vocabulary import Vocabulary

Side = Literal["source", "target"]

# Mere lists of tokens, as CTranslate2 writes them; source and target where these differ.
_LISTS = (
    "vocabulary.json", "vocabulary.txt", "shared_vocabulary.json", "shared_vocabulary.txt",
    "{side}_vocabulary.json", "{side}_vocabulary.txt",
)  # fmt: skip
_TARGET = ("target_vocab.json",)  # Marian's, where it differs from the source's vocab.json
# Where a folder's vocabulary is looked for, the file that says most first.
NAMES = (
    "tokenizer.json", "tekken.json", "vocab.json", *_LISTS, "vocab.txt",
    "tokenizer.model", "tokenizer.model.v3", "spiece.model",
    "dict.txt",  # fairseq's, whose ids it has; the SentencePiece model beside it has not
    "sentencepiece.bpe.model", "spm.model", "sentencepiece.model", "qwen.tiktoken",
    "rwkv_vocab_v20230424.txt", "source.spm", "encoder.json",
    "whitespacetokenizer_config.json", "phrasetokenizer_config.json", "tokenizer.vocab",
)  # fmt: skip
# One file of such a name, where there is none of those.
ANY_NAME = ("*.tiktoken", "rwkv_vocab*.txt", "*-vocab.json", "*-vocab.txt")


def names_to_fetch(there: list[str]) -> list[str]:
    """Of the names of files in a folder those that :func:`find_vocabulary` looks at.

    The first vocabulary, its target's, and what lies beside it. Of several of `ANY_NAME` two, which
    are refused then.
    """
    found = [name for name in _names("source") if name in there][:1]
    found = found or sorted(name for name in there if any(Path(name).match(any) for any in ANY_NAME))
    besides = [name for name in (*_TARGET, *BESIDE) if name in there]
    return [*found[:2], *besides] if found else []


def _names(side: Side, *, list_first: bool = False) -> list[str]:
    names = [name.format(side=side) for name in NAMES]
    lists = [name.format(side=side) for name in _LISTS]
    names = sorted(names, key=lambda name: list_first and name not in lists)
    return [*_TARGET, *names] if side == "target" else names


LOOKED_FOR = ", ".join(_names("source"))


def find_vocabulary(
    folder: Path,
    n_rows: int,
    *,
    given: Path | None = None,
    list_first: bool = False,
    side: Side = "source",
) -> Vocabulary:
    """The vocabulary in the folder of a model, made to fit its matrix.

    The first file of `NAMES` is taken that has no more tokens of its own than there are rows; one that
    has more is passed over if another fits, which the vocabulary's notes say.

    Parameters
    ----------
    folder : where ``tokenizer.json`` and the like are looked for
    n_rows : rows of the matrix
    given : a file with the tokens, in place of what the folder has
    list_first : a mere list of tokens, as CTranslate2 writes it, goes before tokenizers' files
    side : of a translation model with two vocabularies, which

    Raises
    ------
    SourceError
        there is none
    FormatError
        the first one is damaged, or none has so few tokens
    """
    if given is not None:
        return _given(given, folder, n_rows)
    refused: FormatError | None = None
    for path in _there(folder, _names(side, list_first=list_first)):
        try:
            found = _fitting(path, n_rows)
        except _TooManyError as error:
            refused = refused or error
            continue
        if refused is not None:
            found.source += f" (in place of another file with more tokens than the {n_rows:,} rows)"
        return found
    if refused is not None:
        raise FormatError(str(refused))
    raise SourceError(
        f"{folder} has no vocabulary (looked for {LOOKED_FOR});"
        " put the model's tokenizer.json beside its weights"
    )


class _TooManyError(FormatError):
    """More tokens than rows, so that another file may fit."""


def _there(folder: Path, names: list[str]) -> list[Path]:
    """The files that there are, in the order of the names; one of any name if there is none."""
    found = [folder / name for name in names if is_there(folder / name)]
    if found or not folder.is_dir():
        return found
    some = sorted({path for any in ANY_NAME for path in folder.glob(any) if path.is_file()})
    if len(some) > 1:
        listed = ", ".join(path.name for path in some[:5])
        raise SourceError(f"{folder} has several vocabularies ({listed}); give one of them")
    return some


def _fitting(path: Path, n_rows: int) -> Vocabulary:
    try:
        vocabulary = read_vocabulary(path, n_rows, beside=read_beside(path.parent))
    except FormatError as error:
        if f"but the matrix has {n_rows} rows" in str(error):
            raise _TooManyError(str(error)) from None
        raise
    return fit_to_rows(vocabulary, n_rows)


def _given(path: Path, folder: Path, n_rows: int) -> Vocabulary:
    """The tokens in a file that the user names, with what lies beside it, or else beside the model.

    A list of tokens stands by itself, and so does a GGUF file, of which the tokens are taken.
    """
    with opened(path) as content:
        is_gguf = content.read(4) == b"GGUF"
    if is_gguf:
        with open_gguf(path) as file:
            return fit_to_rows(gguf_vocabulary(file, path.name), n_rows)
    beside = read_beside(path.parent)
    if not beside.families:
        beside = read_beside(folder)
    alone = path.name not in NAMES and not path.name.endswith((".tiktoken", ".model", ".spm"))
    kept = type(beside)(beside.families) if alone else beside
    return fit_to_rows(read_vocabulary(path, n_rows, beside=kept, exact=True), n_rows)
