"""A bar for work that somebody waits for: in a notebook, or on standard error if that is a terminal.

The one of the command line, and of functions that are called with ``progress=True``. In a terminal it
moves several times a second, whatever the work does. In a notebook it is a piece of HTML that is written
over, which needs no widgets; it stays, and says how long the work took.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any, Protocol

from tokensphere.display import told

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from rich.console import RenderableType

_EVERY = 0.2  # seconds between two pictures in a notebook
_RECENT = 60  # seconds whose speed tells the time left
_WIDEST = 80
_BAR = 20


@dataclass
class State:
    """What a bar shows.

    Attributes
    ----------
    what : is counted, in the plural
    total : how many there are; None if that is not known
    done : how many are done; None where nothing is counted
    besides, beside : steps besides that are not counted but take time, in all and done
    doing : what is being done now
    known : what is known so far
    """

    what: str
    total: int | None = None
    done: int | None = 0
    besides: float = 0.0
    beside: float = 0.0
    doing: str = ""
    known: str = ""

    @property
    def part(self) -> tuple[float, float | None]:
        """How much is done, of how much."""
        return (self.done or 0) + self.beside, None if not self.total else self.total + self.besides

    def amount(self, *, ended: bool = False) -> str:
        """How far it is: a count, or a share where there is more to do than is counted."""
        done, total = self.part
        if self.done is None:
            return ""
        if self.besides and total and not ended:
            return f"{int(100 * min(done / total, 1)):2d} %"
        return (
            f"{self.done:,} of {self.total:,} {self.what}"
            if self.total
            else f"{self.done:,} {self.what}"
        )


class Bar:
    """What work calls; see :class:`tokensphere.analysis.job.Watcher`."""

    def __init__(self, state: State, paint: Callable[[State], None]) -> None:
        self._state, self._paint = state, paint

    def __call__(self, count: int) -> None:
        """So many more are done."""
        self._state.done = (self._state.done or 0) + count
        self._paint(self._state)

    def beside(self, steps: float) -> None:
        """So many more steps are done that are not counted."""
        self._state.beside += steps
        self._paint(self._state)

    def doing(self, text: str) -> None:
        """What is being done now."""
        self._state.doing = text
        self._paint(self._state)

    def known(self, text: str) -> None:
        """What is known so far."""
        self._state.known = text
        self._paint(self._state)


class Steps:
    """What work calls with the name of each of its steps as it begins."""

    def __init__(self, work: str, total: int | None, paint: Callable[[State], None]) -> None:
        self._work, self._total, self._count, self._paint = work, total, 0, paint

    def expect(self, total: int) -> None:
        """How many there will be."""
        self._total = total

    def __call__(self, step: str) -> None:
        """The next one begins."""
        self._count += 1
        of = f" of {self._total}" if self._total else ""
        self._paint(State("", done=None, doing=f"{self._work}, step {self._count}{of}: {step}"))


@contextmanager
def bar(what: str, total: int | None = None, besides: float = 0.0) -> Iterator[Bar]:
    """A bar; called with how many more of `what` are done.

    Parameters
    ----------
    what : is counted, in the plural
    total : how many there are; None if that is not known
    besides : steps that take as long as so many of them, but are not counted
    """
    state = State(what, total, besides=besides)
    with _painter() as paint:
        paint(state)
        yield Bar(state, paint)


@contextmanager
def fetching(model: str) -> Iterator[Callable[[int, int], None]]:
    """A bar of bytes, which appears when something is fetched; called with those done and all."""
    what = f"MB of {told(model, _WIDEST)}"
    with _painter() as paint:
        yield lambda done, total: paint(
            State(what, round(total / 1e6), round(done / 1e6), doing="fetching")
        )


@contextmanager
def steps(work: str, total: int | None = None) -> Iterator[Steps]:
    """Which step of how many is being done; called with its name."""
    with _painter() as paint:
        paint(State("", done=None, doing=work))
        yield Steps(work, total, paint)


Paint = Callable[[State], None]


def _painter() -> AbstractContextManager[Paint]:
    if _in_notebook():
        return _in_cell()
    if sys.stderr.isatty():
        return _on_terminal()
    return nullcontext(lambda _: None)


def _in_notebook() -> bool:
    """Whether a kernel of Jupyter runs this, Colab's too; no package is loaded to find out."""
    found = sys.modules.get("IPython")
    shell = None if found is None else found.get_ipython()
    return hasattr(shell, "kernel")


