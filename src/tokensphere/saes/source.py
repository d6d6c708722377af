"""Dictionaries that were found -> directions of which any range can be read."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from hashlib import sha256
from itertools import accumulate, pairwise
from typing import Any

import numpy as np

from tokensphere.arrays import Intps
from tokensphere.directions.choice import DirectionTensor, choose
from tokensphere.directions.file import DirectionSource
from tokensphere.directions.named import Lazy
from tokensphere.errors import InputError, SourceError
from tokensphere.formats.files import Closing
from tokensphere.formats.stored import Floats
from tokensphere.saes.find import Dictionary, Vectors
from tokensphere.saes.shelf import Shelf

_OTHERS = {"t": "to layer {}", "s": "from layer {}", "m": "model {}"}


@dataclass(frozen=True)
class Part:
    """The vectors of one dictionary that are one group.

    Attributes
    ----------
    title : what it is called; its vectors are that and their number
    layer : where its vectors live, or None
    directions : the vectors, of one tensor
    axis : which of the axes that count them counts features
    """

    title: str
    layer: int | None
    directions: DirectionSource
    axis: int = 0

    def whole(self) -> Part:
        """The same with all features."""
        (tensor,) = self.directions.tensors
        places = list(tensor.positions)
        places[self.axis] = range(tensor.counted[self.axis])
        every = replace(tensor, picked=tuple(places) if len(places) > 1 else ())
        return replace(self, directions=replace(self.directions, tensors=(every,)))

    def feature(self, number: int) -> int:
        """Which feature the vector of that number is."""
        return self.directions.tensors[0].place(number)[self.axis]


@dataclass(frozen=True)
class SAESource(Closing):
    """The vectors of one or several dictionaries, a group each, of which any range can be read.

    A context manager that closes the files. To :func:`nearest`, :func:`direction_test` and all that
    takes directions it is some.

    Attributes
    ----------
    name : what somebody typed for it
    model : the Hub's name of the model, as :func:`load` takes it; None if nothing tells it
    parts : the groups
    dictionaries : what is known of each that was found
    notes : what was assumed, a sentence each
    vectors : ``"decoder"`` or ``"encoder"``; the latter's names say it
    d : number of dimensions
    """

    name: str
    model: str | None
    parts: tuple[Part, ...]
    dictionaries: tuple[Dictionary, ...]
    notes: tuple[str, ...] = ()
    vectors: Vectors = "decoder"
    d: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "d", self.parts[0].directions.d)

    def __len__(self) -> int:
        """Number of vectors, m."""
        return self._starts[-1]

    @property
    def path(self) -> str:
        """What somebody typed for it."""
        return self.name

    @cached_property
    def names(self) -> Sequence[str]:
        """What the vectors are called, ``blocks.8.hook_resid_pre[312]``."""
        return Lazy(len(self), lambda i: self._label(*self._at(i)))

    def _label(self, part: Part, number: int) -> str:
        return f"{part.title}[{part.feature(number)}]"

    def record(self, i: int) -> dict[str, Any]:
        """What vector `i` is called, for machines: its dictionary, the feature's number, the layer."""
        part, number = self._at(i)
        named = {"vector": part.title, "row": part.feature(number)}
        return named if part.layer is None else {**named, "layer": part.layer}

    def _at(self, i: int) -> tuple[Part, int]:
        which = bisect_right(self._starts, i) - 1
        return self.parts[which], i - self._starts[which]

    @cached_property
    def _starts(self) -> list[int]:
        return list(accumulate((len(part.directions) for part in self.parts), initial=0))

    @property
    def groups(self) -> tuple[str, ...]:
        """What the parts are called."""
        return tuple(part.title for part in self.parts)

    @cached_property
    def group_of(self) -> Intps:
        """For each vector the number of its group, ascending, shape (m,)."""
        return np.repeat(np.arange(len(self.parts)), [len(part.directions) for part in self.parts])

    @cached_property
    def sha256(self) -> str:
        """SHA-256 of what the vectors are made of, in hexadecimal; reads all of it once."""
        return sha256("".join(part.directions.sha256 for part in self.parts).encode()).hexdigest()

    def block(self, low: int, high: int) -> Floats:
        """The vectors `low` to `high`, as stored, shape (high − low, d).

        Raises
        ------
        InputError
            there are no such vectors
        """
        if not 0 <= low <= high <= len(self):
            raise InputError(f"there are no vectors {low} to {high}: they go from 0 to {len(self)}")
        dtype = np.result_type(*(part.directions.dtype for part in self.parts))
        out: Floats = np.empty((high - low, self.d), dtype=dtype)
        for part, (start, end) in zip(self.parts, pairwise(self._starts), strict=True):
            first, last = max(low, start), min(high, end)
            if first < last:
                out[first - low : last - low] = part.directions.block(first - start, last - start)
        return out

    def whole(self) -> SAESource:
        """The same with all features, if an index had picked some; the same files are open."""
        return replace(self, parts=tuple(part.whole() for part in self.parts))

    def home(self, i: int) -> int:
        """The number of vector `i` among those of :meth:`whole`."""
        part, number = self._at(i)
        before = self.parts[: self.parts.index(part)]
        return sum(len(one.whole().directions) for one in before) + part.feature(number)

    def close(self) -> None:
        """Let go of the files; blocks that were given out stay valid."""
        for part in self.parts:
            part.directions.close()


