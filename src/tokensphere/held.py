"""State of the whole process that is changed while anybody needs it, and given back by the last one.

A context manager that saves, changes and restores such state works in one thread. Where the calls of
two threads overlap, the second saves what the first has changed, and restores that last: it stays for
good. So there is one holder of each such state, a count under a lock, and whoever leaves last gives it
back: in whatever order threads come and go, fail, are stopped with Ctrl-C, or drop a generator. A child
of ``fork`` holds what the thread that forked it held.
"""

from __future__ import annotations

import os
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager


class Held(ABC):
    """Something that is held while at least one thread is inside of ``with held():``.

    Also a decorator, ``@held()``; nests. Made once, at the top of a module: it stays known to ``fork``.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()  # a signal handler may come in, too
        self._inside: dict[object, int] = {}  # mark -> its thread
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(
                before=self._lock.acquire,
                after_in_parent=self._lock.release,
                after_in_child=self._after_fork_in_child,
            )

    @abstractmethod
    def take(self) -> None:
        """Change the state; called under the lock by each thread that comes in, again and again."""

    @abstractmethod
    def give_back(self, inside: set[int]) -> None:
        """Undo what none of the threads `inside` needs; called under the lock whenever one leaves."""

    @contextmanager
    def __call__(self) -> Iterator[None]:
        """Hold it."""
        mark = object()
        try:  # before anything is held: Ctrl-C may come at any line
            with self._lock:
                self._inside[mark] = threading.get_ident()
                self.take()
            yield
        finally:
            try:
                self._leave(mark)
            except BaseException:  # Ctrl-C in just this moment
                self._leave(mark)
                raise

    def _leave(self, mark: object) -> None:
        with self._lock:
            self._inside.pop(mark, None)
            self.give_back(set(self._inside.values()))

    def _after_fork_in_child(self) -> None:
        me = threading.get_ident()  # of all threads only this one is there
        try:
            self._inside = {mark: thread for mark, thread in self._inside.items() if thread == me}
            self.give_back(set(self._inside.values()))
        finally:
            self._lock.release()
