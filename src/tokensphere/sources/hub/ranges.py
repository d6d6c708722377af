"""Parts of files over HTTP: only the bytes that are asked for, and all of them, whatever happens.

A range is fetched in pieces by several threads. A piece that fails for a reason that may pass (a
broken connection, 429, 5xx, a server that dribbles) is asked for again from the byte that was reached,
after a growing pause. Answers are checked: the status, Content-Range, the length, and that all are of
one version of the file. A server that ignores Range and would send the whole file is an error, and its
answer is not read.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from tokensphere.errors import SourceError
from tokensphere.formats.files import check_itself, is_page
from tokensphere.formats.foreign import one_line
from tokensphere.sources.hub.attempts import Attempt, PassingError, insist, together
from tokensphere.sources.hub.http import Connection, opened

Progress = Callable[[int, int], None]
Write = Callable[[int, bytes], object]
_CONTENT_RANGE = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18}|\*)", re.ASCII)
_TELLING = 512  # bytes that show a page or a pointer
# What tells versions of a file apart, the surest first. The hub's own comes with its redirect.
_LINKED = "x-linked-etag"
_MARKS = (_LINKED, "etag", "last-modified")


def fetch_whole(hub: Connection, what: str, url: str, *, limit: int, size: int | None = None) -> bytes:
    """A whole small file.

    Parameters
    ----------
    hub : who asks, and how
    what : how errors name it
    limit : the most bytes to accept
    size : its length, if known

    Raises
    ------
    SourceError
        it cannot be had, is longer than `limit`, or not `size` bytes long; or a page of a web site or
        Git LFS's pointer comes in its place
    """

    def fetch(attempt: Attempt) -> bytes:
        content = bytearray()
        with opened(hub, what, url) as response:
            if response.status_code != 200:
                raise SourceError(f"the server sends a part of {what}, of which all was asked for")
            for chunk in response.iter_bytes():
                with attempt.getting(len(chunk)):
                    content += chunk
                if len(content) > limit:
                    raise SourceError(f"{what} is longer than {limit:,} bytes, too long for what it is")
                if size is not None and len(content) > size:
                    break
        start = bytes(content[:_TELLING])
        if is_page(start):
            raise _page(what)
        check_itself(f"what the server sends as {what}", start)
        if size is not None and len(content) != size:
            more = " and more" if len(content) > size else ""
            problem = f"{what} came as {len(content):,} bytes{more}; {size:,} were expected"
            raise PassingError(SourceError(problem))
        return bytes(content)

    return insist(fetch, what, hub.patience)


def _page(what: str) -> SourceError:
    return SourceError(
        f"the server sends a page of a web site (HTML) in place of {what}, as a network or proxy does"
        " that wants a login; log in there, or check HF_ENDPOINT and the proxy, and try again"
    )


@dataclass
class Range:
    """The bytes of a file whose places are in `span`, to be fetched once.

    Attributes
    ----------
    hub : who asks, and how
    what : how errors name the file
    url, span : where the bytes are
    write : takes (offset from the first, bytes); called by `parts` threads, each byte once
    total : the length of the whole file, if known
    progress : takes (bytes done, bytes in all); never called by two threads at once
    version : what earlier answers said of the file's version, which later ones may not contradict;
        filled by the first answer
    stop : ends everything when it is set
    parts, piece : how many pieces of how many bytes are fetched at a time
    """

    hub: Connection
    what: str
    url: str
    span: range
    write: Write
    total: int | None = None
    progress: Progress | None = None
    version: dict[str, str] = field(default_factory=dict)
    stop: threading.Event = field(default_factory=threading.Event)
    parts: int = 8
    piece: int = 1 << 24
    _done: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def fetch(self) -> int:
        """Fetch all of it; the length of the file.

        Raises
        ------
        SourceError
            it cannot be had; the server ignores Range or sends other bytes than asked for; the file
            changed since an earlier answer
        """
        spans = [self.span[at : at + self.piece] for at in range(0, len(self.span), self.piece)]
        if len(spans) == 1:
            self._fetch_piece(spans[0])
        elif spans:
            together([partial(self._fetch_piece, span) for span in spans], self.parts, self.stop)
        return self.total or 0

    def _fetch_piece(self, span: range) -> None:
        """Fetch one piece, going on from the byte reached after each failure."""
        reached, high = span.start, span.stop

        def fetch(attempt: Attempt) -> None:
            nonlocal reached
            with closing(self._chunks(reached, high)) as chunks:  # and with it the connection
                for chunk in chunks:
                    with attempt.getting(len(chunk)):
                        self.write(reached - self.span.start, chunk)
                        reached += len(chunk)
                        self._count(len(chunk))
            if reached < high:
                raise PassingError(SourceError(f"{self.what} ended {high - reached:,} bytes too early"))

        insist(fetch, self.what, self.hub.patience, self.stop)

    def _chunks(self, low: int, high: int) -> Generator[bytes, None, None]:
        with opened(self.hub, self.what, self.url, Range=f"bytes={low}-{high - 1}") as response:
            self._check(response, low, high)
            left = high - low
            for chunk in response.iter_raw():
                left -= len(chunk)
                if left < 0:
                    raise SourceError(f"the server sends more of {self.what} than was asked for")
                yield chunk

    def _check(self, response: Any, low: int, high: int) -> None:
        if response.status_code == 200:
            if response.headers.get("content-type", "").lower().startswith("text/html"):
                raise _page(self.what)
            raise SourceError(
                f"the server ignores Range and would send all of {self.what}; nothing was read:"
                " use a hub or mirror that supports ranges, or download the file and give its path"
            )
        given = response.headers.get("content-range", "")
        match = _CONTENT_RANGE.fullmatch(given.strip())
        if match is None or (int(match[1]), int(match[2])) != (low, high - 1):
            raise SourceError(
                f"the server sends the range {one_line(given)[:80]!r} of {self.what};"
                f" bytes {low}-{high - 1} were asked for"
            )
        if response.headers.get("content-encoding", "identity") != "identity":
            raise SourceError(f"the server compresses {self.what}, so its bytes cannot be counted")
        length = response.headers.get("content-length", str(high - low))
        whole = None if match[3] == "*" else int(match[3])
        with self._lock:
            self._check_version(response)
            known = self.total if self.total is not None else whole
            if length != str(high - low) or whole is None or whole != known:
                raise SourceError(
                    f"the server sends {one_line(length)[:20]} bytes of {self.what} of {match[3]};"
                    f" {high - low} of {known} were expected"
                )
            self.total = known

    def _check_version(self, response: Any) -> None:
        """Compare the first mark that this answer and earlier ones have."""
        told = {mark: response.headers[mark] for mark in _MARKS if mark in response.headers}
        for redirect in response.history:
            if linked := redirect.headers.get(_LINKED):
                told[_LINKED] = linked
        mark = next((mark for mark in _MARKS if mark in told and mark in self.version), None)
        if mark is not None and told[mark] != self.version[mark]:
            raise SourceError(
                f"{self.what} has changed on the server since its first bytes came ({mark}"
                f" {one_line(self.version[mark])[:80]}, now {one_line(told[mark])[:80]}); nothing of it"
                " was kept: try again, or use another mirror (HF_ENDPOINT)"
            )
        for mark, said in told.items():
            self.version.setdefault(mark, said)

    def _count(self, fetched: int) -> None:
        with self._lock:
            self._done += fetched
            if self.progress is not None:
                self.progress(self._done, len(self.span))
