"""How often and how long to try what a network may spoil, and how to stop waiting for it at once.

Each attempt runs in a thread of its own, and whoever wants its result only looks now and then whether
it is there. So Ctrl-C, the failure of another piece, and a server that dribbles end the wait within a
moment, whatever the attempt hangs in: a name that is looked up, a header that never ends. An attempt
that was left behind writes nothing any more, and its thread does not keep the process alive.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

from tokensphere.errors import SourceError

T = TypeVar("T")
_TICK = 0.1  # seconds between two looks


@dataclass(frozen=True)
class Patience:
    """How long to insist.

    Attributes
    ----------
    attempts : how often a piece is asked for, at most
    first, longest : seconds between the first two attempts (doubled each time), and at most
    retry_after : seconds that a server may ask us to wait; more than that is an error
    timeout : seconds without a byte until a connection counts as broken
    slowest, window : an attempt that gets fewer bytes a second than `slowest` for `window` seconds
        counts as broken, too
    """

    attempts: int = 6
    first: float = 0.5
    longest: float = 8.0
    retry_after: float = 60.0
    timeout: float = 10.0
    slowest: int = 1024
    window: float = 20.0


class PassingError(Exception):
    """A failure that may pass: `error` is raised if it does not; `after` is when to try again."""

    def __init__(self, error: SourceError, after: float | None = None) -> None:
        super().__init__(str(error))
        self.error = error
        self.after = after


class StoppedError(Exception):
    """Another piece has failed, or the user wants to stop."""


class Attempt:
    """One attempt, as it and whoever waits for it see it.

    Parameters
    ----------
    what : what it is to get, for messages
    patience : how slow it may be
    """

    def __init__(self, what: str, patience: Patience) -> None:
        self._what, self._patience = what, patience
        self._lock = threading.Lock()
        self._over = False
        self._since, self._got = time.monotonic(), 0

    @contextmanager
    def getting(self, count: int) -> Iterator[None]:
        """Take `count` bytes that came, in the block, unless nobody waits for them any more.

        Raises
        ------
        StoppedError
            the attempt was left behind
        """
        with self._lock:
            if self._over:
                raise StoppedError
            self._got += count
            yield

    def leave(self) -> None:
        """Nobody waits any more; no block of :meth:`getting` runs after this."""
        with self._lock:
            self._over = True

    def check_pace(self) -> None:
        """Raise `PassingError` if hardly anything came in the last `window` seconds."""
        seconds = time.monotonic() - self._since
        if seconds < self._patience.window:
            return
        if self._got < self._patience.slowest * seconds:
            how = (
                f"comes too slowly: {self._got:,} bytes in {seconds:.1f} s, where"
                f" {self._patience.slowest:,} a second are the least"
                if self._got
                else f"did not come within {seconds:.1f} s"
            )
            advice = "try again later, or from another network or mirror (HF_ENDPOINT)"
            raise PassingError(SourceError(f"{self._what} {how}; {advice}"))
        self._since, self._got = time.monotonic(), 0


def persist(action: Callable[[], T], patience: Patience) -> T:
    """As :func:`insist`, for an action that counts no bytes, and so has `window` seconds for all."""
    return insist(lambda _: action(), "the hub's answer", patience)


def insist(
    action: Callable[[Attempt], T], what: str, patience: Patience, stop: threading.Event | None = None
) -> T:
    """Call `action` until it does not raise `PassingError`, with pauses.

    Parameters
    ----------
    action : takes the attempt, through which it takes the bytes that it gets
    what : what it is to get, for messages
    stop : ends the wait when it is set

    Raises
    ------
    SourceError
        of the last `PassingError`; whatever else `action` raises passes through
    StoppedError
        `stop` is set
    """
    for count in range(1, patience.attempts + 1):
        try:
            return _aside(action, Attempt(what, patience), stop)
        except PassingError as failure:
            if count == patience.attempts:
                raise failure.error from failure.__cause__
            if failure.after is not None and failure.after > patience.retry_after:
                raise SourceError(
                    f"{failure.error} (it asks to wait {failure.after:,.0f} s)"
                ) from failure.__cause__
            pause = min(patience.longest, patience.first * 2 ** (count - 1))
            pause *= random.uniform(0.5, 1)  # so that several clients do not come back at once
            (stop or threading.Event()).wait(max(pause, failure.after or 0.0))
    raise AssertionError("unreachable: at least one attempt")


def _aside(action: Callable[[Attempt], T], attempt: Attempt, stop: threading.Event | None) -> T:
    """What `action` gives, in a thread that is left behind when nobody wants to wait any more."""
    result: Future[T] = Future()

    def work() -> None:
        try:
            result.set_result(action(attempt))
        except BaseException as error:  # Ctrl-C in a callback of the user's, too
            result.set_exception(error)

    if stop is not None and stop.is_set():
        raise StoppedError
    threading.Thread(target=work, daemon=True).start()
    try:
        while not wait([result], _TICK).done:
            if stop is not None and stop.is_set():
                raise StoppedError
            attempt.check_pace()
    finally:
        attempt.leave()
    return result.result()


def together(actions: Iterable[Callable[[], object]], threads: int, stop: threading.Event) -> None:
    """Do all of it in threads; the first error, or Ctrl-C, sets `stop`, which has to end the others.

    Raises
    ------
    Exception
        the first that one of the actions raised
    """
    pool = ThreadPoolExecutor(threads)
    try:
        waiting = {pool.submit(action) for action in actions}
        while waiting:
            done, waiting = wait(waiting, _TICK, FIRST_EXCEPTION)
            for one in done:
                one.result()
    except BaseException:
        stop.set()
        raise
    finally:
        pool.shutdown(cancel_futures=True)
