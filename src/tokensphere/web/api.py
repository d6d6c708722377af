"""The endpoints of all views: searches one at a time, in the order in which they were asked for."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from tokensphere.display import told
from tokensphere.errors import TokensphereError
from tokensphere.web.addresses import ENDPOINTS
from tokensphere.web.endpoint import Asked, Endpoint, Reply, as_json
from tokensphere.web.session import Session
from tokensphere.web.unplaced import without_paths

_LOOK = 0.05  # seconds between looks at whether a client is still there
_SLOWEST = 30.0  # seconds without a byte of what a client sends
_GONE = 499


def make_api(session: Session) -> Starlette:
    """What answers below ``/api``."""
    turns = Turns(session)
    routes = [
        Route(one.path, turns.answering(one), methods=["POST" if one.change else "GET"])
        for one in ENDPOINTS
    ]
    handlers: dict[Any, Any] = {404: _nothing, 405: _nothing}
    return Starlette(routes=routes, exception_handlers=handlers)


async def _nothing(request: Request, _: Exception) -> Response:
    return _failed(404, f"there is nothing at {told(request.url.path, 200)}")


class Turns:
    """Searches one at a time, in the order in which they were asked for; who has gone is not served."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._search = ThreadPoolExecutor(1, thread_name_prefix="search")

    def answering(self, endpoint: Endpoint) -> Callable[[Request], Awaitable[Response]]:
        """What answers requests to an endpoint."""

        async def answer(request: Request) -> Response:
            try:
                body = await _body(request, endpoint.most) if endpoint.change else b""
            except _TooMuchError as error:
                return _failed(413, str(error))
            except (TimeoutError, ClientDisconnect):
                return _failed(408, "what was sent came too slowly, or not to its end")
            asked = Asked(dict(request.query_params), dict(request.path_params), body)
            if endpoint.quick:
                return await run_in_threadpool(self._called, endpoint, asked)
            return await self._in_turn(request, endpoint, asked)

        return answer

    async def _in_turn(self, request: Request, endpoint: Endpoint, asked: Asked) -> Response:
        with self._session.urgent:
            turn = self._search.submit(self._called, endpoint, asked)
            done = asyncio.wrap_future(turn)
            while not done.done():
                await asyncio.wait([done], timeout=_LOOK)
                if not done.done() and await request.is_disconnected() and turn.cancel():
                    return Response(status_code=_GONE)
            return done.result()

    def _called(self, endpoint: Endpoint, asked: Asked) -> Response:
        try:
            found = endpoint.function(self._session, asked)
        except TokensphereError as error:
            return _failed(400, str(error))
        except Exception as error:
            line = told(f"{endpoint.path} failed: {type(error).__name__}: {error}")
            logging.getLogger("tokensphere").error(line)
            return _failed(500, line)
        if isinstance(found, Reply):
            headers = {"cache-control": "no-store"}
            if found.name is not None:
                headers["content-disposition"] = f'attachment; filename="{found.name}"'
            return Response(found.content, media_type=found.media, headers=headers)
        return _json(200, found)


class _TooMuchError(Exception):
    """More was sent than is taken."""


async def _body(request: Request, most: int) -> bytes:
    """What was sent, as far as it is no more than may be."""
    said = request.headers.get("content-length", "0")
    too_much = _TooMuchError(f"more than {most / 1e6:,.0f} MB was sent; open it with --directions")
    if said.isdecimal() and int(said) > most:
        raise too_much
    parts: list[bytes] = []
    size = 0
    stream = request.stream().__aiter__()
    while True:
        try:
            part = await asyncio.wait_for(anext(stream), _SLOWEST)
        except StopAsyncIteration:
            return b"".join(parts)
        size += len(part)
        if size > most:
            raise too_much
        parts.append(part)


def _json(status: int, value: Any) -> Response:
    return Response(as_json(value), status, {"cache-control": "no-store"}, media_type="application/json")


def _failed(status: int, message: str) -> Response:
    return _json(status, {"error": without_paths(" ".join(message.split()))})
