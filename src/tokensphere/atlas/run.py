"""An atlas from its list to its result: begun, gone on with, looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from tokensphere.analysis.atlas.result import Atlas, AtlasModel, Rates
from tokensphere.analysis.atlas.state import AtlasState, ModelState, Working
from tokensphere.analysis.survey.job import check_count
from tokensphere.atlas import kept
from tokensphere.atlas.claims import read_claim
from tokensphere.atlas.engine import Progress, run_units
from tokensphere.atlas.executors import Crew, in_this_process
from tokensphere.atlas.folder import Asked, Folder
from tokensphere.atlas.models import Model, as_models, titles
from tokensphere.atlas.schedule import Schedule, share_of
from tokensphere.atlas.settings import AtlasSettings, begin, read_settings
from tokensphere.atlas.unit import Way
from tokensphere.errors import FormatError, SourceError
from tokensphere.formats.files import at_home


def run_atlas(
    models: str | Path | Iterable[str | Path | Model],
    folder: str | Path,
    *,
    directions: int = 100_000,
    settings: AtlasSettings = AtlasSettings(),  # noqa: B008
    crew: AbstractContextManager[Crew] | None = None,
    shard: tuple[int, int] | None = None,
    way: Way = Way(),  # noqa: B008
    told: Callable[[Progress], None] | None = None,
) -> Atlas:
    """Survey every model of a list, whoever else does the same in the same folder.

    What is there is not done again. Stop it as you like; the same call goes on.

    Parameters
    ----------
    models : path of a list (:mod:`tokensphere.atlas.models`), or names
    folder : where the results are kept; made if it is not there
    directions : of each model, at least 100; those of index 0 on under the seed
    settings : what else is asked; of a folder always the same
    crew : who works: this process by default, see :mod:`tokensphere.atlas.executors`
    shard : do only a part: the first number, from 1 on, of how many
    way : threads, and how many fetched models stay
    told : called as the work goes on

    Raises
    ------
    InputError
        the folder is another atlas's, a line of the list cannot be, or a result cannot be written
    SourceError
        the list cannot be read, or there is no cluster
    KeyboardInterrupt
        it was stopped; what is done is kept
    """
    how: dict[str, Any] = {"crew": crew, "shard": shard, "way": way, "told": told}
    do_atlas(models, folder, directions=directions, settings=settings, **how)
    return open_atlas(folder)


def do_atlas(
    models: str | Path | Iterable[str | Path | Model],
    folder: str | Path,
    *,
    directions: int,
    settings: AtlasSettings,
    crew: AbstractContextManager[Crew] | None = None,
    shard: tuple[int, int] | None = None,
    way: Way = Way(),  # noqa: B008
    told: Callable[[Progress], None] | None = None,
) -> dict[str, str]:
    """The work of :func:`run_atlas`, with the same parameters and errors.

    Returns
    -------
    titles of the models that have no result, and why
    """
    check_count(directions)
    listed = as_models(models)
    where = Folder(at_home(folder))
    begin(where.path, settings)
    asked = [where.ask(model, directions) for model in listed]
    share = None if shard is None else share_of(asked, settings, *shard)
    ours = None if share is None else {unit.model for unit in share}
    for one in asked:
        if ours is None or one.model.id in ours:
            kept.remove_damaged(where, settings, one, share)
            where.forgive(one.model.id)  # it is tried again
    with in_this_process() if crew is None else crew as who:
        needed = -(-2 * who.count() * settings.block // directions)  # so that no worker waits for models
        open_at_once = max(2, min(way.keep, 64), needed)
        schedule = Schedule(where, settings, asked, share=share, open_at_once=open_at_once)
        failed = run_units(where, settings, schedule, who, way, told=told)
    named = titles(one.model for one in asked)
    return {named[id]: reason for id, reason in failed.items()}


def open_atlas(folder: str | Path) -> Atlas:
    """What an atlas has found so far.

    Parameters
    ----------
    folder : of the atlas

    Raises
    ------
    InputError
        it is none
    SourceError
        a result cannot be read, or is damaged: the message names the file
    """
    where = Folder(at_home(folder))
    settings = read_settings(where.path)
    listed = where.models()
    named = titles(one.model for one in listed)
    return Atlas.of(settings.key, [_model(where, settings, one, named) for one in listed])


def atlas_state(folder: str | Path) -> AtlasState:
    """How far an atlas is, from the names of its files alone.

    Parameters
    ----------
    folder : of the atlas

    Raises
    ------
    InputError
        it is none
    """
    where = Folder(at_home(folder))
    settings = read_settings(where.path)
    listed, models = where.models(), []
    named = titles(one.model for one in listed)
    for one in listed:
        units, failure = one.units(settings), where.failure(one.model.id)
        done = len(where.done(one.model.id).intersection(units))
        failed = str(failure.get("reason")) if failure and done < len(units) else None
        models.append(ModelState(named[one.model.id], one.model.id, done, len(units), failed))
    claims = where.claim("")
    there = sorted(claims.glob("[!.]*")) if claims.is_dir() else []
    held = ((path.name, read_claim(path)) for path in there)
    working = tuple(Working(name, one.host, one.pid) for name, one in held if one is not None)
    return AtlasState(settings.key, tuple(models), working)


def _model(where: Folder, settings: AtlasSettings, asked: Asked, named: Mapping[str, str]) -> AtlasModel:
    model = asked.model
    about: dict[str, Any] = {
        "id": model.id, "title": named[model.id], "control": model.control, "tags": dict(model.tags),
        "asked": asked.directions,
    }  # fmt: skip
    failure = where.failure(model.id)
    failed = None if failure is None else str(failure.get("reason"))
    try:
        facts = kept.read_facts(where, settings, model.id)
    except FormatError:
        raise
    except SourceError:
        return AtlasModel(**about, failed=failed)
    there = kept.join(where, settings, asked)
    if there is None:
        return AtlasModel(**about, facts=facts, failed=failed)
    rates = Rates.of(there.tally, facts.tokens)
    whole = rates.directions >= asked.directions
    return AtlasModel(**about, facts=facts, rates=rates, failed=None if whole else failed, by=there.by)
