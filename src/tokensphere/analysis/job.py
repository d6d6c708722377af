"""Work on many directions that can be stopped and continued: what such work is, written once.

    prepare ─→ blocks from a start on ─→ join ─→ finish
                    ↑                      │
            restore ← columns of a file ← table

One direction's numbers depend on nothing but itself and the job's key: whoever has the first numbers of
a job with the same key goes on from there, here or elsewhere, now or later. Where they are kept, who
watches and who stops it is the business of whoever runs the job.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence, Sized
from dataclasses import dataclass
from math import isclose
from typing import Any, ClassVar, Protocol, TypeVar

import numpy.typing as npt

from tokensphere.directions.named import Directions

SCHEMA = 1  # of what saved tables say of themselves; raised when older ones cannot be read
Progress = Callable[[int], None]
Column = npt.NDArray[Any] | Sequence[str]
ROUNDING = 1e-9  # by which what was computed may differ between processors, of itself or of 1


class Watcher:
    """What a `Progress` may be told beside counts, if it listens to that: a bar does.

    Parameters
    ----------
    progress : what work calls; a function of one's own has none of these, and hears counts only
    """

    def __init__(self, progress: object) -> None:
        self._progress = progress
        self.wants_known = hasattr(progress, "known")

    def doing(self, text: str) -> None:
        """What is being done now, in a few words."""
        self._tell("doing", text)

    def known(self, text: str) -> None:
        """What is known so far, in a line or two."""
        self._tell("known", text)

    def beside(self, steps: float) -> None:
        """So many of the steps are done that are not counted, such as the drawing of rows."""
        self._tell("beside", steps)

    def expect(self, count: Callable[[], int]) -> None:
        """How many steps there are, of work that tells their names; counted if somebody listens."""
        if hasattr(self._progress, "expect"):
            self._tell("expect", count())

    def _tell(self, name: str, what: object) -> None:
        listens = getattr(self._progress, name, None)
        if callable(listens):
            listens(what)


P = TypeVar("P", bound=Sized)  # what was found for some directions; its length is their number


@dataclass(frozen=True)
class Table:
    """What is kept of a job.

    Attributes
    ----------
    columns : name -> m values, or m rows of a fixed length
    about : what else the file says of itself, for people and other programs
    """

    columns: Mapping[str, Column]
    about: Mapping[str, Any]


class Job(Protocol[P]):
    """Work on `len(job)` directions.

    Attributes
    ----------
    what : in words, e.g. ``"survey"``
    key : all that the numbers depend on, as it was asked for or given; two jobs with equal keys can go
        on from each other's. Floats were computed, and are equal within `ROUNDING`
    words : for names in `key`, what a job is whose value is another, e.g. ``"of other directions"``
    draws : how many steps of progress :meth:`prepare` takes
    ready : whether what is done so far can be shown
    """

    what: str

    @property
    def key(self) -> Mapping[str, Any]:
        """All that the numbers depend on."""

    @property
    def words(self) -> Mapping[str, str]:
        """What a job is that has another value in its key."""

    @property
    def draws(self) -> int:
        """Steps of progress before the first direction."""

    @property
    def ready(self) -> bool:
        """Whether what is done so far can be shown."""

    def __len__(self) -> int:
        """Number of directions in all."""

    def prepare(self, progress: Progress | None = None) -> None:
        """What must be there before the first direction."""

    def blocks(self, start: int) -> Iterator[P]:
        """The directions from number `start` on, some thousand at a time."""

    def join(self, parts: Sequence[P]) -> P:
        """The directions of all parts, in their order."""

    def finish(self, done: P, progress: Progress | None, after: Callable[[], None]) -> None:
        """What is left to do when all directions are done, step by step, in `done` itself."""

    def table(self, done: P) -> Table:
        """What is kept of the directions that are done."""

    def restore(self, columns: Mapping[str, Column]) -> P:
        """The way back from the columns of :meth:`table`; a FormatError if they are not such."""


class OnDirections:
    """What jobs on directions have in common: how many, and how they say which."""

    words: ClassVar[Mapping[str, str]] = {
        "version": "of another version of tokensphere",
        "directions": "of other directions",
        "both_ends": "of one end of each direction where this is of both, or the other way round",
        "space": "on another model or matrix",
    }
    counted: ClassVar[str] = "draws and directions"  # steps of progress, in the plural
    directions: Directions

    @property
    def besides(self) -> float:
        """Steps that take as long as so many of those counted, but are not counted."""
        return 0.0

    def __len__(self) -> int:
        """Number of directions that were given; of both ends two each."""
        return len(self.directions)


def work(
    job: Job[P],
    parts: list[P],
    *,
    progress: Progress | None = None,
    after: Callable[[], None] = lambda: None,
) -> P:
    """Do what is missing of a job.

    Parameters
    ----------
    job : the work
    parts : what is there already; it grows, so that whoever catches an interruption has all that is done
    progress : called with the number of draws and directions done since the last call
    after : called after each block, and after each step of what is left to do when all are done
    """
    job.prepare(progress)
    for part in job.blocks(sum(map(len, parts))):
        parts.append(part)
        if progress is not None:
            progress(len(part))
        after()
    if len(parts) != 1:
        parts[:] = [
            job.join(parts)
        ]  # what is finished of it is there for whoever catches an interruption
    job.finish(parts[0], progress, after)
    return parts[0]


def telling(job: Job[P], parts: list[P], told: Callable[[P], None]) -> Callable[[], None]:
    """What to call after each step of :func:`work`: tells what is done, joined.

    As long as not all directions are done, each time that there are half as many again.

    Parameters
    ----------
    job, parts : as `work` has them
    told : called with what is done
    """
    last = 0

    def tell() -> None:
        nonlocal last
        there = sum(map(len, parts))
        if there < len(job) and there < 1.5 * last:
            return
        last = there
        if len(parts) > 1:
            parts[:] = [job.join(parts)]
        told(parts[0])

    return tell


def said_of(what: str, key: Mapping[str, Any], about: Mapping[str, Any]) -> dict[str, Any]:
    """What the table of a job says of itself, as JSON has it.

    Parameters
    ----------
    what, key : of the job
    about : what else, for people and other programs
    """
    return {"what": what, "schema": SCHEMA, "key": json.loads(json.dumps(dict(key))), **about}


def difference(job: Job[Any], there: Mapping[str, Any]) -> str | None:
    """How a kept job differs from this one, in words; None if one can go on from the other."""
    for name, now in job.key.items():
        kept = there.get(name)
        if not _equal(kept, now):
            return job.words.get(name) or f"whose {name} is {kept!r:.60}, not {now!r:.60}"
    return None


def _equal(kept: object, now: object) -> bool:
    if isinstance(kept, float) and isinstance(now, float):
        return isclose(kept, now, rel_tol=ROUNDING, abs_tol=ROUNDING)
    return kept == now
