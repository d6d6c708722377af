"""Which product, and how many threads: what the work is done with, and no result depends on."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Barrier
from typing import TYPE_CHECKING, Any, Literal, get_args

from tokensphere.errors import InputError, MissingExtraError, check_choice, how_to_install
from tokensphere.geometry.blas import one_blas_thread

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

InParallel = Callable[[Callable[..., Any], Iterable[Any]], list[Any]]
Backend = Literal["native", "torch"]
BACKENDS: tuple[Backend, ...] = get_args(Backend)


def available_threads() -> int:
    """Processors that this process may use (at least 1)."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0)) or 1
    return os.cpu_count() or 1


@dataclass(frozen=True)
class Compute:
    """What the work is done with; results are the same to the bit whatever it is.

    Attributes
    ----------
    threads : how many to use, at least 1; None for as many as there are processors, one for small work
    backend : what searches: ``"native"``, the processor; or ``"torch"``, a device that PyTorch knows.
        All else is done on the processor; PyTorch there has the threads of its own settings
    device : of ``"torch"``: ``"cuda"``, ``"cuda:1"``, ``"mps"``, ``"cpu"``, …; None for ``"cuda"`` if
        there is one, else ``"cpu"``

    Raises
    ------
    InputError
        `threads` is below 1; there is no such backend or device
    MissingExtraError
        PyTorch is asked for, and is not installed
    """

    threads: int | None = None
    backend: Backend = "native"
    device: str | None = None

    def __post_init__(self) -> None:
        if self.threads is not None and self.threads < 1:
            raise InputError(f"threads is {self.threads}, but at least 1 is needed")
        check_choice("backend", self.backend, BACKENDS)
        if self.backend == "torch":
            object.__setattr__(self, "device", _present(self.device))
        elif self.device is not None:
            raise InputError(f"device is {self.device!r:.60}, but only the backend 'torch' has devices")

    def count(self, *, small: bool = False) -> int:
        """Threads to use, at least 1; `small` work takes one unless a number was asked for."""
        return self.threads or (1 if small else available_threads())


def _present(device: str | None) -> str:
    """The name of a device, once it is clear that PyTorch can use it."""
    try:
        import torch
    except (ImportError, OSError) as error:  # the latter where a library of its own is missing
        raise MissingExtraError(
            f"PyTorch is needed for the backend 'torch': {how_to_install('torch')}"
        ) from error
    if device is None:
        device = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        there = torch.ones(1, device=device)
        there.tolist()
    except Exception as error:  # each kind of device has errors of its own
        raise InputError(
            f"PyTorch {torch.__version__} has no device {device!r:.60} here; use 'cpu', or install"
            " a PyTorch that supports it"
        ) from error
    return str(there.device)


@contextmanager
def workers(threads: int) -> Iterator[InParallel]:
    """A function that applies another to every item, on `threads` threads; results in their order.

    The BLAS is held to one thread meanwhile (:mod:`tokensphere.geometry.blas`): each of ours
    multiplies its own block, so that the passes over a block run where the product left it, and in
    parallel too; and a product's bits do not depend on how many threads there are. Where the system
    does not let us have so many, there is this one.
    """
    with one_blas_thread():
        if threads == 1:
            yield _in_turn
            return
        from concurrent.futures import ThreadPoolExecutor  # which loads logging

        with ThreadPoolExecutor(threads, initializer=one_blas_thread.take_in_worker) as pool:
            all_start = _start(pool, threads)
            yield (lambda function, items: list(pool.map(function, items))) if all_start else _in_turn


def _in_turn(function: Callable[..., Any], items: Iterable[Any]) -> list[Any]:
    return [function(item) for item in items]


def _start(pool: ThreadPoolExecutor, threads: int) -> bool:
    """Start all threads of a pool; whether the system lets us have so many."""
    ready = Barrier(threads)
    try:
        for _ in range(threads):
            pool.submit(ready.wait)
    except RuntimeError:
        ready.abort()
        return False
    except BaseException:  # Ctrl-C: those that wait would do so for ever, and keep the process
        ready.abort()
        raise
    return True


DEFAULT = Compute()
