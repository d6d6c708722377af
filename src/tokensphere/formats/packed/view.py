"""A file of tensors in which packed matrices appear under their own names, and are read as meant."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, ValuesView

import numpy as np
import numpy.typing as npt

from tokensphere.errors import SourceError
from tokensphere.formats.packed.kinds import packed_names, packing_of, refuse_unknown
from tokensphere.formats.packed.packing import Packing
from tokensphere.formats.packed.told import NOTHING, Told
from tokensphere.formats.stored import Stored
from tokensphere.formats.tensors import TensorFile, TensorInfo


class UnpackedTensors(Mapping[str, TensorInfo]):
    """Tensors by name; a matrix that is packed has the shape that it means, and its name.

    ``lm_head.weight`` is there if the file has ``lm_head.qweight``. What is known of a tensor is looked
    up when it is asked for, as the tensors of several files have it.

    Parameters
    ----------
    tensors : of the file, as it names them
    told : what the model's configuration says
    """

    def __init__(self, tensors: Mapping[str, TensorInfo], told: Told = NOTHING) -> None:
        self._tensors, self._told = tensors, told
        self._renamed = packed_names(tensors)
        self._meant = {values: name for name, values in self._renamed.items()}
        self._known: dict[str, Packing | None] = {}

    def packing(self, name: str) -> Packing | None:
        """How a matrix is packed, also by the name of its values; None if they are plain."""
        if name not in self._known:
            matrix = self._meant.get(name, name)
            values = None if matrix in self._tensors else self._renamed.get(matrix)
            if name in self._meant:
                values = name
            self._known[name] = packing_of(self._tensors, matrix, values, self._told)
        return self._known[name]

    def refuse(self, name: str, where: str) -> None:
        """Refuse a matrix of tokens that cannot be read rightly.

        Raises
        ------
        SourceError
            it is packed in a way that cannot be read, or its stored numbers are not known to be values
        """
        packing = self.packing(name)
        if name in self._renamed and name in self._tensors:
            raise SourceError(
                f"{where} has {name!r:.200} and {self._renamed[name]!r:.200}, a plain matrix and a"
                " packed one, and does not say which counts; use a version of the model with one of them"
            )
        if packing is None:
            refuse_unknown(self._tensors[name], where, self._told, self._tensors)
        elif packing.read is None:
            raise packing.refusal(where)

    def __getitem__(self, name: str) -> TensorInfo:
        if name not in self:
            raise KeyError(name)
        packing = self.packing(name)
        return self._tensors[name] if packing is None else packing.info

    def __contains__(self, name: object) -> bool:
        return name in self._tensors or name in self._renamed

    def __iter__(self) -> Iterator[str]:
        yield from self._tensors
        yield from (name for name in self._renamed if name not in self._tensors)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def values(self) -> ValuesView[TensorInfo]:
        """All tensors; those of several files are looked up together."""
        self._tensors.values()
        return super().values()


class UnpackedFile(TensorFile):
    """An open file, with its packed matrices as they are meant; closes the file.

    Parameters
    ----------
    file : open
    told : what the model's configuration says
    """

    tensors: UnpackedTensors

    def __init__(self, file: TensorFile, told: Told = NOTHING) -> None:
        self.file, self.path, self.noun = file, file.path, file.noun
        self.tensors = UnpackedTensors(file.tensors, told)

    def close(self) -> None:
        """Let go of the file."""
        self.file.close()

    def raw(self, name: str) -> npt.NDArray[np.uint8]:
        """The bytes of a tensor as stored; of a packed matrix those of its values."""
        return self.file.raw(self._parts(name)[0])

    def release(self, name: str) -> None:
        """See :meth:`TensorFile.release`."""
        self.file.release(self._parts(name)[0])

    def beside(self, name: str) -> bytes:
        """See :meth:`TensorFile.beside`; of a packed matrix a SHA-256 of its scales."""
        packing = self.tensors.packing(name)
        if packing is None:
            return self.file.beside(name)
        hasher = hashlib.sha256(packing.info.dtype.encode())
        for part in packing.tensors[1:]:
            info = self.file.tensors[part]
            hasher.update(f"{info.dtype} {info.shape}".encode() + self.file.raw(part).tobytes())
        return hasher.digest()

    def usable(self, name: str) -> TensorInfo:
        """See :meth:`TensorFile.usable`; a packed matrix must be of a kind that can be read."""
        self.entry(name)
        packing = self.tensors.packing(name)
        if packing is None:
            return self.file.usable(name)
        if packing.read is None:
            raise packing.refusal(str(self.path))
        return packing.info

    def stored(self, name: str) -> Stored:
        """See :meth:`TensorFile.stored`."""
        self.usable(name)
        packing = self.tensors.packing(name)
        read = None if packing is None else packing.read
        return self.file.stored(name) if read is None else read(self.file)

    def array(self, name: str) -> npt.NDArray[np.generic]:
        """See :meth:`TensorFile.array`."""
        return self.file.array(name)

    def note(self, name: str) -> str:
        """How a packed matrix is packed and how that is known; empty for a plain one."""
        packing = self.tensors.packing(name)
        return "" if packing is None else packing.note

    def _parts(self, name: str) -> tuple[str, ...]:
        self.entry(name)
        packing = self.tensors.packing(name)
        return (name,) if packing is None else packing.tensors
