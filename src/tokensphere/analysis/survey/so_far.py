"""What a survey that is not done tells: its last figure, estimated from what there is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import floor
from typing import Any

from tokensphere.analysis.survey.records import LEVELS, SurveyRecords, SurveySettings
from tokensphere.records import record
from tokensphere.statistics.exceedance import exceedance_rates
from tokensphere.statistics.foreseen import foresee
from tokensphere.statistics.own_null import LEVELS as OWN_LEVELS
from tokensphere.statistics.own_null import Beyond


@dataclass(frozen=True)
class SoFar:
    """How often lists are clearly more alike than chance, as far as is known.

    Attributes
    ----------
    share : of the directions; its chance is that of the last figure from the first estimate on
    n_directions : how many were looked at
    k : tokens of a list
    done, wanted : vocabularies with no words that these were compared with, and will be
    pooled : whether `wanted` are too few to tell the level of one direction: lists are compared with
        all directions' in the first vocabulary
    """

    share: Beyond
    n_directions: int
    k: int
    done: int
    wanted: int
    pooled: bool

    def to_dict(self) -> dict[str, Any]:
        """The rate and its interval as a dict for JSON, and how many of the vocabularies are done."""
        return {**self.share.to_dict(), **record(self, "done", "wanted")}


def foreseen(
    settings: SurveySettings, done: SurveyRecords, *, centered: bool, forms: bool, k: int
) -> SoFar | None:
    """What lists of one kind will have beside all vocabularies, where there are too few to tell yet.

    None where they tell, where as many as that were never asked for, or where none is done.
    """
    if _too_few(done.surrogates_done) and not _too_few(settings.surrogates):
        return survey_so_far(replace(settings, centered=centered, forms=forms, k=k), done)
    return None


def survey_so_far(settings: SurveySettings, done: SurveyRecords) -> SoFar | None:
    """What can be told of the lists shown; None before they were compared with a vocabulary.

    Once all are done it is what the survey says (:attr:`.Survey.main`).

    Parameters
    ----------
    settings : that the records were measured with, of as many surrogates as are wanted
    done : the records of some directions, or of all
    """
    r, f, j = int(settings.centered), int(settings.forms), settings.ks.index(settings.k)
    values, wanted, level = done.coherence[:, r, f, j], settings.surrogates, OWN_LEVELS[0]
    there = min(done.surrogates_done, wanted)
    pooled = _too_few(wanted)
    if len(done) < 2 or not (pooled or there):
        return None
    if pooled:
        null, seed = done.surrogate[:, r, j], settings.seed or 0
        ((found,),) = exceedance_rates(values[:, None], null[:, None], levels=LEVELS[:1], seed=seed)
        chance = round(1 - found.level, 9)
        share = Beyond(level, chance, found.rate, found.interval)
    else:
        share = foresee(values, done.nulls[:, :there, r, f, j], wanted, level=level)
    return SoFar(share, len(done), settings.k, there, wanted, pooled)


def _too_few(surrogates: int) -> bool:
    """Whether no p beside so many can be 0.05 or less."""
    return floor(OWN_LEVELS[0] * (surrogates + 1) + 1e-9) < 1
