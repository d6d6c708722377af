"""One pass over directions and rows: what the cosines do as a whole and within groups of rows.

The n × m cosines are never held. A thread takes a block of directions and goes through the rows in
blocks; it keeps the sums that means and variances need, counts cosines in fine bins, and forgets them.
What it adds up, and in which order, depends on neither the number of threads nor on other directions.

How many different groups the k best rows come from is told here, too: seen, at random, and by the
groups' means and sds alone, which the scan knows; and how large the largest of them is.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from tokensphere.arrays import Float64s, Int64s, Ints
from tokensphere.geometry.compute import workers
from tokensphere.geometry.directions import RandomDirections, stream
from tokensphere.geometry.orthogonality import CosineCounts
from tokensphere.geometry.rows import blocks
from tokensphere.geometry.variance import Offsets, Partition, group_tables

_DIRECTIONS = 64
_ROWS = 4096
_MODELLED = 8 * _DIRECTIONS


@dataclass(frozen=True)
class GroupSpread:
    """Within and between the groups of a partition, as seen along m directions.

    Attributes
    ----------
    within, between : float64 arrays of shape (m,); their sum is the variance of the cosine over rows;
        `within` to float32 rounding, so that copies of one row vary by 10⁻⁶ of `between` or less
    exceeds : float64 array of shape (C,)
        in which share of the directions ``sd_S > |mean_S − mean|``
    exceeds_raw : the same for ``sd_S > |mean_S|``
    exceeds_literal : the same for ``sd_S² > |mean_S|``, which compares unlike units
    model_different : int64 array of shape (min(m, 512),)
        different groups among the k best of cosines drawn from the groups' means and sds; along the
        first directions only, for it takes a draw for every row; empty where it was not asked for
    """

    within: Float64s
    between: Float64s
    exceeds: Float64s
    exceeds_raw: Float64s
    exceeds_literal: Float64s
    model_different: Int64s


@dataclass(frozen=True)
class Scan:
    """What was seen along m directions.

    Attributes
    ----------
    means, variances : float64 arrays of shape (m,), of the cosine over the usable rows
    smallest, largest : float64 arrays of shape (m,), to float32 rounding
    counts : all cosines, in fine bins
    spreads : for each partition what its groups do
    """

    means: Float64s
    variances: Float64s
    smallest: Float64s
    largest: Float64s
    counts: CosineCounts
    spreads: tuple[GroupSpread, ...]


def scan_directions(
    offsets: Offsets,
    directions: RandomDirections,
    partitions: Sequence[Partition],
    *,
    plain: Sequence[Partition] = (),
    k: int,
    seed: int = 0,
) -> Scan:
    """Cosines of directions with the unit rows, summed up.

    Parameters
    ----------
    offsets : of n unit rows, at least one of them usable
    directions : m directions
    partitions : of these rows
    plain : further ones, for which no model is drawn; their spreads come last
    k : how many best rows the model of each partition looks at
    seed : of the model's draws
    """
    groups = [_Groups(p, number, len(directions), k, seed) for number, p in enumerate(partitions)]
    groups += [_Groups(p, number, len(directions), 0, seed) for number, p in enumerate(plain)]
    scan = _Scan(offsets, directions, groups)
    with workers(offsets.rows.compute.count()) as in_parallel:
        in_parallel(scan.block, blocks(len(directions), _DIRECTIONS))
    return scan.result()


class _Groups:
    """A partition on its way through the directions."""

    def __init__(self, partition: Partition, number: int, m: int, k: int, seed: int) -> None:
        self.partition, self.k, self.seed, self.number = partition, k, seed, number
        # Made once: for every block of rows the matrix whose product with it sums the groups.
        self.tables: list[tuple[slice, sparse.csr_array]] = group_tables(
            partition.labels, len(partition.sizes), np.float32, _ROWS
        )
        self.within, self.between = np.empty(m), np.empty(m)
        self.different = np.empty(min(m, _MODELLED) if k else 0, dtype=np.int64)
        self.votes = np.zeros((3, len(partition.sizes)), dtype=np.int64)

    def settle(self, squares: Float64s, v: Float64s, part: slice, lock: threading.Lock) -> None:
        """Means and variances of the groups along directions `v`, from sums of squared offsets."""
        own = self.partition
        offset = own.offsets @ v.T  # mean_S less the mean of all usable rows, shape (C, B)
        variances = np.clip(squares / own.sizes[:, None] - offset**2, 0, None)
        shifts = offset - own.mean_offset @ v.T
        means = offset + own.origin @ v.T
        self.within[part] = own.shares @ variances
        self.between[part] = own.shares @ shifts**2
        sds = np.sqrt(variances)
        exceeding = (sds > abs(shifts), sds > abs(means), variances > abs(means))
        votes = np.stack([np.count_nonzero(one, axis=1) for one in exceeding])
        if part.start < len(self.different):
            rng = stream(self.seed, self.number, part.start)
            self.different[part] = model_different(means.T, sds.T, own.sizes, self.k, rng)
        with lock:
            self.votes += votes

    def result(self) -> GroupSpread:
        shares = self.votes / len(self.within)
        return GroupSpread(self.within, self.between, shares[0], shares[1], shares[2], self.different)


class _Scan:
    def __init__(
        self, offsets: Offsets, directions: RandomDirections, groups: Sequence[_Groups]
    ) -> None:
        m, usable = len(directions), offsets.rows.usable
        self.offsets, self.origin, self.directions = offsets.values, offsets.origin, directions
        self.usable = None if usable.all() else usable
        self.n_usable = int(np.count_nonzero(usable))
        self.groups = groups
        means, variances, smallest, largest = np.empty((4, m))
        self.scan = Scan(means, variances, smallest, largest, CosineCounts.empty(), ())
        self._lock = threading.Lock()

    def block(self, part: slice) -> None:
        """All rows along one block of directions."""
        v = self.directions[part]
        along = self.origin @ v.T.astype(np.float64)
        squares = np.zeros(len(v))
        grouped = [np.zeros((len(g.partition.sizes), len(v))) for g in self.groups]
        low, high = np.full(len(v), np.inf), np.full(len(v), -np.inf)
        counts = CosineCounts.empty()
        for number, rows in enumerate(blocks(len(self.offsets), _ROWS)):
            products = self.offsets[rows] @ v.T
            cosines = products + along.astype(np.float32)
            if self.usable is not None:
                cosines = cosines[self.usable[rows]]
            if len(cosines):
                counts.add(cosines)
                np.minimum(low, cosines.min(axis=0), out=low)
                np.maximum(high, cosines.max(axis=0), out=high)
            np.square(products, out=products)  # rows that are not usable have offsets of zero
            squares += products.sum(axis=0, dtype=np.float64)
            for sums, groups in zip(grouped, self.groups, strict=True):
                sums += groups.tables[number][1] @ products
        self.scan.means[part], self.scan.variances[part] = along, squares / self.n_usable
        self.scan.smallest[part], self.scan.largest[part] = low, high
        for sums, groups in zip(grouped, self.groups, strict=True):
            groups.settle(sums, v.astype(np.float64), part, self._lock)
        with self._lock:
            self.scan.counts.counts[:] += counts.counts

    def result(self) -> Scan:
        return replace(self.scan, spreads=tuple(groups.result() for groups in self.groups))


def count_different(labels: Ints) -> Int64s:
    """How many different labels each row of an array of shape (m, k) has, shape (m,).

    Examples
    --------
    >>> import numpy as np
    >>> count_different(np.array([[3, 1, 3], [2, 2, 2]])).tolist()
    [2, 1]
    """
    ordered = np.sort(labels, axis=1)
    return np.asarray(1 + np.count_nonzero(np.diff(ordered, axis=1), axis=1), dtype=np.int64)


def expected_different(sizes: Ints, k: int) -> float:
    """Expected number of different groups among `k` rows drawn at random without replacement.

    ``Σ_S [1 − C(n − n_S, k)/C(n, k)]``: a group is missed when all `k` come from the other rows.

    Examples
    --------
    >>> import numpy as np
    >>> round(expected_different(np.array([2, 2]), 2), 12)  # 2/3 of the six pairs are mixed
    1.666666666667
    """
    n = int(sizes.sum())
    missed = np.ones(len(sizes))
    for drawn in range(k):
        missed *= np.clip((n - sizes - drawn) / (n - drawn), 0, None)
    return float(np.sum(1 - missed))


def largest_group(labels: Ints) -> Int64s:
    """How many of each row of an array of shape (m, k) have its most frequent label, shape (m,).

    Examples
    --------
    >>> import numpy as np
    >>> largest_group(np.array([[3, 1, 3], [2, 2, 2], [0, 1, 2]])).tolist()
    [2, 3, 1]
    """
    ordered = np.sort(labels, axis=1)
    m, k = ordered.shape
    length, longest = np.ones(m, dtype=np.int64), np.ones(m, dtype=np.int64)
    for place in range(1, k):
        length = np.where(ordered[:, place] == ordered[:, place - 1], length + 1, 1)
        np.maximum(longest, length, out=longest)
    return longest


def largest_at_random(sizes: Ints, k: int) -> Float64s:
    """The law of the largest group among `k` rows drawn at random without replacement.

    Draws with at most g rows of each group number ``[x^k] Π_S Σ_{j ≤ g} C(n_S, j) x^j``, exactly; the
    powers of x are scaled by k/n, so that nothing overflows.

    Parameters
    ----------
    sizes : int array of shape (C,), together at least `k`
    k : at least 1

    Returns
    -------
    float64 array of shape (k,): the probabilities of 1, 2, …, k

    Examples
    --------
    >>> import numpy as np
    >>> largest_at_random(np.array([2, 2]), 2).round(6).tolist()  # 4 of the 6 pairs are mixed
    [0.666667, 0.333333]
    """
    n = int(sizes.sum())
    ways = np.zeros((k, k + 1))  # for each limit: the coefficients of the product so far
    ways[:, 0] = 1
    below = np.tril(np.ones((k, k)))
    for size, count in zip(*np.unique(sizes, return_counts=True), strict=True):
        drawn = np.arange(1, k + 1)
        terms = np.cumprod(np.maximum(size - drawn + 1, 0) / drawn * (k / n))
        factor = np.column_stack([np.ones(k), below * terms])
        for binary in bin(count)[:1:-1]:  # the count-th power, by squaring
            if binary == "1":
                ways = _product(ways, factor)
            factor = _product(factor, factor)
    return np.diff(ways[:, k] / ways[-1, k], prepend=0.0)


def _product(one: Float64s, other: Float64s) -> Float64s:
    """Products of the polynomials in the rows, up to the same power, each row scaled alike."""
    found = np.zeros_like(one)
    for power in range(one.shape[1]):
        found[:, power:] += one[:, power, None] * other[:, : one.shape[1] - power]
    return np.asarray(found / found.max())


def model_different(
    means: Float64s, sds: Float64s, sizes: Int64s, k: int, rng: np.random.Generator
) -> Int64s:
    """Different groups among the `k` best, were all cosines normal but for each group's mean and sd.

    A group's cosines are a normal sample that is shifted and stretched so that its mean and sd are
    exactly those given. Without that, the means given, which are means of samples themselves, would
    vary twice, and groups that mean nothing would seem to matter.

    Parameters
    ----------
    means, sds : float64 arrays of shape (m, C), for each direction and group
    sizes : int64 array of shape (C,), together at least `k`
    k : how many of the best
    rng : what the draws come from

    Returns
    -------
    int64 array of shape (m,), each from 1 to `k`
    """
    m, n = len(means), int(sizes.sum())
    group = np.repeat(np.arange(len(sizes)), sizes)
    starts = np.cumsum(sizes) - sizes
    drawn, squares = np.empty((2, n), dtype=np.float32)  # of one direction: they stay in the cache
    best = np.empty((m, k), dtype=np.intp)
    for number in range(m):
        rng.standard_normal(out=drawn, dtype=np.float32)
        middle = np.add.reduceat(drawn, starts) / sizes
        drawn -= np.repeat(middle.astype(np.float32), sizes)
        np.square(drawn, out=squares)
        spread = np.sqrt(np.add.reduceat(squares, starts) / sizes)
        stretch = np.divide(sds[number], spread, out=np.zeros(len(sizes)), where=sizes > 1)
        drawn *= np.repeat(stretch.astype(np.float32), sizes)
        drawn += np.repeat(means[number].astype(np.float32), sizes)
        best[number] = np.argpartition(drawn, n - k)[n - k :]
    return count_different(group[best])
