"""The tokens nearest to directions, points or other tokens (STATISTICS: neighbours)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from tokensphere.analysis.lists import find_lists as _search
from tokensphere.analysis.result import Result
from tokensphere.directions.queries import Directions, Names, Token, as_list, make_queries
from tokensphere.errors import InputError
from tokensphere.geometry.search import QUERIES_AT_ONCE
from tokensphere.geometry.similarity import Similarity, check_similarity, make_scoring
from tokensphere.space import EmbeddingSpace, Provenance
from tokensphere.vocabulary import Vocabulary, token_ids


@dataclass(frozen=True)
class SearchSettings:
    """How neighbours were looked for."""

    k: int
    similarity: Similarity
    centered: bool
    forms: bool

    def to_dict(self) -> dict[str, Any]:
        """The same as a dict for JSON."""
        return {
            "k": self.k,
            "similarity": self.similarity,
            "centered": self.centered,
            "forms": self.forms,
        }


@dataclass(frozen=True)
class Neighbors(Result):
    """The nearest tokens of m directions; prints as a table of one column a direction.

    Attributes
    ----------
    ids : int64 array of shape (m, k), nearest first, ties by lower id
    similarity : float64 array of shape (m, k)
        cosine in [−1, 1], dot product, or Euclidean distance (then smaller is nearer)
    names : what the m directions are called
    settings : how they were looked for
    left_out : number of rows of the matrix that could not be found at all
        (padding, zero length, or not finite)
    provenance : of the matrix
    vocabulary : of the model
    """

    ids: npt.NDArray[np.int64]
    similarity: npt.NDArray[np.float64]
    names: Names
    settings: SearchSettings
    left_out: int
    provenance: Provenance
    vocabulary: Vocabulary = field(repr=False)

    def tokens(self, direction: int = 0) -> list[str]:
        """The neighbours of one direction as text; incomplete UTF-8 as escapes."""
        tokens = (self.vocabulary.token(int(id)) for id in self.ids[direction])
        return [token.decode("utf-8", "backslashreplace") for token in tokens]

    def records(self) -> Iterator[dict[str, Any]]:
        """For each direction its name and its neighbours, ready for JSON."""
        for name, ids, values in zip(
            self.names, self.ids.tolist(), self.similarity.tolist(), strict=True
        ):
            neighbors = [
                {"rank": rank, **token_record(self.vocabulary, id), "similarity": value}
                for rank, (id, value) in enumerate(zip(ids, values, strict=True), start=1)
            ]
            yield {"direction": name.record, "neighbors": neighbors}

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain dicts, lists, strings and numbers, ready for JSON."""
        return {
            "model": self.provenance.to_dict(),
            "settings": self.settings.to_dict(),
            "left_out": self.left_out,
            "results": list(self.records()),
        }


def token_record(vocabulary: Vocabulary, id: int) -> dict[str, Any]:
    """A token for machines: its id, its text (None if not valid UTF-8) and its exact bytes."""
    return {"id": id, "token": vocabulary.text(id), "bytes": vocabulary.token(id).hex()}


def nearest(
    space: EmbeddingSpace,
    directions: Directions | None = None,
    *,
    positive: Iterable[Token] | Token | None = None,
    negative: Iterable[Token] | Token | None = None,
    k: int = 10,
    similarity: Similarity = "cosine",
    centered: bool = False,
    forms: bool = False,
    exclude: Iterable[Token] | Token | None = None,
    name: str = "vector",
    threads: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> Neighbors:
    """The `k` tokens nearest to each direction, exact.

    Parameters
    ----------
    space : the embeddings, n tokens × d dimensions
    directions : one of
        an array of shape (d,) or (m, d); a :class:`RandomDirections`; a token (text with its
        leading space, or id); a list of tokens, each looked up by itself
    positive, negative : tokens to add and subtract, as in gensim's ``most_similar``:
        the mean of the unit rows, those of `negative` with their sign turned
        (the rows themselves for ``dot`` and ``euclidean``)
    k : neighbours of each direction
    similarity : ``"cosine"``, ``"dot"`` or ``"euclidean"``
    centered : rows less their mean: for cosine ``c_i = (u_i − μ)/‖u_i − μ‖`` with ``μ`` the mean of
        the unit rows ``u_i``; for dot and Euclidean the rows less the mean row
    forms : of tokens that differ only in case and surrounding white space, keep the nearest
    exclude : tokens that shall not be found; by default the query's own tokens
        (with `forms`, all tokens of their forms); an empty list excludes none
    name : what vectors are called in the result, e.g. the file they came from
    threads : how many to use; by default as many as there are processors
    progress : called with the number of directions done since the last call

    Returns
    -------
    Neighbors

    Raises
    ------
    InputError
        vectors of the wrong width or not finite, a zero vector where a direction is needed,
        `k` larger than the number of tokens that can be found
    UnknownTokenError
        a token that the vocabulary does not have
    """
    similarity = check_similarity(similarity)
    if not isinstance(k, (int, np.integer)) or k < 1:
        raise InputError(f"k is {k!r}, but must be a whole number, 1 or more")
    queries = make_queries(
        space, directions, positive, negative, similarity=similarity, centered=centered, name=name
    )
    keep = space.is_token
    own: tuple[tuple[int, ...], ...] = queries.own if exclude is None else ()
    if exclude is not None:
        keep = keep.copy()
        keep[token_ids(space.vocabulary, as_list(exclude))] = False
    scoring = make_scoring(
        space.vectors, space.moments, similarity=similarity, centered=centered, keep=keep
    )
    m = len(queries.vectors)
    ids = np.empty((m, k), dtype=np.int64)
    values = np.empty((m, k), dtype=np.float64)
    groups = space.vocabulary.forms if forms else None
    for low in range(0, m, QUERIES_AT_ONCE):
        part = slice(low, low + QUERIES_AT_ONCE)
        vectors = np.asarray(queries.vectors[part])
        if similarity != "euclidean":
            _check_directions(vectors, low)
        ids[part], values[part] = _search(scoring, vectors, int(k), groups, own[part], threads)
        if progress is not None:
            progress(len(vectors))
    if similarity == "euclidean":
        values = -values
    return Neighbors(
        ids=ids,
        similarity=values,
        names=queries.names,
        settings=SearchSettings(int(k), similarity, centered, forms),
        left_out=space.left_out,
        provenance=space.provenance,
        vocabulary=space.vocabulary,
    )


def _check_directions(vectors: npt.NDArray[np.floating], first: int) -> None:
    zero = np.flatnonzero(~vectors.any(axis=1))
    if len(zero):
        raise InputError(f"direction {first + zero[0]} is the zero vector, so it has no nearest tokens")
