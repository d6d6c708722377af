"""A result -> terminal, HTML or JSON. No statistic is computed here."""

from __future__ import annotations

from tokensphere.views.html import to_html
from tokensphere.views.json import to_json
from tokensphere.views.terminal.render import WIDTH_WITHOUT_TERMINAL, render, to_text

__all__ = ["WIDTH_WITHOUT_TERMINAL", "render", "to_html", "to_json", "to_text"]
