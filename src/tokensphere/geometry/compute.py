"""Threads that share out blocks, each with a BLAS of one thread."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any


def available_threads() -> int:
    """Processors that this process may use (at least 1)."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0)) or 1
    return os.cpu_count() or 1


InParallel = Callable[[Callable[..., Any], Iterable[Any]], list[Any]]


@contextmanager
def workers(threads: int) -> Iterator[InParallel]:
    """A function that applies another to every item, on `threads` threads; results in their order.

    The BLAS is held to one thread meanwhile: each of ours multiplies its own block, so that the
    passes over a block run where the product left it, and in parallel too; and a product's bits do
    not depend on how many threads there are.
    """
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1, user_api="blas"):
        if threads == 1:
            yield lambda function, items: [function(item) for item in items]
            return
        with ThreadPoolExecutor(threads) as pool:
            yield lambda function, items: list(pool.map(function, items))
