"""The page as an ASGI application: its files at once, and the views' endpoints when these are there."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress
from hashlib import sha256
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from tokensphere.errors import TokensphereError
from tokensphere.web.endpoint import Asked
from tokensphere.web.files import page_files
from tokensphere.web.guard import Door, Guard
from tokensphere.web.session import Session

VIEWS = ("/", "/directions", "/map", "/survey", "/rate")


def make_app(session: Session, door: Door) -> Guard:
    """The page of one start, guarded."""
    files = page_files()
    routes: list[Any] = [Route(f"/{name}", _file(*found)) for name, found in files.items()]
    routes += [Route(path, _file(*files["index.html"])) for path in VIEWS]
    routes.append(Route("/api/{rest:path}", _Api(session)))
    handlers: dict[Any, Any] = {404: _nothing, 405: _nothing}
    return Guard(Starlette(routes=routes, exception_handlers=handlers), door)


class _Api:
    """The endpoints, which are imported beside the first requests."""

    def __init__(self, session: Session) -> None:
        self._session, self._lock = session, threading.Lock()
        self._app: Starlette | None = None
        threading.Thread(target=self._get_ready, name="views", daemon=True).start()

    def _get_ready(self) -> None:
        """What the first page asks for, before it asks."""
        self._made()
        from tokensphere.web.lists import lists

        with suppress(TokensphereError):  # whoever asks is told
            lists(self._session, Asked({}))

    def _made(self) -> Starlette:
        with self._lock:
            if self._app is None:
                from tokensphere.web.api import make_api

                self._app = make_api(self._session)
            return self._app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer a request below ``/api``."""
        app = await asyncio.to_thread(self._made) if self._app is None else self._app
        await app(scope, receive, send)


def _file(content: bytes, kind: str) -> Callable[[Request], Awaitable[Response]]:
    mark = f'"{sha256(content).hexdigest()[:16]}"'
    headers = {"etag": mark, "cache-control": "no-cache"}

    async def send(request: Request) -> Response:
        if request.headers.get("if-none-match") == mark:
            return Response(status_code=304, headers=headers)
        return Response(content, media_type=kind, headers=headers)

    return send


async def _nothing(*_: Any) -> Response:
    return PlainTextResponse("there is nothing here", 404)
