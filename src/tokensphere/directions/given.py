"""Whatever a user calls a direction, as one thing of which any range can be read.

Arrays and tensors, named random directions, files that are read in ranges, tokens and sums of tokens:
each has a number of directions, a name for each, groups perhaps (the tensors of a file), and says what
it is, so that a result can be traced to it. Lists of neighbours, tests and surveys take the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np
import numpy.typing as npt

from tokensphere.directions.tokens import TokenSum, sum_tokens, token_sums
from tokensphere.errors import InputError
from tokensphere.geometry.directions import RandomDirections
from tokensphere.geometry.similarity import SearchSettings, Similarity
from tokensphere.space import EmbeddingSpace

Own = tuple[tuple[int, ...], ...]
Vectors = npt.NDArray[np.floating]
T = TypeVar("T")


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
    rows : of tokens, what their rows were made for: the similarity, and whether centred
    ends : 2 if every second direction is the opposite of the one before, else 1
    """

    d: int
    names: Sequence[Name]
    read: Callable[[int, int], Vectors]
    describe: Callable[[], dict[str, Any]]
    groups: tuple[str, ...] = ()
    group_of: npt.NDArray[np.intp] | None = None
    own: Own = ()
    ends: int = 1
    rows: tuple[Similarity, bool] | None = None

    def __len__(self) -> int:
        """Number of directions, m."""
        return len(self.names)

    @cached_property
    def about(self) -> dict[str, Any]:
        """What they are, for JSON; with a SHA-256 where they are data."""
        return self.describe()

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
            ends=2,
        )

    def _check_count(self, what: str, given: int) -> None:
        if given != len(self):
            raise InputError(f"{given:,} {what} for {len(self):,} directions: need one for each")


def make_directions(
    space: EmbeddingSpace,
    given: Any,
    search: SearchSettings = SearchSettings(),  # noqa: B008 - frozen
) -> Directions:
    """Whatever a user calls directions, for :func:`nearest`, :func:`direction_test`, :func:`survey`.

    These make them by themselves; who wants other names, groups or both ends of each, makes them here:
    ``make_directions(space, W).grouped(layers).both_ends()``.

    Parameters
    ----------
    space : the embeddings
    given : `Directions`; an array or PyTorch tensor of shape (d,) or (m, d); random directions; an open
        file of directions; a token (text with its leading space, bytes, or id), a sum of tokens, or a
        list of tokens or sums
    search : how neighbours are looked for, which decides what rows stand for tokens

    Raises
    ------
    InputError
        no directions, of another width, or no numbers
    UnknownTokenError
        a token that the vocabulary does not have
    """
    if isinstance(given, Directions):
        made = given
        if made.rows is not None and made.rows != (search.similarity, search.centered):
            raise InputError(
                f"these directions are sums of rows for {made.rows[0]}, centred: {made.rows[1]}; make"
                " them with the search that they are used with"
            )
    elif isinstance(given, RandomDirections):
        made = _random(given)
    elif isinstance(given, Path):
        raise InputError(f"{given} is a path: open it with open_directions(path, d={space.shape[1]})")
    elif hasattr(given, "block") and hasattr(given, "names"):
        made = _readable(given, space.shape[1])
    elif (sums := token_sums(given)) is not None:
        made = of_tokens(space, sums, search)
    else:
        made = of_array(given)
    if made.d != space.shape[1]:
        raise InputError(
            f"the directions have {made.d} dimensions, but {space.provenance.model} has"
            f" {space.shape[1]}; they must come from the same model"
        )
    if not len(made):
        raise InputError("there are no directions; give one or more")
    return made


def _random(given: RandomDirections) -> Directions:
    seed, first = given.seed, given.first

    def name(i: int) -> Name:
        return Name(f"seed {seed}, index {first + i}", {"seed": seed, "index": first + i})

    return Directions(
        given.d,
        Lazy(len(given), name),
        read=lambda low, high: given[low:high],
        describe=lambda: {
            "what": "random directions",
            "seed": seed,
            "first": first,
            "count": len(given),
        },
    )


