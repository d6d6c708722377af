"""The bare matrix product: what no exact search of the full matrix can do without."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float32]

_SHAPES = ((2048, 16384), (2048, 2048), (512, 2048), (256, 2048))  # queries × rows


@dataclass(frozen=True)
class Product:
    """All products of `queries` and `rows`, block by block into one buffer; nothing is kept.

    The BLAS uses all its threads. `rows_first` says which operand comes first.
    """

    rows: Matrix
    queries: Matrix
    shape: tuple[int, int]
    rows_first: bool
    buffer: Matrix

    def __call__(self) -> None:
        at_once, step = self.shape
        for low in range(0, len(self.rows), step):
            rows = self.rows[low : low + step]
            for begin in range(0, len(self.queries), at_once):
                queries = self.queries[begin : begin + at_once]
                left, right = (rows, queries) if self.rows_first else (queries, rows)
                out = self.buffer[: len(rows) * len(queries)].reshape(len(left), len(right))
                np.matmul(left, right.T, out=out)

    def __str__(self) -> str:
        queries, rows = (min(size, most) for size, most in zip(self.shape, self._most, strict=True))
        order = "rows × queries" if self.rows_first else "queries × rows"
        return f"blocks of {queries} queries and {rows} rows, {order}"

    @property
    def _most(self) -> tuple[int, int]:
        return len(self.queries), len(self.rows)


def fastest_product(rows: Matrix, queries: Matrix, *, tries: int = 2) -> Product:
    """The fastest of a few block shapes in both orders, by the best of some tries each."""
    size = max(at_once * step for at_once, step in _SHAPES)
    buffer = np.empty(size, dtype=np.float32)
    products = [
        Product(rows, queries, shape, rows_first, buffer)
        for shape in _SHAPES
        for rows_first in (False, True)
    ]
    best = dict.fromkeys(range(len(products)), np.inf)
    for _ in range(tries):
        for index, product in enumerate(products):
            best[index] = min(best[index], _seconds(product))
    return products[min(best, key=lambda index: best[index])]


def _seconds(work: Callable[[], None]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
