"""When the command line shows how far it is: if somebody watches standard error, and it takes long."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tokensphere.views.progress import Bar

_LONG = 20_000  # draws or directions from which a bar is shown for work that is mostly short


def watched() -> bool:
    """Whether somebody watches."""
    return sys.stderr.isatty()


@contextmanager
def fetching(model: str | None) -> Iterator[Callable[[int, int], None] | None]:
    """A bar that appears when something is fetched."""
    if model is None or not watched():
        yield None
        return
    from tokensphere.views import progress

    with progress.fetching(model) as show:
        yield show


@contextmanager
def counting(
    total: int, what: str = "directions", *, long: bool = False, besides: float = 0.0
) -> Iterator[Bar | None]:
    """A bar of `what`, if somebody watches.

    `long` work takes minutes; else a bar is shown only from some ten thousand on.
    """
    if not watched() or (total < _LONG and not long):
        yield None
        return
    from tokensphere.views.progress import bar

    with bar(what, total, besides) as shown:
        yield shown


@contextmanager
def steps_of(work: str, count_steps: Callable[[], int]) -> Iterator[Callable[[str], None]]:
    """Which step of how many is being done; called with the name of each as it begins.

    They are counted if somebody watches.
    """
    if not watched():
        yield lambda _: None
        return
    from tokensphere.views import progress

    with progress.steps(work) as steps:
        steps.expect(count_steps())
        yield lambda step: steps(step)  # with no `expect`: it is not the work's to say how many
