"""The tokens nearest to directions, points or other tokens (docs/definitions.md 2)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, overload

import numpy as np

from tokensphere.analysis.lists import Finder, check_vectors, neighbor_records
from tokensphere.analysis.result import Column, Result, place
from tokensphere.analysis.watched import Watch, watched
from tokensphere.arrays import Float64s, Int64s
from tokensphere.directions.given import DirectionsLike, make_directions
from tokensphere.directions.named import Name, Own, Vectors
from tokensphere.directions.tokens import TokenSum, as_list
from tokensphere.errors import InputError
from tokensphere.geometry.compute import Compute
from tokensphere.geometry.directions import RandomDirections
from tokensphere.geometry.lens import check_search, usual_search
from tokensphere.geometry.search import QUERIES_AT_ONCE, Found
from tokensphere.geometry.similarity import SearchSettings, Similarity, vector_lengths
from tokensphere.records import record
from tokensphere.space import EmbeddingSpace, Provenance
from tokensphere.vocabulary import Token, Vocabulary

_FIRST_PART, _LARGEST_PART = 256, 1024  # directions; fewer at once would cost the search some per cent


@dataclass(frozen=True, eq=False, repr=False)
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

    ids: Int64s
    similarity: Float64s
    names: Sequence[Name]
    settings: SearchSettings
    left_out: int
    provenance: Provenance
    vocabulary: Vocabulary = field(repr=False)

    def __len__(self) -> int:
        """Number of directions, m."""
        return len(self.ids)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """The lists as :meth:`records` has them, each made when it is its turn."""
        return self.records()

    @overload
    def __getitem__(self, which: int) -> dict[str, Any]: ...
    @overload
    def __getitem__(self, which: slice) -> Neighbors: ...
    def __getitem__(self, which: int | slice) -> dict[str, Any] | Neighbors:
        """One list as :meth:`records` has it; of a slice these lists."""
        some = place(which, len(self))
        part = replace(
            self, ids=self.ids[some], similarity=self.similarity[some], names=self.names[some]
        )
        return part if isinstance(which, slice) else next(part.records())

    def tokens(self, direction: int = 0) -> list[str]:
        """The neighbours of one direction as text; incomplete UTF-8 as escapes."""
        tokens = (self.vocabulary.token(int(id)) for id in self.ids[direction])
        return [token.decode("utf-8", "backslashreplace") for token in tokens]

    def records(self) -> Iterator[dict[str, Any]]:
        """For each direction its name and its neighbours, ready for JSON."""
        for name, ids, values in zip(self.names, self.ids, self.similarity, strict=True):
            neighbors = neighbor_records(self.vocabulary, ids, values)
            yield {"direction": name.record, "neighbors": neighbors}

    def _beside(self) -> dict[str, Any]:
        return {**self.head(), "directions": [name.record for name in self.names]}

    def _in_short(self) -> str:
        m, k = self.ids.shape
        return f"{m:,} × {k:,} nearest tokens of {self.provenance.model}"

    def head(self) -> dict[str, Any]:
        """What is the same for all directions, ready for JSON."""
        return record(self, "provenance", "settings", "left_out", provenance="model")

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain dicts, lists, strings and numbers, ready for JSON."""
        return {**self.head(), "results": list(self.records())}

    def columns(self) -> dict[str, Column]:
        """A row for each neighbour of each direction, the nearest first."""
        m, k = self.ids.shape
        ids = self.ids.ravel()
        return {
            "direction": [name.title for name in self.names for _ in range(k)],
            "rank": np.tile(np.arange(1, k + 1), m),
            "id": ids,
            "token": [self.vocabulary.text(id) for id in ids.tolist()],
            "similarity": self.similarity.ravel(),
        }


