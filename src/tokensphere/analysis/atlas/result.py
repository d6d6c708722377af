"""What was found of many models, and what their rates go with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from tokensphere.above import ask
from tokensphere.analysis.atlas.facts import NUMBERS, ModelFacts
from tokensphere.analysis.atlas.tally import Tally
from tokensphere.analysis.result import Column, Pictured
from tokensphere.records import plain, record
from tokensphere.statistics.own_null import Beyond
from tokensphere.statistics.pvalues import q_values
from tokensphere.statistics.varies import (
    Association,
    Spread,
    number_association,
    spread,
    word_association,
)

LEAST = 4  # models of which an association is looked at
POST = 0.20  # what the post guessed


@dataclass(frozen=True)
class Rates:
    """Of one model, how often lists are coherent, and how unevenly tokens are listed.

    Attributes
    ----------
    directions : that were looked at
    raw, centered : lists with ``p ≤ 0.05``, of rows as they are and centred; ``forms`` of these with one
        token a form
    median, median_chance : of T of the centred lists, and in the vocabularies with no words
    skewness, never : of the centred lists' hubs, see :class:`.Hubs`
    """

    directions: int
    raw: Beyond
    centered: Beyond
    forms: Beyond
    median: float
    median_chance: float
    skewness: float
    never: float

    @classmethod
    def of(cls, tally: Tally, tokens: int) -> Rates:
        """The rates of counts; `tokens`, how many could be listed."""
        listed = tally.counts["listed centered"].astype(np.float64)
        listed = np.sort(listed)[-tokens:]  # those that cannot be listed have none
        deviation = listed - listed.mean()
        deviations = float(np.sqrt(np.mean(deviation**2)))
        return cls(
            directions=len(tally),
            raw=tally.own(centered=False).at[0],
            centered=tally.own(centered=True).at[0],
            forms=tally.own(centered=True, forms=True).at[0],
            median=tally.median(centered=True),
            median_chance=tally.median(centered=True, words=False),
            skewness=float(np.mean(deviation**3)) / deviations**3 if deviations else 0.0,
            never=float(np.mean(listed == 0)),
        )

    def to_dict(self) -> dict[str, Any]:
        """The same as a dict for JSON."""
        return record(self)


@dataclass(frozen=True)
class AtlasModel:
    """One model of an atlas.

    Attributes
    ----------
    id, title : its folder; how people call it
    control : what was made of its matrix, if it is a control
    tags : what the list says of it
    asked : directions that are asked for
    facts, rates : None where nothing is known yet
    failed : why there is nothing
    by : of each unit that is done, who has done it
    """

    id: str
    title: str
    control: str | None
    tags: Mapping[str, str]
    asked: int
    facts: ModelFacts | None = None
    rates: Rates | None = None
    failed: str | None = None
    by: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def done(self) -> bool:
        """Whether all directions are done that are asked for."""
        return self.rates is not None and self.rates.directions >= self.asked

    def to_dict(self) -> dict[str, Any]:
        """The same as a dict for JSON; who has done it is told of the whole atlas."""
        return record(self, "id", "title", "control", "tags", "asked", "facts", "rates", "failed")


@dataclass(frozen=True, eq=False, repr=False)
class Atlas(Pictured):
    """Many models side by side.

    Attributes
    ----------
    settings : what was asked of each
    models : those with a rate first, by it, descending; then the others
    differ, controls_differ : how far the rates on centred rows lie apart; None of fewer than two
    goes_with : what the rates go with, the strongest first
    """

    settings: Mapping[str, Any]
    models: tuple[AtlasModel, ...]
    differ: Spread | None
    controls_differ: Spread | None
    goes_with: tuple[Association, ...]

    @classmethod
    def of(cls, settings: Mapping[str, Any], models: Sequence[AtlasModel]) -> Atlas:
        """The atlas of some models."""
        order = sorted(models, key=_place)
        real = [model for model in order if model.rates and model.control is None]
        controls = [model for model in order if model.rates and model.control is not None]
        return cls(
            dict(settings), tuple(order), _spread(real), _spread(controls), tuple(_goes_with(real))
        )

    @property
    def finished(self) -> tuple[AtlasModel, ...]:
        """Models, no controls, that have a rate."""
        return tuple(model for model in self.models if model.rates and model.control is None)

    @property
    def controls(self) -> tuple[AtlasModel, ...]:
        """Controls that have a rate."""
        return tuple(model for model in self.models if model.rates and model.control is not None)

    @property
    def failures(self) -> tuple[AtlasModel, ...]:
        """Models that could not be had or measured."""
        return tuple(model for model in self.models if model.failed is not None)

    @property
    def holds_post(self) -> int:
        """Models whose interval has the post's 20 % in it."""
        ends = (model.rates.centered.interval for model in self.finished if model.rates)
        return sum(low <= POST <= high for low, high in ends)

    @property
    def work(self) -> dict[str, Any]:
        """Who did it: units, seconds, machines, and the versions that worked on it."""
        by = [one for model in self.models for one in model.by.values()]
        versions = sorted({tuple(one.get(name) for name in _VERSIONS) for one in by}, key=str)
        return {
            "units": len(by),
            "seconds": round(sum(one.get("seconds", 0.0) for one in by), 3),
            "cpu_seconds": round(sum(one.get("cpu_seconds", 0.0) for one in by), 3),
            "hosts": sorted({str(one.get("host")) for one in by}),
            "versions": [dict(zip(_VERSIONS, one, strict=True)) for one in versions],
        }

    def known(self, name: str) -> dict[str, Any]:
        """What is known of models that have a rate, by the name of an association: id -> value."""
        return _quantities(self.finished).get(name, {})

    def page(self, path: str | Path) -> None:
        """Write all of it as one page of HTML, whole or not at all; nothing in it is fetched.

        Parameters
        ----------
        path : ends in ``.html``

        Raises
        ------
        InputError
            another suffix, or the file cannot be written
        """
        ask("page", self, path)

    def __len__(self) -> int:
        """Number of models, controls and failures, too."""
        return len(self.models)

    def _in_short(self) -> str:
        return f"{len(self.finished)} models and {len(self.controls)} controls"

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain dicts, lists, strings and numbers, ready for JSON."""
        names = ("settings", "models", "differ", "controls_differ", "goes_with", "work")
        return record(self, *names)

    def _beside(self) -> dict[str, Any]:
        return {name: value for name, value in self.to_dict().items() if name != "work"}

    def columns(self) -> dict[str, Column]:
        """A row for each model."""
        rows = [_row(model) for model in self.models]
        names = list(dict.fromkeys(name for row in rows for name in row))
        return {name: [row.get(name) for row in rows] for name in names}


_MEASURED = set(NUMBERS.values())  # what the list says of these is another thing: tokens trained on, say
_VERSIONS = ("tokensphere", "kernel", "numpy", "python")


def _place(model: AtlasModel) -> tuple[bool, bool, float, str]:
    rate = model.rates.centered.rate if model.rates else 0.0
    return model.rates is None, model.control is not None, -rate, model.title


def _spread(models: Sequence[AtlasModel]) -> Spread | None:
    found = [model.rates.centered for model in models if model.rates]
    if len(found) < 2:
        return None
    return spread(np.array([one.rate for one in found]), np.array([one.interval for one in found]))


def _goes_with(models: Sequence[AtlasModel]) -> list[Association]:
    found = []
    rates = {model.id: model.rates.centered.rate for model in models if model.rates}
    for name, values in _quantities(models).items():
        if len(values) < LEAST or len(set(values.values())) < 2:
            continue
        of = np.array([rates[id] for id in values])
        numbers = _numbers(list(values.values()))
        if numbers is not None:
            found.append(number_association(name, np.array(numbers), of))
        elif len(set(values.values())) < len(values):  # else each word is one model
            found.append(word_association(name, [str(value) for value in values.values()], of))
    if not found:
        return []
    q = q_values(np.array([one.p for one in found]))
    told = [replace(one, q=float(each)) for one, each in zip(found, q, strict=True)]
    return sorted(told, key=lambda one: (one.p, -abs(one.strength), one.name))


def _quantities(models: Sequence[AtlasModel]) -> dict[str, dict[str, Any]]:
    """What is known of models: name -> model -> value."""
    found: dict[str, dict[str, Any]] = {}
    for model in models:
        known: dict[str, Any] = {}
        if model.facts is not None:
            known = {said: getattr(model.facts, name) for name, said in NUMBERS.items()}
        for name, value in model.tags.items():
            known[f"{name} (listed)" if name in _MEASURED else name] = value
        for name, value in known.items():
            found.setdefault(name, {})[model.id] = value
    return found


def _numbers(values: Sequence[Any]) -> list[float] | None:
    try:
        numbers = [float(value) for value in values]
    except ValueError:
        return None
    return numbers if np.isfinite(numbers).all() else None


def _row(model: AtlasModel) -> dict[str, Any]:
    row: dict[str, Any] = {"model": model.title, **record(model, "id", "control", "asked", "failed")}
    if model.facts is not None:
        facts = model.facts.to_dict()
        row |= {name: facts[name] for name in facts if name not in ("model", "key")}
    if model.rates is not None:
        rates = model.rates
        row["directions"] = rates.directions
        for name in ("raw", "centered", "forms"):
            one: Beyond = getattr(rates, name)
            row[f"rate_{name}"] = one.rate
            row[f"rate_{name}_low"], row[f"rate_{name}_high"] = one.interval
        row |= plain(record(rates, "median", "median_chance", "skewness", "never"))
    return row | {f"tag_{name}": value for name, value in model.tags.items()}