def open_parts(
    shelf: Shelf, found: Sequence[Dictionary], vectors: Vectors, index: str | None
) -> tuple[Part, ...]:
    """The vectors of dictionaries, a part for each, or for each layer that one writes to.

    Parameters
    ----------
    shelf : where they were found
    found : one or more, of vectors of the same length
    vectors : which of a feature's two they are; those of the encoder are called so
    index : which features are meant, as in ``W_dec[8956]``; None for all

    Raises
    ------
    InputError
        there are no such features
    SourceError
        vectors do not live in the residual stream, or are of several lengths
    """
    for one in found:
        _check_place(one, shelf.name)
    if len(lengths := {one.d for one in found}) > 1:
        raise SourceError(f"{shelf.name}: the vectors have several lengths, {sorted(lengths)}; name one")
    what = " encoder" if vectors == "encoder" else ""
    titles, parts = _titles(found, shelf), list[Part]()
    try:
        for title, one in zip(titles, found, strict=True):
            parts += [
                replace(part, title=f"{part.title}{what}")
                for part in _parts_of(shelf, title, one, index)
            ]
    except BaseException:
        for part in parts:
            part.directions.close()
        raise
    return tuple(parts)


def _check_place(one: Dictionary, where: str) -> None:
    """Refuse vectors that are no directions of the residual stream."""
    place = one.place
    if place is None or place.space == "residual":
        return
    what = {
        "heads": "what attention heads put out, before W_O",
        "neurons": "an MLP's neurons, before W_out",
    }.get(place.space, "which is no place that is known")
    raise SourceError(
        f"{one.path or where} is a dictionary of {place.hook!r:.100}, {what}: its vectors are no"
        " directions among embeddings; use one of the residual stream, of attn_out or mlp_out, or name"
        f" the tensor if you know better: FILE:{one.tensor}"
    )


def _titles(found: Sequence[Dictionary], shelf: Shelf) -> list[str]:
    """What dictionaries are called: by their hooks if these differ, else by their paths or tensors."""
    ways = (
        [one.place.hook if one.place else "" for one in found],
        [one.path or shelf.repo.rpartition("/")[2] for one in found],
        [one.tensor for one in found],
    )
    told_apart = (names for names in ways if all(names) and len(set(names)) == len(found))
    return next(told_apart, [f"{one.file}:{one.tensor}" for one in found])


def _parts_of(shelf: Shelf, title: str, one: Dictionary, index: str | None) -> list[Part]:
    """One part, or one for each layer or model that the features have vectors of."""
    file, name = shelf.open(one.file, one.tensor)
    try:
        (tensor,) = choose(file, name, one.d, one.axes.index("d"))
        counted = one.axes.replace("d", "")
        at = counted.index("f")
        picked = tensor.pick(":," * at + (index or ":"), title) if index or len(counted) > 1 else tensor
        layer = one.place.layer if one.place else None
        parts = [(title, layer, picked)]
        for other, axis in enumerate(counted):
            if axis != "f":
                parts = [
                    _of_axis(axis, number, title, layer, picked, other)
                    for number in range(tensor.counted[other])
                ]
        dtype = np.result_type(*filter(None, [file.tensors[name].float_type]))
        stored = lru_cache(maxsize=1)(file.stored)
        return [
            Part(called, of, DirectionSource(file.path, one.d, (own,), dtype, file, stored), at)
            for called, of, own in parts
        ]
    except BaseException:
        file.close()
        raise


def _of_axis(
    axis: str, number: int, title: str, layer: int | None, tensor: DirectionTensor, other: int
) -> tuple[str, int | None, DirectionTensor]:
    """The vectors of one layer or model: title, layer, and which they are."""
    if axis == "l":  # counted from its own layer on
        axis, number_named = "t", number + (layer or 0)
    else:
        number_named = number
    places = list(tensor.positions)
    places[other] = range(number, number + 1)
    return (
        f"{title} {_OTHERS[axis].format(number_named)}",
        number_named if axis == "t" else layer,
        replace(tensor, picked=tuple(places)),
    )
