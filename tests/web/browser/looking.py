"""Waiting for what a page shows: Playwright's own way evaluates strings, which the page forbids."""

from __future__ import annotations

import time
from typing import Any


def until(page: Any, expression: str, seconds: float = 30) -> None:
    """Return when a JavaScript expression is true in the page."""
    end = time.monotonic() + seconds
    while not page.evaluate(expression):
        assert time.monotonic() < end, f"not true within {seconds:g} s: {expression}"
        time.sleep(0.02)
