"""Parts of files over HTTP: only the bytes that are asked for, and all of them, whatever happens.

A range is fetched in pieces by several threads. A piece that fails for a reason that may pass (a
broken connection, 429, 5xx) is asked for again from the byte that was reached, after a growing pause.
Answers are checked: the status, Content-Range, the length. A server that ignores Range and would send
the whole file is an error, and its answer is not read.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Generator
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

from tokensphere.errors import SourceError
from tokensphere.sources.hub.http import Connection, PassingError, StoppedError, opened, persist

Progress = Callable[[int, int], None]
Write = Callable[[int, bytes], object]
_CONTENT_RANGE = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18}|\*)", re.ASCII)


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
        it cannot be had, is longer than `limit`, or not `size` bytes long
    """

    def attempt() -> bytes:
        content = bytearray()
        with opened(hub, what, url) as response:
            for chunk in response.iter_bytes():
                content += chunk
                if len(content) > limit:
                    raise SourceError(f"{what} is longer than {limit:,} bytes, too long for what it is")
        if size is not None and len(content) != size:
            problem = f"{what} came as {len(content):,} bytes; {size:,} were expected"
            raise PassingError(SourceError(problem))
        return bytes(content)

    return persist(attempt, hub.patience)


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
    parts, piece : how many pieces of how many bytes are fetched at a time
    """

    hub: Connection
    what: str
    url: str
    span: range
    write: Write
    total: int | None = None
    progress: Progress | None = None
    parts: int = 8
    piece: int = 1 << 24
    _done: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _stopped: threading.Event = field(default_factory=threading.Event)

    def fetch(self) -> int:
        """Fetch all of it; the length of the file.

        Raises
        ------
        SourceError
            it cannot be had; the server ignores Range or sends other bytes than asked for
        """
        spans = [self.span[at : at + self.piece] for at in range(0, len(self.span), self.piece)]
        if len(spans) == 1:
            self._fetch_piece(spans[0])
        elif spans:
            self._fetch_all(spans)
        return self.total or 0

    def _fetch_all(self, spans: list[range]) -> None:
        """Fetch the pieces in threads; the first error ends them all."""
        with ThreadPoolExecutor(self.parts) as pool:
            pieces = [pool.submit(self._fetch_piece, span) for span in spans]
            try:
                done, _ = wait(pieces, return_when=FIRST_EXCEPTION)
                errors = [error for one in done if (error := one.exception()) is not None]
            finally:  # reached by Ctrl-C, too
                self._stopped.set()
                pool.shutdown(cancel_futures=True)
        for error in sorted(errors, key=lambda error: isinstance(error, StoppedError)):
            raise error

    def _fetch_piece(self, span: range) -> None:
        """Fetch one piece, going on from the byte reached after each failure."""
        reached, high = span.start, span.stop

        def attempt() -> None:
            nonlocal reached
            with closing(self._chunks(reached, high)) as chunks:  # and with it the connection
                for chunk in chunks:
                    self.write(reached - self.span.start, chunk)
                    reached += len(chunk)
                    self._count(len(chunk))
            if reached < high:
                raise PassingError(SourceError(f"{self.what} ended {high - reached:,} bytes too early"))

        persist(attempt, self.hub.patience, self._stopped)

    def _chunks(self, low: int, high: int) -> Generator[bytes, None, None]:
        with opened(self.hub, self.what, self.url, Range=f"bytes={low}-{high - 1}") as response:
            self._check(response, low, high)
            left = high - low
            for chunk in response.iter_raw():
                if self._stopped.is_set():
                    raise StoppedError
                left -= len(chunk)
                if left < 0:
                    raise SourceError(f"the server sends more of {self.what} than was asked for")
                yield chunk

    def _check(self, response: Any, low: int, high: int) -> None:
        if response.status_code == 200:
            raise SourceError(
                f"the server ignores Range and would send all of {self.what}; nothing was read:"
                " use a hub or mirror that supports ranges, or download the file and give its path"
            )
        given = response.headers.get("content-range", "")
        match = _CONTENT_RANGE.fullmatch(given.strip())
        if match is None or (int(match[1]), int(match[2])) != (low, high - 1):
            raise SourceError(
                f"the server sends the range {given[:80]!r} of {self.what};"
                f" bytes {low}-{high - 1} were asked for"
            )
        if response.headers.get("content-encoding", "identity") != "identity":
            raise SourceError(f"the server compresses {self.what}, so its bytes cannot be counted")
        length = response.headers.get("content-length", str(high - low))
        whole = None if match[3] == "*" else int(match[3])
        with self._lock:
            known = self.total if self.total is not None else whole
            if length != str(high - low) or whole is None or whole != known:
                raise SourceError(
                    f"the server sends {length[:20]} bytes of {self.what} of {match[3]};"
                    f" {high - low} of {known} were expected"
                )
            self.total = known

    def _count(self, fetched: int) -> None:
        with self._lock:
            self._done += fetched
            if self.progress is not None:
                self.progress(self._done, len(self.span))
