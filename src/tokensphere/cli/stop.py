"""Ctrl-C while parts of a result are found and printed in turn: what is printed stays whole."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from typing import Any, TypeVar

Part = TypeVar("Part")


class Stop:
    """A context in which Ctrl-C ends a search at once, and printing after the part that is printed.

    Who does not want to wait for that, as where nobody reads what is printed, presses it again.
    """

    def __init__(self) -> None:
        self._asked = self._searching = False
        self._before: Any = None

    def in_turn(self, parts: Iterator[Part]) -> Iterator[Part]:
        """The parts, until Ctrl-C ends them.

        Raises
        ------
        KeyboardInterrupt
            before the first was there
        """
        first = True
        while not self._asked:
            try:
                self._searching = True
                part = next(parts, None)
                self._searching = False
            except KeyboardInterrupt:
                if first:
                    raise
                return
            if part is None:
                return
            first = False
            yield part

    def __enter__(self) -> Stop:
        ours = threading.current_thread() is threading.main_thread()
        if ours and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            self._before = signal.signal(signal.SIGINT, self._interrupted)
        return self

    def __exit__(self, *_: object) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)

    def _interrupted(self, *_: object) -> None:
        if self._searching or self._asked:
            raise KeyboardInterrupt
        self._asked = True
