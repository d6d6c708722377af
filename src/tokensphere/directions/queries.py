"""What may be asked for: vectors, random directions, tokens, or sums and differences of tokens."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tokensphere.display import visible
from tokensphere.errors import InputError
from tokensphere.geometry.directions import RandomDirections
from tokensphere.geometry.similarity import Similarity
from tokensphere.space import EmbeddingSpace
from tokensphere.vocabulary import token_ids

Token = str | bytes | int
Directions = npt.ArrayLike | RandomDirections | Token | Sequence[Token]


@dataclass(frozen=True)
class Name:
    """What a direction is called: a title for people, a dict for machines."""

    title: str
    record: dict[str, Any]


class Names(Sequence[Name]):
    """The names of m directions, made when looked at: a range of random ones needs no list."""

    def __init__(self, random: RandomDirections | None = None, names: Sequence[Name] = ()) -> None:
        self._random, self._names = random, names

    def __len__(self) -> int:
        return len(self._names) if self._random is None else len(self._random)

    def __getitem__(self, which: Any) -> Any:
        if isinstance(which, slice):
            return [self[i] for i in range(len(self))[which]]
        if self._random is None:
            return self._names[which]
        index = self._random.indices[which]
        return Name(
            f"seed {self._random.seed}, index {index}", {"seed": self._random.seed, "index": index}
        )


@dataclass(frozen=True)
class Queries:
    """Directions or points to find neighbours of.

    Attributes
    ----------
    vectors : floating array of shape (m, d), or random directions that are drawn block by block
    names : what each is called
    own : for each query the ids of the tokens it was made of; empty for vectors
    """

    vectors: npt.NDArray[np.floating] | RandomDirections
    names: Names
    own: tuple[tuple[int, ...], ...]


def make_queries(
    space: EmbeddingSpace,
    directions: Directions | None,
    positive: Iterable[Token] | Token | None,
    negative: Iterable[Token] | Token | None,
    *,
    similarity: Similarity,
    centered: bool,
    name: str = "vector",
) -> Queries:
    """Turn what the caller gave into queries; see :func:`tokensphere.nearest`."""
    if positive is not None or negative is not None:
        if directions is not None:
            raise InputError("give either directions or positive / negative tokens, not both")
        return _combined(space, as_list(positive), as_list(negative), similarity, centered)
    if directions is None:
        raise InputError("nothing to look for: give directions, tokens, or positive / negative tokens")
    if isinstance(directions, RandomDirections):
        _check_width(directions.d, space)
        return Queries(directions, Names(random=directions), ())
    tokens = _as_tokens(directions)
    if tokens is not None:
        parts = [_combined(space, [token], [], similarity, centered) for token in tokens]
        return Queries(
            np.concatenate([np.asarray(part.vectors) for part in parts]),
            Names(names=[part.names[0] for part in parts]),
            tuple(part.own[0] for part in parts),
        )
    vectors = check_vectors(directions, space)
    numbered = len(vectors) > 1 or np.ndim(directions) == 2
    names = [
        Name(f"{name}[{i}]" if numbered else name, {"vector": name, "row": i if numbered else None})
        for i in range(len(vectors))
    ]
    return Queries(vectors, Names(names=names), ())


def check_vectors(directions: Any, space: EmbeddingSpace) -> npt.NDArray[np.floating]:
    """Vectors as a floating array of shape (m, d), or an `InputError` that says what is wrong."""
    vectors = to_array(directions)
    if vectors.ndim == 1:
        vectors = vectors[None, :]
    if vectors.ndim != 2 or not len(vectors):
        raise InputError(f"the directions have the shape {vectors.shape}, but need (d,) or (m, d)")
    _check_width(vectors.shape[1], space)
    bad = np.flatnonzero(~np.isfinite(vectors).all(axis=1))
    if len(bad):
        raise InputError(f"direction {bad[0]} ({len(bad)} in all) has a value that is NaN or infinite")
    return vectors


def to_array(directions: Any) -> npt.NDArray[np.floating]:
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
    if vectors.dtype not in (np.float32, np.float64):
        vectors = vectors.astype(np.float64)
    return vectors


def _check_width(width: int, space: EmbeddingSpace) -> None:
    if width != space.shape[1]:
        raise InputError(
            f"the directions have {width} dimensions, but {space.provenance.model} has"
            f" {space.shape[1]}; they must come from the same model"
        )


def as_list(tokens: Iterable[Token] | Token | None) -> list[Token]:
    """Tokens as a list: one token, several, or none."""
    if tokens is None:
        return []
    return [tokens] if isinstance(tokens, (str, bytes, int, np.integer)) else list(tokens)


def _as_tokens(directions: Any) -> list[Token] | None:
    """The tokens, if tokens were given (text, bytes, ids, or a list of them); else None."""
    if isinstance(directions, (str, bytes, int, np.integer)) and not isinstance(directions, bool):
        return [directions]  # type: ignore[list-item]
    if isinstance(directions, (list, tuple)) and directions:
        kinds = (str, bytes, int, np.integer)
        if all(isinstance(entry, kinds) for entry in directions):
            return list(directions)
        if any(isinstance(entry, (str, bytes)) for entry in directions):
            raise InputError("the directions mix tokens and numbers; give either tokens or vectors")
    return None


def _combined(
    space: EmbeddingSpace,
    positive: list[Token],
    negative: list[Token],
    similarity: Similarity,
    centered: bool,
) -> Queries:
    plus, minus = token_ids(space.vocabulary, positive), token_ids(space.vocabulary, negative)
    if not plus and not minus:
        raise InputError("nothing to look for: positive and negative are both empty")
    ids = [*plus, *minus]
    for id in ids:
        if not space.usable[id]:
            raise InputError(
                f"the row of token '{space.vocabulary.visible(id)}' (id {id}) has no direction:"
                " it is zero, not finite, or padding"
            )
    signs = np.array([1.0] * len(plus) + [-1.0] * len(minus))
    rows = _token_rows(space, ids, similarity, centered)
    vector = signs @ rows
    if similarity == "euclidean":
        if signs.sum() <= 0:
            raise InputError("a distance needs a point: more positive than negative tokens")
        vector /= signs.sum()
    else:
        vector /= len(ids)
    if not np.linalg.norm(vector) > 1e-12 * np.linalg.norm(rows, axis=1).max():
        raise InputError("these tokens cancel out: their sum is the zero vector")
    shown = [visible(space.vocabulary.token(id)) for id in ids]
    title = " − ".join([" + ".join(shown[: len(plus)]), *shown[len(plus) :]]).strip()
    record = {
        "positive": [{"id": id, "token": space.vocabulary.text(id)} for id in plus],
        "negative": [{"id": id, "token": space.vocabulary.text(id)} for id in minus],
    }
    return Queries(vector[None, :], Names(names=[Name(title, record)]), (tuple(ids),))


def _token_rows(
    space: EmbeddingSpace, ids: list[int], similarity: Similarity, centered: bool
) -> npt.NDArray[np.float64]:
    """The vectors that stand for tokens: unit (centred) rows for cosine, else the rows themselves."""
    rows = space.vectors[ids].astype(np.float64)
    if similarity == "cosine":
        rows /= space.moments.norms[ids][:, None]
        if centered:
            rows -= space.moments.mean_unit_row()
            lengths = np.linalg.norm(rows, axis=1)
            if not (lengths > 1e-6).all():
                raise InputError("a token's unit row equals their mean: centred, it has no direction")
            rows /= lengths[:, None]
    elif centered:
        rows -= space.moments.mean_row()
    return rows
