from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from tests.cases import case, every
from tokensphere.geometry.blas import _OneBlasThread, one_blas_thread
from tokensphere.geometry.compute import Compute, workers
from tokensphere.geometry.rows import Rows
from tokensphere.geometry.surrogate import Surrogates, unit_covariance


def blas_threads() -> list[int]:
    return [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]


@contextmanager
def blas_of(threads: int) -> Iterator[None]:
    """As on a machine with so many processors, whatever this one has."""
    with threadpool_limits(threads, user_api="blas"):
        assert set(blas_threads()) == {threads}
        yield


def test_overlapping_calls_have_one_thread_and_give_the_caller_s_number_back() -> None:
    """The first that begins is the first that ends, and the last: neither frees the other."""
    for first_ends_first in (True, False):
        with blas_of(3), ThreadPoolExecutor(1) as one, ThreadPoolExecutor(1) as two:
            calls = workers(1), workers(2)
            one.submit(calls[0].__enter__).result()
            two.submit(calls[1].__enter__).result()
            assert set(blas_threads()) == {1}
            ends = [(one, calls[0]), (two, calls[1])]
            for thread, call in ends if first_ends_first else ends[::-1]:
                assert set(blas_threads()) == {1}
                thread.submit(call.__exit__, None, None, None).result()
            assert set(blas_threads()) == {3}


def test_calls_of_many_threads_agree_to_the_bit_and_leave_nothing() -> None:
    vectors = np.random.default_rng(0).standard_normal((3000, 256)).astype(np.float32)
    seen: list[int] = []

    def call(threads: int) -> tuple[bytes, ...]:
        rows = Rows.of(vectors, compute=Compute(threads))
        with workers(threads) as in_parallel:
            for numbers in in_parallel(lambda _: blas_threads(), range(3)):
                seen.extend(numbers)
            covariance = unit_covariance(rows)
            seen.extend(blas_threads())
        return rows.moments.mean_unit_row().tobytes(), covariance.tobytes()

    with blas_of(3):
        want = call(1)
        with ThreadPoolExecutor(6) as pool:
            assert set(pool.map(call, [1, 2, 3] * 6)) == {want}
        assert set(blas_threads()) == {3}
    assert set(seen) == {1}


def test_no_bit_depends_on_how_many_threads_the_caller_s_blas_has() -> None:
    """OpenBLAS's own do, for a row of 1024 numbers times a matrix of 577 columns."""
    rng = np.random.default_rng(1)
    wide = (rng.standard_normal((1024, 577)) + 0.3).astype(np.float32)
    found = set()
    for threads in (1, 4):
        with blas_of(threads):
            mean = Rows.of(wide).moments.mean_unit_row()
            drawn = Surrogates(Rows.of(wide[:, :64]), "blockwise").draw(5)
            found.add((mean.tobytes(), drawn.vectors.tobytes()))
    assert len(found) == 1


def test_limits_of_the_caller_nest_with_ours() -> None:
    before = blas_threads()
    with blas_of(4):
        with workers(1):
            with blas_of(2):  # the caller's own wish, in its own thread
                pass
            assert set(blas_threads()) == {1}
        assert set(blas_threads()) == {4}
        with blas_of(1), workers(1):
            pass
        assert set(blas_threads()) == {4}
        with ThreadPoolExecutor(1) as pool, workers(1):  # another thread of ours inside theirs
            assert set(pool.submit(call_inside, blas_threads).result()) == {1}
        with ThreadPoolExecutor(1) as pool:  # the limit is another thread's
            assert set(pool.submit(call_inside, blas_threads).result()) == {1}
        assert set(blas_threads()) == {4}
    assert blas_threads() == before


def call_inside(function: Callable[[], list[int]]) -> list[int]:
    with one_blas_thread():
        return function()


