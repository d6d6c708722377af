"""Long work: load what is there, go on, save now and then, stop without losing what is done.

For whoever runs a :class:`~tokensphere.analysis.job.Job`: a command line, a server, a cluster.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic

import numpy as np

from tokensphere.analysis.job import SCHEMA as SCHEMA
from tokensphere.analysis.job import (
    Column,
    Job,
    P,
    Progress,
    Table,
    difference,
    said_of,
    telling,
    work,
)
from tokensphere.errors import FormatError, InputError, SourceError
from tokensphere.formats.files import at_home, system_told
from tokensphere.formats.locks import lock_file
from tokensphere.formats.parquet import check_parquet_path, read_columns, write_columns
from tokensphere.formats.whole import real

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
    there: P | None = None,
    save: Path | None = None,
    fresh: bool = False,
    progress: Progress | None = None,
    told: Callable[[P], None] | None = None,
) -> Done[P]:
    """Do a job, from what a file has of it on; Ctrl-C ends it with what is done.

    Parameters
    ----------
    job : the work
    there : what is done of it already, of work that no file keeps
    save : a Parquet file; what it has of this job is not done again, and what is done is kept there, at
        the end, when the work is stopped, and every half minute
    fresh : begin anew, whatever the file holds
    progress : called with the number of draws and directions done since the last call
    told : called with what is done: of some directions now and then, of all of them after each step of
        what is left to do

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
        return _work(job, [] if there is None else [there], None, progress, told)
    save = at_home(save)
    check_parquet_path(save)
    with alone(save):
        file = _File(job, save)
        parts = [] if fresh or not save.exists() else [load(job, save)]
        return _work(job, parts, file, progress, told)


def _work(
    job: Job[P],
    parts: list[P],
    file: _File[P] | None,
    progress: Progress | None,
    told: Callable[[P], None] | None,
) -> Done[P]:
    changed, saved = not parts, time.monotonic()
    tell = None if told is None else telling(job, parts, told)

    def now_and_then() -> None:
        nonlocal changed, saved
        changed = True
        if tell is not None:
            tell()
        if file is not None and time.monotonic() - saved > SAVE_AFTER:
            if len(parts) > 1:
                parts[:] = [job.join(parts)]
            file.write(parts[0])
            saved = time.monotonic()

    stopped = False
    try:
        done = work(job, parts, progress=progress, after=now_and_then)
    except KeyboardInterrupt:
        if not parts or not job.ready:
            raise
        done, stopped = job.join(parts), True
    if file is not None and (changed or stopped):
        file.write(done)
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
    columns = _columns_of(job, path)
    try:
        return job.restore(columns)
    except FormatError as error:
        raise FormatError(
            f"cannot go on from {path}: {error}; name another file, or begin anew (fresh)"
        ) from error


def _columns_of(job: Job[Any], path: Path) -> Mapping[str, Column]:
    """The columns of a file of this job."""
    columns, about = read_saved(path, job.what)
    if (other := difference(job, about["key"])) is not None:
        raise InputError(f"{path} holds a {job.what} {other}; name another file, or begin anew (fresh)")
    return columns


def read_saved(path: Path, what: str) -> tuple[Mapping[str, Column], Mapping[str, Any]]:
    """What a file has of some job, and what it says of itself: ``about["key"]`` is the job's key.

    Parameters
    ----------
    path : a Parquet file that :func:`go_on` wrote
    what : the job's, e.g. ``"survey"``

    Raises
    ------
    InputError
        it is of other work, or of another version
    SourceError, FormatError
        it cannot be read, or is damaged
    """
    columns, about = read_columns(path)
    if about.get("what") != what or not isinstance(about.get("key"), dict):
        raise InputError(f"{path} holds no {what}; name another file")
    if about.get("schema") != SCHEMA:
        raise InputError(f"{path} was saved by another version of tokensphere; name another file")
    return columns, about


def save(job: Job[P], done: P, path: Path) -> None:
    """Write what is done of a job to a Parquet file, from which :func:`go_on` goes on.

    Raises
    ------
    MissingExtraError
        pyarrow is not installed
    InputError
        the file cannot be written
    """
    check_parquet_path(path)
    table, about = _kept(job, done)
    write_columns(path, table.columns, about)


def _kept(job: Job[P], done: P) -> tuple[Table, dict[str, Any]]:
    """The table of a job, and what the file says of itself."""
    table = job.table(done)
    return table, said_of(job.what, job.key, table.about)


class _File(Generic[P]):
    """The file that a job is kept in.

    A lock keeps other processes from it. Where locks do not work, as on some network file systems, what
    they write is noticed, and the longer one is kept.

    Parameters
    ----------
    job : the work
    path : the file, as it is now ours to write over
    """

    def __init__(self, job: Job[P], path: Path) -> None:
        self.job, self.path, self._ours = job, path, _stamp(path)

    def write(self, done: P) -> None:
        """Keep what is done, unless another process has written more meanwhile.

        Raises
        ------
        InputError
            the file cannot be written; or another process has written other work to it, and what is
            done is kept beside it
        """
        table, about = _kept(self.job, done)
        try:
            write_columns(self.path, table.columns, about, ready=lambda: self._look(table.columns))
        except _OvertakenError as error:
            if error.__cause__ is None:
                return
            beside = self.path.with_name(f"{self.path.stem}.{os.getpid()}.parquet")
            write_columns(beside, table.columns, about)
            raise InputError(
                f"another process has written other work to {self.path} meanwhile; what was done here"
                f" is in {beside}: give each its own file"
            ) from error
        self._ours = _stamp(self.path)

    def _look(self, columns: Mapping[str, Column]) -> None:
        """Stop before what is there now is written over, if that must not be."""
        if _stamp(self.path) in (self._ours, None):
            return
        try:
            theirs = _columns_of(self.job, self.path)
        except (InputError, SourceError) as error:
            raise _OvertakenError from error
        if _amount(theirs) > _amount(columns):
            raise _OvertakenError


class _OvertakenError(Exception):
    """Another process has put more of the same work into the file; or other work, which is the cause."""


def _stamp(path: Path) -> tuple[int, ...] | None:
    """What changes when a file is written anew; None if there is none."""
    with suppress(OSError):
        found = path.stat()
        return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns
    return None


def _amount(columns: Mapping[str, Column]) -> tuple[int, int]:
    """How many directions a table has, and how many numbers: of as many, those with more surrogates."""
    arrays = [column for column in columns.values() if isinstance(column, np.ndarray)]
    numbers = sum(array.size - np.count_nonzero(array != array) for array in arrays)
    return len(next(iter(columns.values()), ())), int(numbers)


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Hold a file for this process, by a lock beside it that ends with the process, however it ends.

    By whatever name a file is called, and by which links: there is one lock. Where the file system
    knows no locks, nothing is held.

    Raises
    ------
    InputError
        another process holds it, or no file can be made there
    """
    path = real(path)
    with ExitStack() as held:
        with system_told(f"cannot lock {path}", kind=InputError):
            ours = held.enter_context(lock_file(path.with_name(f".{path.name}.lock")))
        if ours is False:
            raise InputError(f"another process works on {path}; wait for it, or name another file")
        yield
