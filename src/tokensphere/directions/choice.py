"""Which tensors of a file hold a user's directions, and along which of their axes."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from itertools import groupby
from math import prod

import numpy as np

from tokensphere.arrays import Intps
from tokensphere.directions.named import natural
from tokensphere.errors import InputError
from tokensphere.formats.tensors import TensorFile

_LISTED = 20  # tensors in a message
_END = r"-?[0-9]{1,18}"
_PART = rf"\s*(?:{_END}|(?:{_END})?:(?:{_END})?(?::[0-9]{{1,18}})?)\s*"
_INDEX = re.compile(rf"(.*)\[({_PART}(?:,{_PART})*)\]", re.DOTALL | re.ASCII)


@dataclass(frozen=True)
class DirectionTensor:
    """A tensor whose directions run along `axis`; its other axes count them.

    Attributes
    ----------
    picked : of each other axis the positions that are meant; empty for all
    """

    name: str
    shape: tuple[int, ...]
    axis: int
    picked: tuple[range, ...] = ()

    @property
    def counted(self) -> tuple[int, ...]:
        """The lengths of the other axes; empty for a vector."""
        return self.shape[: self.axis] + self.shape[self.axis + 1 :]

    @property
    def positions(self) -> tuple[range, ...]:
        """Of each other axis the positions that are meant."""
        return self.picked or tuple(map(range, self.counted))

    def __len__(self) -> int:
        """How many directions there are."""
        return prod(map(len, self.positions))

    def stored(self, low: int, high: int) -> Intps:
        """Which of all directions of the tensor those from `low` to `high` are, shape (high − low,)."""
        if not self.picked:
            return np.arange(low, high)
        places = np.unravel_index(np.arange(low, high), [len(of) for of in self.picked])
        at = [of.start + of.step * place for of, place in zip(self.picked, places, strict=True)]
        return np.ravel_multi_index(at, self.counted).astype(np.intp, copy=False)

    def label(self, number: int) -> str:
        """What a direction is called.

        Examples
        --------
        >>> DirectionTensor("W", (4, 8, 576), 2).label(11), DirectionTensor("probe", (576,), 0).label(0)
        ('W[1,3]', 'probe')
        """
        place = self.place(number)
        return f"{self.name}[{','.join(map(str, place))}]" if place else self.name

    def place(self, number: int) -> list[int]:
        """The position of a direction along the other axes; empty for a vector."""
        place = []
        for positions in reversed(self.positions):  # a hundred thousand names are made one by one
            number, at = divmod(number, len(positions))
            place.append(positions[at])
        return place[::-1]

    def pick(self, index: str, what: str) -> DirectionTensor:
        """Some of its directions: ``8956``, ``-1``, ``100:200``, ``3,:,7``.

        Parameters
        ----------
        index : that :func:`split_index` found, for the axes but that of the dimensions; those that it
            does not name are taken whole
        what : how messages call the tensor

        Raises
        ------
        InputError
            there are no such directions
        """
        parts, counted = index.split(","), self.counted
        if len(parts) > len(counted):
            has = f"has {len(counted)} to count its directions by" if counted else "is one direction"
            numbers = f"{len(parts)} number{'s' if len(parts) > 1 else ''}"
            raise InputError(f"[{index}] has {numbers}, but {what} {has}")
        picked = [_positions(part, of, what) for part, of in zip(parts, counted, strict=False)]
        return replace(self, picked=(*picked, *map(range, counted[len(parts) :])))


def _positions(part: str, length: int, what: str) -> range:
    """The positions along an axis that an index means."""
    ends = [int(end) if end.strip() else None for end in part.split(":")]
    if len(ends) == 1:
        at = ends[0] or 0
        if not -length <= at < length:
            raise InputError(f"there is no {at:,} in {what}, which counts from 0 to {length - 1:,}")
        return range(at % length, at % length + 1)
    positions = range(length)[slice(*ends)] if ends[2:] != [0] else range(0)
    if not positions:
        raise InputError(f"[{part}] takes none of {what}, which counts from 0 to {length - 1:,}")
    return positions


def split_index(pattern: str) -> tuple[str, str | None]:
    """``W_dec[8956]`` -> the name, and what stands in the brackets at its end, if they are an index.

    Examples
    --------
    >>> split_index("W_dec[8956]"), split_index("W_dec"), split_index("blk.[0-9]")
    (('W_dec', '8956'), ('W_dec', None), ('blk.[0-9]', None))
    """
    found = _INDEX.fullmatch(pattern)
    return (found[1], found[2]) if found else (pattern, None)


def choose(file: TensorFile, pattern: str | None, d: int, axis: int | None) -> list[DirectionTensor]:
    """The tensors that a user means, in natural order of their names.

    Parameters
    ----------
    file : open
    pattern : name of a tensor, or a pattern of names (:mod:`fnmatch`); None takes the only tensor
        that has an axis of length d. An index at its end, ``W_dec[8956]``, takes some directions of
        each, unless a tensor's name has it, or fits it as a pattern
    d : number of dimensions
    axis : of tensors that have several axes of that length; see `open_directions`

    Raises
    ------
    InputError
        no tensor, or more than one without a pattern; or one of another type or shape
    """
    names, index = _named(file, pattern, d)
    found = [_along(file, name, d, axis) for name in sorted(names, key=natural)]
    if index is None:
        return found
    return [tensor.pick(index, _what(file, tensor.name)) for tensor in found]


def _named(file: TensorFile, pattern: str | None, d: int) -> tuple[list[str], str | None]:
    """Names of tensors, and the index of some of their directions if there is one."""
    if pattern is None:
        return [_only(file, d)], None
    name, index = split_index(pattern)
    ways = [(pattern, None), *([(name, index)] if index else [])]
    for exact, of in ways:
        if exact in file.tensors:
            return [exact], of
    if index and not name:
        return [_only(file, d)], index
    for fits, of in ways:
        if names := [name for name in file.tensors if fnmatchcase(name, fits)]:
            return names, of
    raise InputError(_no_match(file, name, d))


def _only(file: TensorFile, d: int) -> str:
    """The one tensor that has directions of d dimensions."""
    fitting = _fitting(file, d)
    if len(fitting) == 1:
        return fitting[0]
    if len(file.tensors) == 1:
        return next(iter(file.tensors))  # the check of its axes says what is wrong with it
    if not fitting:
        raise InputError(
            f"none of the {len(file.tensors)} tensors of {file.path} has numbers and an axis of length"
            f" {d}, as directions of this model must; they must come from the same model"
        )
    raise InputError(
        f"{file.path} has {len(fitting)} tensors with an axis of length {d}; name one, or a pattern of"
        f" names, as {file.path.name}:NAME; there are {_listed(file, fitting)}"
    )


def _fitting(file: TensorFile, d: int) -> list[str]:
    """Names of the tensors that could hold directions of d dimensions, in natural order."""
    names = (
        name
        for name, entry in file.tensors.items()
        if d in entry.shape and 0 not in entry.shape and entry.float_type is not None
    )
    return sorted(names, key=natural)


def _no_match(file: TensorFile, pattern: str, d: int) -> str:
    what = f"{file.path} has no tensor {pattern!r:.200}"
    near = difflib.get_close_matches(pattern, list(file.tensors), n=5, cutoff=0.6)
    if near:
        return f"{what}; did you mean {_listed(file, near)}?"
    fitting = _fitting(file, d)
    if not fitting:
        return f"{what}, nor any other with an axis of length {d}; is it of the same model?"
    return f"{what}; with an axis of length {d} there are {_listed(file, fitting)}"


def _listed(file: TensorFile, names: list[str]) -> str:
    """Names with shapes, matrices first; those of many layers as the pattern that takes them all."""

    def kind(name: str) -> tuple[bool, str, tuple[int, ...]]:
        shape = file.tensors[name].shape
        return len(shape) == 1, re.sub(r"[0-9]+", "*", name), shape

    entries: list[str] = []
    for (_, _, shape), group in groupby(sorted(names, key=kind), key=kind):
        same, size = sorted(group, key=natural), " × ".join(str(length) for length in shape)
        pattern = _pattern(file, same)
        if pattern is None:
            entries += [f"{name} ({size})" for name in same]
        else:
            entries.append(f"{pattern} ({size}, {len(same)} of them)")
    more = f" and {len(entries) - _LISTED} more" if len(entries) > _LISTED else ""
    return ", ".join(entries[:_LISTED]) + more


def _pattern(file: TensorFile, names: list[str]) -> str | None:
    """A pattern that these names fit, which differ in numbers, and no other tensor of the file."""
    for number, wildcard in ((r"[0-9]+", "*"), (r"[0-9]", "?")):
        pattern = re.sub(number, wildcard, names[0])
        if len(names) > 1 and set(names) == {
            name for name in file.tensors if fnmatchcase(name, pattern)
        }:
            return pattern
    return None


def _along(file: TensorFile, name: str, d: int, axis: int | None) -> DirectionTensor:
    """A tensor with the axis along which its directions run."""
    entry, what = file.tensors[name], _what(file, name)
    if entry.float_type is None:
        raise InputError(
            f"{what} holds values of type {entry.dtype:.80}; directions must be real numbers of a type"
            " that can be read, such as float32"
        )
    file.usable(name)
    shape = entry.shape
    if 0 in shape:
        raise InputError(f"{what} is empty, of the shape {shape}; there must be one direction or more")
    fitting = [i for i, length in enumerate(shape) if length == d]
    if not fitting:
        raise InputError(
            f"{what} has the shape {shape}, without an axis of length {d}, which the directions of this"
            " model have; they must come from the same model"
        )
    if axis is not None and len(shape) > 1:
        return DirectionTensor(name, shape, _given(axis, shape, d, what))
    if len(fitting) > 1:
        choices = " or ".join(f"axis={i}" for i in fitting)
        raise InputError(
            f"{what} has the shape {shape}, with {len(fitting)} axes of length {d}: say with {choices}"
            " which one the dimensions run along"
            + (" (1: each row is a direction, 0: each column)" if len(shape) == 2 else "")
        )
    return DirectionTensor(name, shape, fitting[0])


def _given(axis: int, shape: tuple[int, ...], d: int, what: str) -> int:
    """The axis that the user gave, as a number from 0 on."""
    if not -len(shape) <= axis < len(shape):
        raise InputError(
            f"there is no axis {axis} in {what}, of the shape {shape}: give one from 0 to"
            f" {len(shape) - 1}"
        )
    if shape[axis] != d:
        raise InputError(
            f"axis {axis} of {what}, of the shape {shape}, has the length {shape[axis]}, but the"
            f" directions of this model have {d} dimensions; give the axis of that length"
        )
    return axis % len(shape)


def _what(file: TensorFile, name: str) -> str:
    """How messages call a tensor."""
    return str(file.path) if name == file.path.name else f"tensor {name!r:.200} of {file.path}"
