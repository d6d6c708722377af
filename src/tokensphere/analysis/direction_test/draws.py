"""What chance gives: the statistics of a null's directions (docs/definitions.md 8)."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np

from tokensphere.analysis.direction_test.measure import Measurer
from tokensphere.analysis.direction_test.null import Null, Part
from tokensphere.analysis.direction_test.saved import statistic_columns
from tokensphere.analysis.direction_test.statistics import Values
from tokensphere.analysis.job import Progress
from tokensphere.directions.named import Own
from tokensphere.geometry.laws import NullLaw
from tokensphere.geometry.search import QUERIES_AT_ONCE
from tokensphere.statistics.draws import BLOCK, Draws, DrawStore, first_draws

_BLOCKS_AT_ONCE = QUERIES_AT_ONCE // BLOCK
_VERSION = 6  # of how draws are measured and kept; raised whenever the same key would mean other values


def null_values(
    null: Null,
    measurer: Measurer,
    n_draws: int,
    *,
    store: DrawStore | None = None,
    progress: Progress | None = None,
) -> dict[str, Values]:
    """The statistics of the first draws of each null; those that the store has are not made again.

    Parameters
    ----------
    null : from :func:`make_null`
    measurer : measures the draws
    n_draws : B; fewer are made where a null has no more
    store : where they are kept, by default the memory of this process
    progress : called with the number of draws done since the last call

    Returns
    -------
    by the name of a statistic, float64 arrays of shape (parts, B), in the order of the draws
    """
    found = [_values_of(part, null, measurer, n_draws, store, progress) for part in null.parts]
    return {name: np.stack([one[name] for one in found]) for name in found[0]}


def _values_of(
    part: Part,
    null: Null,
    measurer: Measurer,
    n_draws: int,
    store: DrawStore | None,
    progress: Progress | None,
) -> Draws:
    ready: dict[int, Draws] = {}
    laws: list[NullLaw] = []
    last = n_draws if null.end is None else min(n_draws, null.end)

    def make(block: int) -> Draws:
        if not laws:
            laws.append(part.law())
        if block not in ready:  # several blocks are measured together: so the search is faster
            ahead = range(block, min(block + _BLOCKS_AT_ONCE, -(-last // BLOCK)))
            ready.update(zip(ahead, _measured(laws[0], part.own, measurer, ahead), strict=True))
        return ready.pop(block)

    key = {
        "what": "statistics of a null's directions", "version": _VERSION, "law": null.spec.law,
        "seed": int(null.spec.seed),
        **{f"law: {name}": json.dumps(value) for name, value in _flat(part.about).items()},
        "labels": measurer.counter.digest, **measurer.space.key(), **measurer.settings.to_dict(),
    }  # fmt: skip
    # A draw has no value where it has no direction, as the difference of two equal rows.
    values = statistic_columns(measurer.settings)
    schema = {name: replace(one, nan=True) for name, one in values.items()}
    return first_draws(
        n_draws, make, key=key, schema=schema, most=null.end, store=store, progress=progress
    )


def _measured(law: NullLaw, leave_out: bool, measurer: Measurer, blocks: range) -> list[Draws]:
    """The statistics of some blocks of draws, of each by itself."""
    drawn = [law.block(block) for block in blocks]
    own: Own = ()
    if leave_out:
        own = tuple(tuple(tokens) for block in drawn for tokens in block.made_of.tolist())
    values = measurer.measure(np.concatenate([block.vectors for block in drawn]), own).values
    ends = np.cumsum([len(block.vectors) for block in drawn])[:-1]
    parts = {name: np.split(found, ends) for name, found in values.items()}
    return [{name: parts[name][i] for name in values} for i in range(len(drawn))]


def _flat(about: dict[str, Any]) -> dict[str, Any]:
    """What the draws depend on; not where a file lies."""
    flat: dict[str, Any] = {}
    for name, value in about.items():
        flat |= _flat(value) if isinstance(value, dict) else {name: value}
    flat.pop("path", None)
    return flat
