"""Whatever a user calls a direction, as one thing of which any range can be read.

Arrays and tensors, named random directions, files that are read in ranges, tokens and sums of tokens:
each has a number of directions, a name for each, groups perhaps (the tensors of a file), and says what
it is, so that a result can be traced to it. Lists of neighbours, tests and surveys take the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from tokensphere.directions import drawn
from tokensphere.directions.named import Directions, Lazy, Name, digest_of
from tokensphere.directions.tokens import TokenSum, of_tokens, token_sums
from tokensphere.directions.typed import read_typed, spaced
from tokensphere.errors import InputError
from tokensphere.geometry.directions import RandomDirections
from tokensphere.geometry.given import RealRows
from tokensphere.geometry.similarity import SearchSettings
from tokensphere.space import EmbeddingSpace
from tokensphere.vocabulary import Token, Vocabulary


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
        list of tokens or sums. A text that is no token is read as it is meant: a sum
        (``" king - man + woman"``), or a random direction (``"0/867"``: seed 0, index 867)
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
        made = drawn.of_range(given)
    elif isinstance(given, drawn.DrawnByName):
        made = drawn.of_names(given)
    elif isinstance(given, Path):
        raise InputError(f"{given} is a path: open it with open_directions(path, d={space.shape[1]})")
    elif hasattr(given, "block") and hasattr(given, "names"):
        made = _readable(given, space.shape[1])
    elif (names := _drawn(space.vocabulary, given)) is not None:
        made = drawn.of_names(drawn.DrawnByName(space.shape[1], names))
    elif (sums := token_sums(given)) is not None:
        made = _of_tokens(space, given, sums, search)
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


def _entries(given: Any) -> list[Any]:
    return list(given) if isinstance(given, (list, tuple)) else [given]


def _drawn(vocabulary: Vocabulary, given: Any) -> tuple[tuple[int, int], ...] | None:
    """Seeds and indices, if such names were given and nothing else."""
    entries = _entries(given)
    names = (drawn.read_name(one) for one in entries if drawn.names_no_token(vocabulary, one))
    found = tuple(name for name in names if name is not None)
    if found and len(found) < len(entries):
        seed, index = found[0]
        raise InputError(
            f"{seed}/{index} is a random direction, and others here are none; look for them apart"
        )
    return found or None


def _of_tokens(
    space: EmbeddingSpace, given: Any, sums: list[TokenSum], search: SearchSettings
) -> Directions:
    """Tokens and sums; a text is read as somebody types it, and its name says what exists, too."""
    entries = _entries(given)
    for place, entry in enumerate(entries):
        if isinstance(entry, str):
            sums[place] = read_typed(space.vocabulary, entry)
    made = of_tokens(space, sums, search)
    also = [
        spaced(space.vocabulary, one) if isinstance(entry, str) else []
        for entry, one in zip(entries, sums, strict=True)
    ]
    names = [
        Name(name.title, {**name.record, "also": found}) if found else name
        for name, found in zip(made.names, also, strict=True)
    ]
    return replace(made, names=names)


def _readable(source: Any, d: int) -> Directions:
    """Something that reads ranges, such as a file of directions."""
    groups = tuple(getattr(source, "groups", ()))

    def describe() -> dict[str, Any]:
        if hasattr(source, "sha256"):
            known = {"path": str(source.path), "sha256": source.sha256}
            if (vectors := getattr(source, "vectors", None)) is not None:
                known["vectors"] = vectors  # of a dictionary, decoder or encoder
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
