"""Arrays, from NumPy's files and word vectors -> EmbeddingSpace: one matrix, and tokens as they are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tokensphere.errors import FormatError, SourceError
from tokensphere.formats.numpy import NpzFile, open_numpy
from tokensphere.formats.packed.kinds import refuse_unknown
from tokensphere.formats.packed.told import NOTHING
from tokensphere.formats.words.read import read_word_vectors
from tokensphere.sources.layout.plausible import check_values
from tokensphere.sources.tokens.find import find_vocabulary
from tokensphere.sources.tokens.pieces import decode_plain
from tokensphere.space import EmbeddingSpace, Provenance
from tokensphere.vocabulary import Kind, Vocabulary

VECTORS, TOKENS = "vectors", "tokens"


def load_arrays(
    path: str | Path, tokens_path: str | Path | None = None, *, name: str | None = None
) -> EmbeddingSpace:
    """A space from NumPy's files.

    Parameters
    ----------
    path : a ``.npy`` file of shape (n, d), or a ``.npz`` file with such an array ``vectors`` and
        optionally ``tokens``, n texts
    tokens_path : a file with the n tokens; needed where `path` has none, and preferred where it has
    name : how results call this model; by default the name of the file

    Raises
    ------
    SourceError
        a file cannot be opened, or there are no tokens
    FormatError
        the arrays are not what they should be
    """
    path = Path(path)
    with open_numpy(path) as file:
        key = VECTORS if isinstance(file, NpzFile) else path.name
        if key not in file.tensors:
            some = ", ".join(f"{other!r:.60}" for other in list(file.tensors)[:5]) or "none"
            raise FormatError(
                f"{path} has no array {VECTORS!r}; it has {some}; write it with"
                f" numpy.savez(…, {VECTORS}=…, {TOKENS}=…)"
            )
        info = file.tensors[key]
        kind = np.dtype(info.dtype.partition(",")[0])
        if len(info.shape) != 2 or 0 in info.shape or info.float_type is None:
            raise FormatError(
                f"{path} has vectors of shape {info.shape} and type {kind}, but they must be"
                " numbers of shape (tokens, dimensions)"
            )
        refuse_unknown(info, str(path), NOTHING)
        if tokens_path is not None:
            vocabulary = find_vocabulary(path.parent, info.shape[0], given=Path(tokens_path))
        elif TOKENS in file.tensors:
            vocabulary = _vocabulary(file.array(TOKENS), path)
        else:
            raise SourceError(
                f"{path} has vectors but no tokens; give a file with one token a line, too"
            )
        padding = int(np.count_nonzero(vocabulary.kinds == Kind.PADDING))
        listed = not vocabulary.kinds[: len(vocabulary) - padding].any()  # a tokenizer's has kinds
        if len(vocabulary) != info.shape[0] or (padding and listed):
            raise FormatError(
                f"{path} has {info.shape[0]} vectors, but there are {len(vocabulary) - padding} tokens;"
                " they must be as many"
            )
        if isinstance(file, NpzFile):
            with np.errstate(over="ignore"):  # what float32 cannot hold is infinite: no usable row
                matrix = np.ascontiguousarray(file.array(key), dtype=np.float32)
        else:
            matrix = file.matrix(key)  # piece by piece, as it is mapped
    check_values(matrix, str(path))
    provenance = Provenance(
        name or path.stem, str(path), tensor=VECTORS, dtype=str(kind), notes=vocabulary.notes
    )
    return EmbeddingSpace(matrix, vocabulary, provenance)


def _vocabulary(tokens: npt.NDArray[Any], path: Path) -> Vocabulary:
    if tokens.ndim != 1 or tokens.dtype.kind not in "US":
        raise FormatError(
            f"{path} has tokens of shape {tokens.shape} and type {tokens.dtype}, but they must be"
            " texts or bytes of shape (tokens,)"
        )
    try:
        listed = tokens.tolist()
    except ValueError as error:  # code points that Unicode does not have
        raise FormatError(f"{path} has tokens that are no texts ({error})") from error
    if tokens.dtype.kind == "S":
        listed = [token.decode("utf-8", "surrogateescape") for token in listed]
    return Vocabulary(listed, decode=decode_plain)


def load_word_vectors(path: str | Path, *, binary: bool | None = None) -> EmbeddingSpace:
    """The space of a file of word vectors.

    Parameters
    ----------
    path : text or binary file of word2vec, fastText (``.vec``) or GloVe, as it is or compressed
    binary : whether the numbers are stored as float32; by default the file's begin tells

    Raises
    ------
    SourceError, FormatError
        as :func:`tokensphere.formats.words.read.read_word_vectors`
    """
    path = Path(path)
    found = read_word_vectors(path, binary=binary)
    check_values(found.vectors, str(path))
    repeated = len(found.words) - len(set(found.words))
    notes = [f"{repeated} words come more than once"] if repeated else []
    if found.member is not None:
        notes.append(f"from {found.member} in the archive")
    provenance = Provenance(
        path.name.removesuffix(".gz").rpartition(".")[0] or path.name,
        str(path),
        dtype="float32" if found.binary else "decimal text",
        notes=tuple(notes),
    )
    return EmbeddingSpace(found.vectors, Vocabulary(found.words, decode=decode_plain), provenance)
