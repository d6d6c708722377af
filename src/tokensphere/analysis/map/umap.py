"""UMAP from exact neighbours: tokens pushed about in the plane until neighbours lie together.

The method (McInnes, Healy & Melville 2018) is umap-learn's; the neighbours are ours and exact, where it
would search approximately. Distances on such a map mean little, and places nothing: it shows which
tokens hang together, and how many true neighbours it keeps is measured (:mod:`.kept`).
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from tokensphere.analysis.job import Progress
from tokensphere.analysis.map.neighbors import TokenNeighbors
from tokensphere.analysis.map.points import TokenMap, make_map
from tokensphere.analysis.map.projection import pca_map
from tokensphere.arrays import Float32s, Float64s, Int64s
from tokensphere.errors import InputError, MissingExtraError, check_whole, how_to_install
from tokensphere.records import Record
from tokensphere.space import EmbeddingSpace
from tokensphere.statistics.draws import DrawStore

_EPOCHS, _EPOCHS_OF_MANY, _MANY = 500, 200, 10_000  # as umap-learn has it
_FEWEST = 5  # tokens
_SIZE = 10.0  # of the first picture, the principal components, along its longer side
_VERSION = 1  # raised whenever the same settings would give another map


@dataclass(frozen=True)
class UmapSpec(Record):
    """How a map is made.

    Attributes
    ----------
    neighbors : of each token, itself counted, from 2
    min_dist : how near to each other neighbours may lie on the map, in [0, 1)
    centered : whether neighbours are those of rows less their mean
    seed : of the layout
    """

    neighbors: int = 15
    min_dist: float = 0.1
    centered: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        check_whole("the number of neighbours", self.neighbors, 2)
        check_whole("the seed", self.seed)
        if not 0 <= self.min_dist < 1:
            raise InputError(f"min_dist is {self.min_dist!r:.60}, but must lie between 0 and 1")

    def key(self, space: EmbeddingSpace) -> dict[str, Any]:
        """What the map of a space is kept by."""
        return {"what": "map by UMAP", "version": _VERSION, **self.to_dict(), **space.key()}


def umap_map(
    space: EmbeddingSpace,
    *,
    neighbors: int = 15,
    min_dist: float = 0.1,
    centered: bool = False,
    seed: int = 0,
    store: DrawStore | None = None,
    progress: Progress | None = None,
    told: Callable[[str], None] | None = None,
) -> TokenMap:
    """A map by UMAP, from each token's exact nearest by cosine.

    It begins with the principal components, and runs in one thread, so that a seed gives one map with
    the same versions of umap-learn and NumPy.

    Parameters
    ----------
    space : the embeddings
    neighbors : of each token, itself counted, from 2
    min_dist : how near to each other neighbours may lie on the map, in [0, 1)
    centered : whether neighbours are those of rows less their mean
    seed : of the layout
    store : where maps and neighbours are kept; when the work is stopped the neighbours found so far, too
    progress : called with the number of steps done since the last call, of :func:`umap_steps` in all
    told : called with what is being done, in words

    Raises
    ------
    MissingExtraError
        umap-learn is not installed
    InputError
        fewer than 5 tokens, or a setting out of range
    """
    spec = UmapSpec(neighbors, min_dist, centered, seed)
    steps, say = progress or (lambda _: None), told or (lambda _: None)
    if (there := kept_umap(space, spec, store)) is not None:
        steps(umap_steps(space, centered=centered))
        return there
    found = TokenNeighbors(space, centered=centered)
    n = len(found.ids)
    if n < _FEWEST or neighbors > n:
        raise InputError(
            f"{neighbors} neighbours of {n:,} tokens: a map needs 5 tokens or more, and no more"
            " neighbours than tokens"
        )
    say("loading umap-learn")
    library = _library()
    say("exact neighbours of every token")
    near = found.all(neighbors - 1, store=store, progress=steps)
    say("the layout")
    points = np.full((len(space), 2), np.nan, dtype=np.float32)
    points[found.ids] = _layout(library, space, found.ids, near, spec, steps)
    if store is not None:
        store.put(spec.key(space), {"points": points})
    return _made(space, spec, points)


def kept_umap(space: EmbeddingSpace, spec: UmapSpec, store: DrawStore | None) -> TokenMap | None:
    """The map that a store has; None if it has none, or one that is damaged."""
    points = ((store.get(spec.key(space)) if store is not None else None) or {}).get("points")
    if points is None or points.dtype != np.float32 or points.shape != (len(space), 2):
        return None
    return _made(space, spec, points)


def _made(space: EmbeddingSpace, spec: UmapSpec, points: Float32s) -> TokenMap:
    axes = "UMAP 1, no scale", "UMAP 2, no scale"
    settings = {name: value for name, value in spec.to_dict().items() if name != "centered"}
    return make_map(space, "umap", points, axes, centered=spec.centered, **settings)


def umap_steps(space: EmbeddingSpace, *, centered: bool = False) -> int:
    """How many steps of progress :func:`umap_map` takes: a token's neighbours, or some of the layout."""
    n = len(TokenNeighbors(space, centered=centered).ids)
    return n + _epochs(n) * _worth(n)


