from __future__ import annotations

import sys
import threading
import time
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from tests.cases import case, every
from tokensphere.errors import InputError, MissingExtraError
from tokensphere.geometry.compute import Compute, available_threads, workers


def blas_threads() -> set[int]:
    return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}


@every("threads", [1, 2, 7])
def test_results_come_in_the_order_of_the_items(threads: int) -> None:
    def slow_first(item: int) -> int:
        time.sleep(0.02 if item == 0 else 0)
        return item * item

    with workers(threads) as in_parallel:
        assert in_parallel(slow_first, range(20)) == [item * item for item in range(20)]
        assert in_parallel(slow_first, iter([3, 1])) == [9, 1]
        assert in_parallel(slow_first, []) == []


def test_as_many_threads_as_asked_for() -> None:
    """Three items that wait for each other end only if three threads have them."""
    barrier = threading.Barrier(3, timeout=20)
    with workers(3) as in_parallel:
        assert sorted(in_parallel(lambda _: barrier.wait(), range(3))) == [0, 1, 2]


def test_one_thread_is_the_caller_s_own() -> None:
    with workers(1) as in_parallel:
        assert in_parallel(lambda _: threading.get_ident(), range(3)) == [threading.get_ident()] * 3
    with workers(2) as in_parallel:
        assert threading.get_ident() not in in_parallel(lambda _: threading.get_ident(), range(3))


@every("allowed", [0, 1, 3])
def test_threads_that_the_system_refuses_are_done_without(allowed: int) -> None:
    start = threading.Thread.start
    started: list[threading.Thread] = []

    def refuse(thread: threading.Thread) -> None:
        if len(started) == allowed:
            raise RuntimeError("can't start new thread")
        started.append(thread)
        start(thread)

    with patch.object(threading.Thread, "start", refuse), workers(4) as in_parallel:
        found = in_parallel(lambda item: (item, threading.get_ident()), range(9))
    assert found == [(item, threading.get_ident()) for item in range(9)]
    assert len(started) == allowed and not any(thread.is_alive() for thread in started)


def test_ctrl_c_while_threads_start_leaves_none_that_waits_for_the_others() -> None:
    start = threading.Thread.start

    def interrupted(thread: threading.Thread) -> None:
        start(thread)
        if thread.name.endswith("_1"):
            raise KeyboardInterrupt

    def run() -> None:
        with pytest.raises(KeyboardInterrupt), workers(3):
            pass

    there = set(threading.enumerate())
    asking = threading.Thread(target=run, daemon=True)
    with patch.object(threading.Thread, "start", interrupted):
        start(asking)
        asking.join(10)
    left = [thread for thread in threading.enumerate() if thread not in there]
    for thread in left:
        thread.join(10)
    assert not any(thread.is_alive() for thread in left)


@every("threads", [1, 2])
def test_the_blas_has_one_thread_meanwhile(threads: int) -> None:
    np.ones((2, 2)) @ np.ones((2, 2))
    before = blas_threads()
    with workers(threads) as in_parallel:
        assert all(found <= {1} for found in in_parallel(lambda _: blas_threads(), range(2)))
    assert blas_threads() == before


@every("threads", [1, 3])
def test_an_error_reaches_the_caller_and_the_blas_is_set_free(threads: int) -> None:
    before = blas_threads()
    with pytest.raises(ZeroDivisionError), workers(threads) as in_parallel:
        in_parallel(lambda item: 1 // item, [1, 0, 2])
    assert blas_threads() == before


def test_available_threads() -> None:
    assert available_threads() >= 1
    with patch("os.sched_getaffinity", return_value={3, 5, 8}, create=True):
        assert available_threads() == 3


def test_how_many_threads_are_used() -> None:
    with patch("tokensphere.geometry.compute.available_threads", return_value=6):
        assert Compute().count() == 6
    assert Compute().count(small=True) == 1  # a second thread does not pay
    assert Compute(3).count() == Compute(3).count(small=True) == 3  # what was asked for is done
    for wrong in (0, -2):
        with pytest.raises(InputError, match=f"threads is {wrong}, but at least 1 is needed"):
            Compute(wrong)


def test_backends_and_devices_that_are_not_there() -> None:
    made: Any = Compute
    with pytest.raises(InputError, match="unknown backend 'cuda': use one of native, torch"):
        made(backend="cuda")
    with pytest.raises(InputError, match="device is 'cuda', but only the backend 'torch' has devices"):
        made(device="cuda")
    without = pytest.raises(MissingExtraError, match=r"pip install 'tokensphere\[torch\]'")
    with patch.dict(sys.modules, {"torch": None}), without:
        made(backend="torch")


def test_devices_that_pytorch_does_not_have() -> None:
    torch: Any = pytest.importorskip("torch")
    made: Any = Compute
    assert made(backend="torch", device="cpu").device == "cpu"
    known = "cuda:0" if torch.cuda.is_available() else "cpu"
    assert made(backend="torch") == made(backend="torch", device=known)
    for wrong in ("", "gpu", "cuda:99", "meta", "cpu and more", 3.5):
        with case(wrong), pytest.raises(InputError, match=r"has no device .* here; use 'cpu'"):
            made(backend="torch", device=wrong)
