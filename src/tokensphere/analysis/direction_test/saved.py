"""What the saved table of a test of directions may hold, of what is taken from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import inf
from typing import Any

import numpy as np

from tokensphere.analysis.direction_test.measure import REASONS, Measured
from tokensphere.analysis.direction_test.statistics import CoherenceT, Largest, Nearness, SmallestLabelP
from tokensphere.arrays import Bools
from tokensphere.columns import ROUNDING, Numbers, Texts, check_columns, check_rows
from tokensphere.geometry.similarity import SearchSettings

_LISTS = ("neighbor_ids", "neighbor_similarity")
_SAME = 1e-9  # by which sums of the same numbers may differ between processors


def statistic_columns(settings: SearchSettings) -> dict[str, Numbers]:
    """The statistics of directions that can be tested."""
    largest = 1 + ROUNDING if settings.similarity == "cosine" else inf
    near = Numbers(np.float64, -largest, largest)
    alike = Numbers(np.float64, -1 / (settings.k - 1) - ROUNDING, 1 + ROUNDING)
    return {
        Nearness.name: near,
        Largest.name: near,
        CoherenceT.name: alike,
        SmallestLabelP.name: Numbers(np.float64, 0, 1 + ROUNDING),
    }


def read_measured(columns: Mapping[str, Any], settings: SearchSettings, usable: Bools) -> Measured:
    """What was found for the directions of a saved table.

    Parameters
    ----------
    columns : as read
    settings : how neighbours were looked for
    usable : bool array of shape (n,), rows that a list may contain

    Raises
    ------
    FormatError
        a column is missing, has a value that there cannot be, or contradicts another
    """
    columns = {name: np.asarray(column) for name, column in columns.items()}
    values = statistic_columns(settings)
    ids = Numbers(np.int32, 0, len(usable) - 1, width=settings.k, different=True, among=usable)
    similarity = replace(values[Largest.name], width=settings.k, falling=True)
    lists = dict(zip(_LISTS, (ids, similarity), strict=True))
    none = Numbers(np.float64, low=1, high=0, nan=True)
    no_lists = Numbers(np.int32, -1, -1, settings.k), replace(none, width=settings.k)

    check_columns(columns, {"untestable": Texts(REASONS)})
    reason = np.array([REASONS.index(one) for one in columns["untestable"].tolist()], dtype=np.int8)
    check_columns(columns, {"untestable": Texts(REASONS), **values, **lists}, where=reason == 0)
    nothing = {**dict.fromkeys(values, none), **dict(zip(_LISTS, no_lists, strict=True))}
    check_columns(columns, nothing, where=reason != 0)
    _check_among_themselves(columns)
    found = {name: columns[name] for name in values}
    return Measured(found, columns["neighbor_ids"], columns["neighbor_similarity"], reason)


def _check_among_themselves(columns: Mapping[str, Any]) -> None:
    """The two statistics that are of the similarities alone."""
    similarity = columns["neighbor_similarity"]
    for name, want in {Largest.name: similarity[:, 0], Nearness.name: similarity.mean(axis=1)}.items():
        same = np.isclose(columns[name], want, rtol=_SAME, atol=_SAME, equal_nan=True)
        check_rows(name, columns[name], same, "as 'neighbor_similarity' says")