@every("another_begins", [False, True])
def test_a_limit_of_the_caller_that_ends_while_we_compute_does_not_stay(another_begins: bool) -> None:
    with blas_of(4), ThreadPoolExecutor(1) as pool:
        ours = workers(1)
        with threadpool_limits(2, user_api="blas"):
            pool.submit(ours.__enter__).result()
            assert set(blas_threads()) == {1}
        if another_begins:
            with workers(1):
                assert set(blas_threads()) == {1}
        pool.submit(ours.__exit__, None, None, None).result()
        assert set(blas_threads()) == {4}


class Library:
    """Stands for a BLAS; its number is the process's or each thread's."""

    def __init__(self, filepath: str, *, of_each_thread: bool) -> None:
        self.filepath, self.of_each_thread = filepath, of_each_thread
        self._own, self._shared = threading.local(), 6

    @property
    def num_threads(self) -> int:
        return getattr(self._own, "number", 6) if self.of_each_thread else self._shared

    def set_num_threads(self, number: int) -> None:
        if self.of_each_thread:
            self._own.number = number
        else:
            self._shared = number


class Deaf(Library):
    """As threadpoolctl 3.8 and later: hears only the thread that set it last, unless told."""

    controlling: threading.Thread | None = None

    def clear_controlling_thread(self, force: bool = False) -> None:
        if force or self.controlling is threading.current_thread():
            self.controlling = None

    def set_num_threads(self, number: int) -> None:
        self.controlling = self.controlling or threading.current_thread()
        if self.controlling is threading.current_thread():
            super().set_num_threads(number)


@every("kind", [Library, Deaf])
def test_a_number_of_the_process_and_a_number_of_each_thread(kind: type[Library]) -> None:
    shared, own = kind("shared", of_each_thread=False), kind("own", of_each_thread=True)
    held = _OneBlasThread()
    held._loaded = lambda: [shared, own]  # type: ignore[method-assign]

    def numbers() -> tuple[int, int]:
        return shared.num_threads, own.num_threads

    with ThreadPoolExecutor(1) as one, ThreadPoolExecutor(1) as two:
        first, second, again = held(), held(), held()
        one.submit(first.__enter__).result()
        assert one.submit(numbers).result() == (1, 1) and two.submit(numbers).result() == (1, 6)
        two.submit(second.__enter__).result()
        one.submit(again.__enter__).result()
        one.submit(first.__exit__, None, None, None).result()
        assert one.submit(numbers).result() == (1, 1)  # it is inside once more
        one.submit(again.__exit__, None, None, None).result()
        assert one.submit(numbers).result() == (1, 6) and two.submit(numbers).result() == (1, 1)
        two.submit(second.__exit__, None, None, None).result()
        assert one.submit(numbers).result() == two.submit(numbers).result() == (6, 6)


def test_threads_of_ours_are_held_where_each_has_its_own_number(monkeypatch: Any) -> None:
    own = Library("own", of_each_thread=True)
    monkeypatch.setattr(one_blas_thread, "_libraries", [own])
    monkeypatch.setattr(one_blas_thread, "_loaded", lambda: [own])
    with workers(3) as in_parallel:
        barrier = threading.Barrier(3, timeout=20)
        assert in_parallel(lambda _: (barrier.wait(), own.num_threads)[1], range(3)) == [1, 1, 1]
    assert own.num_threads == 6


