"""The page as an ASGI application: its files, and the endpoints of all views."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from importlib import resources
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from tokensphere.display import told
from tokensphere.errors import TokensphereError
from tokensphere.web import about, directions, lists, maps, rate, surveys
from tokensphere.web.endpoint import Asked, Endpoint, Reply, as_json
from tokensphere.web.guard import Door, Guard
from tokensphere.web.session import Session

VIEWS = ("/", "/directions", "/map", "/survey", "/rate")
ENDPOINTS: tuple[Endpoint, ...] = (
    *about.ENDPOINTS, *lists.ENDPOINTS, *directions.ENDPOINTS, *maps.ENDPOINTS, *surveys.ENDPOINTS,
    *rate.ENDPOINTS,
)  # fmt: skip
_KINDS = {
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
    "png": "image/png",
}
_LOOK = 0.05  # seconds between looks at whether a client is still there
_SLOWEST = 30.0  # seconds without a byte of what a client sends
_GONE = 499
_PATH = re.compile(r"(?<![\w:/.])(?:[A-Za-z]:)?[\\/](?:[^\\/\s:'\"]+[\\/])+([^\\/\s:'\"]+)")


def make_app(session: Session, door: Door) -> Guard:
    """The page of one start, guarded."""
    turns = Turns(session)
    routes = [Route(f"/{name}", _file(*found)) for name, found in _files().items()]
    shell = _file(*_files()["index.html"])
    routes += [Route(path, shell) for path in VIEWS]
    routes += [
        Route(one.path, turns.answering(one), methods=["POST" if one.change else "GET"])
        for one in ENDPOINTS
    ]
    handlers: dict[Any, Any] = {404: _nothing, 405: _nothing}
    return Guard(Starlette(routes=routes, exception_handlers=handlers), door)


def _files() -> dict[str, tuple[bytes, str]]:
    """What the page is made of: name -> content and kind; nothing else is served from the disk."""
    folder = resources.files("tokensphere.web") / "static"
    names = sorted(one.name for one in folder.iterdir() if one.name.rpartition(".")[2] in _KINDS)
    return {name: ((folder / name).read_bytes(), _KINDS[name.rpartition(".")[2]]) for name in names}


def _file(content: bytes, kind: str) -> Callable[[Request], Awaitable[Response]]:
    mark = f'"{sha256(content).hexdigest()[:16]}"'
    headers = {"etag": mark, "cache-control": "no-cache"}

    async def send(request: Request) -> Response:
        if request.headers.get("if-none-match") == mark:
            return Response(status_code=304, headers=headers)
        return Response(content, media_type=kind, headers=headers)

    return send


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


def without_paths(text: str) -> str:
    """A message without the folders of this machine.

    Examples
    --------
    >>> without_paths("/home/ann/models/probe.npy holds 3 vectors; see a/b and https://c.d/e/f")
    'probe.npy holds 3 vectors; see a/b and https://c.d/e/f'
    """
    return _PATH.sub(r"\1", text)


def _json(status: int, value: Any) -> Response:
    return Response(as_json(value), status, {"cache-control": "no-store"}, media_type="application/json")


def _failed(status: int, message: str) -> Response:
    return _json(status, {"error": without_paths(" ".join(message.split()))})
