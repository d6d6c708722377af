"""The addresses of the view of surveys and claims.

What answers there is imported when it is first asked for: it takes as long as all the rest of the page.
"""

from __future__ import annotations

import importlib
from typing import Any

from tokensphere.web.endpoint import Asked, Endpoint, Function
from tokensphere.web.session import Session


def _late(where: str) -> Function:
    """A function of a module, by ``module:name``."""
    module, _, name = where.partition(":")

    def call(session: Session, asked: Asked) -> Any:
        return getattr(importlib.import_module(f"tokensphere.{module}"), name)(session, asked)

    return call


ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint("/api/survey", _late("web.survey_work:survey")),
    Endpoint("/api/survey/start", _late("web.survey_work:start"), change=True),
    Endpoint("/api/survey/lists", _late("web.survey_work:bin_lists")),
    Endpoint("/api/claims", _late("web.claims:claims")),
    Endpoint("/api/claims/start", _late("web.claims:start"), change=True),
)
