"""Results of units as files: one small Parquet file each, which says of what it is and by whom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tokensphere.analysis.atlas.facts import ModelFacts
from tokensphere.analysis.atlas.tally import Tally
from tokensphere.atlas.folder import Asked, Folder, Unit
from tokensphere.atlas.settings import AtlasSettings
from tokensphere.errors import FormatError, InputError, SourceError
from tokensphere.formats.parquet import read_columns, write_columns

WHAT = "atlas unit"
_GROWING = ("counter", "place")  # columns of a tally
_AGAIN = "remove it, and give the command again: it is done anew"


@dataclass(frozen=True)
class Kept:
    """A unit's result, or the sum of several.

    Attributes
    ----------
    tally : the counts
    by : of each unit in it, by its name, who has done it and how long it took
    """

    tally: Tally
    by: Mapping[str, Mapping[str, Any]]


def write_facts(
    folder: Folder, settings: AtlasSettings, unit: Unit, facts: ModelFacts, by: Mapping[str, Any]
) -> None:
    """Keep the facts of a model."""
    about = _about(settings, unit, facts.key) | {"facts": facts.to_dict(), "by": dict(by)}
    numbers = {name: value for name, value in facts.to_dict().items() if not isinstance(value, str)}
    row = {
        name: np.array([value], dtype=np.float64) for name, value in numbers.items() if value is not None
    }
    write_columns(folder.result(unit), row, about)


def read_facts(folder: Folder, settings: AtlasSettings | None, model: str) -> ModelFacts:
    """The facts of a model.

    Raises
    ------
    SourceError
        there are none
    FormatError
        the file is damaged, or of other settings
    """
    unit = Unit(model)
    path = folder.result(unit)
    _, about = read_columns(path)
    facts = ModelFacts.from_dict(about.get("facts") or {})
    _check(path, about, settings, unit, facts.key)
    return facts


def write_tally(
    folder: Folder, settings: AtlasSettings, unit: Unit, tally: Tally, key: str, by: Mapping[str, Any]
) -> None:
    """Keep the counts of a block of directions."""
    about = _about(settings, unit, key) | {"tally": tally.about, "by": {unit.name: dict(by)}}
    write_columns(folder.result(unit), tally.columns(), about, ascending=_GROWING)


def read_tally(folder: Folder, settings: AtlasSettings, unit: Unit, key: str) -> Kept:
    """The counts of a block of directions.

    Raises
    ------
    SourceError
        there are none
    FormatError
        the file is damaged, of other settings, or of other values of the model
    """
    path = folder.result(unit)
    kept = _read(path, settings, unit, key)
    if len(kept.tally) != unit.count:
        raise FormatError(f"{path} counts {len(kept.tally):,} directions, not {unit.count:,}; {_AGAIN}")
    return kept


def join(folder: Folder, settings: AtlasSettings, asked: Asked) -> Kept | None:
    """The sum of all units of a model that are there; None if none is.

    Raises
    ------
    SourceError, FormatError
        a file is damaged
    """
    key = read_facts(folder, settings, asked.model.id).key
    done = folder.done(asked.model.id)
    units = [unit for unit in asked.units(settings) if unit in done]
    path = folder.joined(asked.model.id)
    if path.is_file():
        whole = _read(path, settings, Unit(asked.model.id, 0, asked.directions), key)
        if set(whole.by) == {unit.name for unit in units}:
            return whole
    total: Tally | None = None
    by: dict[str, Mapping[str, Any]] = {}
    for unit in units:
        kept = read_tally(folder, settings, unit, key)
        total = kept.tally if total is None else total + kept.tally
        by |= kept.by
    return None if total is None else Kept(total, by)


def join_if_whole(folder: Folder, settings: AtlasSettings, asked: Asked) -> bool:
    """Keep the sum of a model's units, if all are there; whether they are.

    Whoever has done the last one does this; two that do it at once write the same.
    """
    wanted = asked.units(settings)
    if folder.files(asked.model.id) < len(wanted):  # as after all units but the last ones
        return False
    if not folder.done(asked.model.id).issuperset(wanted):
        return False
    kept = join(folder, settings, asked)
    if kept is not None:
        unit = Unit(asked.model.id, 0, asked.directions)
        about = _about(settings, unit, read_facts(folder, settings, asked.model.id).key)
        about |= {"tally": kept.tally.about, "by": {name: dict(by) for name, by in kept.by.items()}}
        columns = kept.tally.columns()
        write_columns(folder.joined(asked.model.id), columns, about, ascending=_GROWING)
    return True


def remove_damaged(
    folder: Folder, settings: AtlasSettings, asked: Asked, share: set[Unit] | None = None
) -> list[Unit]:
    """Remove results of a model that cannot be used, so that they are done again.

    Parameters
    ----------
    folder, settings : of the atlas
    asked : the model; one whose sum is there is let be
    share : the units to look at; by default all

    Returns
    -------
    the units whose files were removed
    """
    id = asked.model.id
    gone: list[Unit] = []
    try:
        key = read_facts(folder, settings, id).key
    except FormatError:
        gone.append(Unit(id))
    except SourceError:
        return []
    else:
        try:
            whole = _read(folder.joined(id), settings, Unit(id, 0, asked.directions), key)
            if len(whole.tally) == asked.directions:
                return []
        except SourceError:
            folder.joined(id).unlink(missing_ok=True)
        for unit in sorted(folder.done(id)):
            if unit.count and (share is None or unit in share):
                try:
                    read_tally(folder, settings, unit, key)
                except FormatError:
                    gone.append(unit)
    for unit in gone:
        folder.result(unit).unlink(missing_ok=True)
    return gone


def _about(settings: AtlasSettings, unit: Unit, key: str) -> dict[str, Any]:
    return {"what": WHAT, "model": unit.model, "unit": unit.name, "key": key, "settings": settings.key}


def _check(
    path: Path, about: Mapping[str, Any], settings: AtlasSettings | None, unit: Unit, key: str
) -> None:
    """Refuse a file that is of something else than its name says."""
    said = tuple(about.get(name) for name in ("what", "model", "unit"))
    if said != (WHAT, unit.model, unit.name):
        raise FormatError(f"{path} is no result of {unit.name} of {unit.model}; {_AGAIN}")
    if settings is not None and about.get("settings") != settings.key:
        raise FormatError(f"{path} is of other settings than the atlas; {_AGAIN}")
    if about.get("key") != key:
        raise FormatError(f"{path} is of other values of its model than its facts are; {_AGAIN}")


def _read(path: Path, settings: AtlasSettings, unit: Unit, key: str) -> Kept:
    columns, about = read_columns(path)
    _check(path, about, settings, unit, key)
    try:
        tally = Tally.from_columns(columns, about["tally"])
        by = {str(name): dict(one) for name, one in about["by"].items()}
    except (FormatError, KeyError, AttributeError, TypeError, ValueError, InputError) as error:
        raise FormatError(f"{path} is damaged: it has no counts; {_AGAIN}") from error
    return Kept(tally, by)
