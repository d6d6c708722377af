"""A space in one file, and back without loss.

The file is a safetensors file, so that other programs can read its matrix. Its tensors:

=============  ====  =========================================================
``embedding``  F32   (n, d), the vectors
``kinds``      U8    (n,), see :class:`~tokensphere.vocabulary.Kind`
``tokens``     U8    the exact bytes of all tokens, one after another
``token_ends`` I64   (n,), where each of them ends
``pieces``     U8    the tokens as their tokenizer spells them, in UTF-8
``piece_ends`` I64   (n,)
``about``      U8    JSON: version of this layout, provenance, SHA-256 of the rest
=============  ====  =========================================================
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tokensphere.errors import FormatError, SourceError
from tokensphere.formats.files import json_object
from tokensphere.formats.floats import NUMPY_DTYPES
from tokensphere.formats.safetensors import SafetensorsFile, header_bytes
from tokensphere.formats.whole import whole_file
from tokensphere.geometry.lens import LENSES
from tokensphere.space import EmbeddingSpace, Provenance
from tokensphere.vocabulary import Kind, Vocabulary

VERSION = 1
_LAYOUT = {
    "token_ends": "I64", "piece_ends": "I64", "embedding": "F32",
    "kinds": "U8", "tokens": "U8", "pieces": "U8", "about": "U8",
}  # fmt: skip
_ABOUT = "about"


def save_space(space: EmbeddingSpace, path: str | Path) -> None:
    """Write `space` to one file, from which :func:`load_saved` gets the same again.

    It goes to a temporary file beside `path`, which takes its name when it is complete and on disk:
    `path` never holds half of it, and a file that was there survives a failure.

    Raises
    ------
    InputError
        the file cannot be written
    """
    vocabulary = space.vocabulary
    tokens, token_ends = _joined(vocabulary.tokens)
    pieces, piece_ends = _joined(piece.encode("utf-8", "surrogatepass") for piece in vocabulary.pieces)
    arrays: dict[str, npt.NDArray[Any]] = {
        "token_ends": token_ends, "piece_ends": piece_ends, "embedding": space.vectors,
        "kinds": vocabulary.kinds, "tokens": tokens, "pieces": pieces,
    }  # fmt: skip
    arrays = {name: np.ascontiguousarray(a, NUMPY_DTYPES[_LAYOUT[name]]) for name, a in arrays.items()}
    provenance = space.provenance.to_dict()
    about = {
        "tokensphere": VERSION, "provenance": provenance, "sha256": _digest(arrays),
        "provenance_sha256": _digest_of_json(provenance),
    }  # fmt: skip
    arrays[_ABOUT] = np.frombuffer(json.dumps(about).encode(), np.uint8)
    tensors = {name: (_LAYOUT[name], array.shape, array.nbytes) for name, array in arrays.items()}
    with whole_file(Path(path)) as file:
        file.write(header_bytes(tensors))
        for array in arrays.values():
            file.write(array.data)


def load_saved(path: str | Path) -> EmbeddingSpace:
    """The space that :func:`save_space` wrote: the same vectors, tokens, kinds and provenance.

    Raises
    ------
    SourceError
        the file cannot be opened, or a later version of tokensphere wrote it
    FormatError
        it is no such file, or damaged
    """
    path = Path(path)
    with SafetensorsFile(path) as file:
        for name, dtype in _LAYOUT.items():
            if name not in file.tensors or file.tensors[name].dtype != dtype:
                raise FormatError(
                    f"{path} has no tensor {name!r} of type {dtype}, so it is no saved space;"
                    " write it with EmbeddingSpace.save"
                )
        arrays = {name: file.array(name) for name in _LAYOUT}
        about = json_object(arrays.pop(_ABOUT).tobytes(), f"{path}: what it says about itself")
        version = about.get("tokensphere")
        if not isinstance(version, int):
            raise _bad(path, "it does not say how it is laid out")
        if version != VERSION:
            raise SourceError(
                f"{path} is a saved space of version {version}, but only version {VERSION} can be read;"
                " upgrade tokensphere"
            )
        if about.get("sha256") != _digest(arrays):
            raise _bad(path, "its content has another SHA-256 than when it was saved")
        vectors = file.matrix("embedding")
    provenance = _provenance(about.get("provenance"), path)
    if about.get("provenance_sha256", (now := _digest_of_json(provenance.to_dict()))) != now:
        raise _bad(path, "its provenance has another SHA-256 than when it was saved")
    return EmbeddingSpace(vectors, _vocabulary(arrays, len(vectors), path), provenance)


def _bad(path: Path, problem: str) -> FormatError:
    return FormatError(f"{path} is damaged: {problem}; save the space again")


def _joined(parts: Iterable[bytes]) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    """All bytes one after another, and where each part ends, shape (n,)."""
    parts = list(parts)
    ends = np.cumsum([len(part) for part in parts], dtype=np.int64)
    return np.frombuffer(b"".join(parts), np.uint8), ends


def _split(arrays: Mapping[str, npt.NDArray[Any]], name: str, n: int, path: Path) -> list[bytes]:
    raw, ends = arrays[f"{name}s"], arrays[f"{name}_ends"]
    edges = [0, *ends.ravel().tolist()]
    fits = raw.ndim == 1 and ends.shape == (n,) and edges[-1] == len(raw)
    if not fits or any(a > b for a, b in pairwise(edges)):
        raise _bad(path, f"the ends of its {n} {name}s do not fit their {raw.size} bytes")
    joined = raw.tobytes()
    return [joined[low:high] for low, high in pairwise(edges)]


def _vocabulary(arrays: Mapping[str, npt.NDArray[Any]], n: int, path: Path) -> Vocabulary:
    tokens, raw_pieces = _split(arrays, "token", n, path), _split(arrays, "piece", n, path)
    kinds = np.array(arrays["kinds"], dtype=np.uint8)
    if kinds.shape != (n,) or kinds.max(initial=0) > max(Kind):
        raise _bad(path, f"it does not give each of its {n} tokens one kind")
    try:
        pieces = [piece.decode("utf-8", "surrogatepass") for piece in raw_pieces]
    except UnicodeDecodeError as error:
        raise _bad(path, f"the spelling of a token is not UTF-8 ({error})") from error
    # A piece may come again as a token of a kind that is not decoded: such rows have no say here.
    spelled = zip(pieces, tokens, kinds.tolist(), strict=True)
    table = {piece: token for piece, token, kind in spelled if kind in _SPELLED}
    return Vocabulary(pieces, decode=table.__getitem__, kinds=kinds)


_SPELLED = frozenset({Kind.NORMAL, Kind.BYTE, Kind.ADDED})


_TEXTS = ("model", "source", "matrix", "dtype")
_TEXTS_IF_KNOWN = ("revision", "tensor", "sha256", "license")


def _provenance(found: object, path: Path) -> Provenance:
    known = {*_TEXTS, *_TEXTS_IF_KNOWN, "notes"}
    if not isinstance(found, dict) or found.keys() - {"lens"} != known:
        raise _bad(path, "its provenance lacks something")
    notes = found["notes"]
    texts = [found[name] for name in _TEXTS]
    texts += [found[name] for name in _TEXTS_IF_KNOWN if found[name] is not None]
    if not isinstance(notes, list) or not all(isinstance(text, str) for text in [*texts, *notes]):
        raise _bad(path, "its provenance is not made of texts")
    if found.get("lens") not in (None, *LENSES):
        raise _bad(path, "its rows are those of a lens that is not known")
    return Provenance(**{**found, "notes": tuple(notes)})


def _digest_of_json(value: Mapping[str, Any]) -> str:
    """SHA-256 of a JSON object, in hexadecimal."""
    return hashlib.sha256(json.dumps(dict(value), sort_keys=True).encode()).hexdigest()


def _digest(arrays: Mapping[str, npt.NDArray[Any]]) -> str:
    """SHA-256 of all arrays in the order of their names, in hexadecimal."""
    digest = hashlib.sha256()
    for name in sorted(arrays):
        digest.update(f"{name}{arrays[name].shape}".encode())
        digest.update(np.ascontiguousarray(arrays[name]).reshape(-1).view(np.uint8).data)
    return digest.hexdigest()
