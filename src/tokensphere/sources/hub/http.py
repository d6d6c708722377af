"""What any request to a hub shares: who asks, what an answer and a refusal mean.

The HTTP client is the caller's; anything that has httpx's ``stream`` will do. It follows redirects and
does not send the Authorization header to another host. How often to try is in
:mod:`tokensphere.sources.hub.attempts`.
"""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any, Protocol
from urllib.parse import urlsplit

from tokensphere.errors import SourceError
from tokensphere.formats.foreign import one_line
from tokensphere.sources.hub.attempts import PassingError, Patience

_EXHAUSTED = re.compile(r"\br=0;\s*t=(\d{1,9})", re.ASCII)  # the hub's RateLimit header
_PASSING = {408, 425, 429, 500, 502, 503, 504}
_EXPIRED = {400, 401, 403, 404, 410}  # of a signed address whose time is over


class Client(Protocol):
    """What is used of httpx's ``Client``."""

    def stream(self, method: str, url: str, **options: Any) -> AbstractContextManager[Any]:
        """An answer whose body is not read yet."""


@dataclass(frozen=True)
class Connection:
    """Who asks a hub, and how.

    Attributes
    ----------
    client : httpx's ``Client``, or one like it
    headers : with the access token, if there is one
    patience : how often and how long to try
    """

    client: Client
    headers: Mapping[str, str]
    patience: Patience = field(default_factory=Patience)


_GATED = "{what} is gated ({answer}): accept its conditions on its page, then {login}"
_NOT_THERE = "{what} does not exist ({answer}): check the name and the revision"
_BUSY = "the server cannot give {what} at the moment ({answer}); try again later"
_REFUSALS = dict.fromkeys(_PASSING, _BUSY) | {
    401: "{what} does not exist or needs a valid token ({answer}): check the name, or {login}",
    403: "access to {what} is refused ({answer}): use a token that may read it; {login}",
    404: _NOT_THERE,
    410: _NOT_THERE,
    416: "{what} has fewer bytes on the server than it should ({answer}): it changed, or is damaged; try"
    " again later, or use another mirror (HF_ENDPOINT)",
    429: "too many requests: {what} is refused for now ({answer}); try again later",
}
_STORE = (
    "the store that the hub names for {what} refuses it ({answer}); check this machine's clock and the"
    " proxy, or try again later"
)
_OTHER = "the server does not give {what} ({answer})"
_LOGIN = "log in with 'hf auth login' or set HF_TOKEN"


def refusal(what: str, status: int, headers: Mapping[str, str]) -> SourceError | PassingError:
    """What an HTTP status that is no success means for who wanted `what`."""
    said = one_line(headers.get("x-error-message", ""))
    gated = headers.get("x-error-code") == "GatedRepo" or "gated" in said.lower()
    meaning = _GATED if gated and status in (401, 403) else _REFUSALS.get(status, _OTHER)
    answer = f"HTTP {status}: {said}" if said else f"HTTP {status}"
    error = SourceError(meaning.format(what=what, answer=answer, login=_LOGIN))
    return PassingError(error, _asked_pause(headers)) if status in _PASSING else error


def _asked_pause(headers: Mapping[str, str]) -> float | None:
    """Seconds that the server asks us to wait."""
    asked = headers.get("retry-after", "").strip()
    if asked.isascii() and asked.isdecimal():
        return float(asked)
    with suppress(ValueError, OverflowError):
        return max(0.0, parsedate_to_datetime(asked).timestamp() - time.time())
    exhausted = _EXHAUSTED.search(headers.get("ratelimit", ""))
    return float(exhausted[1]) if exhausted else None


def client_errors(client: object, *names: str) -> tuple[type[Exception], ...]:
    """Exceptions by name of the library that the client is from: httpx or one made after it."""
    for kind in type(client).__mro__:
        library = sys.modules.get(kind.__module__.partition(".")[0])
        found = tuple(getattr(library, name, None) for name in names)
        if all(isinstance(error, type) for error in found):
            return found  # type: ignore[return-value]
    return (OSError,)


def no_connection(url: str, error: Exception) -> SourceError:
    """The one line for a network that does not answer."""
    reason = one_line(error) or type(error).__name__
    with suppress(Exception):  # where a redirect has led to, if the library says it
        url = str(error.request.url)  # type: ignore[attr-defined]
    host = "the hub"
    with suppress(ValueError):
        host = urlsplit(url).netloc.rpartition("@")[2]
    return SourceError(f"no answer from {host} ({reason}); check the network, HF_ENDPOINT and the proxy")


@contextmanager
def opened(hub: Connection, what: str, url: str, **more: str) -> Iterator[Any]:
    """The answer to a GET that has succeeded, its body not read yet; `more` are headers."""
    client, asked = hub.client, dict(hub.headers) | more | {"Accept-Encoding": "identity"}
    passing = client_errors(client, "TransportError")
    broken = client_errors(client, "HTTPError", "InvalidURL", "StreamError")
    options = {"headers": asked, "follow_redirects": True, "timeout": hub.patience.timeout}
    try:
        with ExitStack() as stack:
            try:
                response = stack.enter_context(client.stream("GET", url, **options))
            except UnicodeError as error:  # a redirect to a name that no host can have
                raise no_connection(url, error) from error
            status = response.status_code
            if status in _EXPIRED and _is_elsewhere(response):  # the hub gives another address
                raise PassingError(SourceError(_STORE.format(what=what, answer=f"HTTP {status}")))
            if status not in (200, 206):
                raise refusal(what, status, response.headers)
            if url.startswith("https:") and response.url.scheme != "https":
                raise SourceError(f"the server redirects {what} from https to {response.url.scheme}")
            yield response
    except passing as error:
        raise PassingError(no_connection(url, error)) from error
    except broken as error:
        raise no_connection(url, error) from error


def _is_elsewhere(response: Any) -> bool:
    """Whether another host than the one that was asked has answered, and no hub."""
    moved = any(before.url.host != response.url.host for before in response.history[:1])
    return moved and "x-error-code" not in response.headers
