"""Spherical k-means: groups of rows that point in similar directions (Dhillon & Modha 2001).

Every row goes to the centre of largest cosine, every centre to the mean of its rows' unit vectors,
in turn. Between two passes over all rows some are over the rows that lie nearly between two centres, for
they are those that move; and there a centre goes nearly twice as far as to its mean, which lessens no
cosine sum and saves passes (over-relaxation). What is compared comes from float32 products of blocks of a
fixed size, each multiplied by one thread: the result is the same for any number of threads.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log

import numpy as np
from scipy import sparse

from tokensphere.arrays import Float32s, Float64s, Int64s, Intps
from tokensphere.errors import InputError, check_whole
from tokensphere.geometry.compute import InParallel, workers
from tokensphere.geometry.rows import Rows, blocks

_ROWS = 2048
_SAMPLE_FOR_EACH = 8  # rows that the seeding looks at for every centre
_SMALLEST_SAMPLE = 4096
_AT_ONCE = 8  # of so many centres there are, one more is chosen without new weights
_PRODUCTS = 2**22  # of the seeding that are held
_BETWEEN = 2  # passes over some rows before one over all
_SOME = 0.3  # of the rows, those with the nearest rivals
_BEYOND = 0.9  # of the way to the mean, further; below 1, or it would lessen the sum
_SAME = 1e-6  # 1 − cosine below which a row lies in its centre
_GIANT = 0.2
_MANY_SINGLETONS = 0.2


@dataclass(frozen=True)
class Clustering:
    """Rows in groups, the largest group first.

    Attributes
    ----------
    labels : int64 array of shape (n,), the number of each row's cluster; −1 for rows with no direction
    centers : float32 array of shape (C, d), of unit length
    sizes : int64 array of shape (C,), descending, each at least 1
    iterations : how often all rows were assigned
    objective : mean cosine of the rows to their centre, in [−1, 1]
    converged : False when the iterations ran out first
    """

    labels: Int64s
    centers: Float32s
    sizes: Int64s
    iterations: int
    objective: float
    converged: bool


def spherical_kmeans(
    rows: Rows, n_clusters: int, *, seed: int = 0, tolerance: float = 0.01, max_iterations: int = 100
) -> Clustering:
    """Spherical k-means of the rows; their lengths do not matter.

    Centres are first chosen by greedy k-means++ (Arthur & Vassilvitskii 2007) on a sample, with the
    squared distance of unit vectors, ``2 − 2 cos``. A centre that loses all its rows moves to the row
    that is farthest from its own centre. Where the rows have fewer different directions than
    `n_clusters`, there are as many clusters as directions, or fewer.

    Parameters
    ----------
    rows : n rows of d columns
    n_clusters : at least 1, at most the number of usable rows
    seed : of the sample and the first centres
    tolerance : share of the rows; when no more change their cluster in a pass over all, the search ends
    max_iterations : it ends after so many in any case

    Returns
    -------
    Clustering

    Raises
    ------
    InputError
        more clusters than rows, or an argument out of range
    """
    usable = np.flatnonzero(rows.usable)
    if not 1 <= n_clusters <= len(usable):
        raise InputError(
            f"{n_clusters} clusters of {len(usable)} rows: ask for a number from 1 to {len(usable)}"
        )
    check_whole("the seed", seed)
    check_whole("max_iterations", max_iterations, 1)
    search = _KMeans(rows, usable)
    with workers(rows.compute.count()) as in_parallel:
        centers = search.first_centers(n_clusters, np.random.default_rng(seed))
        search.start(centers, in_parallel)
        iterations, converged = 1, False
        while iterations < max_iterations and not converged:
            some = search.undecided()
            for _ in range(_BETWEEN):
                centers = search.means(centers, beyond=_BEYOND)
                search.assign(centers, some, in_parallel)
            centers, moved = search.new_centers(centers)
            changed = search.assign(centers, usable, in_parallel)
            iterations += 1
            converged = moved == 0 and changed <= tolerance * len(usable)
    labels, order, sizes = _by_size(search.labels[usable], n_clusters)
    full = np.full(len(rows), -1, dtype=np.int64)
    full[usable] = labels
    objective = float(search.cosines[usable].mean())
    return Clustering(full, centers[order], sizes, iterations, objective, converged)


def clustering_problems(sizes: Int64s) -> tuple[str, ...]:
    """Why a clustering with clusters of these sizes is a failed one, not a finding; mostly nothing.

    A giant: more than 20 % of the rows in one cluster that is also five times the average one.
    Singletons: more than 20 % of the clusters hold a single row, with five rows a cluster on average.

    Examples
    --------
    >>> import numpy as np
    >>> clustering_problems(np.array([900] + [10] * 10))
    ('the largest cluster holds 90 % of the rows',)
    >>> clustering_problems(np.array([30, 40, 30]))
    ()
    """
    problems = []
    largest = float(sizes.max() / sizes.sum())
    if largest > _GIANT and largest > 5 / len(sizes):
        problems.append(f"the largest cluster holds {largest:.0%} of the rows".replace("%", " %"))
    singletons = int(np.sum(sizes == 1))
    if singletons > _MANY_SINGLETONS * len(sizes) and sizes.sum() >= 5 * len(sizes):
        problems.append(f"{singletons:,} of {len(sizes):,} clusters hold a single row")
    return tuple(problems)


class _KMeans:
    """The rows, and where each stands at the moment."""

    def __init__(self, rows: Rows, usable: Intps) -> None:
        self.rows, self.usable = rows.vectors, usable
        n = len(rows)
        self.inverse = np.zeros(n)
        self.inverse[usable] = 1 / rows.moments.norms[usable]
        self.labels = np.full(n, -1, dtype=np.int64)
        self.cosines, self.margins = np.zeros((2, n), dtype=np.float32)
        self.sums: Float64s = np.empty((0, rows.shape[1]))

    def first_centers(self, count: int, rng: np.random.Generator) -> Float32s:
        """Greedy k-means++ on a random sample of the rows, unit length, shape (count, d) or fewer.

        Of several candidates for a centre, each drawn in proportion to the squared distance from the
        centres so far, the one that lessens the sum of these distances most.
        """
        size = min(len(self.usable), max(_SMALLEST_SAMPLE, _SAMPLE_FOR_EACH * count))
        sample = rng.permutation(self.usable)[:size]
        unit = self.rows[sample] * self.inverse[sample, None].astype(np.float32)
        chosen = [0]  # the sample is in random order: its first is random
        apart = np.clip(1 - unit @ unit[0], 0, None)
        trials = 2 + int(log(count))
        while len(chosen) < count:
            weights = np.cumsum(apart, dtype=np.float64)
            if weights[-1] <= _SAME * size:  # no direction is left that is not a centre
                if size < len(self.usable):
                    chosen += range(len(chosen), count)
                break  # a copy would share rows with its twin as the last bits of products have it
            groups = min(count - len(chosen), 1 + len(chosen) // _AT_ONCE)
            groups = min(groups, max(1, _PRODUCTS // (trials * size)))
            drawn = np.searchsorted(weights, rng.random((groups, trials)) * weights[-1], side="right")
            drawn = np.minimum(drawn, size - 1)
            distances = np.clip(1 - unit[drawn.ravel()] @ unit.T, 0, None).reshape(groups, trials, size)
            for own, each in zip(drawn, distances, strict=True):
                np.minimum(each, apart, out=each)
                best = int(each.sum(axis=1, dtype=np.float64).argmin())
                if apart[own[best]] > 0 and apart.sum(dtype=np.float64) > _SAME * size:
                    chosen.append(int(own[best]))
                    apart = each[best]
        return np.ascontiguousarray(unit[chosen])

    def start(self, centers: Float32s, in_parallel: InParallel) -> None:
        """Put every row to its nearest centre for the first time."""
        self.sums = np.zeros(centers.shape)
        self.assign(centers, self.usable, in_parallel)

    def assign(self, centers: Float32s, ids: Intps, in_parallel: InParallel) -> int:
        """Put some rows to their nearest centres (the first of equals); how many changed."""
        transposed = np.ascontiguousarray(centers.T)
        found = np.empty(len(ids), dtype=np.int64)

        def one_block(part: slice) -> None:
            own = ids[part]
            products = self._block(own) @ transposed
            place, inverse = np.arange(len(own)), self.inverse[own]
            labels = found[part] = products.argmax(axis=1)
            best = products[place, labels]
            products[place, labels] = -np.inf
            self.cosines[own] = best * inverse
            self.margins[own] = (best - products.max(axis=1)) * inverse

        in_parallel(one_block, blocks(len(ids), _ROWS))
        changed = np.flatnonzero(found != self.labels[ids])
        self._move(ids[changed], found[changed])
        return len(changed)

    def _block(self, ids: Intps) -> Float32s:
        """Rows of ascending ids, without a copy where none lies between them that is not asked for."""
        first, last = int(ids[0]), int(ids[-1])
        return self.rows[first : last + 1] if last - first < len(ids) else self.rows[ids]

    def _move(self, ids: Intps, labels: Int64s) -> None:
        """Change the clusters of some rows, and the sums of the clusters' unit rows with them."""
        for part in blocks(len(ids), _ROWS):
            own, column = ids[part], np.arange(part.stop - part.start)
            old = np.flatnonzero(self.labels[own] >= 0)
            weights = np.concatenate([self.inverse[own], -self.inverse[own[old]]])
            to = np.concatenate([labels[part], self.labels[own[old]]])
            entries = weights, (to, np.concatenate([column, old]))
            table = sparse.csr_array(entries, shape=(len(self.sums), len(own)))
            self.sums += table @ self._block(own)
            self.labels[own] = labels[part]

    def undecided(self) -> Intps:
        """The rows whose second nearest centre is nearly as near as their own."""
        margins = self.margins[self.usable]
        last = int(_SOME * len(margins))
        return self.usable[margins <= np.partition(margins, last)[last]]

    def means(self, old: Float32s, *, beyond: float = 0.0) -> Float32s:
        """The means of the clusters at unit length, or what lies beyond them as seen from `old`."""
        lengths = np.sqrt(np.vecdot(self.sums, self.sums))
        defined = lengths > _SAME  # opposite rows add up to nothing: such a centre stays
        centers = np.where(defined[:, None], self.sums / np.where(defined, lengths, 1)[:, None], old)
        if beyond:
            centers += beyond * (centers - old)
            centers /= np.sqrt(np.vecdot(centers, centers))[:, None]
        return np.ascontiguousarray(centers, dtype=np.float32)

    def new_centers(self, old: Float32s) -> tuple[Float32s, int]:
        """The means of the clusters at unit length, and how many empty ones were moved."""
        centers = self.means(old)
        empty = np.flatnonzero(np.bincount(self.labels[self.usable], minlength=len(old)) == 0)
        far = self._farthest(len(empty))
        centers[empty[: len(far)]] = self.rows[far] * self.inverse[far, None]
        return centers, len(far)

    def _farthest(self, count: int) -> Intps:
        """At most `count` usable rows, those of least cosine to their centre first."""
        if not count:
            return np.empty(0, dtype=np.intp)
        order = np.argsort(self.cosines[self.usable], kind="stable")[:count]
        far = self.usable[order]
        return far[self.cosines[far] < 1 - _SAME]


def _by_size(labels: Int64s, count: int) -> tuple[Int64s, Intps, Int64s]:
    """Labels numbered by falling size without empty clusters, the old numbers, and the sizes."""
    sizes = np.bincount(labels, minlength=count)
    order = np.argsort(-sizes, kind="stable")[: np.count_nonzero(sizes)]
    new = np.full(count, -1, dtype=np.int64)
    new[order] = np.arange(len(order))
    return new[labels], order, sizes[order]
