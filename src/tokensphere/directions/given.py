"""Whatever a user calls a direction, as one thing of which any range can be read.

Arrays and tensors, named random directions, files that are read in ranges, tokens and sums of tokens:
each has a number of directions, a name for each, groups perhaps (the tensors of a file), and says what
it is, so that a result can be traced to it. Lists of neighbours, tests and surveys take the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from tokensphere.directions.named import Directions, Lazy, Name, digest_of
from tokensphere.directions.tokens import TokenSum, of_tokens, token_sums
from tokensphere.errors import InputError
from tokensphere.geometry.directions import RandomDirections
from tokensphere.geometry.given import RealRows
from tokensphere.geometry.similarity import SearchSettings
from tokensphere.space import EmbeddingSpace
from tokensphere.vocabulary import Token


class Shaped(Protocol):
    """An array or tensor of shape (d,) or (m, d)."""

    @property
    def shape(self) -> Any:
        """Its shape."""


class Readable(Protocol):
    """Something that reads ranges, such as a file of directions."""

    @property
    def names(self) -> Sequence[str]:
        """What the directions are called."""

    def block(self, low: int, high: int, /) -> Any:
        """Directions low … high − 1."""

    def __len__(self) -> int: ...


DirectionsLike = (
    Directions | RandomDirections | Shaped | Readable | Token | TokenSum
    | Sequence[Token | TokenSum] | Sequence[float] | Sequence[Sequence[float]] | Sequence[Shaped]
)  # fmt: skip


def make_directions(
    space: EmbeddingSpace,
    given: DirectionsLike,
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

    about = {"what": "random directions", "seed": seed, "first": first, "count": len(given)}
    return Directions(
        given.d,
        Lazy(len(given), name),
        read=lambda low, high: given[low:high],
        describe=lambda: about,
    )


def _readable(source: Any, d: int) -> Directions:
    """Something that reads ranges, such as a file of directions."""
    groups = tuple(getattr(source, "groups", ()))

    def describe() -> dict[str, Any]:
        if hasattr(source, "sha256"):
            known = {"path": str(source.path), "sha256": source.sha256}
            return {"what": "file", "count": len(source), **known}
        sha256 = digest_of(source.block, len(source))
        return {"what": "directions that are read in ranges", "count": len(source), "sha256": sha256}

    record = getattr(source, "record", lambda i: {"name": source.names[i]})
    return Directions(
        int(getattr(source, "d", d)),
        Lazy(len(source), lambda i: Name(source.names[i], record(i))),
        read=source.block,
        describe=describe,
        groups=groups,
        group_of=np.asarray(source.group_of) if groups else None,
    )


def of_array(given: Any) -> Directions:
    """An array or tensor of shape (d,) or (m, d); m is 1 for a vector, which needs no number.

    Raises
    ------
    InputError
        it is no such array, or not of real numbers
    """
    held = RealRows.of(given, "directions")
    if 0 in held.shape:
        raise InputError("there are no directions; give one or more")
    if len(held.shape) not in (1, 2):
        raise InputError(f"the directions have the shape {held.shape}, but need (d,) or (m, d)")
    flat = len(held.shape) == 1
    vectors = held[None] if flat else held

    def called(i: int) -> Name:
        title = "vector" if flat else f"vector[{i}]"
        return Name(title, {"vector": "vector", "row": None if flat else i})

    return Directions.held(vectors, Lazy(len(vectors), called), "array")