def nearest(
    space: EmbeddingSpace,
    directions: DirectionsLike | None = None,
    *,
    positive: Iterable[Token] | Token | None = None,
    negative: Iterable[Token] | Token | None = None,
    k: int = 10,
    similarity: Similarity | None = None,
    centered: bool = False,
    forms: bool = False,
    exclude: Iterable[Token] | Token | None = None,
    compute: Compute | None = None,
    progress: Watch = None,
) -> Neighbors:
    """The `k` tokens nearest to each direction, exact.

    Parameters
    ----------
    space : the embeddings, n tokens × d dimensions
    directions : one of
        an array or PyTorch tensor of shape (d,) or (m, d); a :class:`RandomDirections`; an open file of
        directions (:func:`open_directions`); a token (text with its leading space, or id); a sum of
        tokens (:class:`TokenSum`); a list of tokens or sums, each looked up by itself
    positive, negative : tokens to add and subtract, as in gensim's ``most_similar``:
        the mean of the unit rows, those of `negative` with their sign turned
        (the rows themselves for ``dot`` and ``euclidean``)
    k : neighbours of each direction
    similarity : ``"cosine"``, ``"dot"`` or ``"euclidean"``; by default cosine, and in a space that was
        loaded through a lens dot, with each direction brought to unit length
    centered : rows less their mean: for cosine ``c_i = (u_i − μ)/‖u_i − μ‖`` with ``μ`` the mean of
        the unit rows ``u_i``; for dot and Euclidean the rows less the mean row
    forms : of tokens that differ only in case and surrounding white space, keep the nearest
    exclude : tokens that shall not be found; by default the query's own tokens
        (with `forms`, all tokens of their forms); an empty list excludes none
    compute : how many threads, for one; seen in no result
    progress : called with the number of directions done since the last call; True shows a bar

    Returns
    -------
    Neighbors

    Raises
    ------
    InputError
        vectors of the wrong width or not finite, a zero vector where a direction is needed,
        `k` larger than the number of tokens that can be found, a search that is not the lens's
    UnknownTokenError
        a token that the vocabulary does not have
    """
    usual = usual_search(space.lens, SearchSettings()).similarity
    settings = SearchSettings(k, usual if similarity is None else similarity, centered, forms)
    check_search(space.lens, settings)
    if positive is not None or negative is not None:
        if directions is not None:
            raise InputError("give either directions or positive / negative tokens, not both")
        directions = TokenSum(tuple(as_list(positive)), tuple(as_list(negative)))
    elif directions is None:
        raise InputError("nothing to look for: give directions, tokens, or positive / negative tokens")
    search = Search(space, directions, settings, exclude=exclude, compute=compute)
    with watched(progress, "directions", len(search)) as advance:
        return search.all(advance)


class Search:
    """The search for the tokens nearest to some directions: all lists at once, or as they are found.

    Parameters
    ----------
    space, directions, exclude, compute : as in :func:`nearest`
    settings : how neighbours are looked for

    Raises
    ------
    InputError
        no directions, or of another width
    UnknownTokenError
        a token that the vocabulary does not have
    """

    def __init__(
        self,
        space: EmbeddingSpace,
        directions: DirectionsLike,
        settings: SearchSettings,
        *,
        exclude: Iterable[Token] | Token | None = None,
        compute: Compute | None = None,
    ) -> None:
        self.space, self.settings = space, settings
        self.directions = make_directions(space, directions, settings)
        self._finder = Finder(space, settings, exclude=exclude, compute=compute)
        self._drawn, self._own_stay = isinstance(directions, RandomDirections), exclude is not None

    def __len__(self) -> int:
        """Number of directions, m."""
        return len(self.directions)

    def all(self, progress: Callable[[int], None] | None = None) -> Neighbors:
        """All lists; beyond them memory does not grow with m. Raises as :func:`nearest` does."""
        shape = len(self), min(self.settings.k, len(self.space.vocabulary))  # a larger k is refused
        ids, values = np.empty(shape, dtype=np.int64), np.empty(shape, dtype=np.float64)
        for low, vectors, own in self.directions.blocks(0, QUERIES_AT_ONCE):
            part = slice(low, low + len(vectors))
            ids[part], values[part] = self._find(low, vectors, own)
            if progress is not None:
                progress(len(vectors))
        return self._neighbors(ids, values, self.directions.names)

    def parts(self) -> Iterator[Neighbors]:
        """The same lists, one part of the directions after another, the first soon.

        Raises
        ------
        InputError
            before the first: what is wrong with any vector; then as :func:`nearest` does
        """
        if len(self) > _FIRST_PART and not self._drawn:
            for low, vectors, _ in self.directions.blocks(0, QUERIES_AT_ONCE):
                self._check(low, vectors)
        low, size = 0, _FIRST_PART
        while low < len(self):
            high = min(low + size, len(self))
            vectors = self.directions.read(low, high)
            ids, values = self._find(low, vectors, self.directions.own[low:high])
            yield self._neighbors(ids, values, self.directions.names[low:high])
            low, size = high, min(2 * size, _LARGEST_PART)

    def _check(self, low: int, vectors: Vectors) -> None:
        check_vectors(vectors, low, points=self.settings.similarity == "euclidean")

    def _find(self, low: int, vectors: Vectors, own: Own) -> Found:
        self._check(low, vectors)
        ids, values = self._finder.find(vectors, () if self._own_stay else own)
        if self.space.lens is not None and self.settings.similarity == "dot":
            values = values / vector_lengths(vectors)[:, None]
        return ids, values

    def _neighbors(self, ids: Int64s, values: Float64s, names: Sequence[Name]) -> Neighbors:
        if self.settings.similarity == "euclidean":
            np.negative(values, out=values)
        return Neighbors(
            ids=ids,
            similarity=values,
            names=names,
            settings=self.settings,
            left_out=self.space.left_out,
            provenance=self.space.provenance,
            vocabulary=self.space.vocabulary,
        )
