"""What is tried again, how long it is waited for, and what is left behind."""

from __future__ import annotations

import threading
import time

import pytest

from tokensphere.errors import SourceError
from tokensphere.sources.hub.attempts import (
    Attempt,
    PassingError,
    Patience,
    StoppedError,
    insist,
    persist,
    together,
)

QUICK = Patience(attempts=3, first=0.001, longest=0.002, slowest=1000, window=0.3)
BROKEN = PassingError(SourceError("it broke"))


def test_it_is_tried_until_it_comes() -> None:
    asked: list[Attempt] = []

    def third(attempt: Attempt) -> str:
        asked.append(attempt)
        if len(asked) < 3:
            raise BROKEN
        return "here"

    assert insist(third, "it", QUICK) == "here" and len(set(asked)) == 3


@pytest.mark.parametrize("error", [ValueError("other"), KeyboardInterrupt(), SourceError("no")])
def test_other_errors_pass_through_at_once(error: BaseException) -> None:
    asked: list[int] = []

    def fail() -> None:
        asked.append(1)
        raise error

    with pytest.raises(type(error)):
        persist(fail, QUICK)
    assert asked == [1]


def test_an_attempt_that_was_left_behind_takes_nothing() -> None:
    taken: list[int] = []
    ended: list[bool] = []
    go_on = threading.Event()

    def dribble(attempt: Attempt) -> None:
        number = len(ended) + len(taken)
        with attempt.getting(1):
            taken.append(number)
        go_on.wait(30)
        try:
            with attempt.getting(10**6):
                taken.append(-1)
        except StoppedError:
            ended.append(True)
            raise

    with pytest.raises(
        SourceError, match=r"the file comes too slowly: 1 bytes in 0\.\d s, where 1,000 a"
    ):
        insist(dribble, "the file", QUICK)
    go_on.set()
    deadline = time.monotonic() + 30
    while len(ended) < 3 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert len(ended) == 3 and len(taken) == 3 and -1 not in taken


def test_what_comes_fast_enough_may_take_long() -> None:
    def steady(attempt: Attempt) -> int:
        for _ in range(50):
            time.sleep(0.02)
            with attempt.getting(200):  # ten times as fast as it must be
                pass
        return 50

    assert insist(steady, "it", Patience(attempts=1, slowest=1000, window=0.3)) == 50


def test_the_first_error_ends_all() -> None:
    stop, start = threading.Event(), time.monotonic()
    hang = threading.Event()

    def stuck() -> None:
        persisted = insist(lambda _: hang.wait(60), "it", Patience(), stop)
        assert not persisted

    def fail() -> None:
        raise SourceError("this one")

    with pytest.raises(SourceError, match="this one"):
        together([stuck, stuck, fail, *[stuck] * 9], 3, stop)
    assert stop.is_set() and time.monotonic() - start < 10
    hang.set()


def test_nothing_begins_after_a_stop() -> None:
    stop = threading.Event()
    stop.set()
    with pytest.raises(StoppedError):
        insist(lambda _: pytest.fail("began"), "it", QUICK, stop)
