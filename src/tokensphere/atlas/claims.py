"""Who works on what: a claim is a file that its process keeps alive, on one machine or many.

A claim only saves work. Should two processes ever do the same unit, both write the same result, whole,
under the same name.

No clock is compared with another machine's, for these differ. On one machine the lock of the file
tells whether its process lives. Of another's, and where the file system has no locks, it says so itself,
by a number in the file that grows: whoever sees it stand still for a minute of its own time takes over.
"""

from __future__ import annotations

import json
import os
import platform
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from tokensphere.formats.files import system_told
from tokensphere.formats.locks import take

BEAT = 5.0  # seconds between two signs of life
STILL = 60.0  # seconds without one until a process of another machine counts as dead


@dataclass(frozen=True)
class Held:
    """What a claim says.

    Attributes
    ----------
    owner : a random name of the process's claim
    machine : of which it is
    host, pid : for people
    beat : how often it has given a sign of life
    """

    owner: str
    machine: str
    host: str
    pid: int
    beat: int


class Watched:
    """What was seen of others' claims, and since when by our own clock."""

    def __init__(self) -> None:
        self._seen: dict[Path, tuple[Held | None, float]] = {}

    def still_for(self, path: Path, held: Held | None) -> float:
        """Seconds for which a claim has been seen as it is now."""
        now = time.monotonic()
        if path not in self._seen or self._seen[path][0] != held:
            self._seen[path] = held, now
        return now - self._seen[path][1]


WATCHED = Watched()


@contextmanager
def claim(path: Path, *, watched: Watched = WATCHED, still: float = STILL) -> Iterator[bool]:
    """Claim what a path stands for, while the block lasts.

    Parameters
    ----------
    path : of the claim's file, in a folder that is there; gone afterwards
    watched : what was seen of others before
    still : seconds without a sign of life after which another machine's claim is taken over

    Yields
    ------
    whether it is ours; False if somebody alive has it

    Raises
    ------
    SourceError
        no file can be made there
    """
    with system_told(f"cannot claim {path}", "make room, or name another folder"):
        mine = _Claim.take(path, watched, still)
    if mine is None:
        yield False
        return
    try:
        yield True
    finally:
        mine.end()


def read_claim(path: Path) -> Held | None:
    """What a claim says; None where there is none, or it is being written."""
    with suppress(OSError, ValueError, TypeError):
        return Held(**json.loads(path.read_bytes().rstrip(b" \0")))
    return None


def this_machine() -> str:
    """A name of the machine that the system started, and of the process numbers that we see."""
    parts = [platform.node()]
    for path in ("/proc/sys/kernel/random/boot_id",):
        with suppress(OSError):
            parts.append(Path(path).read_text())
    with suppress(OSError):
        parts.append(os.readlink("/proc/self/ns/pid"))  # noqa: PTH115
    return sha256("\n".join(parts).encode()).hexdigest()[:16]


class _Claim:
    """A file that is open, ours, and written now and then."""

    _ROOM = 256  # bytes of a claim, always as many, so that it is never read in parts of two

    def __init__(self, path: Path, handle: int) -> None:
        self._path, self._handle, self._ended = path, handle, threading.Event()
        self._held = Held(secrets.token_hex(8), this_machine(), platform.node()[:60], os.getpid(), 0)
        self._write(0)
        self._thread = threading.Thread(target=self._live, daemon=True, name="claim")
        with suppress(RuntimeError):  # no thread is to be had: it lives by its lock alone
            self._thread.start()

    @classmethod
    def take(cls, path: Path, watched: Watched, still: float) -> _Claim | None:
        """The claim, if nobody alive has it."""
        for _ in range(3):  # it may go or come at any moment
            try:
                handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o666)
                if take(handle) is not False:
                    return cls(path, handle)
                os.close(handle)  # another process of this machine thought it dead, and has it
                return None
            except FileExistsError:
                pass
            held = read_claim(path)
            if held is not None and held.machine == this_machine():
                if (left := cls._dead(path)) is not None:
                    return cls(path, left)
                if not _known_dead(held):
                    return None
            elif watched.still_for(path, held) < still:
                return None
            _away(path, held)
        return None

    @staticmethod
    def _dead(path: Path) -> int | None:
        """A claim of this machine, open, if its process is gone: then its lock is free."""
        with suppress(OSError):
            handle = os.open(path, os.O_RDWR)
            if take(handle) and _is(handle, path):
                return handle
            os.close(handle)
        return None

    def _write(self, beat: int) -> None:
        said = {**vars(self._held), "beat": beat}
        content = json.dumps(said).encode().ljust(self._ROOM)
        os.lseek(self._handle, 0, os.SEEK_SET)
        os.write(self._handle, content)
        os.fsync(self._handle)  # so that other machines see it

    def _live(self) -> None:
        beat = 0
        while not self._ended.wait(BEAT):
            beat += 1
            with suppress(OSError):
                self._write(beat)

    def end(self) -> None:
        """Give it up."""
        self._ended.set()
        if self._thread.ident is not None:
            self._thread.join()
        with suppress(OSError):
            if _is(self._handle, self._path):  # else it was taken over
                self._path.unlink()
        os.close(self._handle)


def _known_dead(held: Held) -> bool:
    """Whether a process of this machine is gone; where there are no locks, its number tells."""
    if os.name == "nt":
        return False
    try:
        os.kill(held.pid, 0)
    except ProcessLookupError:
        return True
    except OSError:
        pass
    return False


def _away(path: Path, held: Held | None) -> None:
    """Put a dead claim aside, unless it is another's by now."""
    aside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    with suppress(OSError):
        os.rename(path, aside)  # noqa: PTH104  one process alone succeeds
        found = read_claim(aside)
        if (found and found.owner) == (held and held.owner):
            aside.unlink()
        else:
            with suppress(OSError):
                os.link(aside, path)
            aside.unlink()


def _is(handle: int, path: Path) -> bool:
    with suppress(OSError):
        return os.path.samestat(os.fstat(handle), path.stat())
    return False