def has_umap() -> bool:
    """Whether umap-learn is installed."""
    from importlib.util import find_spec

    return find_spec("umap") is not None


def _library() -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of TensorFlow, which it can do without
            import umap.umap_
    except ImportError as error:
        raise MissingExtraError(f"a map by UMAP needs umap-learn: {how_to_install('umap')}") from error
    return umap.umap_


def _epochs(n: int) -> int:
    return _EPOCHS if n <= _MANY else _EPOCHS_OF_MANY


def _worth(n: int) -> int:
    """How many tokens' neighbours one round of the layout counts as."""
    return max(1, n // _EPOCHS_OF_MANY)


def _layout(
    library: Any,
    space: EmbeddingSpace,
    ids: Any,
    near: tuple[Int64s, Float64s],
    spec: UmapSpec,
    progress: Progress,
) -> Float32s:
    """The places of the tokens `ids`, shape (len(ids), 2)."""
    n = len(ids)
    place = np.full(len(space), -1, dtype=np.int64)
    place[ids] = np.arange(n)
    # Each token is the nearest to itself, as umap-learn has it.
    indices = np.column_stack([np.arange(n), place[near[0]]]).astype(np.int32)
    distances = np.column_stack([np.zeros(n), np.maximum(1 - near[1], 0)]).astype(np.float32)
    first = pca_map(space, centered=spec.centered).points[ids]
    first = np.ascontiguousarray(first * (_SIZE / (np.ptp(first, axis=0).max() or 1.0)))
    random = np.random.RandomState(spec.seed)
    first += random.normal(scale=1e-4, size=first.shape).astype(np.float32)
    a, b = library.find_ab_params(1.0, spec.min_dist)
    epochs = _epochs(n)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        graph = library.fuzzy_simplicial_set(
            first, spec.neighbors, random, "precomputed", knn_indices=indices, knn_dists=distances
        )[0]
        laid, _ = library.simplicial_set_embedding(
            first, graph, 2, 1.0, a, b, 1.0, 5, epochs, first, random, "euclidean", {},
            densmap=False, densmap_kwds={}, output_dens=False, parallel=False, verbose=False,
            tqdm_kwds={
                "disable": False, "file": _Ticks(progress, _worth(n)), "bar_format": "{n}",
                "mininterval": 0, "miniters": 1,
            },
        )  # fmt: skip
    return np.asarray(laid, dtype=np.float32)


class _Ticks:
    """A file that the layout's bar of progress is written to: what tells of a round, and can stop it."""

    def __init__(self, progress: Progress, worth: int) -> None:
        self._progress, self._worth, self._done = progress, worth, 0

    def write(self, text: str) -> int:
        """Take a number of rounds."""
        number = text.strip()
        if number.isdigit() and int(number) > self._done:
            self._progress((int(number) - self._done) * self._worth)
            self._done = int(number)
        return len(text)

    def flush(self) -> None:
        """Nothing is held back."""
