"""The directions that a test is given, as one thing of which any range can be read.

Arrays and tensors, named random directions, files that are read in ranges, and tokens: each has a
number of directions, a name for each, groups perhaps (the tensors of a file), and says what it is, so
that a result can be traced to it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

import numpy as np
import numpy.typing as npt

from tokensphere.directions.queries import make_queries, to_array
from tokensphere.errors import InputError
from tokensphere.geometry.directions import RandomDirections
from tokensphere.geometry.similarity import Similarity
from tokensphere.space import EmbeddingSpace

_NONE = "there are no directions to test; give one or more"
Own = tuple[tuple[int, ...], ...]
Vectors = npt.NDArray[np.floating]


@dataclass(frozen=True)
class GivenDirections:
    """m directions.

    Attributes
    ----------
    names : what each is called, m of them
    read : gives directions low … high − 1, floating of shape (high − low, d)
    about : says what they are, for JSON; with a SHA-256 where they are data
    groups : names of groups, and
    group_of : for each direction the number of its group, int array of shape (m,); both may be empty
    own : for each direction the tokens that it was made of; empty unless all are made of tokens
    """

    names: Sequence[str]
    read: Callable[[int, int], Vectors]
    about: dict[str, Any]
    groups: tuple[str, ...] = ()
    group_of: npt.NDArray[np.intp] | None = None
    own: Own = ()

    def __len__(self) -> int:
        return len(self.names)

    @property
    def made_of_tokens(self) -> bool:
        """Whether their own tokens are known, and shall not be found."""
        return bool(self.own)


class _Names(Sequence[str]):
    """m names, each made when it is looked at."""

    def __init__(self, count: int, name: Callable[[int], str]) -> None:
        self._range, self._name = range(count), name

    def __len__(self) -> int:
        return len(self._range)

    def __getitem__(self, which: Any) -> Any:
        chosen = self._range[which]
        if isinstance(chosen, range):
            return [self._name(i) for i in chosen]
        return self._name(chosen)


def given_directions(
    space: EmbeddingSpace,
    directions: Any,
    *,
    similarity: Similarity,
    centered: bool,
    names: Sequence[str] | None = None,
    groups: Sequence[str] | None = None,
    both_ends: bool = False,
) -> GivenDirections:
    """What :func:`tokensphere.test_directions` was given, with the caller's names and groups.

    Raises
    ------
    InputError
        no directions, of another width, or as many names or groups as there are not
    """
    found = _recognised(space, directions, similarity, centered)
    m = len(found)
    if not m:
        raise InputError(_NONE)
    if names is not None:
        _check_count("names", len(names), m)
        found = replace(found, names=list(map(str, names)))
    if groups is not None:
        _check_count("groups", len(groups), m)
        numbers = {name: number for number, name in enumerate(dict.fromkeys(map(str, groups)))}
        group_of = np.array([numbers[str(name)] for name in groups], dtype=np.intp)
        found = replace(found, groups=tuple(numbers), group_of=group_of)
    return with_both_ends(found) if both_ends else found


def with_both_ends(source: GivenDirections) -> GivenDirections:
    """Every direction, and after it its opposite, called the same with a minus."""

    def read(low: int, high: int) -> Vectors:
        first = low // 2
        whole = source.read(first, (high + 1) // 2)
        both = np.stack([whole, -whole], axis=1).reshape(-1, whole.shape[1])
        return both[low - 2 * first : high - 2 * first]

    def name(row: int) -> str:
        return source.names[row // 2] + (" (−)" if row % 2 else "")

    return GivenDirections(
        names=_Names(2 * len(source), name),
        read=read,
        about=source.about,
        groups=source.groups,
        group_of=None if source.group_of is None else np.repeat(source.group_of, 2),
        own=tuple(tokens for tokens in source.own for _ in range(2)),
    )


def _check_count(what: str, given: int, m: int) -> None:
    if given != m:
        raise InputError(f"{given:,} {what} for {m:,} directions: need one for each")


def _recognised(
    space: EmbeddingSpace, directions: Any, similarity: Similarity, centered: bool
) -> GivenDirections:
    if directions is None:
        raise InputError(_NONE)
    if isinstance(directions, RandomDirections):
        return _random(space, directions)
    if hasattr(directions, "block") and hasattr(directions, "names"):
        return _readable(space, directions)
    tokens = _token_sums(directions)
    if tokens is not None:
        return _of_tokens(space, tokens, similarity, centered)
    return _of_array(space, directions)


def _check_width(width: int, space: EmbeddingSpace) -> None:
    if width != space.shape[1]:
        raise InputError(
            f"the directions have {width} dimensions, but {space.provenance.model} has"
            f" {space.shape[1]}; they must come from the same model"
        )


def _random(space: EmbeddingSpace, directions: RandomDirections) -> GivenDirections:
    _check_width(directions.d, space)
    seed, first = directions.seed, directions.first
    return GivenDirections(
        names=_Names(len(directions), lambda i: f"seed {seed}, index {first + i}"),
        read=lambda low, high: directions[low:high],
        about={"what": "random directions", "seed": seed, "first": first, "count": len(directions)},
    )


def _readable(space: EmbeddingSpace, source: Any) -> GivenDirections:
    """Something that reads ranges, such as a file of directions."""
    if hasattr(source, "d"):
        _check_width(int(source.d), space)
    groups = tuple(getattr(source, "groups", ()))
    about: dict[str, Any] = {"what": "directions that are read in ranges", "count": len(source)}
    if hasattr(source, "sha256"):
        about |= {"what": "file", "path": str(source.path), "sha256": source.sha256}
    return GivenDirections(
        names=source.names,
        read=source.block,
        about=about,
        groups=groups,
        group_of=np.asarray(source.group_of) if groups else None,
    )


@dataclass(frozen=True)
class _TokenSum:
    """Tokens that are added and subtracted, and perhaps a name."""

    positive: tuple[Any, ...]
    negative: tuple[Any, ...] = ()
    name: str | None = None


def _token_sums(directions: Any) -> list[_TokenSum] | None:
    """The tokens, or sums of them, if such were given; else None."""
    token = (str, bytes, int, np.integer)
    if isinstance(directions, token) and not isinstance(directions, bool):
        return [_TokenSum((directions,))]
    if not isinstance(directions, (list, tuple)) or not directions:
        return None
    if all(hasattr(entry, "positive") and hasattr(entry, "negative") for entry in directions):
        return [
            _TokenSum(tuple(entry.positive), tuple(entry.negative), getattr(entry, "name", None))
            for entry in directions
        ]
    if all(isinstance(entry, token) for entry in directions):
        return [_TokenSum((entry,)) for entry in directions]
    if any(isinstance(entry, (str, bytes)) or hasattr(entry, "positive") for entry in directions):
        raise InputError(
            "the directions mix tokens, sums of tokens and numbers; give one of these kinds"
        )
    return None


def _of_tokens(
    space: EmbeddingSpace, sums: list[_TokenSum], similarity: Similarity, centered: bool
) -> GivenDirections:
    """Sums of tokens, as vectors such as ``nearest`` makes them."""
    parts = [
        make_queries(
            space, None, list(one.positive), list(one.negative), similarity=similarity, centered=centered
        )
        for one in sums
    ]
    vectors = np.concatenate([np.asarray(part.vectors, dtype=np.float64) for part in parts])
    names = [one.name or part.names[0].title for one, part in zip(sums, parts, strict=True)]
    return GivenDirections(
        names=names,
        read=lambda low, high: vectors[low:high],
        about={"what": "tokens", "count": len(sums), "sha256": digest_of(vectors, "\0".join(names))},
        own=tuple(part.own[0] for part in parts),
    )


def _of_array(space: EmbeddingSpace, directions: Any) -> GivenDirections:
    vectors = to_array(directions)
    if not vectors.size:
        raise InputError(_NONE)
    flat = vectors.ndim == 1
    if flat:
        vectors = vectors[None, :]
    if vectors.ndim != 2:
        raise InputError(f"the directions have the shape {vectors.shape}, but need (d,) or (m, d)")
    _check_width(vectors.shape[1], space)
    return GivenDirections(
        names=_Names(len(vectors), lambda i: "vector" if flat else f"vector[{i}]"),
        read=lambda low, high: vectors[low:high],
        about={"what": "array", "count": len(vectors), "sha256": digest_of(vectors, "")},
    )


def digest_of(vectors: Vectors, text: str) -> str:
    """SHA-256 of the type, the shape and the values."""
    hasher = sha256(f"{vectors.dtype} {vectors.shape} {text}".encode())
    for low in range(0, len(vectors), 4096):
        hasher.update(np.ascontiguousarray(vectors[low : low + 4096]).data)
    return hasher.hexdigest()
