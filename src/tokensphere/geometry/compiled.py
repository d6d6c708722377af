"""The exact search by the compiled library: see :mod:`.kernel` and docs/exact-search.md."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from tokensphere.arrays import Float32s, Float64s, Floats, Int64s
from tokensphere.errors import TokensphereError
from tokensphere.geometry.compute import InParallel
from tokensphere.geometry.kernel import NUMPY, VARIABLE, Kernel
from tokensphere.geometry.prepared import Prepared
from tokensphere.geometry.rows import blocks
from tokensphere.geometry.similarity import Rescaling, Scoring

MOST_RANKINGS = 4
_PLAIN, _SHIFTED, _EUCLIDEAN = range(3)
_WORK = 2**31  # multiplications of a call, after which an interrupt is heard
_ROWS = 32  # of the largest tile
_PARTS, _FEWEST = 64, 512  # of the rows, so that all threads end together; and rows of a part
_SETTLED = 64  # queries of a call
_FEW = 32  # queries: with rows as they lie; to pack these takes longer than the products
_TOO_FEW = 2  # what a call returns
Address = ctypes.c_void_p
Found = tuple[Int64s, Float64s]  # ids and values


class _Ranking(ctypes.Structure):
    _fields_ = (
        ("factor", Address),
        ("offset", Address),
        ("usable", Address),
        ("k", ctypes.c_int64),
        ("kind", ctypes.c_int32),
        ("unit_query", ctypes.c_int32),
        ("before", Address),
        ("after", Address),
        ("shift", Address),
        ("ids", Address),
        ("values", Address),
    )


class _Job(ctypes.Structure):
    _fields_ = (
        ("rows", Address),
        ("n", ctypes.c_int64),
        ("d", ctypes.c_int64),
        ("scale", Address),
        ("weight", Address),
        ("shift", Address),
        ("extra", Address),
        ("origin", Address),
        ("queries", Address),
        ("m", ctypes.c_int64),
        ("doubles", ctypes.c_int32),
        ("rankings", ctypes.c_int32),
        ("unit", ctypes.c_double),
        ("ranking", ctypes.POINTER(_Ranking)),
    )


class _Arrays:
    """Arrays whose addresses were given away, kept as long as these are used."""

    def __init__(self) -> None:
        self._kept: list[npt.NDArray[Any]] = []

    def address(self, array: npt.NDArray[Any] | None, dtype: npt.DTypeLike) -> int | None:
        if array is None:
            return None
        with np.errstate(over="ignore", invalid="ignore"):
            array = np.ascontiguousarray(array, dtype=dtype)
        self._kept.append(array)
        return array.ctypes.data


def _kind(scoring: Scoring) -> int:
    if scoring.similarity == "euclidean":
        return _EUCLIDEAN
    return _PLAIN if scoring.shift is None else _SHIFTED


class Search:
    """What is the same for all of so many queries: the rows, and how they are ranked."""

    def __init__(
        self,
        kernel: Kernel,
        scorings: Sequence[Scoring],
        rescalings: Sequence[Rescaling | None],
        ks: Sequence[int],
        queries: int,
    ) -> None:
        base, self._arrays = scorings[0], _Arrays()
        self.kernel, self.n, self.width = kernel, len(base.rows), base.width
        prepared = Prepared.of(base, queries, few=queries <= _FEW)
        address = self._arrays.address
        self._rankings = [
            _Ranking(
                factor=None if rescaling is None else address(rescaling.factor, np.float32),
                offset=address(prepared.offset(rescaling), np.float64),
                usable=address(scoring.usable, np.uint8),
                k=k,
                kind=_kind(scoring),
                unit_query=scoring.similarity == "cosine",
                before=address(scoring.before, np.float64),
                after=address(scoring.scale if scoring.shift is None else scoring.weight, np.float64),
                shift=address(scoring.shift, np.float64),
            )
            for scoring, rescaling, k in zip(scorings, rescalings, ks, strict=True)
        ]
        self._job = _Job(
            rows=address(base.rows, np.float32),
            n=self.n,
            d=base.rows.shape[1],
            scale=address(prepared.scale, np.float32),
            weight=address(prepared.weight, np.float32),
            shift=address(prepared.shift, np.float32),
            extra=address(prepared.extra, np.float32),
            origin=address(prepared.origin, np.float64),
            rankings=len(ks),
            unit=prepared.unit,
        )

    def job(self, queries: Floats, found: Sequence[Found]) -> tuple[_Job, Any]:
        """What is asked, and the array that it points to."""
        rankings = (_Ranking * len(found))(*self._rankings)
        for ranking, (ids, values) in zip(rankings, found, strict=True):
            ranking.ids, ranking.values = ids.ctypes.data, values.ctypes.data
        job = _Job.from_buffer_copy(self._job)
        job.queries, job.m, job.doubles = queries.ctypes.data, len(queries), queries.dtype == np.float64
        job.ranking = ctypes.cast(rankings, ctypes.POINTER(_Ranking))
        return job, rankings

    def run(
        self,
        queries: Floats,
        found: Sequence[Found],
        in_parallel: InParallel,
    ) -> None:
        """The k best rows of `queries`, of shape (m, d), into arrays of shape (m, k), contiguous."""
        search = _Open(self, queries, found)
        m, tile = len(queries), search.tile
        rows = min(_WORK // (max(m, tile) * self.width), max(_FEWEST, self.n // _PARTS))
        in_parallel(search.prepare, blocks(m, tile * max(1, _SETTLED // tile)))
        in_parallel(search.scan, blocks(self.n, max(1, rows // _ROWS) * _ROWS))
        in_parallel(search.settle, blocks(m, _SETTLED))


class _Open:
    """A search for some queries.

    Its memory is given back with the last reference: after an interrupt, other threads still work.
    """

    def __init__(self, search: Search, queries: Floats, found: Sequence[Found]) -> None:
        self._library, path = search.kernel
        self._search, self._queries, self._found = search, as_floats(queries), found
        job, rankings = search.job(self._queries, found)
        self._rankings = rankings
        self._address = Address(self._library.tokensphere_open(ctypes.byref(job), path, _FEW))
        if not self._address:
            raise MemoryError("no memory for the search's queries")
        self.tile: int = self._library.tokensphere_tile(self._address)

    def __del__(self) -> None:
        if getattr(self, "_address", None):
            self._library.tokensphere_close(self._address)

    def prepare(self, part: slice) -> None:
        self._call(self._library.tokensphere_prepare, part)

    def scan(self, part: slice) -> None:
        self._call(self._library.tokensphere_scan, part)

    def settle(self, part: slice) -> None:
        self._call(self._library.tokensphere_settle, part)

    def _call(self, function: Any, part: slice) -> None:
        error = function(self._address, ctypes.c_int64(part.start), ctypes.c_int64(part.stop))
        if error == _TOO_FEW:
            raise TokensphereError(
                f"the compiled search found fewer rows than there are, a fault of tokensphere: set"
                f" {VARIABLE}={NUMPY} to search without it, and report this"
            )
        if error:
            raise MemoryError("no memory for the search's candidates")


def as_floats(queries: Floats) -> Floats:
    """Contiguous, and float32 or float64."""
    return np.ascontiguousarray(queries, np.float32 if queries.dtype == np.float32 else np.float64)


class _Lists(ctypes.Structure):
    _fields_ = (
        ("rows", Address),
        ("d", ctypes.c_int64),
        ("scale", Address),
        ("mean", Address),
        ("ids", Address),
        ("length", ctypes.c_int64),
        ("ks", Address),
        ("count", ctypes.c_int64),
        ("weight", Address),
        ("squares", Address),
    )


def squares_of_sums(
    kernel: Kernel,
    rows: Float32s,
    scale: Float32s,
    mean: Float64s,
    ids: Int64s,
    ks: Sequence[int],
    weight: Float64s,
) -> Float64s:
    """``‖Σ scale_i E_i − weight mean‖²`` over the first k rows of each list, for several k.

    Parameters
    ----------
    rows, scale : float32 arrays of shape (n, d), d at least 2, and (n,)
    mean : float64 array of shape (d,)
    ids : int64 array of shape (m, K), numbers of rows
    ks : ascending, from 1 to K
    weight : float64 array of shape (m, len(ks))

    Returns
    -------
    float64 array of shape (m, len(ks))
    """
    found, arrays = np.empty(weight.shape), _Arrays()
    address = arrays.address
    lists = _Lists(
        rows=address(rows, np.float32),
        d=rows.shape[1],
        scale=address(scale, np.float32),
        mean=address(mean, np.float64),
        ids=address(ids, np.int64),
        length=ids.shape[1],
        ks=address(np.array(ks), np.int64),
        count=len(ks),
        weight=address(weight, np.float64),
        squares=found.ctypes.data,
    )
    low, high = ctypes.c_int64(0), ctypes.c_int64(len(ids))
    if kernel.library.tokensphere_cohere(ctypes.byref(lists), low, high):
        raise MemoryError("no memory for sums of rows")
    return found
