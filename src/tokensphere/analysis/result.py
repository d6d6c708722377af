"""What all results have in common: they become a dict, and show themselves when printed."""

from __future__ import annotations

import importlib
from typing import Any


class Result:
    """Base of the frozen results.

    Python asks the object itself for its text (``__str__``) and a notebook for its HTML, but
    results know nothing of views. So the views are looked up by name, late: this is the one place
    where a result reaches for something that stands above it.
    """

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain dicts, lists, strings and numbers, ready for JSON."""
        raise NotImplementedError

    def __str__(self) -> str:
        text: str = importlib.import_module("tokensphere.views").to_text(self)
        return text

    def _repr_html_(self) -> str:
        html: str = importlib.import_module("tokensphere.views").to_html(self)
        return html

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text("…" if cycle else str(self))
