"""What lies in the folder of an atlas, and where.

    atlas.json                              what is asked of every model
    models/<id>/model.json                  the model, and how many directions were asked for
    models/<id>/facts.parquet               a unit: shape, mean cosine, … and which values these are of
    models/<id>/000000000000-20000.parquet  a unit: counts of the directions from 0 on, 20,000 of them
    models/<id>/joined.parquet              their sum, when all are there
    models/<id>/failed.json                 why there is none
    models/<id>/fetched-<cache>.json        that it was fetched for the atlas, into which cache
    claims/                                 who works on what now

Every file is written whole or not at all, and says by whom. What is there is done: no other book is
kept.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tokensphere.atlas.models import Model
from tokensphere.atlas.settings import AtlasSettings
from tokensphere.errors import FormatError
from tokensphere.formats.files import system_told
from tokensphere.formats.whole import whole_file

FACTS = "facts"
_BLOCK = re.compile(r"(\d{12})-(\d+)\.parquet")


@dataclass(frozen=True, order=True)
class Unit:
    """A piece of work: the facts of a model, or the counts of a block of directions.

    Attributes
    ----------
    model : id of the model
    first, count : of the directions; a count of 0 stands for the facts
    """

    model: str
    first: int = 0
    count: int = 0

    @property
    def name(self) -> str:
        """What its files are called."""
        return f"{self.first:012d}-{self.count}" if self.count else FACTS


@dataclass(frozen=True)
class Asked:
    """What is asked of a model.

    Attributes
    ----------
    model : which
    directions : how many, the most that were ever asked for
    """

    model: Model
    directions: int

    def units(self, settings: AtlasSettings) -> list[Unit]:
        """The blocks of directions, in order; the last one may be shorter."""
        return [
            Unit(self.model.id, first, min(settings.block, self.directions - first))
            for first in range(0, self.directions, settings.block)
        ]


class Folder:
    """The folder of an atlas.

    Parameters
    ----------
    path : of the folder
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def of(self, model: str) -> Path:
        """Where the results of a model lie."""
        return self.path / "models" / model

    def result(self, unit: Unit) -> Path:
        """The file of a unit's result."""
        return self.of(unit.model) / f"{unit.name}.parquet"

    def joined(self, model: str) -> Path:
        """The file of the sum of a model's units."""
        return self.of(model) / "joined.parquet"

    def claim(self, what: str) -> Path:
        """The file of a claim."""
        return self.path / "claims" / what

    def make(self, model: str) -> None:
        """Make the folders that a model needs.

        Raises
        ------
        SourceError
            they cannot be made
        """
        with system_told(f"cannot write in {self.path}", "make room, or name another folder"):
            self.of(model).mkdir(parents=True, exist_ok=True)
            self.claim("").mkdir(parents=True, exist_ok=True)

    def ask(self, model: Model, directions: int) -> Asked:
        """Note that so many directions of a model are asked for; of more that were, these stay.

        Raises
        ------
        SourceError, InputError
            it cannot be written
        """
        self.make(model.id)
        there = self.asked(model.id)
        asked = Asked(model, max(directions, there.directions if there else 0))
        if there is not None and asked.directions > there.directions:
            self.joined(model.id).unlink(missing_ok=True)  # of fewer
        if there != asked:
            facts = {"directions": asked.directions, **model.to_dict()}
            self._note(self.of(model.id) / "model.json", facts)
        return asked

    def asked(self, model: str) -> Asked | None:
        """What is asked of a model; None if there is no such."""
        found = self._read(self.of(model) / "model.json")
        if found is None:
            return None
        try:
            return Asked(Model.from_dict(found), int(found["directions"]))
        except (KeyError, TypeError, ValueError) as error:
            raise FormatError(
                f"{self.of(model) / 'model.json'} is damaged; remove it, and ask for the model again"
            ) from error

    def models(self) -> list[Asked]:
        """All models, by the names of their folders."""
        with suppress(FileNotFoundError):
            names = sorted(path.name for path in (self.path / "models").iterdir())
            return [asked for asked in map(self.asked, names) if asked is not None]
        return []

    def done(self, model: str) -> set[Unit]:
        """The units of a model that have a result."""
        found = set()
        with suppress(FileNotFoundError):
            for path in self.of(model).iterdir():
                if path.name == f"{FACTS}.parquet":
                    found.add(Unit(model))
                elif match := _BLOCK.fullmatch(path.name):
                    found.add(Unit(model, int(match[1]), int(match[2])))
        return found

    def files(self, model: str) -> int:
        """How many files a model has, of whatever kind."""
        return sum(1 for _ in self.of(model).iterdir())

    def fail(self, model: str, failure: Mapping[str, Any]) -> None:
        """Note why a model has no result."""
        self._note(self.of(model) / "failed.json", failure)

    def failure(self, model: str) -> dict[str, Any] | None:
        """Why a model has no result, if that was noted."""
        return self._read(self.of(model) / "failed.json")

    def forgive(self, model: str) -> None:
        """Take it back."""
        with suppress(OSError):
            (self.of(model) / "failed.json").unlink()

    @staticmethod
    def _note(path: Path, facts: Mapping[str, Any]) -> None:
        with whole_file(path) as file:
            file.write(json.dumps(facts, indent=1).encode())

    @staticmethod
    def _read(path: Path) -> dict[str, Any] | None:
        try:
            with system_told(f"cannot read {path}"):
                found = json.loads(path.read_bytes()) if path.is_file() else None
        except ValueError as error:
            raise FormatError(f"{path} is damaged; remove it, and ask again") from error
        return found if isinstance(found, dict) else None
