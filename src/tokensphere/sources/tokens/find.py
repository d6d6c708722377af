"""The vocabulary of a model's folder, made to fit its matrix.

A row beyond the last token is PADDING and called ``<padding id 7>``, so that no two of them look alike.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from tokensphere.errors import FormatError, SourceError
from tokensphere.sources.tokens import readers
from tokensphere.sources.tokens.draft import too_many
from tokensphere.vocabulary import Kind, Vocabulary


def fit_to_rows(vocabulary: Vocabulary, n_rows: int) -> Vocabulary:
    """The vocabulary for a matrix of `n_rows` rows: those beyond its last token become PADDING.

    Raises
    ------
    FormatError
        there are more tokens than rows
    """
    size = len(vocabulary)
    if size > n_rows:
        raise too_many("the vocabulary", size, n_rows, vocabulary.pieces[size - 1])
    if size == n_rows:
        return vocabulary
    pieces = [*vocabulary.pieces, *(f"<padding id {id}>" for id in range(size, n_rows))]
    kinds = np.full(n_rows, Kind.PADDING, dtype=np.uint8)
    kinds[:size] = vocabulary.kinds
    return Vocabulary(pieces, decode=vocabulary.decode, kinds=kinds)


def _read_vocab_json_of(path: Path, n_rows: int) -> Vocabulary:
    added = path.with_name("added_tokens.json")
    return readers.read_vocab_json(path, n_rows, added=added if added.is_file() else None)


# Mere lists of tokens, as CTranslate2 writes them.
_LISTS = (
    "vocabulary.json", "vocabulary.txt", "shared_vocabulary.json", "shared_vocabulary.txt",
)  # fmt: skip
# Where a folder's vocabulary is looked for, the file that says most first.
_FILES: dict[str, Callable[[Path, int], Vocabulary]] = {
    "tokenizer.json": readers.read_tokenizer_json,
    "vocab.json": _read_vocab_json_of,
    **dict.fromkeys(_LISTS, lambda path, _: readers.read_ctranslate2_vocabulary(path)),
    "vocab.txt": lambda path, _: readers.read_vocab_txt(path),
    "tokenizer.model": lambda path, _: readers.read_tokenizer_model(path),
}


def find_vocabulary(
    folder: Path, n_rows: int, *, given: Path | None = None, list_first: bool = False
) -> Vocabulary:
    """The vocabulary in the folder of a model, made to fit its matrix.

    Parameters
    ----------
    folder : where ``tokenizer.json`` and the like are looked for; the first one there is taken
    n_rows : rows of the matrix
    given : a file with the tokens, in place of what the folder has
    list_first : a mere list of tokens, as CTranslate2 writes it, goes before tokenizers' files

    Raises
    ------
    SourceError
        there is none
    FormatError
        the first one is damaged, or has more tokens than there are rows
    """
    if given is not None:
        return fit_to_rows(readers.read_tokens_file(given, n_rows), n_rows)
    names = sorted(_FILES, key=lambda name: list_first and name not in _LISTS)
    for name in names:
        path = folder / name
        if path.is_file():
            try:
                return fit_to_rows(_FILES[name](path, n_rows), n_rows)
            except FormatError as error:
                if str(path) in str(error):
                    raise
                raise FormatError(f"{path}: {error}") from None
    raise SourceError(
        f"{folder} has no vocabulary (looked for {', '.join(_FILES)});"
        " put the model's tokenizer.json beside its weights"
    )
