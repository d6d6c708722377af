"""GGUF: a reader of llama.cpp's file format that looks only at what it is asked for.

Reads the header (metadata and the table of tensors) and single tensors, as stored or as float32.
Every length, count and offset is checked against the file before anything is allocated. Versions 2
and 3, little-endian. How a tensor's values are stored is the business of
:mod:`tokensphere.formats.gguf.quants`. The format is described in ggml's ``docs/gguf.md``.
"""

from __future__ import annotations

import struct
from itertools import pairwise
from math import prod
from typing import Any

import numpy as np

from tokensphere.errors import FormatError
from tokensphere.formats.gguf.quants import TENSOR_TYPES, TYPE_OF, TensorType, block_values, float_type
from tokensphere.formats.gguf.strings import read_strings
from tokensphere.formats.mapped import MappedFile
from tokensphere.formats.stored import Stored
from tokensphere.formats.tensors import TensorInfo

MAGIC = b"GGUF"
STRING, ARRAY = 8, 9
_SCALARS = {
    0: "<u1", 1: "<i1", 2: "<u2", 3: "<i2", 4: "<u4", 5: "<i4",
    6: "<f4", 7: "?", 10: "<u8", 11: "<i8", 12: "<f8",
}  # fmt: skip
_DEEPEST = 4  # arrays within arrays
_MOST_DIMENSIONS = 4


class GGUFFile(MappedFile):
    """An open GGUF file.

    Attributes
    ----------
    metadata : dict
        keys to int, float, bool, str, lists of str, or NumPy arrays of numbers
    tensors : dict of name -> `TensorInfo`

    Raises
    ------
    SourceError
        the file cannot be opened
    FormatError
        it is no GGUF file, is cut short, or contradicts itself
    """

    least, what = 24, "a GGUF file"

    def _read_header(self) -> None:
        magic, version, n_tensors, n_keys = struct.unpack_from("<4sIQQ", self._map, 0)
        if magic != MAGIC:
            raise FormatError(f"{self.path} is not a GGUF file: it does not begin with 'GGUF'")
        if version not in (2, 3):
            raise FormatError(
                f"{self.path} is GGUF version {version & 0xFFFF or version >> 24}"
                f"{' (big-endian)' if version > 0xFFFF else ''}, but only little-endian"
                " versions 2 and 3 can be read; convert it with llama.cpp"
            )
        # A key takes 13 bytes at least and a tensor's entry 32: no more than these can be there.
        if n_keys * 13 + n_tensors * 32 > self._size:
            raise self._bad(f"claims {n_keys} keys and {n_tensors} tensors, more than it can hold")
        self._at = 24
        self.metadata: dict[str, Any] = {}
        for _ in range(n_keys):
            key = self._string()
            if key in self.metadata:
                raise self._bad(f"has the key {key!r:.200} twice")
            self.metadata[key] = self._value(self._number("<I"))
        self._read_tensor_table(n_tensors)

    def _read_tensor_table(self, count: int) -> None:
        entries: list[tuple[str, tuple[int, ...], TensorType, int]] = []
        for _ in range(count):
            name = self._string()
            dimensions = self._number("<I")
            if not 1 <= dimensions <= _MOST_DIMENSIONS:
                raise self._bad(f"gives tensor {name!r:.200} {dimensions} dimensions")
            shape = tuple(self._number("<Q") for _ in range(dimensions))[::-1]
            kind, offset = self._number("<I"), self._number("<Q")
            type_ = TENSOR_TYPES.get(kind, TensorType(f"type {kind}", 1, 0))
            entries.append((name, shape, type_, offset))
        alignment = self.metadata.get("general.alignment", 32)
        if not isinstance(alignment, int) or alignment < 1 or alignment & (alignment - 1):
            raise self._bad(f"has the alignment {alignment!s:.20}, which is no power of two")
        start = -(-self._at // alignment) * alignment
        for name, shape, type_, offset in entries:
            what = f"tensor {name!r:.200}"
            if offset % alignment:
                raise self._bad(f"has {what} at offset {offset}, no multiple of {alignment}")
            if shape[-1] % type_.values:
                raise self._bad(f"has rows of {shape[-1]} in {what} of type {type_.name}")
            size = prod(shape) // type_.values * type_.bytes
            end = start + offset + size
            if end > self._size:
                raise self._bad(f"is cut short: {what} ends at byte {end:,}, the file at {self._size:,}")
            self._add(TensorInfo(name, shape, type_.name, start + offset, size, float_type(type_)))
        self._check_overlap()

    def _check_overlap(self) -> None:
        stored = sorted((t for t in self.tensors.values() if t.size), key=lambda t: t.offset)
        for before, after in pairwise(stored):
            if before.offset + before.size > after.offset:
                both = f"{before.name!r:.200} and {after.name!r:.200}"
                raise self._bad(f"has tensors that overlap, {both}")

    def _string(self) -> str:
        return self._sized("<Q").decode("utf-8", "surrogateescape")

    def _value(self, kind: int, depth: int = 0) -> Any:
        if kind == STRING:
            return self._string()
        if kind == ARRAY:
            return self._array(depth)
        if kind not in _SCALARS:
            raise self._bad(f"has a value of the unknown type {kind} at byte {self._at:,}")
        dtype = np.dtype(_SCALARS[kind])
        return np.frombuffer(self._map, dtype, 1, self._need(dtype.itemsize))[0].item()

    def _array(self, depth: int) -> Any:
        kind, count = self._number("<I"), self._number("<Q")
        if kind in _SCALARS:
            dtype = np.dtype(_SCALARS[kind])
            at = self._need(self._claimed(count, "numbers in an array", dtype.itemsize) * dtype.itemsize)
            return np.frombuffer(self._map[at : self._at], dtype)
        self._claimed(count, "entries of an array", 8 if kind == STRING else 12)
        if kind == STRING:
            strings, self._at = read_strings(self._map, self._at, count, self._size)
            if len(strings) < count:
                problem = f"string {len(strings)} of {count} runs past its end"
                raise self._bad(f"is cut short or damaged: {problem}")
            return strings
        if depth >= _DEEPEST:
            raise self._bad("has arrays nested too deeply")
        return [self._value(kind, depth + 1) for _ in range(count)]

    def stored(self, name: str) -> Stored:
        """See :meth:`TensorFile.stored`.

        Raises
        ------
        MissingExtraError
            its type is read with the package ``gguf``, which is not installed
        """
        info = self.usable(name)
        return block_values(self.raw(name), TYPE_OF[info.dtype], info.shape)
