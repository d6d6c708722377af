"""A test of directions as columns, and back: what a file of results keeps, so that a test can go on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from tokensphere.analysis.direction_test.measure import REASONS, STATISTICS, Measured
from tokensphere.analysis.direction_test.result import DirectionTest
from tokensphere.analysis.naming.counts import NO_LABEL
from tokensphere.errors import FormatError, InputError

WHAT = "test of directions"
Column = npt.NDArray[Any] | Sequence[str]


def to_columns(result: DirectionTest) -> dict[str, Column]:
    """A row for each direction: name, group, statistics, p, q, neighbours, strongest shared label.

    Parameters
    ----------
    result : of m directions

    Returns
    -------
    dict of columns of m values; the neighbours are of shape (m, k)
    """
    rows = range(len(result))
    columns: dict[str, Column] = {"direction": list(result.names)}
    if result.group_of is not None:
        columns["group"] = [result.group_name(row) or "" for row in rows]
    for column, name in enumerate(STATISTICS):
        columns[name] = result.statistic[:, column]
        columns[f"p_{name}"] = result.pvalue[:, column]
        columns[f"q_{name}"] = result.qvalue[:, column]
    columns["neighbor_ids"] = result.neighbors.ids
    columns["neighbor_similarity"] = result.neighbors.similarity
    columns["untestable"] = [REASONS[code] for code in result.reason.tolist()]
    themes = result.themes
    shared = np.where(themes.has_theme & result.testable, themes.smallest.label, NO_LABEL)
    labels = themes.counter.labels
    columns["label_shared"] = ["" if j == NO_LABEL else labels[j].name for j in shared.tolist()]
    return columns


def to_metadata(result: DirectionTest, measured_from: Mapping[str, Any]) -> dict[str, Any]:
    """What a file of results says about itself.

    Parameters
    ----------
    result : what is saved
    measured_from : from :class:`DirectionTesting`, all that the statistics depend on
    """
    record = result.record(())
    return {"what": WHAT, "measured_from": dict(measured_from)} | {
        name: record[name]
        for name in ("model", "directions", "settings", "given", "done", "overall", "groups")
    }


def from_columns(
    columns: Mapping[str, Column], metadata: Mapping[str, Any], measured_from: Mapping[str, Any]
) -> Measured:
    """The statistics that a file has, which are the first of those that a test needs.

    Their p- and q-values are worked out anew: the null may be another now, and q depends on all.

    Raises
    ------
    InputError
        the file is of other directions, another model or another search
    FormatError
        it lacks a column
    """
    if metadata.get("what") != WHAT:
        raise InputError("it holds no test of directions; name another file")
    there = metadata.get("measured_from", {})
    for part, words in _PARTS.items():
        if there.get(part) != measured_from[part]:
            raise InputError(f"it holds a test {words}; name another file, or replace it with --fresh")
    try:
        statistic = np.column_stack([np.asarray(columns[name], np.float64) for name in STATISTICS])
        reasons = [REASONS.index(reason) for reason in columns["untestable"]]
        return Measured(
            statistic,
            np.asarray(columns["neighbor_ids"], dtype=np.int32),
            np.asarray(columns["neighbor_similarity"], dtype=np.float64),
            np.array(reasons, dtype=np.int8),
        )
    except (KeyError, ValueError) as error:
        raise FormatError(
            f"a column is missing or damaged ({error}); replace it with --fresh"
        ) from error


_PARTS = {
    "version": "of another version of tokensphere",
    "directions": "of other directions",
    "both_ends": "of one end of each direction where this is of both, or the other way round",
    "space": "on another model or matrix",
    "labels": "with other labels or another k",
    "search": "with another k, similarity, centring or forms",
}
