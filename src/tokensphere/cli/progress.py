"""What is shown on standard error while something is fetched or computed, if somebody watches."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count

from tokensphere.display import told

_WIDEST_MODEL = 80
_LONG = 20_000  # draws or directions from which a bar is shown for work that is mostly short


@contextmanager
def fetching(model: str | None) -> Iterator[Callable[[int, int], None] | None]:
    """A bar that appears when something is fetched."""
    if model is None or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn
    from rich.progress import TransferSpeedColumn as Speed

    name = TextColumn("fetching {task.description}", markup=False)
    columns = (name, BarColumn(), DownloadColumn(), Speed(), TimeRemainingColumn())
    bar = Progress(*columns, console=Console(stderr=True), transient=True)

    def show(done: int, total: int) -> None:
        if not bar.tasks:
            bar.start()
            bar.add_task(told(model, _WIDEST_MODEL), total=total)
        bar.update(bar.task_ids[0], completed=done, total=total)

    try:
        yield show
    finally:
        if bar.tasks:
            bar.stop()


class Bar:
    """A bar of directions with rate and time left; below it, what can be told so far."""

    def __init__(self, total: int) -> None:
        from rich.console import Console
        from rich.live import Live
        from rich.progress import BarColumn, MofNCompleteColumn, Progress
        from rich.progress import TimeRemainingColumn as Left

        columns = ("directions", BarColumn(), MofNCompleteColumn(), "{task.fields[rate]}", Left())
        self._bar = Progress(*columns, speed_estimate_period=120)
        self._task = self._bar.add_task("", total=total, rate="")
        self.live = Live(self._bar, console=Console(stderr=True), transient=True)

    def __call__(self, count: int) -> None:
        """So many more are done."""
        self._bar.advance(self._task, count)
        speed = self._bar.tasks[0].speed
        self._bar.update(self._task, rate=f"{speed:,.0f}/s" if speed else "")

    def say(self, text: str) -> None:
        """What can be told so far."""
        from rich.console import Group
        from rich.text import Text

        self.live.update(Group(self._bar, Text(text)))


@contextmanager
def counting(total: int, *, long: bool = False) -> Iterator[Bar | None]:
    """A bar of directions, if somebody watches.

    `long` work takes minutes; else a bar is shown only from some ten thousand on.
    """
    if not sys.stderr.isatty() or (total < _LONG and not long):
        yield None
        return
    bar = Bar(total)
    with bar.live:
        yield bar


@contextmanager
def steps_of(work: str, count_steps: Callable[[], int]) -> Iterator[Callable[[str], None]]:
    """Which step of how many is being done; called with the name of each as it begins.

    They are counted if somebody watches.
    """
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console

    with Console(stderr=True).status(work) as status:
        numbers, total = count(1), count_steps()
        yield lambda step: status.update(f"{work}, step {next(numbers)} of {total}: {step}")
