"""Placeholder of the view; its module replaces this."""

from __future__ import annotations

from tokensphere.web.endpoint import Endpoint

ENDPOINTS: tuple[Endpoint, ...] = ()
