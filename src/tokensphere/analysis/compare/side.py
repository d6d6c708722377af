"""What each model is like by itself: geometry, how often neighbourhoods cohere, hubs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tokensphere.analysis.info import Info, info
from tokensphere.analysis.survey.hubs import Hubs
from tokensphere.analysis.survey.result import Survey
from tokensphere.geometry.effective import effective_dimensions
from tokensphere.records import Record
from tokensphere.space import EmbeddingSpace
from tokensphere.statistics.difference import Found


@dataclass(frozen=True)
class Rate(Record, interval="interval_95"):
    """How often the nearest tokens of random directions are more alike than chance.

    Attributes
    ----------
    rate : share of the directions, in [0, 1]
    interval : its 95 % interval
    chance : the share with no words
    """

    rate: float
    interval: tuple[float, float]
    chance: float

    @property
    def found(self) -> Found:
        """Rate and interval."""
        return self.rate, self.interval


@dataclass(frozen=True)
class Side:
    """One of the models.

    Attributes
    ----------
    facts : shape, norms, mean cosine, where it comes from
    effective_dimensions : the participation ratio of the unit rows' covariance, 1 to d; NaN where all
        unit rows are the same
    survey : what random directions found; None if none was asked for
    """

    facts: Info
    effective_dimensions: float
    survey: Survey | None = field(repr=False)

    @property
    def name(self) -> str:
        """The model's name."""
        return self.facts.provenance.model

    def rate(self, *, centered: bool) -> Rate | None:
        """How often lists of k cohere; None where nothing can tell."""
        own = None if self.survey is None else self.survey.rate(centered=centered).own
        if own is None or not own.at:
            return None
        return Rate(own.at[0].rate, own.at[0].interval, own.at[0].attained)

    def hubs(self, *, centered: bool) -> Hubs | None:
        """How unevenly tokens are listed in lists of k, by cosine."""
        if self.survey is None:
            return None
        ranking, k = ("centered" if centered else "cosine"), self.survey.settings.k
        return next(one for one in self.survey.hubs if (one.ranking, one.k) == (ranking, k))

    def to_dict(self) -> dict[str, Any]:
        """The same as a dict for JSON."""
        dimensions = self.effective_dimensions
        kinds: dict[str, bool] = {"raw": False, "centered": True}
        rates = {name: self.rate(centered=centered) for name, centered in kinds.items()}
        hubs = {name: self.hubs(centered=centered) for name, centered in kinds.items()}
        return {
            **self.facts.to_dict(),
            "effective_dimensions": dimensions if dimensions > 0 else None,
            "rates": {name: found and found.to_dict() for name, found in rates.items()},
            "hubs": {
                name: found and self.survey and found.to_dict(self.survey.vocabulary)
                for name, found in hubs.items()
            },
        }


def measure_side(space: EmbeddingSpace, survey: Survey | None) -> Side:
    """One model by itself.

    Raises
    ------
    InputError
        fewer than two rows have a direction
    """
    return Side(info(space), effective_dimensions(space.rows), survey)
