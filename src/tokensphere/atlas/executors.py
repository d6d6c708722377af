"""Who does units: this process, processes of this machine, or a cluster.

Each is a context that yields a `concurrent.futures.Executor`, and says how many units it does at a time.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from tokensphere._version import __version__
from tokensphere.errors import InputError, MissingExtraError, SourceError, check_whole, how_to_install
from tokensphere.geometry.compute import available_threads

_WATCH = 2.0  # seconds between two looks whether the parent lives
_RETRIES = 2  # of a unit whose worker was lost, by the cluster itself
_LOOK = 0.05
_START = 30  # seconds to find a scheduler
GONE = "the cluster is gone; start it anew and give the command again: what is done is kept"


@dataclass(frozen=True)
class Crew:
    """Who does units.

    Attributes
    ----------
    executor : takes them
    count : how many it does at a time, now
    threads : that each may use; None: all of its machine
    """

    executor: Executor
    count: Callable[[], int]
    threads: int | None = None
    here: bool = False


@contextmanager
def in_this_process() -> Iterator[Crew]:
    """One unit after the other, on all processors."""
    yield Crew(Here(), lambda: 1, here=True)


@contextmanager
def on_this_machine(workers: int) -> Iterator[Crew]:
    """So many processes, which share the processors."""
    check_whole("the number of workers", workers, 1, 4096)
    crew = LocalWorkers(workers)
    try:
        yield Crew(crew, lambda: workers, threads=max(1, available_threads() // workers))
    finally:
        crew.stop()


@contextmanager
def on_dask(address: str | None = None, scheduler_file: Path | None = None) -> Iterator[Crew]:
    """The workers of a Dask cluster that is there.

    Raises
    ------
    MissingExtraError
        Dask is not installed
    SourceError
        there is no scheduler at that address, or in that file
    """
    try:
        from distributed import Client
    except ImportError as error:
        raise MissingExtraError(f"a cluster needs Dask: {how_to_install('dask')}") from error
    where = address or str(scheduler_file)
    if scheduler_file is not None:
        _await(scheduler_file)  # which Dask would for ever
    try:
        file = None if scheduler_file is None else str(scheduler_file)
        client = Client(address, scheduler_file=file, timeout=_START, set_as_default=False)
    except (OSError, ValueError, TimeoutError, KeyError) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise SourceError(
            f"there is no Dask scheduler at {where}: {reason:.200}; start one with 'dask scheduler', and"
            " name its address"
        ) from error
    with client:
        threads = _threads_of(client)
        executor = client.get_executor(retries=_RETRIES, pure=False)
        try:
            yield Crew(executor, partial(_workers_of, client), threads)
        finally:
            executor.shutdown(wait=False)


def _workers_of(client: Any) -> int:
    """Units that a cluster does at a time now."""
    try:
        if client.status == "closed":
            raise OSError("the client has given up")
        return sum(client.nthreads().values())
    except (OSError, RuntimeError, ValueError) as error:
        raise SourceError(GONE) from error


def _threads_of(client: Any) -> int | None:
    """Threads that a unit may use, so that those of one machine share its processors.

    None while there are no workers yet. Those that come later tell by their units if they cannot do it.

    Raises
    ------
    SourceError
        the workers cannot do it
    """
    try:
        processors = client.run(_processors)
    except Exception as error:  # what they raise is theirs
        raise SourceError(
            f"the cluster's workers have no tokensphere {__version__} ({type(error).__name__}:"
            f" {' '.join(str(error).split()):.100}); install it where they run"
        ) from error

    at_a_time = Counter[str]()
    for address, count in client.nthreads().items():
        at_a_time[_host(address)] += count
    shares = [count // at_a_time[_host(address)] for address, count in processors.items()
              if at_a_time[_host(address)]]  # fmt: skip
    return max(1, min(shares)) if shares else None


def _host(address: str) -> str:
    """The machine of a worker's address, such as ``tcp://10.0.0.1:4711``."""
    return address.rpartition(":")[0]


def _processors() -> int:
    """Of the machine that a worker is on; to call it there, the worker needs tokensphere."""
    return available_threads()


def _await(path: Path) -> None:
    """Wait for a scheduler's file, which may be starting at the same time."""
    end = time.monotonic() + _START
    while not path.is_file():
        if time.monotonic() > end:
            raise SourceError(
                f"there is no Dask scheduler at {path}: no such file has come in {_START} seconds; start"
                " one with 'dask scheduler --scheduler-file FILE' on a disk that both see"
            )
        time.sleep(_LOOK)


