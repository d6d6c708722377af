"""A unit of work, done by whatever process: load, count, write, and say how it went.

The same function runs here, in a process of this machine, on a cluster and in a job array.
"""

from __future__ import annotations

import os
import platform
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from tokensphere._version import __version__
from tokensphere.analysis.atlas.facts import ModelFacts, model_facts, space_digest
from tokensphere.analysis.atlas.tally import Tally
from tokensphere.analysis.job import work
from tokensphere.analysis.survey.job import SurveyJob
from tokensphere.atlas.claims import claim
from tokensphere.atlas.fetch import load_model
from tokensphere.atlas.folder import Asked, Folder, Unit
from tokensphere.atlas.kept import join_if_whole, read_facts, write_facts, write_tally
from tokensphere.atlas.room import note_fetched, release_done
from tokensphere.atlas.settings import AtlasSettings
from tokensphere.errors import FormatError, InputError, SourceError, TokensphereError
from tokensphere.geometry.compute import Compute
from tokensphere.geometry.directions import RandomDirections
from tokensphere.geometry.similarity import SearchSettings
from tokensphere.sources.cache.arrays import NullFiles
from tokensphere.sources.cache.entries import cache_root
from tokensphere.space import EmbeddingSpace

State = Literal["done", "there", "taken", "failed", "no room"]
Told = Callable[[int], None]


@dataclass(frozen=True)
class Outcome:
    """How a unit went.

    Attributes
    ----------
    unit : which
    state : ``"done"``; ``"there"``, it was done before; ``"taken"``, somebody else does it now;
        ``"failed"``, its model cannot be had, or measured; ``"no room"``, the result cannot be written
    seconds : that it took
    reason : of a failure, in a line
    size : tokens × dimensions of the model, if it is known
    """

    unit: Unit
    state: State
    seconds: float = 0.0
    reason: str = ""
    size: int = 0


@dataclass(frozen=True)
class Way:
    """How units are done; no result depends on it.

    Attributes
    ----------
    threads : of the search; None for as many as there are processors
    keep : models that were fetched for the atlas and stay in the cache when they are done
    """

    threads: int | None = None
    keep: int = 10


def do_unit(
    folder: str | Path,
    settings: AtlasSettings,
    unit: Unit,
    way: Way = Way(),
    told: Told | None = None,
) -> Outcome:
    """Do a unit, unless it is done, or somebody else does it.

    Parameters
    ----------
    folder : of the atlas
    settings : of the atlas
    unit : what to do
    way : how
    told : called with the number of directions done since the last call
    """
    began, where = time.monotonic(), Folder(Path(folder))
    if where.result(unit).is_file():
        return Outcome(unit, "there", size=_size(where, unit.model))
    try:
        where.make(unit.model)
        with claim(where.claim(f"{unit.model}.{unit.name}")) as ours:
            if not ours:
                return Outcome(unit, "taken")
            if where.result(unit).is_file():  # meanwhile
                return Outcome(unit, "there", size=_size(where, unit.model))
            return _do(where, settings, unit, way, told, began)
    except _NoRoomError as error:
        return Outcome(unit, "no room", time.monotonic() - began, str(error))
    except (TokensphereError, OSError) as error:  # of the folder, not of the model
        return Outcome(unit, "no room", time.monotonic() - began, str(error))


def _do(
    where: Folder, settings: AtlasSettings, unit: Unit, way: Way, told: Told | None, began: float
) -> Outcome:
    asked = where.asked(unit.model)
    if asked is None:
        raise SourceError(f"{where.path} has no model {unit.model}; begin the atlas again")
    try:
        used = time.process_time()
        found = _measured(where, settings, unit, asked, way, told)
    except Exception as error:  # of whatever kind: others shall not suffer from it
        reason = _reason(error)
        with _writing():
            where.fail(unit.model, {"reason": reason, "unit": unit.name, **who()})
        return Outcome(unit, "failed", time.monotonic() - began, reason)
    seconds = time.monotonic() - began
    by = {**who(), "seconds": round(seconds, 3), "cpu_seconds": round(time.process_time() - used, 3)}
    with _writing():
        if isinstance(found, Tally):
            write_tally(where, settings, unit, found, read_facts(where, settings, unit.model).key, by)
            if join_if_whole(where, settings, asked):
                release_done(where, way.keep)
        else:
            write_facts(where, settings, unit, found, by)
            where.forgive(unit.model)
    return Outcome(unit, "done", seconds, size=_size(where, unit.model))


