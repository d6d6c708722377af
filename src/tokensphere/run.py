"""Long work: load what is there, go on, save now and then, stop without losing what is done.

For whoever runs a :class:`~tokensphere.analysis.job.Job`: a command line, a server, a cluster.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Generic

from tokensphere.analysis.job import Job, P, Progress, difference, work
from tokensphere.errors import FormatError, InputError, MissingExtraError
from tokensphere.formats.parquet import check_parquet_path, read_columns, write_columns

SCHEMA = 1  # of what saved tables say of themselves; raised when older ones cannot be read
SAVE_AFTER = 30.0  # seconds of work that may be lost if the machine stops


@dataclass(frozen=True)
class Done(Generic[P]):
    """How far a job came.

    Attributes
    ----------
    part : what was found, of the first directions; as many as were asked for unless it was stopped
    stopped : whether it was
    """

    part: P
    stopped: bool


def go_on(
    job: Job[P],
    *,
    save: Path | None = None,
    fresh: bool = False,
    progress: Progress | None = None,
    told: Callable[[P], None] | None = None,
) -> Done[P]:
    """Do a job, from what a file has of it on; Ctrl-C ends it with what is done.

    Parameters
    ----------
    job : the work
    save : a Parquet file; what it has of this job is not done again, and what is done is kept there, at
        the end, when the work is stopped, and every half minute
    fresh : begin anew, whatever the file holds
    progress : called with the number of draws and directions done since the last call
    told : called with what is done once all directions are, and after each step of what is left to do

    Raises
    ------
    InputError
        the file is of other work, another process works on it, or it cannot be written
    FormatError
        it is damaged
    KeyboardInterrupt
        the work was stopped before there was anything to show
    """
    if save is None:
        return _work(job, [], None, progress, told)
    check_parquet_path(save)
    with alone(save):
        there = [] if fresh or not save.exists() else [load(job, save)]
        return _work(job, there, save, progress, told)


def _work(
    job: Job[P],
    parts: list[P],
    save: Path | None,
    progress: Progress | None,
    told: Callable[[P], None] | None,
) -> Done[P]:
    changed, saved = not parts, time.monotonic()

    def now_and_then() -> None:
        nonlocal changed, saved
        changed = True
        if told is not None and sum(map(len, parts)) == len(job):
            told(parts[0] if len(parts) == 1 else job.join(parts))
        if save is not None and time.monotonic() - saved > SAVE_AFTER:
            if len(parts) > 1:
                parts[:] = [job.join(parts)]
            _write(job, parts[0], save)
            saved = time.monotonic()

    stopped = False
    try:
        done = work(job, parts, progress=progress, after=now_and_then)
    except KeyboardInterrupt:
        if not parts or not job.ready:
            raise
        done, stopped = job.join(parts), True
    if save is not None and (changed or stopped):
        _write(job, done, save)
    return Done(done, stopped)


def load(job: Job[P], path: Path) -> P:
    """What a file has of a job.

    Raises
    ------
    InputError
        it is of other work
    FormatError
        it is damaged
    """
    columns, about = read_columns(path)
    if about.get("what") != job.what or not isinstance(about.get("key"), dict):
        raise InputError(f"{path} holds no {job.what}; name another file")
    if about.get("schema") != SCHEMA:
        raise InputError(f"{path} was saved by another version of tokensphere; name another file")
    if (other := difference(job, about["key"])) is not None:
        raise InputError(f"{path} holds a {job.what} {other}; name another file, or begin anew (fresh)")
    try:
        return job.restore(columns)
    except FormatError as error:
        raise FormatError(f"cannot go on from {path}: {error}") from error


def _write(job: Job[P], done: P, path: Path) -> None:
    table = job.table(done)
    key = json.loads(json.dumps(dict(job.key)))
    write_columns(path, table.columns, {"what": job.what, "schema": SCHEMA, "key": key, **table.about})


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Hold a file for this process, by a lock beside it that ends with the process, however it ends.

    Raises
    ------
    InputError
        another process holds it, or no file can be made there
    MissingExtraError
        filelock is not installed
    """
    try:
        from filelock import FileLock, Timeout
    except ImportError as error:
        raise MissingExtraError(
            "saving needs the package filelock: pip install 'tokensphere[parquet]'"
        ) from error
    lock = path.with_name(f".{path.name}.lock")
    try:
        with FileLock(lock, timeout=0):
            try:
                yield
            finally:
                with suppress(OSError):
                    lock.unlink()
    except Timeout as error:
        raise InputError(
            f"another process works on {path}; wait for it, or name another file"
        ) from error
