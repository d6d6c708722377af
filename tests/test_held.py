from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from itertools import permutations
from pathlib import Path

import pytest

from tokensphere.held import Held


class Switch(Held):
    """Is `on` while it is held; counts how often it was turned."""

    on, turned = False, 0

    def take(self) -> None:
        if not self.on:
            self.on, self.turned = True, self.turned + 1

    def give_back(self, inside: set[int]) -> None:
        if not inside:
            self.on = False


@contextmanager
def one_thread_each(count: int) -> Iterator[list[ThreadPoolExecutor]]:
    """Threads that do what is asked of them, one step at a time."""
    with ExitStack() as stack:
        yield [stack.enter_context(ThreadPoolExecutor(1)) for _ in range(count)]


def test_it_is_held_while_any_thread_is_inside_in_whatever_order_they_come_and_go() -> None:
    held = Switch()
    with one_thread_each(3) as threads:
        for number, order in enumerate(permutations(range(3))):
            inside = [held() for _ in threads]
            for thread, one in zip(threads, inside, strict=True):
                thread.submit(one.__enter__).result()
                assert held.on
            for left, which in enumerate(order, 1):
                assert held.on
                threads[which].submit(inside[which].__exit__, None, None, None).result()
                assert held.on == (left < 3)
            assert held.turned == number + 1


def test_overlapping_calls_of_many_threads() -> None:
    held, wrong = Switch(), []
    barrier = threading.Barrier(8, timeout=30)

    @held()
    def call(number: int) -> None:
        time.sleep(0.0001 * (number % 3))
        if not held.on:
            wrong.append(number)

    def calls(number: int) -> None:
        barrier.wait()
        for _ in range(200):
            call(number)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(calls, range(8)))
    assert not wrong and not held.on and held.turned >= 1


def test_it_nests_and_an_error_lets_go() -> None:
    held = Switch()
    with held():
        with pytest.raises(ZeroDivisionError), held():
            raise ZeroDivisionError
        assert held.on
    assert not held.on


def test_a_generator_that_is_dropped_or_dies_with_its_thread_lets_go() -> None:
    held = Switch()

    def endless() -> Iterator[int]:
        with held():
            while True:
                yield 1

    generator = endless()
    next(generator)
    assert held.on
    del generator
    assert not held.on
    thread = threading.Thread(target=lambda: next(endless()))
    thread.start()
    thread.join()
    assert not held.on
    generator = endless()
    with ThreadPoolExecutor(1) as pool:  # begun in one thread, ended by another
        pool.submit(next, generator).result()
        assert held.on
    generator.close()
    assert not held.on


INTERRUPTED = """
import signal, time
from concurrent.futures import ThreadPoolExecutor
from tests.test_held import Switch
held = Switch()
signal.signal(signal.SIGALRM, signal.default_int_handler)  # raises KeyboardInterrupt
def turn(after):
    # A call of its own: in Python 3.13 an interrupt at a loop's end gets past a try around the loop.
    signal.setitimer(signal.ITIMER_REAL, after)
    end = time.monotonic() + 20
    while time.monotonic() < end:
        with held():
            pass
interrupted = 0
for number in range(1000):
    try:
        turn(1e-5 + 1e-7 * number)
    except KeyboardInterrupt:
        interrupted += 1
    assert not held.on and not held._inside
assert interrupted == 1000
with ThreadPoolExecutor(1) as pool:  # another thread gets in, so the lock is free
    pool.submit(held().__enter__).result(10)
"""


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no timer that interrupts")
def test_ctrl_c_at_any_moment_lets_go() -> None:
    """In a process of its own, for wherever an interrupt comes out."""
    program = [sys.executable, "-c", INTERRUPTED]
    done = subprocess.run(program, cwd=Path(__file__).parents[1], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
def test_a_forked_child_holds_what_the_forking_thread_held() -> None:
    held = Switch()

    def child_finds(on: bool) -> bool:
        if (child := os.fork()) == 0:
            good = held.on == on
            with held():
                good &= held.on
            os._exit(0 if good and held.on == on else 1)
        return os.waitpid(child, 0)[1] == 0

    with one_thread_each(1) as (other,):
        theirs = held()
        other.submit(theirs.__enter__).result()
        assert child_finds(on=False)
        with held():
            assert child_finds(on=True)
        other.submit(theirs.__exit__, None, None, None).result()
    assert not held.on
    assert child_finds(on=False)
