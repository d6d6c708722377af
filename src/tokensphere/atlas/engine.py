"""Units to an executor, until all are done; the same loop for one process and for a cluster."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, replace
from functools import partial

from tokensphere.atlas.executors import GONE, Crew
from tokensphere.atlas.folder import Folder, Unit
from tokensphere.atlas.schedule import Schedule
from tokensphere.atlas.settings import AtlasSettings
from tokensphere.atlas.unit import Outcome, Way, do_unit, who
from tokensphere.errors import InputError, SourceError

_LOOK = 0.5  # seconds between two looks at what has changed
_POLL = 2.0  # seconds until what somebody else does is looked at again
_AHEAD = 1  # units for each worker that wait beside it, so that it never waits

# What executors say, by name, so that none need be imported: of a worker, of the whole cluster.
_LOST = {"BrokenProcessPool", "KilledWorker", "CancelledError", "FutureCancelledError"}
_GONE = {"CommClosedError", "ClosedClientError"}


@dataclass(frozen=True)
class Progress:
    """How far the work is.

    Attributes
    ----------
    part : of all that is done, in [0, 1], by how long it takes
    done, total : units
    failed : models that cannot be had
    workers : that there are now
    elsewhere : units that other processes do
    doing : ids of the models that are being done
    """

    part: float
    done: int
    total: int
    failed: int
    workers: int
    elsewhere: int
    doing: tuple[str, ...]


def run_units(
    folder: Folder,
    settings: AtlasSettings,
    schedule: Schedule,
    crew: Crew,
    way: Way,
    *,
    told: Callable[[Progress], None] | None = None,
) -> dict[str, str]:
    """Do all that is left.

    Parameters
    ----------
    folder, settings : of the atlas
    schedule : what is left
    crew : who does it
    way : how
    told : called when something has changed

    Returns
    -------
    ids of the models that have no results, and why

    Raises
    ------
    InputError
        a result cannot be written
    SourceError
        the cluster is gone
    """
    way = replace(way, threads=crew.threads if way.threads is None else way.threads)
    out: dict[Future[Outcome], Unit] = {}
    polled = spoke = time.monotonic() - _POLL

    def tell(*, now: bool = False, doing: tuple[str, ...] = ()) -> None:
        nonlocal spoke
        if told is not None and (now or time.monotonic() - spoke >= _LOOK):
            spoke = time.monotonic()
            doing = doing or tuple(dict.fromkeys(unit.model for unit in out.values()))
            told(Progress(schedule.part, schedule.there, schedule.total, len(schedule.failed),
                          crew.count(), schedule.waiting, doing))  # fmt: skip

    def more(unit: Unit, count: int) -> None:
        schedule.partly(unit, count)
        tell(now=not count, doing=(unit.model,))

    try:
        while True:
            room = crew.count() * (1 if crew.here else 1 + _AHEAD)
            while len(out) < room and (unit := schedule.next()) is not None:
                inside = {"told": partial(more, unit)} if crew.here and told is not None else {}
                if inside:
                    more(unit, 0)
                out[crew.executor.submit(do_unit, folder.path, settings, unit, way, **inside)] = unit
            tell()
            if not out:
                if not schedule.waiting and (room or schedule.there >= schedule.total):
                    tell(now=True)
                    return schedule.failed
                time.sleep(_LOOK)
            for future in wait(out, timeout=_LOOK, return_when=FIRST_COMPLETED).done if out else ():
                outcome = _outcome(future, out.pop(future), schedule, folder)
                if outcome is None:
                    continue
                schedule.ended(outcome)
                if outcome.state == "no room":
                    raise InputError(outcome.reason)
            if schedule.waiting and time.monotonic() - polled >= _POLL:
                polled = time.monotonic()
                schedule.wait()
    finally:
        for future in out:
            future.cancel()


def _outcome(future: Future[Outcome], unit: Unit, schedule: Schedule, folder: Folder) -> Outcome | None:
    """How a unit went; None if its worker was lost, and it is tried again."""
    try:
        return future.result()
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # of whatever kind an executor has
        name = type(error).__name__
        if name in _GONE:
            raise SourceError(GONE) from error
        if name not in _LOST:
            reason = f"{name}: {' '.join(str(error).split())[:300]}"
        elif schedule.lost(unit):
            return None
        else:
            reason = (
                f"whoever did its unit {unit.name} died, again and again: killed, or out of memory; use"
                " a larger machine, or fewer workers on one"
            )
        folder.fail(unit.model, {"reason": reason, "unit": unit.name, **who()})
        return Outcome(unit, "failed", reason=reason)
