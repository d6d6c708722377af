"""CTranslate2: a reader of the ``model.bin`` of a converted model.

The file is a row of variables, each with its name, shape, type and bytes, then other names of the
same variables (a shared output embedding, say). Embeddings may be quantised: the stored integers
are the values times a scale, of its own for each row (int8) or one for all (int16).

The layout is that of CTranslate2's ``model_spec.py`` (``ModelSpec._serialize``) and ``model.cc``
(``Model::load``), binary versions 2 to 6.
"""

from __future__ import annotations

from math import prod

import numpy as np
import numpy.typing as npt

from tokensphere.errors import FormatError, SourceError
from tokensphere.formats.floats import BITS, NUMPY_DTYPES, float_type, plain_values
from tokensphere.formats.mapped import MappedFile
from tokensphere.formats.stored import Stored, scaled
from tokensphere.formats.tensors import TensorInfo

_VERSIONS = range(2, 7)
# In the order of their ids, with the names by which values are read here.
_DTYPES = {
    "float32": "F32", "int8": "I8", "int16": "I16", "int32": "I32", "float16": "F16", "bfloat16": "BF16",
}  # fmt: skip
_OLD_DTYPES = {4: "float32", 2: "int16", 1: "int8"}  # versions below 4 tell only the width
_OLD_INT16_SCALE = 1000.0  # of files that quantise to int16 without a saved scale
_SCALED = ("int8", "int16")
_MOST_DIMENSIONS = 8


class CTranslate2File(MappedFile):
    """An open ``model.bin``.

    Attributes
    ----------
    spec : kind of model, e.g. ``WhisperSpec``
    tensors : dict of name -> `TensorInfo`; other names of a variable have the same `offset`

    Raises
    ------
    SourceError
        the file cannot be opened, or is of a version that cannot be read
    FormatError
        it is no such file, is cut short, or contradicts itself
    """

    least, what, noun = 16, "a CTranslate2 model", "variable"

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
        for _ in range(self._claimed(self._number("<I"), "variables", 8)):
            self._add(self._variable(version))
        if version >= 3:
            self._read_aliases()
        # A scale is no tensor by itself: it belongs to the integers that it was multiplied into.
        integers = [name for name, info in self.tensors.items() if info.dtype in _SCALED]
        self._scales = {name: self.tensors.pop(f"{name}_scale", None) for name in integers}
        if self._at != self._size:
            raise self._bad(f"has {self._size - self._at:,} bytes after its end")

    def _variable(self, version: int) -> TensorInfo:
        name = self._string()
        what = f"gives variable {name!r:.200}"
        rank = self._number("<B")
        if rank > _MOST_DIMENSIONS:
            raise self._bad(f"{what} {rank} dimensions")
        shape = tuple(self._number("<I") for _ in range(rank))
        code, size = self._number("<B"), self._number("<I")
        if version >= 4:
            dtype = list(_DTYPES)[code] if code < len(_DTYPES) else None
        else:
            dtype, size = _OLD_DTYPES.get(code), size * code
        if dtype is None:
            raise self._bad(f"{what} the unknown type {code}")
        expected = prod(shape) * BITS[_DTYPES[dtype]] // 8
        if size != expected:
            raise self._bad(
                f"{what} {size:,} bytes, but {dtype} of the shape {shape} takes {expected:,}"
            )
        # Whole numbers of 32 bits are indices or sizes, nothing that has a direction.
        floats = None if dtype == "int32" else float_type(_DTYPES[dtype])
        return TensorInfo(name, shape, dtype, self._need(size), size, floats)

    def _read_aliases(self) -> None:
        for _ in range(self._claimed(self._number("<I"), "other names", 4)):
            alias, name = self._string(), self._string()
            if name not in self.tensors or alias in self.tensors:
                names = f"{alias!r:.200} for {name!r:.200}"
                raise self._bad(f"has the name {names}, which is not there or taken")
            for end in ("", "_scale"):
                if name + end in self.tensors:
                    self.tensors.setdefault(alias + end, self.tensors[name + end])

    def _string(self) -> str:
        raw = self._sized("<H")
        if raw[-1:] != b"\0" or 0 in raw[:-1]:
            at = self._at - len(raw)
            raise self._bad(f"has a name at byte {at:,} that does not end with one zero byte")
        return raw[:-1].decode("utf-8", "surrogateescape")

    def _likely(self) -> list[str]:
        return [name for name in self.tensors if "embedding" in name] or list(self.tensors)

    def beside(self, name: str) -> bytes:
        """See :meth:`TensorFile.beside`: the scale."""
        scale = self._scale(self.entry(name))
        return b"" if scale is None else scale.tobytes()

    def usable(self, name: str) -> TensorInfo:
        """See :meth:`TensorFile.usable`; the scale of integers must be there and fit.

        Raises
        ------
        SourceError
            there is no such variable
        FormatError
            its scale is missing, or does not fit
        """
        info = self.entry(name)
        self._scale(info)
        return info

    def stored(self, name: str) -> Stored:
        """See :meth:`TensorFile.stored`."""
        info = self.usable(name)
        values = plain_values(self.raw(name), _DTYPES[info.dtype], info.shape)
        scale = self._scale(info)
        return values if scale is None else scaled(values, scale, np.divide)

    def _scale(self, info: TensorInfo) -> npt.NDArray[np.float32] | None:
        """By what quantised values were multiplied: one for each row, or one for all; else None."""
        if info.dtype not in _SCALED:
            return None
        what, scale = f"{info.name}_scale", self._scales[info.name]
        if scale is None:
            if info.dtype == "int16":
                return np.array(_OLD_INT16_SCALE, dtype=np.float32)
            raise self._bad(f"lacks {what!r}, without which {info.name!r:.200} cannot be read")
        n, count = info.shape[0] if info.shape else 1, prod(scale.shape)
        if scale.dtype not in ("float32", "float16") or count not in (1, n):
            raise self._bad(f"has {what!r} of type {scale.dtype} and shape {scale.shape} for {n} rows")
        dtype = NUMPY_DTYPES[_DTYPES[scale.dtype]]
        values = np.frombuffer(self._map, dtype, count, scale.offset).astype(np.float32)
        if not (values != 0).all() or np.isnan(values).any():
            raise self._bad(f"has {what!r:.200} with zeros or what is no number, by which is divided")
        if f"{info.name}_zero" in self.tensors:
            raise SourceError(
                f"{self.path} has {info.name + '_zero'!r:.200}, so that {info.name!r:.200} is quantised"
                " in a way that cannot be read; convert the model again without quantisation, or to int8"
            )
        return values.reshape(count, *(1,) * (len(info.shape) - 1))
