"""A bar for work that somebody waits for: in a notebook, or on standard error if that is a terminal.

Nothing is shown unless a function is called with ``progress=True``. In a notebook the bar is a piece of
HTML that is written over, which needs no widgets; it stays, and says how long the work took.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html import escape
from typing import Any

from tokensphere.display import told

_EVERY = 0.2  # seconds between two pictures in a notebook
_WIDEST = 80


@contextmanager
def bar(what: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
    """A bar; called with how many more of `what` are done.

    Parameters
    ----------
    what : is counted, in the plural
    total : how many there are; None if that is not known
    """
    with _shown(what, total) as show:
        done = 0

        def advance(count: int) -> None:
            nonlocal done
            done += count
            show(done, total, what)

        yield advance


@contextmanager
def fetching(model: str) -> Iterator[Callable[[int, int], None]]:
    """A bar of bytes, which appears when something is fetched; called with those done and all."""
    with _shown(f"MB of {told(model, _WIDEST)}", None) as show:
        yield lambda done, total: show(
            round(done / 1e6), round(total / 1e6), f"MB of {told(model, _WIDEST)}"
        )


@contextmanager
def steps(work: str) -> Iterator[Callable[[str], None]]:
    """Which part of the work is being done; called with its name."""
    with _shown(work, None) as show:
        count = 0

        def tell(part: str) -> None:
            nonlocal count
            count += 1
            show(None, None, f"{work}, step {count}: {part}")

        yield tell


Show = Callable[[int | None, int | None, str], None]  # how many are done, of how many, of what


def _shown(what: str, total: int | None) -> Any:
    if _in_notebook():
        return _in_cell()
    return _on_terminal(what, total) if sys.stderr.isatty() else _nowhere()


def _in_notebook() -> bool:
    """Whether a kernel of Jupyter runs this, Colab's too; no package is loaded to find out."""
    found = sys.modules.get("IPython")
    shell = None if found is None else found.get_ipython()
    return hasattr(shell, "kernel")


@contextmanager
def _nowhere() -> Iterator[Show]:
    yield lambda *_: None


@contextmanager
def _on_terminal(what: str, total: int | None) -> Iterator[Show]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    text = TextColumn("{task.description}", markup=False)
    columns = (BarColumn(), text, TimeRemainingColumn())
    # Rich would take a notebook's cell for a terminal, and a terminal's width from the output.
    shown = Progress(*columns, console=Console(stderr=True), transient=True)
    task = shown.add_task(_in_words(0, total, what), total=total)

    def show(done: int | None, of: int | None, what: str) -> None:
        shown.update(task, completed=done, total=of, description=_in_words(done, of, what))

    with shown:
        yield show


@contextmanager
def _in_cell() -> Iterator[Show]:
    from IPython.display import display

    began, last, cell = time.monotonic(), -_EVERY, None
    state: tuple[int | None, int | None, str] | None = None

    def paint(ended: bool = False) -> None:
        nonlocal cell
        if state is None:
            return
        content = _html(*state, time.monotonic() - began, ended)
        if cell is None:
            cell = display(content, raw=True, display_id=True)
        else:
            cell.update(content, raw=True)

    def show(done: int | None, total: int | None, what: str) -> None:
        nonlocal state, last
        state = done, total, what
        if time.monotonic() - last >= _EVERY:
            last = time.monotonic()
            paint()

    try:
        yield show
    finally:
        paint(ended=True)


def _html(done: int | None, total: int | None, what: str, seconds: float, ended: bool) -> dict[str, str]:
    """The bar as a notebook displays it, and as text where it has no HTML."""
    said = f"{_in_words(done, total, what)}, {seconds:.1f} s"
    if not ended and done and total:
        said += f", about {seconds * (total - done) / done:.0f} s to go"
    at = f' value="{done}" max="{total}"' if total else ""
    drawn = "" if ended else f'<progress{at} style="width:20em"></progress> '
    return {"text/html": f"<div>{drawn}<small>{escape(said)}</small></div>", "text/plain": said}


def _in_words(done: int | None, total: int | None, what: str) -> str:
    if done is None:
        return what
    return f"{done:,} of {total:,} {what}" if total else f"{done:,} {what}"
