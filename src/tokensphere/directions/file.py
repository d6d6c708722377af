"""Users' directions from files: decoder rows of sparse autoencoders, neurons, probes; read in ranges.

A spec is ``PATH`` or ``PATH:PATTERN``, where the pattern says which tensors: a name, or one with
``*``, ``?`` and ``[…]`` as in :mod:`fnmatch`; an index at its end, ``W_dec[8956]``, says which of their
directions. Directions stay as they are stored: one that is zero,
constant or not finite is for the test to judge.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from hashlib import sha256
from itertools import accumulate, pairwise
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from tokensphere.arrays import Intps
from tokensphere.directions.choice import DirectionTensor, choose, split_index
from tokensphere.directions.named import Lazy
from tokensphere.errors import InputError, SourceError
from tokensphere.formats.files import Closing, at_home, exists, why_absent
from tokensphere.formats.packed.told import Told
from tokensphere.formats.packed.view import UnpackedFile
from tokensphere.formats.recognise import FORMATS, recognise
from tokensphere.formats.stored import Floats, Stored
from tokensphere.formats.tensors import TensorFile, digest

_AT_ONCE = 4096  # directions whose values are hashed at a time


@dataclass(frozen=True)
class DirectionSource(Closing):
    """m directions in the tensors of a file, of which any range can be read.

    A context manager that closes the file. Only the range that is asked for takes memory, also of
    quantised columns; in an archive of arrays, and where PyTorch must turn it, one tensor besides.

    Attributes
    ----------
    path : the file, or the index of several
    d : number of dimensions
    tensors : those that hold the directions, in natural order of their names
    dtype : float32, or float64 where a tensor has values that float32 cannot hold
    """

    path: Path
    d: int
    tensors: tuple[DirectionTensor, ...]
    dtype: np.dtype[Any]
    _file: TensorFile = field(repr=False, compare=False)
    _stored: Callable[[str], Stored] = field(repr=False, compare=False)

    def __len__(self) -> int:
        """Number of directions, m."""
        return self._starts[-1]

    @cached_property
    def names(self) -> Sequence[str]:
        """What the m directions are called, so that each can be found again.

        The tensor's name and the position along its other axes, ``blk.7.ffn_down.weight[312]``, or
        ``W[3,12]`` where there are two of those; a vector has its name alone. The array of a ``.npy``
        file and a tensor that PyTorch saved by itself are called by the name of the file.
        """
        return Lazy(len(self), lambda i: DirectionTensor.label(*self._at(i)))

    def record(self, i: int) -> dict[str, Any]:
        """What direction `i` is called, for machines: its tensor, and its place along the other axes."""
        tensor, number = self._at(i)
        place = tensor.place(number)
        return {"vector": tensor.name, "row": place if len(place) > 1 else next(iter(place), None)}

    def _at(self, i: int) -> tuple[DirectionTensor, int]:
        """The tensor that has direction `i`, and its number there."""
        part = bisect_right(self._starts, i) - 1
        return self.tensors[part], i - self._starts[part]

    @cached_property
    def _starts(self) -> list[int]:
        """Where the directions of each tensor begin among all, and after the last how many there are."""
        return list(accumulate((len(tensor) for tensor in self.tensors), initial=0))

    @property
    def groups(self) -> tuple[str, ...]:
        """The names of the tensors, in the order of their directions."""
        return tuple(tensor.name for tensor in self.tensors)

    @cached_property
    def group_of(self) -> Intps:
        """For each direction the number of its group, ascending, shape (m,)."""
        return np.repeat(np.arange(len(self.tensors)), [len(tensor) for tensor in self.tensors])

    @cached_property
    def sha256(self) -> str:
        """SHA-256 of what the directions are made of, in hexadecimal; reads all of it once.

        The names, shapes and axes of the tensors, and their bytes as stored; not the file's name.
        """
        hasher = sha256()
        for tensor in self.tensors:
            own = tensor.name if tensor.name != self.path.name else ""
            head = (own, tensor.shape, tensor.axis, self._file.tensors[tensor.name].dtype)
            hasher.update(repr(head).encode())
            if tensor.picked:
                hasher.update(repr(tensor.picked).encode())
                for low in range(0, len(tensor), _AT_ONCE):
                    high = min(low + _AT_ONCE, len(tensor))
                    for part in self._read(tensor, low, high):
                        hasher.update(part.astype("<f8").data)
            else:
                hasher.update(digest(self._file, tensor.name).encode())
        return hasher.hexdigest()

    def _read(self, tensor: DirectionTensor, low: int, high: int) -> Iterator[Floats]:
        """Those of a tensor from `low` to `high`, as many at a time as follow each other in the file."""
        stored, numbers = self._stored(tensor.name), tensor.stored(low, high)
        breaks = np.flatnonzero(np.diff(numbers) != 1) + 1
        for start, end in pairwise([0, *breaks.tolist(), len(numbers)]):
            yield stored.along(tensor.axis, int(numbers[start]), int(numbers[end - 1]) + 1)

    def block(self, low: int, high: int) -> Floats:
        """The directions `low` to `high`, which may lie in several tensors.

        Parameters
        ----------
        low, high : 0 <= low <= high <= m

        Returns
        -------
        new array of `dtype` and shape (high - low, d), the directions as stored

        Raises
        ------
        InputError
            there are no such directions
        SourceError
            values of their type cannot be read
        MissingExtraError
            their type is read with the package ``gguf``, which is not installed
        """
        if not 0 <= low <= high <= len(self):
            raise InputError(f"there are no directions {low} to {high}: they go from 0 to {len(self)}")
        out = np.empty((high - low, self.d), dtype=self.dtype)
        for tensor, (start, end) in zip(self.tensors, pairwise(self._starts), strict=True):
            first, last = max(low, start), min(high, end)
            if first < last:
                at = first - low
                for part in self._read(tensor, first - start, last - start):
                    out[at : at + len(part)] = part
                    at += len(part)
                self._file.release(tensor.name)
        return out

    def whole(self) -> DirectionSource:
        """The same with all directions of its tensors, if an index had picked some; one file is open."""
        return replace(self, tensors=tuple(replace(one, picked=()) for one in self.tensors))

    def home(self, i: int) -> int:
        """The number of direction `i` among those of :meth:`whole`."""
        tensor, number = self._at(i)
        before = self.tensors[: self.tensors.index(tensor)]
        return sum(prod(one.counted) for one in before) + int(tensor.stored(number, number + 1)[0])

    def close(self) -> None:
        """Let go of the file; blocks that were given out stay valid."""
        self._file.close()


def open_directions(spec: str | Path, d: int, *, axis: int | None = None) -> DirectionSource:
    """Directions in a file, none of them read yet.

    Parameters
    ----------
    spec : ``PATH`` or ``PATH:PATTERN``. The path is a file of NumPy, safetensors (or the index of
        several), GGUF, PyTorch or CTranslate2, or a folder with a model in one; the pattern is the
        name of a tensor, or one that several fit, in natural order (``blk.2`` before ``blk.10``); an
        index at its end takes some of the directions, ``W_dec[8956]``, ``W_dec[:100]``, ``W[3,12]``.
        Without it the file must have just one tensor with an axis of length d. What exists as a
        file is never split at a colon
    d : number of dimensions that directions of the model have
    axis : which axis of a tensor, as NumPy shows it, has length d and runs over the dimensions: 1 if
        the rows of a matrix are the directions, 0 if its columns are. Needed only where several axes
        have that length; of a vector there is but one. GGUF lists lengths the other way round: what
        it calls ``[1536, 576]`` is the shape (576, 1536) here

    Raises
    ------
    InputError
        no tensor is meant by the spec, or its type, shape or axes are not those of directions
    SourceError
        there is no such file, or it cannot be read
    FormatError
        its content is not what its format demands
    MissingExtraError
        PyTorch is needed and not installed
    """
    if d < 1:
        raise InputError(f"the number of dimensions is {d}, but must be 1 or more")
    path, pattern = split_spec(str(spec))
    path, known = recognise(path)
    if known.reader is None:
        raise SourceError(
            f"{path} looks like {known.name}, of which no directions are read; known are"
            f" {', '.join(known.name for known in FORMATS if known.reader)}"
        )
    file = UnpackedFile(known.open(path), Told(widths=frozenset([d])))
    try:
        tensors = tuple(choose(file, pattern, d, axis))
        dtype = np.result_type(*(file.tensors[tensor.name].float_type for tensor in tensors))
    except BaseException:
        file.close()
        raise
    return DirectionSource(path, d, tensors, dtype, file, lru_cache(maxsize=1)(file.stored))


def means_file(spec: str) -> bool:
    """Whether somebody who types this means a file of directions: it exists, or has such an ending.

    Examples
    --------
    >>> means_file("nowhere/sae.safetensors:W_dec[8956]"), means_file(" king - man"), means_file("a.b")
    (True, False, False)
    """
    name = split_index(spec)[0]
    at = len(name)
    while at > 0:
        if exists(at_home(name[:at])) or name[:at].lower().endswith(_ENDINGS):
            return True
        at = name.rfind(":", 0, at)
    return False


_ENDINGS = tuple(ending for known in FORMATS if known.reader for ending in known.suffixes)


def split_spec(spec: str) -> tuple[Path, str | None]:
    """``PATH`` or ``PATH:PATTERN`` -> the path, which exists, and the pattern.

    Names of files and of tensors may have colons, too: the longest part that is there is the path.

    Raises
    ------
    SourceError
        there is no such file or folder
    InputError
        nothing follows the colon
    """
    at = len(spec)
    while at > 0:
        path = at_home(spec[:at])
        if exists(path):
            pattern = spec[at + 1 :]
            if at < len(spec) and not pattern:
                raise InputError(f"{spec!r:.200} names no tensor after the colon; leave the colon out")
            return path, pattern or None
        at = spec.rfind(":", 0, at)
    name, index = split_index(spec)
    if index and exists(path := at_home(name)):
        return path, f"[{index}]"
    # The colon of a Windows drive is none that we split at.
    shown = spec if spec.rfind(":") < 2 else spec.rpartition(":")[0]
    raise SourceError(
        f"there is no file or folder {shown!r:.200}; {why_absent(at_home(shown))}directions are given as"
        " FILE or FILE:TENSOR"
    )
