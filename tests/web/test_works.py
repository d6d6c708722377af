"""Long work: in turn, watched, stopped."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from functools import partial

import pytest

from tokensphere.errors import InputError
from tokensphere.web import works as module
from tokensphere.web.works import ENDED, Urgent, Watch, Work, Works


@pytest.fixture
def works() -> Iterator[Works]:
    works = Works()
    yield works
    works.close()


def ended(works: Works, work: Work, seconds: float = 10) -> Work:
    until = time.monotonic() + seconds
    while work.state not in ENDED:
        works.get(work.id)
        assert time.monotonic() < until, work
        time.sleep(0.005)
    return work


def test_one_after_the_other_in_the_order_of_asking(works: Works) -> None:
    running, order, most = [0], list[int](), [0]

    def do(number: int) -> None:
        running[0] += 1
        most[0] = max(most[0], running[0])
        time.sleep(0.01)
        order.append(number)
        running[0] -= 1

    last = [works.start("count", partial(lambda i, _: do(i), number)) for number in range(6)][-1]
    ended(works, last)
    assert order == list(range(6)) and most == [1]


def test_it_tells_how_far_it_is_and_what_came_of_it(works: Works) -> None:
    go_on = threading.Event()

    def do(watch: Watch) -> str:
        watch.advance(3)
        watch.say("three are done")
        go_on.wait(10)
        return "result"

    work = works.start("count", do, total=5, title="counting")
    while works.get(work.id).said == "":
        time.sleep(0.005)
    told = works.get(work.id).to_dict()
    assert (told["state"], told["done"], told["total"]) == ("running", 3, 5)
    go_on.set()
    assert ended(works, work).result == "result" and work.state == "done"


def test_stopped_it_keeps_what_is_done(works: Works) -> None:
    def do(watch: Watch) -> int:
        done = 0
        try:
            while True:
                done += 1
                watch.advance()
                time.sleep(0.001)
        except KeyboardInterrupt:
            return done

    work = works.start("count", do)
    while works.get(work.id).done < 3:
        time.sleep(0.002)
    works.stop(work.id)
    assert ended(works, work).state == "stopped" and work.result >= 3


def test_what_waits_is_stopped_at_once_and_never_begins(works: Works) -> None:
    go_on, began = threading.Event(), list[str]()
    first = works.start("first", lambda _: go_on.wait(10))
    second = works.start("second", lambda _: began.append("second"))
    assert works.stop(second.id).state == "stopped"
    go_on.set()
    ended(works, first)
    ended(works, works.start("third", lambda _: began.append("third")))
    assert began == ["third"]


def test_a_failure_is_one_line_without_folders(works: Works) -> None:
    def wrong(_: Watch) -> None:
        raise InputError("/home/ann/secret/probe.npy holds nothing")

    def worse(_: Watch) -> None:
        raise ZeroDivisionError("division by zero")

    first, second = works.start("wrong", wrong), works.start("worse", worse)
    assert ended(works, first).error == "probe.npy holds nothing" and first.state == "failed"
    assert ended(works, second).error == "worse failed: ZeroDivisionError: division by zero"
    assert ended(works, works.start("next", lambda _: 1)).result == 1


def test_what_nobody_watches_is_stopped(works: Works, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_UNWATCHED", 0.05)

    def do(watch: Watch) -> None:
        while True:
            watch.look()
            time.sleep(0.005)

    work = works.start("forgotten", do)
    until = time.monotonic() + 10
    while work.state not in ENDED and time.monotonic() < until:
        time.sleep(0.01)  # without asking for it
    assert work.state == "stopped"


def test_unknown_work_is_one_line(works: Works) -> None:
    with pytest.raises(InputError, match="start it again"):
        works.get("survey-99")


def test_old_work_is_forgotten_and_what_runs_is_not(works: Works) -> None:
    few = Works(keep=2)
    done = [few.start("short", lambda _: None) for _ in range(5)]
    ended(few, done[-1])
    last = few.start("short", lambda _: None)
    ended(few, last)
    with pytest.raises(InputError):
        few.get(done[0].id)
    assert few.get(last.id) is last
    few.close()


def test_long_work_steps_aside_for_what_is_urgent() -> None:
    urgent, steps = Urgent(), list[float]()
    works = Works(urgent.wait)

    def do(watch: Watch) -> None:
        for _ in range(1000):
            watch.advance()
            steps.append(time.monotonic())
            time.sleep(0.001)

    work = works.start("long", do)
    while len(steps) < 5:
        time.sleep(0.001)
    with urgent:
        time.sleep(0.05)  # the step that had begun ends
        before = len(steps)
        time.sleep(0.2)
        assert len(steps) - before <= 1
    time.sleep(0.1)
    assert len(steps) > before + 5
    works.stop(work.id)
    works.close()
