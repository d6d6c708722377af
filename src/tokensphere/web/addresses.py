"""Where what answers: all addresses below ``/api``.

Modules are imported when one of their addresses is first asked for: what the views need takes longer to
import than the page itself.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from tokensphere.web.endpoint import Asked, Endpoint, Function
from tokensphere.web.session import Session

MOST_DIRECTIONS = 512_000_000  # bytes of a file
MOST_CHOSEN = 4 * 2_000_000  # bytes: four for each token
MOST_RATINGS = 20_000_000  # as ratings.MOST


def late(where: str) -> Function:
    """A function of a module of this folder, by ``module:name``."""
    module, _, name = where.partition(":")

    def call(session: Session, asked: Asked) -> Any:
        return getattr(import_module(f"tokensphere.web.{module}"), name)(session, asked)

    return call


ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint("/api/info", late("about:info"), quick=True),
    Endpoint("/api/work/{id}", late("about:look_at_work"), quick=True),
    Endpoint("/api/work/{id}/stop", late("about:stop_work"), change=True, quick=True),
    Endpoint("/api/lists", late("lists:lists")),
    Endpoint("/api/cards", late("lists:cards")),
    Endpoint("/api/complete", late("lists:complete"), quick=True),
    Endpoint("/api/vector", late("lists:take_vector"), change=True, most=MOST_DIRECTIONS),
    Endpoint("/api/directions", late("directions:overview")),
    Endpoint("/api/directions/start", late("directions:start"), change=True),
    Endpoint("/api/directions/rows", late("directions:rows")),
    Endpoint("/api/directions/one", late("one:one")),
    Endpoint("/api/directions/alike", late("one:alike"), quick=True),
    Endpoint("/api/directions/export", late("directions:export"), quick=True),
    Endpoint("/api/map", late("maps:about")),
    Endpoint("/api/map/points", late("maps:points")),
    Endpoint("/api/map/tokens", late("maps:tokens"), quick=True),
    Endpoint("/api/map/kept", late("maps:kept")),
    Endpoint("/api/map/near", late("maps:near")),
    Endpoint("/api/map/list", late("maps:listed")),
    Endpoint("/api/map/umap", late("maps:make_umap"), change=True),
    Endpoint("/api/map/legend", late("map_colors:legend")),
    Endpoint("/api/map/column", late("map_colors:column")),
    Endpoint("/api/map/choices", late("map_colors:choices")),
    Endpoint("/api/map/ready", late("selections:get_ready")),
    Endpoint("/api/map/selection", late("selections:card"), change=True, most=MOST_CHOSEN),
    Endpoint("/api/map/regions", late("selections:regions")),
    Endpoint("/api/survey", late("survey_work:survey")),
    Endpoint("/api/survey/start", late("survey_work:start"), change=True),
    Endpoint("/api/survey/lists", late("survey_work:bin_lists")),
    Endpoint("/api/claims", late("claims:claims")),
    Endpoint("/api/claims/start", late("claims:start"), change=True),
    Endpoint("/api/rate/sessions", late("rate:sessions"), quick=True),
    Endpoint("/api/rate/begin", late("rate:begin"), change=True, quick=True),
    Endpoint("/api/rate/list", late("rate:look"), quick=True),
    Endpoint("/api/rate/verdict", late("rate:verdict"), change=True, quick=True),
    Endpoint("/api/rate/undo", late("rate:undo"), change=True, quick=True),
    Endpoint("/api/rate/finish", late("rate:finish"), change=True, quick=True),
    Endpoint("/api/rate/result", late("rate:result"), quick=True),
    Endpoint("/api/rate/export", late("rate:export"), quick=True),
    Endpoint("/api/rate/open", late("rate:take"), change=True, quick=True, most=MOST_RATINGS),
    Endpoint("/api/rate/remove", late("rate:remove"), change=True, quick=True),
)
