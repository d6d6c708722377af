"""Who may come in: this machine's own browser, with the secret of this start.

A page on another site can send requests to a server on this machine, and can give a name of its own the
address 127.0.0.1 (DNS rebinding). So every request must name a host that is ours; data needs the secret
of this start, as a cookie that other sites' requests do not carry (``SameSite=Strict``) or, in a frame
of a notebook, where there are no cookies, as a header; and what changes something must come from our own
pages. What the page is made of, its scripts and styles, is no secret.
"""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from dataclasses import dataclass, field
from secrets import token_urlsafe
from typing import Any
from urllib.parse import parse_qsl, urlencode

from tokensphere.web.endpoint import as_json

Scope = MutableMapping[str, Any]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

HEADER = b"x-tokensphere-secret"
_SAFE = ("GET", "HEAD")
_POLICY = (
    "default-src 'self'; img-src 'self' blob: data:; object-src 'none'; base-uri 'none';"
    " form-action 'self'"
)
_ALWAYS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


@dataclass(frozen=True)
class Door:
    """What one start of the server lets in.

    Attributes
    ----------
    port : where it listens
    hosts : names by which it may be called
    secret : of this start
    framed : whether other pages may show it in a frame, as a notebook does
    """

    port: int
    hosts: tuple[str, ...] = ("127.0.0.1", "localhost", "[::1]")
    secret: str = field(default_factory=lambda: token_urlsafe(24), repr=False)
    framed: bool = False

    @property
    def cookie(self) -> str:
        """Its name; of each port another, for servers on one host share their cookies."""
        return f"tokensphere-{self.port}"

    def address(self, path: str = "/", host: str | None = None) -> str:
        """What opens the page."""
        return f"http://{host or self.hosts[0]}:{self.port}{path}?secret={self.secret}"

    def knows(self, secret: str) -> bool:
        """Whether that is the secret; how long it takes tells nothing."""
        return hmac.compare_digest(secret.encode(), self.secret.encode())


class Guard:
    """ASGI middleware: refuses what does not belong here, and adds the headers that browsers heed."""

    def __init__(self, app: Any, door: Door) -> None:
        self._app, self._door = app, door
        self._hosts = {f"{host}:{door.port}" for host in door.hosts}
        self._hosts |= set(door.hosts) if door.port == 80 else set()
        self._origins = {f"http://{host}" for host in self._hosts}
        always = {**_ALWAYS, "content-security-policy": _POLICY}
        if not door.framed:  # a notebook's page may have any scheme, which "*" would not match
            always["content-security-policy"] += "; frame-ancestors 'none'"
            always["x-frame-options"] = "DENY"
        self._always = [(name.encode(), value.encode()) for name, value in always.items()]

    async def __call__(self, scope: Scope, receive: Any, send: Send) -> None:
        """Answer a request, or hand it on."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":  # a WebSocket: there is none
            await send({"type": "websocket.close", "code": 1008})
            return

        async def guarded(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *self._always]
            await send(message)

        headers = _headers(scope)
        refused = self._refused(scope, headers)
        if refused is not None:
            await _answer(guarded, 403, {"error": refused})
            return
        if (entry := self._entry(scope)) is not None:
            await _redirect(guarded, *entry)
            return
        if scope["path"].startswith("/api/") and not self._may(headers):
            said = "this page belongs to another start; open the address that the command printed"
            await _answer(guarded, 403, {"error": said})
            return
        await self._app(scope, receive, guarded)

    def _refused(self, scope: Scope, headers: dict[bytes, list[bytes]]) -> str | None:
        hosts = [host.decode("latin-1").lower() for host in headers.get(b"host", [])]
        if len(hosts) != 1 or hosts[0] not in self._hosts:
            return "this server is called by another name; open the address that the command printed"
        origins = [origin.decode("latin-1") for origin in headers.get(b"origin", [])]
        if scope["method"] in _SAFE:
            strange = any(origin not in self._origins for origin in origins)
        else:
            strange = len(origins) != 1 or origins[0] not in self._origins
        site = headers.get(b"sec-fetch-site", [b"none"])[0]
        if scope["path"].startswith("/api/") and site not in (b"same-origin", b"none"):
            strange = True
        return "a request from another site is not answered" if strange else None

    def _entry(self, scope: Scope) -> tuple[str, str] | None:
        """Whoever brings the secret in the address gets it as a cookie, and the address without it."""
        if scope["method"] != "GET" or b"secret=" not in scope["query_string"]:
            return None
        params = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        given = [value for name, value in params if name == "secret"]
        rest = urlencode([(name, value) for name, value in params if name != "secret"])
        path = "/" + scope["path"].lstrip("/\\")  # never the address of another host
        where = f"{path}?{rest}" if rest else path
        if not given or not self._door.knows(given[-1]):
            return where, ""
        door = self._door
        return where, f"{door.cookie}={door.secret}; Path=/; HttpOnly; SameSite=Strict"

    def _may(self, headers: dict[bytes, list[bytes]]) -> bool:
        given = [secret.decode("latin-1") for secret in headers.get(HEADER, [])]
        for line in headers.get(b"cookie", []):
            for part in line.decode("latin-1").split(";"):
                name, _, value = part.strip().partition("=")
                given += [value] if name == self._door.cookie else []
        return any(self._door.knows(secret) for secret in given)


def _headers(scope: Scope) -> dict[bytes, list[bytes]]:
    found: dict[bytes, list[bytes]] = {}
    pairs: Iterable[tuple[bytes, bytes]] = scope["headers"]
    for name, value in pairs:
        found.setdefault(name.lower(), []).append(value)
    return found


async def _answer(send: Any, status: int, value: Any) -> None:
    content = as_json(value)
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(content)).encode()),
        (b"cache-control", b"no-store"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content})


async def _redirect(send: Any, where: str, cookie: str) -> None:
    headers = [(b"location", where.encode("ascii", "replace")), (b"cache-control", b"no-store")]
    if cookie:
        headers.append((b"set-cookie", cookie.encode()))
    headers.append((b"content-length", b"0"))
    await send({"type": "http.response.start", "status": 303, "headers": headers})
    await send({"type": "http.response.body", "body": b""})