@contextmanager
def given(executor: Executor, count: int | None = None) -> Iterator[Crew]:
    """Any executor; how many it does at a time is asked of it, where it says so."""
    workers = count or getattr(executor, "_max_workers", None) or available_threads()
    yield Crew(executor, lambda: int(workers))


class Here(Executor):
    """Does what is submitted at once, and in this process."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """What came of it."""
        future: Future[Any] = Future()
        future.set_running_or_notify_cancel()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


class LocalWorkers(Executor):
    """Processes, each of which can die without harm to what the others do.

    The one that dies is replaced; the future of what it did has the exception `BrokenProcessPool`.

    Parameters
    ----------
    count : processes
    """

    def __init__(self, count: int) -> None:
        self._lock, self._stopped = threading.RLock(), False
        self._waiting: deque[tuple[Future[Any], Callable[[], Any]]] = deque()
        self._pools = [_Worker() for _ in range(count)]
        self._idle = deque(self._pools)

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """To be done by the next process that has nothing to do."""
        future: Future[Any] = Future()
        with self._lock:
            if self._stopped:
                raise RuntimeError("the workers are stopped")
            self._waiting.append((future, partial(fn, *args, **kwargs)))
        self._next()
        return future

    def _next(self) -> None:
        with self._lock:
            while self._waiting and self._idle and not self._stopped:
                future, work = self._waiting.popleft()
                if future.set_running_or_notify_cancel():
                    worker = self._idle.popleft()
                    worker.submit(work).add_done_callback(partial(self._done, worker, future))

    def _done(self, worker: _Worker, future: Future[Any], found: Future[Any]) -> None:
        error = found.exception()
        with self._lock:
            if isinstance(error, BrokenProcessPool) and not self._stopped:
                worker.replace()
            self._idle.append(worker)
        if error is None:
            future.set_result(found.result())
        else:
            future.set_exception(error)
        self._next()

    @property
    def pids(self) -> list[int]:
        """Numbers of the processes."""
        return [worker.pid for worker in self._pools]

    def stop(self) -> None:
        """End all processes at once: what they do is lost, and done again by whoever comes next."""
        with self._lock:
            self._stopped = True
            for future, _ in self._waiting:
                future.cancel()
            self._waiting.clear()
        for worker in self._pools:
            worker.stop()

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End them, at once if nobody waits for them."""
        del cancel_futures
        if wait:
            while self._waiting or len(self._idle) < len(self._pools):
                time.sleep(_LOOK)
        self.stop()


class _Worker:
    """A pool of one process."""

    def __init__(self) -> None:
        self.replace()

    def replace(self) -> None:
        self._pool = ProcessPoolExecutor(
            1, mp_context=get_context("spawn"), initializer=_begin, initargs=(os.getpid(),)
        )
        self._pid = self._pool.submit(os.getpid)

    @property
    def pid(self) -> int:
        return self._pid.result()

    def submit(self, work: Callable[[], Any]) -> Future[Any]:
        try:
            return self._pool.submit(work)
        except BrokenProcessPool:  # it died while it had nothing to do
            self.replace()
            return self._pool.submit(work)

    def stop(self) -> None:
        with suppress(Exception):
            os.kill(self._pid.result(timeout=_START), signal.SIGTERM)
        self._pool.shutdown(wait=True, cancel_futures=True)


def _begin(parent: int) -> None:
    """In a new process: Ctrl-C is its parent's business, and it does not outlive that."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_follow, args=(parent,), daemon=True).start()


def _follow(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_WATCH)
    os.kill(os.getpid(), signal.SIGTERM)


def shard_of(text: str) -> tuple[int, int]:
    """``"3/64"`` -> (3, 64): the third of 64 tasks of a job array.

    Raises
    ------
    InputError
        it is no such text
    """
    first, slash, last = text.partition("/")
    if slash and first.isascii() and last.isascii() and first.isdigit() and last.isdigit():
        if 1 <= int(first) <= int(last) <= 10**6:
            return int(first), int(last)
    raise InputError(f"--shard is {text!r:.40}, but must be as 3/64: the third of 64 tasks, from 1 on")
