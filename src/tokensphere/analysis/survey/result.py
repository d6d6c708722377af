"""What a survey found: rates, lists, hubs, and every direction's numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from tokensphere.above import ask
from tokensphere.analysis.job import said_of
from tokensphere.analysis.result import Column, Pictured
from tokensphere.analysis.survey.hubs import Hubs
from tokensphere.analysis.survey.records import SurveyRecords, SurveySettings
from tokensphere.analysis.survey.sharing import SurveyNaming
from tokensphere.analysis.survey.so_far import SoFar
from tokensphere.arrays import Bools, Float32s, Float64s, Int32s, Int64s
from tokensphere.errors import InputError
from tokensphere.records import plain, record
from tokensphere.space import Provenance
from tokensphere.statistics.exceedance import Exceedance
from tokensphere.statistics.own_null import Beyond, OwnNull, counts_beyond
from tokensphere.vocabulary import Vocabulary

_EXAMPLES = 5


@dataclass(frozen=True)
class CoherenceRate:
    """How often lists of one kind are more coherent than the surrogate's.

    Attributes
    ----------
    centered : whether the neighbours are those on centred rows
    forms : whether of tokens with the same form only the nearest counts
    k : number of neighbours
    median, surrogate_median : of ``T``
    at : for each of `LEVELS` (of the records) the percentile of all directions' lists in the first
        surrogate, the rate of lists above it and its interval
    own : each direction beside its own lists in all surrogates; None if there are none
    foreseen : of a survey that was stopped what `own` is about to say; None once it says so, or where
        fewer than 19 surrogates were asked for, or none is done
    """

    centered: bool
    forms: bool
    k: int
    median: float
    surrogate_median: float
    at: tuple[Exceedance, ...]
    own: OwnNull | None
    foreseen: SoFar | None = None

    @property
    def beside_own(self) -> Beyond | None:
        """Lists beyond the same direction's, p ≤ 0.05: counted or foreseen; None if neither is known."""
        if self.own is not None and self.own.at:
            return self.own.at[0]
        return None if self.foreseen is None else self.foreseen.share

    def to_dict(self) -> dict[str, Any]:
        """The same as a dict for JSON."""
        return {
            **record(self, "centered", "forms", "k"),
            "median_coherence": self.median,
            "median_coherence_surrogate": self.surrogate_median,
            "own_null": self.own and self.own.to_dict(),
            "foreseen": self.foreseen and self.foreseen.to_dict(),
            "rates": [
                {
                    "above_percentile_of_surrogate": 100 * found.level,
                    **record(found, "threshold", "rate", "interval", interval="interval_95"),
                }
                for found in self.at
            ],
        }


@dataclass(frozen=True)
class CoherentShare:
    """How often a neighbourhood is coherent, in one number and a few words.

    Attributes
    ----------
    rate : share of the directions, in [0, 1]
    interval : its 95 % interval
    n_directions : how many were looked at
    description : what was called coherent
    chance : the share with no words
    """

    rate: float
    interval: tuple[float, float]
    n_directions: int
    description: str
    chance: float = 0.05


