"""What every reader of a file with tensors offers."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tokensphere.errors import SourceError
from tokensphere.formats.files import Closing
from tokensphere.formats.floats import NUMPY_DTYPES, plain_values
from tokensphere.formats.stored import AT_ONCE, Stored


@dataclass(frozen=True)
class TensorInfo:
    """What is known of a tensor without reading it.

    Attributes
    ----------
    name : as the file spells it
    shape : the fastest axis last
    dtype : how the values are stored, e.g. ``F16`` or ``Q8_0``
    offset, size : its bytes, where it lies in one piece in a file
    float_type : the type in which its values come, see :attr:`Stored.dtype`; None if they are no real
        numbers of a type that can be read
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    offset: int = 0
    size: int = 0
    float_type: np.dtype[Any] | None = None


class TensorFile(Closing):
    """An open file with named tensors; a context manager that closes it.

    A format's own class fills `path` and `tensors`, and has :meth:`raw`; the rest is the same for all
    whose types are those of :mod:`tokensphere.formats.floats`.

    Attributes
    ----------
    path : the file, or the index of several
    tensors : name -> what is known of the tensor without reading it
    """

    path: Path
    tensors: Mapping[str, TensorInfo]
    noun: str = "tensor"

    def raw(self, name: str) -> npt.NDArray[np.uint8]:
        """The bytes of a tensor as stored, shape (size,)."""
        raise NotImplementedError

    def release(self, name: str) -> None:
        """Let the system take back the memory that holds what was read of a mapped tensor."""

    def beside(self, name: str) -> bytes:
        """What beside a tensor's own bytes says what its values are: a scale, or nothing."""
        self.entry(name)
        return b""

    def entry(self, name: str) -> TensorInfo:
        """What is known of a tensor.

        Raises
        ------
        SourceError
            there is none of that name; the message has some that are there
        """
        if name not in self.tensors:
            some = ", ".join(repr(other)[1:-1][:60] for other in self._likely()[:5]) or "none"
            raise SourceError(f"{self.path} has no {self.noun} {name!r:.200}; it has {some}, …")
        return self.tensors[name]

    def _likely(self) -> list[str]:
        """The names that a message should have first."""
        return list(self.tensors)

    def usable(self, name: str) -> TensorInfo:
        """The same, of a tensor whose values can be read.

        Raises
        ------
        SourceError
            there is none of that name, or what its values are is stored in a way that cannot be read
        """
        return self.entry(name)

    def stored(self, name: str) -> Stored:
        """A tensor, any part of which can be read as floats; its `float_type` must not be None."""
        info = self.usable(name)
        return plain_values(self.raw(name), info.dtype, info.shape)

    def array(self, name: str) -> npt.NDArray[Any]:
        """A tensor in its own type and shape; where the file is mapped, a read-only view of it.

        Raises
        ------
        SourceError
            NumPy has no such type (BF16, F8_E4M3, …)
        """
        raw, info = self.raw(name), self.tensors[name]
        if info.dtype not in NUMPY_DTYPES:
            raise SourceError(
                f"{self.noun} {name!r:.200} of {self.path} is stored as {info.dtype}, which NumPy"
                " lacks; read it as float32 with matrix()"
            )
        return raw.view(NUMPY_DTYPES[info.dtype]).reshape(info.shape)

    def matrix(self, name: str) -> npt.NDArray[np.float32]:
        """A two-dimensional tensor as float32 of its shape, a new array.

        Raises
        ------
        SourceError
            there is no such tensor, it is no matrix, or is stored in a type that cannot be read
        MissingExtraError
            its type is read with a package that is not installed
        """
        info = self.entry(name)
        if len(info.shape) != 2 or not all(info.shape) or info.float_type is None:
            raise SourceError(
                f"{self.noun} {name!r:.200} of {self.path} is stored as {info.dtype} in the shape"
                f" {info.shape}, not a matrix of real numbers of a known type"
            )
        return self.stored(name).float32(partial(self.release, name))


def digest(file: TensorFile, *names: str) -> str:
    """SHA-256 of tensors' bytes as stored, and of their scales' where they have some, in hexadecimal."""
    sha256 = hashlib.sha256()
    for name in names:
        raw = file.raw(name)
        for low in range(0, raw.size, AT_ONCE):
            sha256.update(raw[low : low + AT_ONCE].data)
            file.release(name)
        sha256.update(file.beside(name))
    return sha256.hexdigest()