@contextmanager
def _on_terminal() -> Iterator[Paint]:
    """Painted by a thread that goes on while the work is silent; gone at the end."""
    from rich.console import Console
    from rich.live import Live

    lines = _Lines()
    # Rich would take a notebook's cell for a terminal, and a terminal's width from the output.
    live = Live(lines, console=Console(stderr=True), transient=True, refresh_per_second=10)

    def paint(state: State) -> None:
        lines.of(state)
        if not live.is_started:
            live.start()

    try:
        yield paint
    finally:
        live.stop()


class _Lines:
    """A line that says how far the work is, below it what is known so far."""

    def __init__(self) -> None:
        from rich.progress import BarColumn, Progress, ProgressColumn, SpinnerColumn, Task, TextColumn
        from rich.table import Column

        from tokensphere.views.terminal.render import Text

        class Left(ProgressColumn):
            def render(self, task: Task) -> Text:
                left = task.time_remaining
                if left is None or task.total is None:
                    return Text("")
                return Text(f"{int(left) // 60}:{int(left) % 60:02d} left", style="progress.remaining")

        self._text, self._known = Text, ""
        now = Column(no_wrap=True, overflow="ellipsis", ratio=1)
        self._counted = Progress(
            SpinnerColumn(), BarColumn(_BAR),
            TextColumn("{task.fields[amount]}", markup=False), Left(),
            TextColumn("{task.description}", markup=False, table_column=now),
            speed_estimate_period=_RECENT, expand=True,
        )  # fmt: skip
        self._named = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False, table_column=now),
            expand=True,
        )
        self._shown = self._counted
        self._task: Any = None

    def of(self, state: State) -> None:
        """Show this from now on."""
        if self._task is None:
            self._shown = self._named if state.done is None else self._counted
            self._task = self._shown.add_task("", total=None, amount="")
        done, total = state.part
        self._known = state.known
        self._shown.update(
            self._task, completed=done, total=total, description=state.doing, amount=state.amount()
        )

    def __rich__(self) -> RenderableType:
        from rich.console import Group

        return Group(self._shown, self._text(self._known)) if self._known else self._shown


class _Display(Protocol):
    def update(self, content: dict[str, str], *, raw: bool) -> None: ...


@contextmanager
def _in_cell() -> Iterator[Paint]:
    from IPython.display import display

    began, last = time.monotonic(), -_EVERY
    cell: _Display | None = None
    state: State | None = None

    def show(ended: bool = False) -> None:
        nonlocal cell
        if state is None:
            return
        content = _html(state, time.monotonic() - began, ended)
        if cell is None:
            cell = display(content, raw=True, display_id=True)
        else:
            cell.update(content, raw=True)

    def paint(now: State) -> None:
        nonlocal state, last
        state = now
        if time.monotonic() - last >= _EVERY:
            last = time.monotonic()
            show()

    try:
        yield paint
    finally:
        show(ended=True)


def _html(state: State, seconds: float, ended: bool) -> dict[str, str]:
    """The bar as a notebook displays it, and as text where it has no HTML."""
    done, total = state.part
    now = state.doing if state.done is None or not ended else ""
    said = ", ".join(filter(None, (state.amount(ended=ended), now, f"{seconds:.1f} s")))
    if not ended and done and total:
        said += f", about {seconds * max(total - done, 0) / done:.0f} s to go"
    at = f' value="{done:.0f}" max="{total:.0f}"' if total else ""
    drawn = "" if ended else f'<progress{at} style="width:20em"></progress> '
    known = "" if ended or not state.known else f"<br>{escape(state.known)}"
    html = f"<div>{drawn}<small>{escape(said)}{known}</small></div>"
    plain = said if not known else f"{said}\n{state.known}"
    return {"text/html": html, "text/plain": plain}
