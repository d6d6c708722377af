"""What is counted of a block of directions: whole numbers, which add up in whatever order.

So the result of many blocks is the same to the bit, whoever has done which and when.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from tokensphere.analysis.survey.records import FORMS, ROWS, SurveyRecords, SurveySettings
from tokensphere.arrays import Float32s, Int64s
from tokensphere.errors import FormatError, InputError
from tokensphere.statistics.own_null import OwnCounts, OwnNull, counted_for, own_counts, own_null_of

BINS = 512  # of T, over [−1, 1]
HUBS = ("cosine", "centered")  # rankings whose lists are counted, the first two that are kept
_MOST = 2**40  # of anything, so that a sum of millions of blocks is exact


@dataclass(frozen=True)
class Tally:
    """Counts of the lists of m directions and of those in S vocabularies with no words.

    Attributes
    ----------
    k, ks : length of the lists that hubs are counted in; lengths whose coherence is measured
    counts : name -> int64 array of shape (j,). ``beyond``, ``joins`` and ``largest`` of each kind of
        lists are those of :class:`.OwnCounts`; ``T`` and ``T with no words`` count lists by their
        coherence in `BINS` bins; ``alike``, ``alike with no words`` by their largest group; ``listed``
        says in how many lists each token stands
    """

    k: int
    ks: tuple[int, ...]
    counts: Mapping[str, Int64s]

    @classmethod
    def of(cls, records: SurveyRecords, settings: SurveySettings, n_rows: int) -> Tally:
        """The counts of records, all of whose surrogates are done.

        Parameters
        ----------
        records, settings : of a survey
        n_rows : rows of the matrix
        """
        counts: dict[str, Int64s] = {}
        for kind, (r, f, j) in _kinds(settings.ks):
            values, null = records.coherence[:, r, f, j], records.nulls[:, :, r, f, j]
            own = own_counts(values, null)
            counts |= {
                f"beyond {kind}": own.beyond,
                f"joins {kind}": own.joins.ravel(),
                f"largest {kind}": own.largest.ravel(),
                f"T {kind}": _binned(values),
                f"T with no words {kind}": _binned(null.ravel()),
            }
        longest = settings.k + 1
        counts["alike"] = np.bincount(records.alike, minlength=longest).astype(np.int64)
        counts["alike with no words"] = np.bincount(records.alike_surrogate, minlength=longest).astype(
            np.int64
        )
        for i, ranking in enumerate(HUBS):
            listed = np.bincount(records.ids[:, i].ravel(), minlength=n_rows)
            counts[f"listed {ranking}"] = listed.astype(np.int64)
        return cls(settings.k, settings.ks, counts)

    def __len__(self) -> int:
        """Number of directions."""
        return int(self.counts["alike"].sum())

    def __add__(self, other: Tally) -> Tally:
        """Of the directions of both.

        Raises
        ------
        InputError
            they are of lists of other lengths, other numbers of tokens, or beside other numbers of draws
        """
        shapes, others = ({name: len(a) for name, a in one.counts.items()} for one in (self, other))
        if (self.k, self.ks, shapes) != (other.k, other.ks, others):
            raise InputError("counts of lists of other lengths, or in another vocabulary, do not add up")
        return Tally(self.k, self.ks, {name: a + other.counts[name] for name, a in self.counts.items()})

    def own(self, *, centered: bool, forms: bool = False, k: int | None = None) -> OwnNull:
        """How often lists of one kind are coherent, each beside its own in all surrogates."""
        kind = _kind(ROWS[centered], FORMS[forms], k or self.k)
        beyond, joins, largest = (self.counts[f"{of} {kind}"] for of in ("beyond", "joins", "largest"))
        draws = len(beyond) - 1
        allowed = counted_for(draws)
        shape = len(allowed), draws
        return own_null_of(OwnCounts(allowed, beyond, joins.reshape(shape), largest.reshape(shape)))

    def median(
        self, *, centered: bool, forms: bool = False, k: int | None = None, words: bool = True
    ) -> float:
        """Median of T, to half a bin (0.002); with `words` False that in the surrogates."""
        of = "T" if words else "T with no words"
        return _quantile(self.counts[f"{of} {_kind(ROWS[centered], FORMS[forms], k or self.k)}"], 0.5)

    def columns(self) -> dict[str, Any]:
        """As columns of a table: which counter, which place in it, and how many; no zeros."""
        which, place, count = [], [], []
        for number, counts in enumerate(self.counts.values()):
            places = np.flatnonzero(counts)
            which.append(np.full(len(places), number, dtype=np.int16))
            place.append(places.astype(np.int32))
            count.append(counts[places])
        return {
            "counter": np.concatenate(which),
            "place": np.concatenate(place),
            "count": np.concatenate(count),
        }

    @property
    def about(self) -> dict[str, Any]:
        """What the columns mean: names and lengths of the counters."""
        lengths = {name: len(counts) for name, counts in self.counts.items()}
        return {"k": self.k, "ks": list(self.ks), "counters": lengths}

    @classmethod
    def from_columns(cls, columns: Mapping[str, Any], about: Mapping[str, Any]) -> Tally:
        """The way back from :meth:`columns` and :attr:`about`.

        Raises
        ------
        FormatError
            they are not such
        """
        try:
            k, ks = int(about["k"]), tuple(int(length) for length in about["ks"])
            lengths = {str(name): int(length) for name, length in about["counters"].items()}
            number, place, count = (np.asarray(columns[name]) for name in ("counter", "place", "count"))
            found = {name: np.zeros(length, dtype=np.int64) for name, length in lengths.items()}
            if not 0 <= count.min(initial=0) <= count.max(initial=0) < _MOST or place.min(initial=0) < 0:
                raise ValueError
            for index, counts in enumerate(found.values()):
                mine = number == index
                counts[place[mine]] = count[mine]
        except (KeyError, ValueError, TypeError, AttributeError, IndexError) as error:
            raise FormatError("these are no counts of a block of directions") from error
        tally = cls(k, ks, found)
        if set(found) != set(_names(ks)):
            raise FormatError("counters are missing that this version of tokensphere has")
        return tally


def _kind(rows: str, forms: str, k: int) -> str:
    return f"{rows} {forms} k{k}"


def _kinds(ks: tuple[int, ...]) -> Iterator[tuple[str, tuple[int, int, int]]]:
    for r, f, j in product(range(len(ROWS)), range(len(FORMS)), range(len(ks))):
        yield _kind(ROWS[r], FORMS[f], ks[j]), (r, f, j)


def _names(ks: tuple[int, ...]) -> Iterator[str]:
    for kind, _ in _kinds(ks):
        yield from (f"{of} {kind}" for of in ("beyond", "joins", "largest", "T", "T with no words"))
    yield from ("alike", "alike with no words", *(f"listed {ranking}" for ranking in HUBS))


def _binned(values: Float32s) -> Int64s:
    places = ((values.astype(np.float64) + 1) * (BINS / 2)).astype(np.intp)
    return np.bincount(np.clip(places, 0, BINS - 1), minlength=BINS).astype(np.int64)


def _quantile(counts: Int64s, level: float) -> float:
    total = np.cumsum(counts)
    place = int(np.searchsorted(total, level * total[-1]))
    return -1 + (place + 0.5) * 2 / BINS