def _measured(
    where: Folder, settings: AtlasSettings, unit: Unit, asked: Asked, way: Way, told: Told | None
) -> ModelFacts | Tally:
    compute = Compute(threads=way.threads)
    if not unit.count:
        space = _LOADED.space(where, asked, None)
        return model_facts(space, compute)
    facts = read_facts(where, settings, unit.model)
    space = _LOADED.space(where, asked, facts)
    directions = RandomDirections(space.shape[1], unit.count, first=unit.first, seed=settings.seed)
    job = SurveyJob(
        space, directions, search=SearchSettings(settings.k), ks=settings.ks, surrogate=settings.spec,
        compute=compute, store=_blocks(), least=1,
    )  # fmt: skip
    lists = _Lists(1 + settings.surrogates, told)
    tally = Tally.of(work(job, [], progress=lists), job.settings, len(space))
    job.forget()
    return tally


class _Lists:
    """Lists that are done, told as directions."""

    def __init__(self, each: int, told: Told | None) -> None:
        self._each, self._told, self._rest = each, told, 0

    def __call__(self, count: int) -> None:
        done, self._rest = divmod(self._rest + count, self._each)
        if self._told is not None and done:
            self._told(done)


class _Loaded(threading.local):
    """The last model that this thread has loaded: the next unit is most often of the same."""

    def __init__(self) -> None:
        self._id = ""
        self._space: EmbeddingSpace | None = None

    def space(self, where: Folder, asked: Asked, facts: ModelFacts | None) -> EmbeddingSpace:
        """The space of a model, if it is still the one that its facts are of.

        Raises
        ------
        TokensphereError
            it cannot be had; or its values are others than they were
        """
        model = asked.model
        if self._space is None or self._id != f"{where.path}:{model.id}":
            self._space = None  # two at once would be too many
            space, fetched = load_model(model, None if facts is None else facts.revision)
            if fetched:
                note_fetched(where, model, space.provenance.revision)
            self._id, self._space = f"{where.path}:{model.id}", space
        found = self._space
        if facts is not None and space_digest(found) != facts.key:
            raise InputError(
                f"{model.title} has other values, or another vocabulary, than when the atlas first read"
                " it; give it another name in the list, or begin a new atlas"
            )
        return found


_LOADED = _Loaded()


def forget() -> None:
    """Let go of the model that is loaded."""
    _LOADED.__init__()  # type: ignore[misc]


def who() -> dict[str, Any]:
    """Who does a unit: machine, process, versions, and what searches."""
    from tokensphere.geometry.kernel import survey

    kernel = next(choice.name for choice in survey() if choice.chosen)
    return {
        "host": platform.node(), "pid": os.getpid(), "tokensphere": __version__, "kernel": kernel,
        "numpy": np.__version__, "python": platform.python_version(),
    }  # fmt: skip


class _NoRoomError(Exception):
    """A result cannot be written: that is no fault of its model."""


@contextmanager
def _writing() -> Iterator[None]:
    try:
        yield
    except (InputError, FormatError, SourceError, OSError) as error:
        raise _NoRoomError(str(error)) from error


def _blocks() -> NullFiles | None:
    try:
        return NullFiles(cache_root() / "surrogates")
    except InputError:
        return None


def _reason(error: BaseException) -> str:
    if isinstance(error, TokensphereError):
        return str(error)
    if isinstance(error, MemoryError):
        return "not enough memory for it; give it a larger machine, or fewer units at a time"
    return f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"


def _size(where: Folder, model: str) -> int:
    """Values in the matrix of a model; 0 if nothing is known of it."""
    try:
        facts = read_facts(where, None, model)
    except TokensphereError:
        return 0
    return facts.rows * facts.dimensions
