"""What a lower room asks of a higher one: a result for its text, a space to be saved.

Python asks an object itself for its text, and users ask a space to save itself, but results know no
views and spaces no files: imports run one way. The package's ``__init__``, on top of all rooms, says
who answers; nobody else does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

_answers: dict[str, Callable[..., Any]] = {}


def answer(question: str, function: Callable[..., Any]) -> None:
    """Say who answers a question; for ``__init__`` alone."""
    _answers[question] = function


def ask(question: str, *given: Any) -> Any:
    """What the room above says."""
    return _answers[question](*given)
