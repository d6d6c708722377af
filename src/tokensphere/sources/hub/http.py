"""What any request to a hub shares: how often to try, how long to wait, what a refusal means.

The HTTP client is the caller's; anything that has httpx's ``stream`` will do. It follows redirects and
does not send the Authorization header to another host.
"""

from __future__ import annotations

import random
import re
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any, Protocol, TypeVar
from urllib.parse import urlsplit

from tokensphere.errors import SourceError
from tokensphere.formats.foreign import one_line

T = TypeVar("T")
_EXHAUSTED = re.compile(r"\br=0;\s*t=(\d{1,9})", re.ASCII)  # the hub's RateLimit header
_PASSING = {408, 425, 429, 500, 502, 503, 504}


class Client(Protocol):
    """What is used of httpx's ``Client``."""

    def stream(self, method: str, url: str, **options: Any) -> AbstractContextManager[Any]:
        """An answer whose body is not read yet."""


@dataclass(frozen=True)
class Patience:
    """How long to insist.

    Attributes
    ----------
    attempts : how often a piece is asked for, at most
    first, longest : seconds between the first two attempts (doubled each time), and at most
    retry_after : seconds that a server may ask us to wait; more than that is an error
    timeout : seconds without a byte until a connection counts as broken
    """

    attempts: int = 6
    first: float = 0.5
    longest: float = 8.0
    retry_after: float = 60.0
    timeout: float = 10.0


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
    patience: Patience = Patience()


class PassingError(Exception):
    """A failure that may pass: `error` is raised if it does not; `after` is when to try again."""

    def __init__(self, error: SourceError, after: float | None = None) -> None:
        super().__init__(str(error))
        self.error = error
        self.after = after


class StoppedError(Exception):
    """Another piece has failed, or the user wants to stop."""


def persist(action: Callable[[], T], patience: Patience, stop: threading.Event | None = None) -> T:
    """Call `action` until it does not raise `PassingError`, with pauses; then its error."""
    for attempt in range(1, patience.attempts + 1):
        try:
            return action()
        except PassingError as failure:
            if attempt == patience.attempts:
                raise failure.error from failure.__cause__
            if failure.after is not None and failure.after > patience.retry_after:
                raise SourceError(
                    f"{failure.error} (it asks to wait {failure.after:,.0f} s)"
                ) from failure.__cause__
            pause = min(patience.longest, patience.first * 2 ** (attempt - 1))
            pause *= random.uniform(0.5, 1)  # so that several clients do not come back at once
            (stop or threading.Event()).wait(max(pause, failure.after or 0.0))
            if stop is not None and stop.is_set():
                raise StoppedError from None
    raise AssertionError("unreachable: at least one attempt")


_GATED = "{what} is gated ({answer}): accept its conditions on its page, then {login}"
_NOT_THERE = "{what} does not exist ({answer}): check the name and the revision"
_BUSY = "the server cannot give {what} at the moment ({answer}); try again later"
_REFUSALS = dict.fromkeys(_PASSING, _BUSY) | {
    401: "{what} does not exist or needs a valid token ({answer}): check the name, or {login}",
    403: "access to {what} is refused ({answer}): use a token that may read it; {login}",
    404: _NOT_THERE,
    410: _NOT_THERE,
    429: "too many requests: {what} is refused for now ({answer}); try again later",
}
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
    host = urlsplit(url).netloc.rpartition("@")[2]
    return SourceError(f"no answer from {host} ({reason}); check the network, HF_ENDPOINT and the proxy")


@contextmanager
def opened(hub: Connection, what: str, url: str, **more: str) -> Iterator[Any]:
    """The answer to a GET that has succeeded, its body not read yet; `more` are headers."""
    client, asked = hub.client, dict(hub.headers) | more | {"Accept-Encoding": "identity"}
    passing = client_errors(client, "TransportError")
    broken = client_errors(client, "HTTPError", "InvalidURL", "StreamError")
    try:
        with client.stream(
            "GET", url, headers=asked, follow_redirects=True, timeout=hub.patience.timeout
        ) as response:
            if response.status_code not in (200, 206):
                raise refusal(what, response.status_code, response.headers)
            if url.startswith("https:") and response.url.scheme != "https":
                raise SourceError(f"the server redirects {what} from https to {response.url.scheme}")
            yield response
    except passing as error:
        raise PassingError(no_connection(url, error)) from error
    except broken as error:
        raise no_connection(url, error) from error
