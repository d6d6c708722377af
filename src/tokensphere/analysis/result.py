"""What all results have in common: they become a dict, and show themselves when printed."""

from __future__ import annotations

from typing import Any

from tokensphere.above import ask


class Result:
    """Base of the frozen results.

    Python asks the object itself for its text (``__str__``) and a notebook for its HTML; what these
    are is the business of views.
    """

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain dicts, lists, strings and numbers, ready for JSON."""
        raise NotImplementedError

    def __str__(self) -> str:
        text: str = ask("text", self)
        return text

    def _repr_html_(self) -> str:
        html: str = ask("html", self)
        return html

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text("…" if cycle else str(self))
