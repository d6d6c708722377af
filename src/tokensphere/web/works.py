"""Long work that a page starts, watches and stops: one at a time, in a thread of its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from queue import SimpleQueue
from typing import Any, Literal

from tokensphere.display import told
from tokensphere.errors import InputError, TokensphereError
from tokensphere.web.unplaced import without_paths

State = Literal["waiting", "running", "done", "stopped", "failed"]
ENDED = ("done", "stopped", "failed")
_UNWATCHED = 600.0  # seconds after which work that no page asks for is stopped
_PAUSE = 0.005


class Watch:
    """What long work tells of itself; raises `KeyboardInterrupt` in it once it shall stop.

    Parameters
    ----------
    work : what is told of
    wait : called now and then; returns when nothing more urgent is to be done
    """

    def __init__(self, work: Work, wait: Callable[[], None] = lambda: None) -> None:
        self._work, self._wait = work, wait

    def advance(self, steps: int = 1) -> None:
        """So many steps more are done; fits the ``progress=`` of the library."""
        self._work.done += steps
        self.look()

    def say(self, text: str) -> None:
        """What is being done, or what is known so far."""
        self._work.said = text
        self.look()

    def look(self) -> None:
        """Stop here if that is asked for."""
        self._wait()
        if self._work.to_stop or time.monotonic() - self._work.asked > _UNWATCHED:
            raise KeyboardInterrupt


@dataclass(eq=False)
class Work:
    """One piece of long work.

    Attributes
    ----------
    id, kind, title : which, of what kind, and in words
    do : the work itself; what it returns is the result, also if it was stopped
    state : waiting, running, done, stopped (with a result perhaps) or failed
    done, total : steps; a total of 0 where nobody knows
    said : what it told last
    error : why it failed, in one line
    result : what came of it; None where nothing did
    """

    id: str
    kind: str
    title: str
    do: Callable[[Watch], Any] = field(repr=False)
    total: int = 0
    state: State = "waiting"
    done: int = 0
    said: str = ""
    error: str | None = None
    result: Any = field(default=None, repr=False)
    began: float | None = None
    ended: float | None = None
    asked: float = field(default_factory=time.monotonic)
    to_stop: bool = False

    @property
    def seconds(self) -> float:
        """How long it has been running, or ran."""
        if self.began is None:
            return 0.0
        return (time.monotonic() if self.ended is None else self.ended) - self.began

    def to_dict(self) -> dict[str, Any]:
        """Where it stands, ready for JSON."""
        names = "id", "kind", "title", "state", "done", "total", "said", "error"
        return {**{name: getattr(self, name) for name in names}, "seconds": round(self.seconds, 1)}


class Works:
    """All long work of a page; the last `keep` that ended stay to be asked for.

    Parameters
    ----------
    wait : called by running work now and then, see :class:`Watch`
    keep : how many
    """

    def __init__(self, wait: Callable[[], None] = lambda: None, keep: int = 32) -> None:
        self._wait, self._keep = wait, keep
        self._works: dict[str, Work] = {}
        self._queue: SimpleQueue[Work | None] = SimpleQueue()
        self._numbers = count(1)
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def start(self, kind: str, do: Callable[[Watch], Any], *, total: int = 0, title: str = "") -> Work:
        """Do something when all that was asked for before has ended."""
        with self._lock:
            work = Work(f"{kind}-{next(self._numbers)}", kind, title or kind, do, total)
            self._works[work.id] = work
            ended = [one.id for one in self._works.values() if one.state in ENDED]
            for id in ended[: max(len(ended) - self._keep, 0)]:
                del self._works[id]
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="long work", daemon=True)
                self._thread.start()
        self._queue.put(work)
        return work

    def get(self, id: str) -> Work:
        """One of them; whoever asks keeps it going.

        Raises
        ------
        InputError
            there is no such work (any more)
        """
        work = self._works.get(id)
        if work is None:
            raise InputError(f"there is no work {id!r:.60} here; start it again")
        work.asked = time.monotonic()
        return work

    def stop(self, id: str) -> Work:
        """Ask one of them to stop; what is waiting ends at once."""
        work = self.get(id)
        with self._lock:
            work.to_stop = True
            if work.state == "waiting":
                work.state = "stopped"
        return work

    def close(self, seconds: float = 5.0) -> None:
        """Stop all, and wait for what is running to have kept what is done."""
        for work in list(self._works.values()):
            work.to_stop = True
        self._queue.put(None)
        if self._thread is not None:
            self._thread.join(seconds)

    def _run(self) -> None:
        while (work := self._queue.get()) is not None:
            with self._lock:
                if work.to_stop:
                    work.state = "stopped"
                    continue
                work.state, work.began = "running", time.monotonic()
            work.state = self._do(work)

    def _do(self, work: Work) -> State:
        try:
            work.result = work.do(Watch(work, self._wait))
        except KeyboardInterrupt:
            return "stopped"
        except TokensphereError as error:
            work.error = without_paths(told(" ".join(str(error).split())))
            return "failed"
        except Exception as error:  # the page must learn of it, whatever it is
            work.error = without_paths(told(f"{work.title} failed: {type(error).__name__}: {error}"))
            return "failed"
        finally:
            work.ended = time.monotonic()
        return "stopped" if work.to_stop else "done"


class Urgent:
    """Counts what people wait for; long work steps aside until it is done."""

    def __init__(self) -> None:
        self._count = 0
        self._condition = threading.Condition()

    def __enter__(self) -> None:
        with self._condition:
            self._count += 1

    def __exit__(self, *_: object) -> None:
        with self._condition:
            self._count -= 1
            self._condition.notify_all()

    def wait(self) -> None:
        """Return when there is nothing urgent."""
        with self._condition:
            while self._count:
                self._condition.wait(_PAUSE * 200)
