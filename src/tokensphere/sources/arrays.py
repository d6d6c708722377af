"""NumPy files -> arrays and spaces; never unpickles."""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from tokensphere.errors import FormatError, SourceError
from tokensphere.space import EmbeddingSpace, Provenance
from tokensphere.vocabulary import Vocabulary

VECTORS, TOKENS = "vectors", "tokens"
_NPY_MAGIC, _ZIP_MAGIC = b"\x93NUMPY", b"PK"
_MOST_DEFLATED = 1100  # deflate makes at most 1032 bytes of one


@dataclass(frozen=True)
class ArrayHeader:
    """What is known of an array before it is read; its values begin at byte `offset` of the file."""

    shape: tuple[int, ...]
    fortran_order: bool
    dtype: np.dtype[Any]
    offset: int


def read_npy(path: Path) -> npt.NDArray[Any]:
    """The array in a ``.npy`` file.

    Raises
    ------
    SourceError
        the file cannot be opened
    FormatError
        it is no ``.npy`` file of numbers, or cut short
    """
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(0)
            if file.read(len(_ZIP_MAGIC)) == _ZIP_MAGIC:
                raise FormatError(
                    f"{path} is an archive of several arrays; write one array with numpy.save"
                )
            file.seek(0)
            return _read_array(file, size, str(path))
    except OSError as error:
        raise SourceError(f"cannot open {path}: {error.strerror or error}") from error


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
    arrays = _read_npz(path) if is_zip(path) else {VECTORS: read_npy(path)}
    vectors = arrays[VECTORS]
    if vectors.ndim != 2 or 0 in vectors.shape or vectors.dtype.kind not in "fiu":
        raise FormatError(
            f"{path} has vectors of shape {vectors.shape} and type {vectors.dtype}, but they must be"
            " numbers of shape (tokens, dimensions)"
        )
    if tokens_path is not None:
        from tokensphere.sources.tokens.readers import read_tokens_file

        vocabulary = read_tokens_file(Path(tokens_path), len(vectors))
    elif TOKENS in arrays:
        vocabulary = _vocabulary(arrays[TOKENS], path)
    else:
        raise SourceError(f"{path} has vectors but no tokens; give a file with one token a line, too")
    if len(vocabulary) != len(vectors):
        raise FormatError(
            f"{path} has {len(vectors)} vectors, but there are {len(vocabulary)} tokens;"
            " they must be as many"
        )
    with np.errstate(over="ignore"):  # what float32 cannot hold is infinite, and left out of results
        matrix = np.ascontiguousarray(vectors, dtype=np.float32)
    provenance = Provenance(name or path.stem, str(path), tensor=VECTORS, dtype=str(vectors.dtype))
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
    return Vocabulary(listed, decode=_exact_bytes)


def _exact_bytes(piece: str) -> bytes:
    """UTF-8, with surrogates for what was not (PEP 383), or for themselves."""
    try:
        return piece.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return piece.encode("utf-8", "surrogatepass")


def is_zip(path: Path) -> bool:
    """Whether a file is an archive of arrays (``.npz``), whatever its name."""
    try:
        with path.open("rb") as file:
            return file.read(len(_ZIP_MAGIC)) == _ZIP_MAGIC
    except OSError as error:
        raise SourceError(f"cannot open {path}: {error.strerror or error}") from error


def _read_npz(path: Path) -> dict[str, npt.NDArray[Any]]:
    with open_npz(path) as (archive, members):
        if VECTORS not in members:
            some = ", ".join(f"{other!r:.60}" for other in list(members)[:5]) or "none"
            raise FormatError(
                f"{path} has no array {VECTORS!r}; it has {some}; write it with"
                f" numpy.savez(…, {VECTORS}=…, {TOKENS}=…)"
            )
        wanted = [name for name in (VECTORS, TOKENS) if name in members]
        return {name: read_member(archive, members[name], path) for name in wanted}


@contextmanager
def open_npz(path: Path) -> Iterator[tuple[zipfile.ZipFile, dict[str, zipfile.ZipInfo]]]:
    """An archive of arrays and its members by name, and errors in our words for damage met inside."""
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive, {entry.filename.removesuffix(".npy"): entry for entry in archive.infolist()}
    except OSError as error:
        raise SourceError(f"cannot open {path}: {error.strerror or error}") from error
    except FormatError:
        raise
    except Exception as error:  # zipfile meets damage with half a dozen kinds of errors
        raise FormatError(
            f"{path} is no complete archive of arrays ({error}); write it again"
        ) from error


def read_member(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, path: Path) -> npt.NDArray[Any]:
    """One array of an archive."""
    name = entry.filename.removesuffix(".npy")
    if entry.file_size > entry.compress_size * _MOST_DEFLATED:
        raise FormatError(f"{path} claims more for {name!r} than its bytes can hold")
    with archive.open(entry) as file:
        return _read_array(file, entry.file_size, f"{name!r} of {path}")


def read_header(file: IO[bytes], size: int, what: str) -> ArrayHeader:
    """The header of an array in a file of `size` bytes, which must hold all that it claims.

    Raises
    ------
    FormatError
        it is no header, or the file is too short; `what` is the file's name in the message
    """
    with _told(what):
        return _header(file, size)


def _read_array(file: IO[bytes], size: int, what: str) -> npt.NDArray[Any]:
    with _told(what):
        _header(file, size)
        file.seek(0)
        return np.lib.format.read_array(file, allow_pickle=False)


def _header(file: IO[bytes], size: int) -> ArrayHeader:
    version = np.lib.format.read_magic(file)
    read = (
        np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    )
    shape, fortran_order, dtype = read(file)
    if not dtype.hasobject and prod(shape) * dtype.itemsize > size - file.tell():
        raise ValueError(f"{size:,} bytes are too few for shape {shape} of {dtype}")
    return ArrayHeader(shape, fortran_order, dtype, file.tell())


@contextmanager
def _told(what: str) -> Iterator[None]:
    """Errors in our words for whatever NumPy says of a damaged array."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of headers that Python 2 wrote
            yield
    except OSError:
        raise
    except Exception as error:  # NumPy meets a damaged header with half a dozen kinds of errors
        reason = " ".join(str(error).split())[:200]
        raise FormatError(
            f"{what} is no complete NumPy file of numbers ({reason}); write it with numpy.save"
        ) from error
