"""CTranslate2: a reader of the ``model.bin`` of a converted model.

The file is a row of variables, each with its name, shape, type and bytes, then other names of the
same variables (a shared output embedding, say). Embeddings may be quantised: the stored integers
are the values times a scale, of its own for each row (int8) or one for all (int16).

The layout is that of CTranslate2's ``model_spec.py`` (``ModelSpec._serialize``) and ``model.cc``
(``Model::load``), binary versions 2 to 6.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tokensphere.errors import FormatError, SourceError
from tokensphere.formats.mapped import MappedFile

_VERSIONS = range(2, 7)
_DTYPES = ("float32", "int8", "int16", "int32", "float16", "bfloat16")  # in the order of their ids
_STORED = {
    "float32": "<f4", "int8": "<i1", "int16": "<i2", "int32": "<i4", "float16": "<f2",
    "bfloat16": "<u2",
}  # fmt: skip
_OLD_DTYPES = {4: "float32", 2: "int16", 1: "int8"}  # versions below 4 tell only the width
_OLD_INT16_SCALE = 1000.0  # of files that quantise to int16 without a saved scale
_MOST_DIMENSIONS = 8
_PIECE = 2**17  # values that stay in the cache between two passes


@dataclass(frozen=True)
class Variable:
    """One variable: `size` bytes from `offset`. Other names of it have the same `offset`."""

    name: str
    shape: tuple[int, ...]
    dtype: str
    offset: int
    size: int


class CTranslate2File(MappedFile):
    """An open ``model.bin``.

    Attributes
    ----------
    spec : kind of model, e.g. ``WhisperSpec``
    tensors : dict of name -> `Variable`, other names of the same variable included

    Raises
    ------
    SourceError
        the file cannot be opened, or is of a version that cannot be read
    FormatError
        it is no such file, is cut short, or contradicts itself
    """

    def __init__(self, path: str | Path) -> None:
        super().__init__(path, least=16, what="a CTranslate2 model")

    def _read_header(self) -> None:
        version = self._number("<I")
        if version not in _VERSIONS:
            # A file of another format shows here, too: its first bytes read as some large number.
            kind = SourceError if version < 256 else FormatError
            raise kind(
                f"{self.path} has CTranslate2's binary version {version}, but only versions"
                f" {_VERSIONS[0]} to {_VERSIONS[-1]} can be read; is it a CTranslate2 model.bin?"
            )
        self.spec = self._string()
        self._number("<I")  # revision of the spec: which variables there are, not how they are stored
        count = self._number("<I")
        if count * 8 > self._size:
            raise self._bad(f"claims {count:,} variables, more than it can hold")
        self.tensors: dict[str, Variable] = {}
        for _ in range(count):
            variable = self._variable(version)
            if variable.name in self.tensors:
                raise self._bad(f"has two variables {variable.name!r:.200}")
            self.tensors[variable.name] = variable
        if version >= 3:
            self._read_aliases()
        if self._at != self._size:
            raise self._bad(f"has {self._size - self._at:,} bytes after its end")

    def _variable(self, version: int) -> Variable:
        name = self._string()
        rank = self._number("<B")
        if rank > _MOST_DIMENSIONS:
            raise self._bad(f"gives variable {name!r:.200} {rank} dimensions")
        shape = tuple(self._number("<I") for _ in range(rank))
        code, size = self._number("<B"), self._number("<I")
        if version >= 4:
            dtype = _DTYPES[code] if code < len(_DTYPES) else None
        else:
            dtype, size = _OLD_DTYPES.get(code), size * code
        if dtype is None:
            raise self._bad(f"gives variable {name!r:.200} the unknown type {code}")
        expected = prod(shape) * np.dtype(_STORED[dtype]).itemsize
        if size != expected:
            raise self._bad(
                f"gives variable {name!r:.200} {size:,} bytes, but {dtype} of the shape {shape}"
                f" takes {expected:,}"
            )
        return Variable(name, shape, dtype, self._need(size), size)

    def _read_aliases(self) -> None:
        count = self._number("<I")
        if count * 4 > self._size:
            raise self._bad(f"claims {count:,} other names, more than it can hold")
        for _ in range(count):
            alias, name = self._string(), self._string()
            if name not in self.tensors or alias in self.tensors:
                raise self._bad(
                    f"has the name {alias!r:.200} for {name!r:.200}, which is not there or taken"
                )
            for end in ("", "_scale"):
                if name + end in self.tensors:
                    self.tensors.setdefault(alias + end, self.tensors[name + end])

    def _string(self) -> str:
        size = self._number("<H")
        at = self._need(size)
        raw = self._map[at : at + size]
        if raw[-1:] != b"\0" or 0 in raw[:-1]:
            raise self._bad(f"has a name at byte {at:,} that does not end with one zero byte")
        return raw[:-1].decode("utf-8", "surrogateescape")

    def _tensor(self, name: str) -> Variable:
        if name not in self.tensors:
            likely = [other for other in self.tensors if "embedding" in other] or list(self.tensors)
            some = ", ".join(f"{other!r:.60}" for other in likely[:5])
            raise SourceError(f"{self.path} has no variable {name!r:.200}; it has {some or 'none'}, …")
        return self.tensors[name]

    def raw(self, name: str) -> npt.NDArray[np.uint8]:
        """The bytes of a variable as stored, a copy of shape (size,)."""
        tensor = self._tensor(name)
        return np.frombuffer(self._map[tensor.offset : tensor.offset + tensor.size], np.uint8)

    def matrix(self, name: str) -> npt.NDArray[np.float32]:
        """A two-dimensional variable as float32 of its shape, dequantised.

        Raises
        ------
        SourceError
            there is no such variable, or it is no matrix of a type that can be read
        FormatError
            its scale is missing, or does not fit
        """
        tensor = self._tensor(name)
        if len(tensor.shape) != 2 or not all(tensor.shape) or tensor.dtype == "int32":
            raise SourceError(
                f"variable {name!r:.200} of {self.path} has the shape {tensor.shape} and the type"
                f" {tensor.dtype}, not a matrix of floats, int8 or int16"
            )
        out = np.empty(tensor.shape, dtype=np.float32)
        dtype = np.dtype(_STORED[tensor.dtype])
        stored = np.frombuffer(self._map, dtype, out.size, tensor.offset).reshape(out.shape)
        if tensor.dtype == "bfloat16":  # the upper half of a float32
            np.left_shift(stored, np.uint32(16), out=out.view(np.uint32), dtype=np.uint32)
        elif tensor.dtype in ("int8", "int16"):
            self._dequantize(name, stored, out)
        else:
            out[...] = stored
        return out

    def _dequantize(
        self, name: str, stored: npt.NDArray[np.signedinteger], out: npt.NDArray[np.float32]
    ) -> None:
        scale = self._scale(name, len(out))
        step = max(1, _PIECE // out.shape[1])
        with np.errstate(all="ignore"):  # a scale of zero gives what it gives: not finite, left out
            for low in range(0, len(out), step):
                piece = slice(low, low + step)
                out[piece] = stored[piece]
                out[piece] /= scale[piece] if len(scale) > 1 else scale

    def _scale(self, name: str, n: int) -> npt.NDArray[np.float32]:
        """By what the values of a quantised matrix were multiplied, of shape (n, 1) or (1, 1)."""
        tensor = self.tensors.get(name + "_scale")
        if tensor is None:
            if self.tensors[name].dtype == "int16":
                return np.full((1, 1), _OLD_INT16_SCALE, dtype=np.float32)
            raise self._bad(f"lacks {name + '_scale'!r}, without which {name!r:.200} cannot be read")
        if tensor.dtype not in ("float32", "float16") or prod(tensor.shape) not in (1, n):
            raise self._bad(
                f"has {name + '_scale'!r} of type {tensor.dtype} and shape {tensor.shape} for {n} rows"
            )
        values = np.frombuffer(self.raw(tensor.name), _STORED[tensor.dtype])
        return values.astype(np.float32).reshape(-1, 1)