@dataclass(frozen=True, eq=False, repr=False)
class Survey(Pictured):
    """What random neighbourhoods are like, and what they would be with no words.

    Attributes
    ----------
    settings : what determines the records
    records : arrays with a row for each direction
    asked : directions that were asked for; there are fewer records if the survey was stopped
    rates : for rows as they are and centred, with and without repeated forms, for each k
    hubs : for each ranking, at k = 1 and at k
    left_out : rows of the matrix that could not be found at all (padding, zero, not finite)
    provenance, vocabulary : of the space
    naming : what the neighbours share, if that was asked for (:func:`name_survey`)
    key : all that the records depend on, for the file that it is saved in
    """

    settings: SurveySettings
    records: SurveyRecords
    asked: int
    rates: tuple[CoherenceRate, ...]
    hubs: tuple[Hubs, ...]
    left_out: int
    n_tokens: int
    provenance: Provenance
    vocabulary: Vocabulary = field(repr=False)
    naming: SurveyNaming | None = field(default=None, repr=False)
    key: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def __len__(self) -> int:
        """Number of directions."""
        return len(self.records)

    @property
    def index(self) -> Int64s:
        """Indices of the directions under their seed, shape (m,)."""
        return self.settings.indices(len(self))

    @property
    def coherence(self) -> Float32s:
        """``T`` of the lists shown, shape (m,)."""
        which = int(self.settings.centered), int(self.settings.forms), self._column
        return self.records.coherence[:, *which]

    @property
    def surrogate_coherence(self) -> Float32s:
        """``T`` of the same directions' lists in the surrogate, shape (m,)."""
        return self.records.surrogate[:, int(self.settings.centered), self._column]

    @property
    def null_coherence(self) -> Float32s:
        """``T`` of the same directions' lists in all surrogates that are done, one after the other."""
        done, which = (
            self.records.surrogates_done,
            (int(self.settings.centered), int(self.settings.forms)),
        )
        if not done:
            return self.surrogate_coherence
        return self.records.nulls[:, :done, *which, self._column].T.ravel()

    @property
    def tells(self) -> bool:
        """Whether there are surrogates enough for a p of 0.05; else rates are beside one, pooled."""
        return self.main.own is not None and bool(self.main.own.at)

    @property
    def coherent(self) -> Bools:
        """Directions whose list is more coherent than chance, shape (m,).

        With 19 surrogates or more, those with ``p ≤ 0.05`` beside their own lists in these; else those
        whose list is more coherent than 95 % of all directions' in the first one.
        """
        own = self.main.own
        if own is None or not self.tells:
            return np.asarray(self.coherence > self.main.at[0].threshold)
        return np.asarray(self.p_values <= own.at[0].attained + 1e-9)

    @property
    def p_values(self) -> Float64s:
        """Of the lists shown, beside the same direction's in the surrogates, shape (m,); else 1."""
        done, which = (
            self.records.surrogates_done,
            (int(self.settings.centered), int(self.settings.forms)),
        )
        null = self.records.nulls[:, :done, *which, self._column]
        return (1 + counts_beyond(self.coherence, null)) / (1 + done)

    def coherent_share(self) -> CoherentShare:
        """How often lists on centred rows are coherent: on others, all that tokens share shows in them.

        Raises
        ------
        InputError
            there are fewer than 19 surrogates
        """
        own = self.rate(centered=True).own
        if own is None or not own.at:
            raise InputError("compared with fewer than 19 surrogates, no direction can have p ≤ 0.05")
        found = own.at[0]
        description = f"T of {self.settings.k} tokens on centred rows beside {own.draws} vocabularies"
        return CoherentShare(found.rate, found.interval, len(self), description, found.attained)

    @property
    def _column(self) -> int:
        return self.settings.ks.index(self.settings.k)

    @property
    def main(self) -> CoherenceRate:
        """The rate of the lists shown."""
        return self.rate(centered=self.settings.centered, forms=self.settings.forms)

    def rate(self, *, centered: bool, forms: bool = False, k: int | None = None) -> CoherenceRate:
        """The rate of one kind of lists."""
        for rate in self.rates:
            if (rate.centered, rate.forms, rate.k) == (centered, forms, k or self.settings.k):
                return rate
        raise InputError(f"k is {k}, but this survey has {', '.join(map(str, self.settings.ks))}")

    def percentile(self, which: npt.ArrayLike) -> Float64s:
        """Share of the surrogates' lists that are less coherent, in [0, 1], for some directions."""
        null = np.sort(self.null_coherence)
        less = np.searchsorted(null, self.coherence[np.asarray(which)], side="left")
        return np.asarray(less / len(null))

    def examples(self) -> dict[str, Int64s]:
        """Places of the most coherent, typical and least coherent directions, five each."""
        order = np.argsort(-self.coherence, kind="stable")
        few = min(_EXAMPLES, len(order) // 3)
        middle = (len(order) - few) // 2
        return {
            "most": order[:few],
            "typical": order[middle : middle + few],
            "least": order[::-1][:few],
        }

    def ids(self, which: int) -> Int32s:
        """The list shown of one direction, shape (k,)."""
        return np.asarray(self.records.shown[which])

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """A record of each direction: its T, p, list and what that shares."""
        return (self[number] for number in range(len(self)))

    def __getitem__(self, which: int) -> dict[str, Any]:
        """The record of one direction, as those of the examples in :meth:`to_dict`."""
        return self.lists(np.array([range(len(self))[which]]))[0]

    @property
    def kept_as(self) -> dict[str, Any] | None:
        """What its Parquet file says of itself, so that :func:`~tokensphere.open_survey` opens it."""
        return said_of("survey", self.key, self.about) if self.key else None

    @property
    def about(self) -> dict[str, Any]:
        """The model and the settings, for people and other programs."""
        return record(self, "provenance", "settings", provenance="model")

    def _in_short(self) -> str:
        which = "directions" if self.settings.seed is None else "random directions"
        return f"{len(self):,} {which}, T of {self.settings.k} tokens of {self.provenance.model}"

    def report(self) -> str:
        """All tables as text; what is printed is the first screen."""
        text: str = ask("full text", self)
        return text

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain dicts, lists, strings and numbers, ready for JSON.

        The arrays with a value for each direction are in the file that ``--save`` writes.
        """
        surrogate, longest = self.records.alike_surrogate, self.settings.k + 1
        return {
            "model": self.provenance.to_dict(),
            "settings": self.settings.to_dict(),
            "directions": len(self),
            "directions_asked": self.asked,
            **record(self, "n_tokens", "left_out", "rates"),
            "foreseen": self.main.foreseen and self.main.foreseen.to_dict(),
            "alike": {
                "mean": float(self.records.alike.mean()),
                "mean_surrogate": float(surrogate.mean()),
                "counts": np.bincount(self.records.alike, minlength=longest).tolist(),
                "counts_surrogate": np.bincount(surrogate, minlength=longest).tolist(),
            },
            "examples": {name: self.lists(places) for name, places in self.examples().items()},
            "hubs": [hubs.to_dict(self.vocabulary) for hubs in self.hubs],
            "naming": self.naming and self.naming.to_dict(),
        }

    def columns(self) -> dict[str, Column]:
        """A row for each direction: coherences, largest cosines, groups that are alike, and lists."""
        return dict(self.records.to_columns(self.settings))

    def lists(self, places: Int64s) -> list[dict[str, Any]]:
        """Some directions' lists as dicts for JSON: how alike, beside chance, tokens, what they share.

        Parameters
        ----------
        places : int array of shape (j,), from 0 to m − 1
        """
        percentiles = self.percentile(places)
        p_values = self.p_values if self.tells else None
        return [
            {
                "seed": self.settings.seed,
                "index": self.settings.first + place,
                "coherence": float(self.coherence[place]),
                "percentile_of_surrogate": 100 * float(percentile),
                "p": None if p_values is None else float(p_values[place]),
                "alike": int(self.records.alike[place]),
                "tokens": [self.vocabulary.record(id) for id in self.ids(place).tolist()],
                "themes": self.naming and plain(self.naming.names[place]),
            }
            for place, percentile in zip(places.tolist(), percentiles.tolist(), strict=True)
        ]
