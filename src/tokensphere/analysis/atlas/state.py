"""How far the work on an atlas is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tokensphere.analysis.result import Column, Result
from tokensphere.records import Record, record


@dataclass(frozen=True)
class ModelState(Record):
    """How far one model is.

    Attributes
    ----------
    title, id : of the model
    done, units : units of counts that are there, and that there will be
    failed : why it has no result
    """

    title: str
    id: str
    done: int
    units: int
    failed: str | None

    @property
    def state(self) -> str:
        """In a word."""
        if self.done >= self.units:
            return "done"
        return "failed" if self.failed else "begun" if self.done else "open"


@dataclass(frozen=True)
class Working(Record):
    """What is being done now.

    Attributes
    ----------
    what : the model's folder and the unit
    host, pid : who does it
    """

    what: str
    host: str
    pid: int


@dataclass(frozen=True, eq=False, repr=False)
class AtlasState(Result):
    """How far an atlas is.

    Attributes
    ----------
    settings : what is asked of each model
    models : in the order of their folders
    working : who works now; of processes that were killed, too, until somebody takes over
    """

    settings: Mapping[str, Any]
    models: tuple[ModelState, ...]
    working: tuple[Working, ...]

    @property
    def done(self) -> int:
        """Units that are there."""
        return sum(model.done for model in self.models)

    @property
    def units(self) -> int:
        """Units that there will be, of models that did not fail."""
        return sum(model.units if not model.failed else model.done for model in self.models)

    def _in_short(self) -> str:
        return f"{self.done:,} of {self.units:,} units of {len(self.models):,} models"

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain dicts, lists, strings and numbers, ready for JSON."""
        return record(self, "settings", "done", "units", "models", "working")

    def columns(self) -> dict[str, Column]:
        """A row for each model."""
        names = ("title", "id", "state", "done", "units", "failed")
        return {name: [getattr(model, name) for model in self.models] for name in names}