def _readable(source: Any, d: int) -> Directions:
    """Something that reads ranges, such as a file of directions."""
    groups = tuple(getattr(source, "groups", ()))

    def describe() -> dict[str, Any]:
        about: dict[str, Any] = {"what": "directions that are read in ranges", "count": len(source)}
        if hasattr(source, "sha256"):
            about |= {"what": "file", "path": str(source.path), "sha256": source.sha256}
        return about

    record = getattr(source, "record", lambda i: {"name": source.names[i]})
    return Directions(
        int(getattr(source, "d", d)),
        Lazy(len(source), lambda i: Name(source.names[i], record(i))),
        read=source.block,
        describe=describe,
        groups=groups,
        group_of=np.asarray(source.group_of) if groups else None,
    )


def of_tokens(space: EmbeddingSpace, sums: Sequence[TokenSum], search: SearchSettings) -> Directions:
    """Tokens or sums of tokens; their own tokens are known."""
    parts = [
        sum_tokens(space, one, similarity=search.similarity, centered=search.centered) for one in sums
    ]
    vectors = np.stack([part.vector for part in parts])
    names = [Name(part.title, part.record) for part in parts]
    text = "\0".join(name.title for name in names)
    return Directions(
        space.shape[1],
        names,
        read=lambda low, high: vectors[low:high],
        describe=lambda: {
            "what": "tokens",
            "count": len(sums),
            "sha256": digest_of(vectors, text),
        },
        own=tuple(part.ids for part in parts),
        rows=(search.similarity, search.centered),
    )


def of_array(given: Any, name: str = "vector") -> Directions:
    """An array or tensor of shape (d,) or (m, d); m is 1 for a vector, which needs no number.

    Raises
    ------
    InputError
        it is no such array, or not of real numbers
    """
    vectors = to_array(given)
    flat = vectors.ndim == 1
    vectors = vectors[None, :] if flat else vectors
    if not vectors.size:
        raise InputError("there are no directions; give one or more")
    if vectors.ndim != 2:
        raise InputError(f"the directions have the shape {vectors.shape}, but need (d,) or (m, d)")

    def called(i: int) -> Name:
        return Name(name if flat else f"{name}[{i}]", {"vector": name, "row": None if flat else i})

    return Directions(
        vectors.shape[1],
        Lazy(len(vectors), called),
        read=lambda low, high: vectors[low:high],
        describe=lambda: {
            "what": "array",
            "count": len(vectors),
            "sha256": digest_of(vectors, ""),
        },
    )


def to_array(directions: Any) -> Vectors:
    """A floating array, from anything that is one or a PyTorch tensor.

    Raises
    ------
    InputError
        it is no array, or not of real numbers
    """
    if hasattr(directions, "detach"):
        directions = directions.detach().cpu()
        try:
            directions = directions.numpy()
        except TypeError:  # bfloat16, which NumPy does not know
            directions = directions.float().numpy()
    try:
        vectors = np.asarray(directions)
    except ValueError as error:
        raise InputError(f"the directions are no array: {error}") from error
    if vectors.dtype.kind not in "fiu":
        raise InputError(f"the directions are of type {vectors.dtype}, but must be real numbers")
    return vectors if vectors.dtype in (np.float32, np.float64) else vectors.astype(np.float64)


def digest_of(vectors: Vectors, text: str) -> str:
    """SHA-256 of the type, the shape and the values."""
    hasher = sha256(f"{vectors.dtype} {vectors.shape} {text}".encode())
    for low in range(0, len(vectors), 4096):
        hasher.update(np.ascontiguousarray(vectors[low : low + 4096]).data)
    return hasher.hexdigest()


def natural(name: str) -> list[tuple[int, str]]:
    """A key that sorts ``W[2]`` before ``W[10]``.

    Examples
    --------
    >>> sorted(["blk.10.w", "blk.2.w", "blk.2"], key=natural)
    ['blk.2', 'blk.2.w', 'blk.10.w']
    """
    parts = re.split(r"([0-9]{1,18})", name)  # text and digits in turn
    return [(int(part) if i % 2 else 0, part) for i, part in enumerate(parts)]