def child(code: str) -> str:
    """What a process of its own prints; 2 threads for its BLAS."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore:This process:DeprecationWarning", "-c", code],
        capture_output=True, text=True, timeout=100, check=False,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "2"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_a_blas_that_is_loaded_later_is_held_too() -> None:
    """SciPy brings one of its own."""
    code = (
        "from threadpoolctl import threadpool_info\n"
        "from tokensphere.geometry.compute import workers\n"
        "def numbers():\n"
        "    return [of['num_threads'] for of in threadpool_info() if of['user_api'] == 'blas']\n"
        "import numpy\n"
        "with workers(1): pass\n"
        "import scipy.linalg\n"
        "before = numbers()\n"
        "with workers(1): assert set(numbers()) == {1}, numbers()\n"
        "assert numbers() == before\n"
        "print(len(before))\n"
    )
    with case(code):
        assert int(child(code)) >= 1


def test_blocks_of_a_surrogate_are_made_with_one_thread_whoever_loads_scipy() -> None:
    """Its BLAS comes while another is held already, and began with threads that wait busily."""
    code = (
        "import sys\n"
        "import numpy as np\n"
        "from threadpoolctl import threadpool_info\n"
        "from tokensphere.geometry import blockwise\n"
        "from tokensphere.geometry.compute import Compute\n"
        "from tokensphere.geometry.rows import Rows\n"
        "found, seen = blockwise._along_widest, []\n"
        "def watched(*given):\n"
        "    seen.extend(of['num_threads'] for of in threadpool_info() if of['user_api'] == 'blas')\n"
        "    return found(*given)\n"
        "blockwise._along_widest = watched\n"
        "rows = np.random.default_rng(0).standard_normal((400, 20), dtype=np.float32)\n"
        "assert 'scipy.linalg' not in sys.modules\n"
        "blockwise.Blockwise(Rows.of(rows, compute=Compute(1)))\n"
        "assert set(seen) == {1}, seen\n"
        "print(len(seen))\n"
    )
    with case(code):
        assert int(child(code)) >= 1


SPAWN = """
import multiprocessing, sys, threading
import numpy as np
from threadpoolctl import threadpool_info
from tokensphere.geometry.compute import Compute, workers
from tokensphere.geometry.rows import Rows
from tokensphere.geometry.search import top_k
from tokensphere.geometry.similarity import Scoring

def numbers():
    return {of["num_threads"] for of in threadpool_info() if of["user_api"] == "blas"}

def call(_):
    vectors = np.random.default_rng(0).standard_normal((3000, 300)).astype(np.float32)
    before, rows = numbers(), Rows.of(vectors, compute=Compute(2))
    with workers(2) as in_parallel:
        parts = [slice(0, 999), slice(9, 2000)]
        found = in_parallel(lambda part: vectors[part] @ vectors[:100].T, parts)
        assert numbers() <= {1}
    assert numbers() == before
    return before, rows.moments.mean_unit_row().tobytes(), *(one.tobytes() for one in found)

if __name__ == "__main__":
    want = call(0)
    with multiprocessing.get_context(sys.argv[1]).Pool(1) as pool:
        after = pool.map_async(call, range(1)).get(60)
    entered, leave = threading.Event(), threading.Event()
    def inside():
        with workers(2):
            entered.set()
            leave.wait(60)
    thread = threading.Thread(target=inside)
    thread.start()
    entered.wait(60)
    assert numbers() == {1}
    with multiprocessing.get_context(sys.argv[1]).Pool(1) as pool:
        during = pool.map_async(call, range(1)).get(60)
    leave.set()
    thread.join()
    assert after == during == [want] and numbers() == want[0] == {2}
"""


@pytest.mark.parametrize("method", ["fork", pytest.param("spawn", marks=pytest.mark.slow)])
def test_processes_started_during_and_after_a_call_find_the_same(method: str, tmp_path: Any) -> None:
    import multiprocessing

    if method not in multiprocessing.get_all_start_methods():
        pytest.skip(f"no {method}")
    script = tmp_path / "calls.py"
    script.write_text(SPAWN)
    done = subprocess.run(
        [sys.executable, "-W", "ignore::DeprecationWarning", str(script), method],
        capture_output=True, text=True, timeout=200, check=False,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "2"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_a_cancelled_task_of_asyncio_gives_back_when_its_thread_ends() -> None:
    import asyncio

    entered, leave, ended = threading.Event(), threading.Event(), threading.Event()

    def call() -> None:
        with workers(1):
            entered.set()
            leave.wait(30)
        ended.set()

    async def cancelled() -> None:
        task = asyncio.create_task(asyncio.to_thread(call))
        await asyncio.to_thread(entered.wait, 30)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert set(blas_threads()) == {1}  # its thread computes on
        leave.set()
        await asyncio.to_thread(ended.wait, 30)
        assert set(blas_threads()) == {3}

    with blas_of(3):
        asyncio.run(cancelled())
