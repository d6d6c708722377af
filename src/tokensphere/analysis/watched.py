"""Progress as the public functions take it: something to call, ``True`` for a bar, or nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from tokensphere.above import ask
from tokensphere.analysis.job import Progress

Watch = Progress | bool | None
P = ParamSpec("P")
R = TypeVar("R")


@contextmanager
def watched(
    progress: Watch, what: str, total: int | None = None, *, besides: float = 0.0
) -> Iterator[Progress | None]:
    """What work calls on its way.

    Parameters
    ----------
    progress : as somebody gave it; True shows a bar, in a notebook or on standard error if that is a
        terminal
    what : is counted, in the plural, e.g. ``"directions"``
    total : how many there are, if that is known
    besides : steps that take as long as so many of them, but are not counted
    """
    if not isinstance(progress, bool):
        yield progress
    elif not progress:
        yield None
    else:
        bar: Any = ask("bar", what, total, besides)
        with bar as advance:
            yield advance


def showing(
    watch: Callable[[Any], AbstractContextManager[Any]],
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """A decorator of functions with a ``progress=``, which may then be True or False.

    Parameters
    ----------
    watch : of what is given, what the function calls, e.g. :func:`watched_steps`
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        @wraps(function)
        def shown(*args: P.args, **given: P.kwargs) -> R:
            with watch(given.get("progress")) as given["progress"]:
                return function(*args, **given)

        return shown

    return decorate


@contextmanager
def watched_steps(
    progress: Callable[[str], None] | bool | None, what: str
) -> Iterator[Callable[[str], None] | None]:
    """The same for work that tells the name of each of its parts as it begins."""
    if not isinstance(progress, bool):
        yield progress
    elif not progress:
        yield None
    else:
        steps: Any = ask("steps", what)
        with steps as tell:
            yield tell
