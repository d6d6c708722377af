"""Directions that have names, of which any range can be read: one object for all work on them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import sha256
from typing import Any, Generic, TypeVar

import numpy as np

from tokensphere.arrays import Floats, Intps
from tokensphere.errors import InputError
from tokensphere.geometry.given import RealRows
from tokensphere.geometry.similarity import Similarity

Own = tuple[tuple[int, ...], ...]
Weights = tuple[tuple[int, ...], ...]
Vectors = Floats
T = TypeVar("T")
_TOLD = frozenset({"path", "vectors"})  # of what directions are, for people; the SHA-256 says which


@dataclass(frozen=True)
class Name:
    """What a direction is called: a title for people, a dict for machines."""

    title: str
    record: dict[str, Any]


class Lazy(Sequence[T], Generic[T]):
    """A sequence whose entries are made when they are looked at: a million names take no list."""

    def __init__(self, count: int, make: Callable[[int], T]) -> None:
        self._range, self._make = range(count), make

    def __len__(self) -> int:
        return len(self._range)

    def __getitem__(self, which: Any) -> Any:
        chosen = self._range[which]
        if isinstance(chosen, range):
            return [self._make(i) for i in chosen]
        return self._make(chosen)

    def __reduce__(self) -> tuple[Any, ...]:
        return list, (list(self),)  # what makes them cannot be pickled


@dataclass(frozen=True)
class Directions:
    """m directions, or points, of d dimensions.

    Attributes
    ----------
    d : dimensions
    names : what each is called, m of them
    read : gives directions low … high − 1, floating of shape (high − low, d)
    describe : says what they are; data is read once for it
    groups : names of groups, and
    group_of : for each direction the number of its group, int array of shape (m,); both may be empty
    own : for each direction the tokens that it was made of; empty unless all are made of tokens
    weights : the weights of these tokens: 1 if added, −1 if subtracted
    rows : of tokens, what their rows were made for: the similarity, and whether centred
    ends : 2 if every second direction is the opposite of the one before, else 1
    """

    d: int
    names: Sequence[Name]
    read: Callable[[int, int], Vectors]
    describe: Callable[[], dict[str, Any]]
    groups: tuple[str, ...] = ()
    group_of: Intps | None = None
    own: Own = ()
    weights: Weights = ()
    ends: int = 1
    rows: tuple[Similarity, bool] | None = None

    @classmethod
    def held(
        cls,
        vectors: Vectors | RealRows,
        names: Sequence[Name],
        what: str,
        *,
        sha256: Callable[[], str] | None = None,
        **more: Any,
    ) -> Directions:
        """Directions in memory, shape (m, d).

        They are known by their values where these were given; those that were computed are not the
        same to the last bit on every processor, and `sha256` says what was asked for instead.
        """

        def read(low: int, high: int) -> Vectors:
            return vectors[low:high]

        return cls(
            vectors.shape[1],
            names,
            read=read,
            describe=lambda: {
                "what": what,
                "count": len(vectors),
                "sha256": sha256() if sha256 else digest_of(read, len(vectors)),
            },
            **more,
        )

    def __len__(self) -> int:
        """Number of directions, m."""
        return len(self.names)

    def __getstate__(self) -> dict[str, Any]:
        if self.read is _no_vectors:
            held: Vectors | None = None
        else:
            held = np.array(self.read(0, len(self)))  # a file that it is read from may be gone
        return {**vars(self), "about": self.about, "describe": None, "read": held}

    def __setstate__(self, state: dict[str, Any]) -> None:
        held, about = state["read"], state["about"]
        read = _no_vectors if held is None else lambda low, high: held[low:high]
        vars(self).update(state, read=read, describe=lambda: about)

    def without_vectors(self) -> Directions:
        """The same without what they are: for results, which need no more."""
        about = self.about
        return replace(self, read=_no_vectors, describe=lambda: about)

    @cached_property
    def about(self) -> dict[str, Any]:
        """What they are, for JSON; with a SHA-256 where they are data, or made of tokens."""
        return self.describe()

    @property
    def key(self) -> dict[str, Any]:
        """Which directions these are: what was asked for or given; not where a file lies, nor names."""
        about = {name: value for name, value in self.about.items() if name not in _TOLD}
        return {"directions": about, "both_ends": self.ends == 2}

    @property
    def titles(self) -> Sequence[str]:
        """What the directions are called, for people."""
        return Lazy(len(self), lambda i: self.names[i].title)

    def blocks(self, start: int, at_once: int) -> Iterator[tuple[int, Vectors, Own]]:
        """From number `start` on, `at_once` at a time: the first's number, vectors, own tokens."""
        for low in range(start, len(self), at_once):
            high = min(low + at_once, len(self))
            yield low, self.read(low, high), self.own[low:high]

    def called(self, names: Sequence[str]) -> Directions:
        """The same under other names, m of them.

        Raises
        ------
        InputError
            another number of names
        """
        self._check_count("names", len(names))
        return replace(self, names=[Name(str(name), {"name": str(name)}) for name in names])

    def grouped(self, groups: Sequence[str]) -> Directions:
        """The same in groups, the name of one for each direction.

        Raises
        ------
        InputError
            another number of groups' names
        """
        self._check_count("groups", len(groups))
        numbers = {name: number for number, name in enumerate(dict.fromkeys(map(str, groups)))}
        group_of = np.array([numbers[str(name)] for name in groups], dtype=np.intp)
        return replace(self, groups=tuple(numbers), group_of=group_of)

    def both_ends(self) -> Directions:
        """Every direction, and after it its opposite, called the same with a minus; twice is once."""
        if self.ends == 2:
            return self

        def read(low: int, high: int) -> Vectors:
            first = low // 2
            whole = self.read(first, (high + 1) // 2)
            both = np.stack([whole, -whole], axis=1).reshape(-1, whole.shape[1])
            return both[low - 2 * first : high - 2 * first]

        def name(row: int) -> Name:
            of = self.names[row // 2]
            return Name(f"{of.title} (−)", {**of.record, "opposite": True}) if row % 2 else of

        return replace(
            self,
            names=Lazy(2 * len(self), name),
            read=read,
            group_of=None if self.group_of is None else np.repeat(self.group_of, 2),
            own=tuple(tokens for tokens in self.own for _ in range(2)),
            weights=tuple(
                tuple(sign * weight for weight in one) for one in self.weights for sign in (1, -1)
            ),
            ends=2,
        )

    def _check_count(self, what: str, given: int) -> None:
        if given != len(self):
            raise InputError(f"{given:,} {what} for {len(self):,} directions: need one for each")


def _no_vectors(low: int, high: int) -> Vectors:  # noqa: ARG001
    raise InputError("a result that was pickled has no vectors of its directions; make them again")


def natural(name: str) -> list[tuple[int, str]]:
    """A key that sorts ``W[2]`` before ``W[10]``.

    Examples
    --------
    >>> sorted(["blk.10.w", "blk.2.w", "blk.2"], key=natural)
    ['blk.2', 'blk.2.w', 'blk.10.w']
    """
    parts = re.split(r"([0-9]{1,18})", name)  # text and digits in turn
    return [(int(part) if i % 2 else 0, part) for i, part in enumerate(parts)]


def digest_of(read: Callable[[int, int], Vectors], count: int) -> str:
    """SHA-256 of the type, the shape and the values of `count` directions that `read` gives."""
    first = read(0, 1)
    hasher = sha256(f"{first.dtype} {(count, first.shape[1])} ".encode())
    for low in range(0, count, 4096):
        hasher.update(np.ascontiguousarray(read(low, min(low + 4096, count))).data)
    return hasher.hexdigest()
