"""Many small cases as one test, whose failure names its case."""

from __future__ import annotations

import functools
import inspect
import reprlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

Test = Callable[..., None]


@contextmanager
def case(*of: object, **what: object) -> Iterator[None]:
    """What is checked in this block; an error that leaves it says so."""
    try:
        yield
    except BaseException as error:  # pytest's "did not raise" is no Exception
        said = [
            *map(reprlib.repr, of),
            *(f"{name} = {reprlib.repr(value)}" for name, value in what.items()),
        ]
        error.add_note("in the case " + ", ".join(said))
        raise


def every(names: str | Sequence[str], rows: Iterable[Any]) -> Callable[[Test], Test]:
    """As ``pytest.mark.parametrize``, but one test goes through all rows: for cases of milliseconds."""
    several = [names] if isinstance(names, str) else list(names)
    table = [dict(zip(several, [row] if isinstance(names, str) else row, strict=True)) for row in rows]

    def decorate(test: Test) -> Test:
        @functools.wraps(test)
        def looped(**others: object) -> None:
            for arguments in table:
                with case(**arguments):
                    test(**arguments, **others)

        asked = inspect.signature(test)
        others = [of for name, of in asked.parameters.items() if name not in several]
        looped.__signature__ = asked.replace(parameters=others)  # type: ignore[attr-defined]
        return looped

    return decorate
