"""What chance gives: the statistics of a null's directions (docs/definitions.md 8)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from tokensphere.analysis.direction_test.measure import Measurer, why_untestable
from tokensphere.analysis.direction_test.statistics import Values
from tokensphere.analysis.job import Progress
from tokensphere.arrays import Float64s, Int64s
from tokensphere.directions.named import Directions, Own, Vectors, digest_of
from tokensphere.directions.tokens import token_rows
from tokensphere.errors import InputError, check_choice, check_whole
from tokensphere.geometry.laws import LAWS, Differences, Isotropic, Law, NullLaw, Sample, covariance_law
from tokensphere.geometry.search import QUERIES_AT_ONCE
from tokensphere.geometry.surrogate import unit_covariance
from tokensphere.statistics.draws import BLOCK, Draws, DrawStore, first_draws

_BLOCKS_AT_ONCE = QUERIES_AT_ONCE // BLOCK
_VERSION = 3  # of how draws are measured and kept; raised whenever the same key would mean other values


@dataclass(frozen=True)
class NullSpec:
    """Which directions are chance, and how many of them.

    Attributes
    ----------
    law : ``"isotropic"``, ``"covariance"``, ``"difference"`` or ``"sample"``
    draws : B, at least 1; no p-value is below 1/(1 + B)
    seed : 0 or more
    sample : for the law ``sample``: directions to draw from, whatever a test takes; held in memory

    Raises
    ------
    InputError
        an unknown law, a seed below 0, no sample for ``sample`` or one for another law
    """

    law: Law = "isotropic"
    draws: int = 10_000
    seed: int = 0
    sample: Any = None

    def __post_init__(self) -> None:
        check_choice("null", self.law, LAWS)
        check_whole("draws", self.draws, 1)
        check_whole("the seed", self.seed)
        if self.sample is not None and self.law != "sample":
            raise InputError(
                f"a sample is given, but the null is {self.law!r}; use null 'sample' for it"
            )
        if self.sample is None and self.law == "sample":
            raise InputError("the null 'sample' needs a sample: a matrix whose rows are directions")


@dataclass(frozen=True)
class Null:
    """A law of a space's own, and what its draws depend on.

    Attributes
    ----------
    spec : which
    draws : gives them by blocks
    own : whether the tokens that a draw was made of shall not be found
    about : what the law was made of beside the matrix, for the key of its draws and for JSON
    left_out : rows of the user's sample that are no directions
    """

    spec: NullSpec
    draws: NullLaw
    own: bool
    about: dict[str, Any]
    left_out: int = 0


def make_null(
    spec: NullSpec, measurer: Measurer, *, tested: Directions, sample: Directions | None = None
) -> Null:
    """The null that `spec` names.

    A null is calibrated if directions drawn from it are treated as those tested are. So where
    directions are made of tokens, and their own tokens are not to be found, the draws of
    ``difference`` are made as they are (of the same rows, as ``nearest`` makes them of two tokens),
    and theirs are not found either. Of vectors nobody knows what they were made of: then draws are
    ``E_a − E_b`` of the rows as they are, and everything may be found.

    Parameters
    ----------
    spec : which law
    measurer : measures both
    tested : the directions that will be compared
    sample : the directions of ``spec.sample``
    """
    space, seed = measurer.space, int(spec.seed)
    if spec.law == "isotropic":
        return Null(spec, Isotropic(space.shape[1], seed), False, {})
    if spec.law == "covariance":
        return Null(spec, covariance_law(unit_covariance(space.rows), seed), False, {})
    if spec.law == "difference":
        return _differences(spec, measurer, tested)
    assert sample is not None
    rows, left_out = _usable_rows(sample)
    about = {"sample": dict(sample.about) | {"rows_sha256": digest_of(rows, "")}}
    return Null(spec, Sample(rows, seed), False, about, left_out)


def _differences(spec: NullSpec, measurer: Measurer, tested: Directions) -> Null:
    space, settings, own = measurer.space, measurer.settings, bool(tested.own)
    ids = np.flatnonzero(measurer.finder.scoring.usable)

    def row(some: Int64s) -> Float64s:
        if own:
            return token_rows(space, some.tolist(), settings.similarity, settings.centered)
        return space.vectors[some].astype(np.float64)

    about = {"rows": "as for tokens" if own else "as they are"}
    return Null(spec, Differences(ids, row, int(spec.seed)), own, about)


def _usable_rows(sample: Directions) -> tuple[Vectors, int]:
    """The rows of a sample that are directions, all in memory, and how many are not."""
    parts = [
        vectors[why_untestable(vectors) == 0] for _, vectors, _ in sample.blocks(0, QUERIES_AT_ONCE)
    ]
    rows = np.concatenate(parts)
    if not len(rows):
        raise InputError("no row of the sample is a direction: all are zero, constant or not finite")
    return rows, len(sample) - len(rows)


def null_values(
    null: Null,
    measurer: Measurer,
    n_draws: int,
    *,
    store: DrawStore | None = None,
    progress: Progress | None = None,
) -> dict[str, Values]:
    """The statistics of the first draws of a null; those that the store has are not made again.

    Parameters
    ----------
    null : from :func:`make_null`
    measurer : measures the draws
    n_draws : B
    store : where they are kept, by default the memory of this process
    progress : called with the number of draws done since the last call

    Returns
    -------
    by the name of a statistic, float64 arrays of shape (B,), in the order of the draws
    """
    ready: dict[int, Draws] = {}

    def make(block: int) -> Draws:
        if block not in ready:  # several blocks are measured together: so the search is faster
            ahead = range(block, min(block + _BLOCKS_AT_ONCE, -(-n_draws // BLOCK)))
            ready.update(zip(ahead, _measured(null, measurer, ahead), strict=True))
        return ready.pop(block)

    key = {
        "what": "statistics of a null's directions", "version": _VERSION, "law": null.spec.law,
        "seed": int(null.spec.seed),
        **{f"law: {name}": str(value) for name, value in _flat(null.about).items()},
        "labels": measurer.counter.digest, **measurer.space.key(), **measurer.settings.to_dict(),
    }  # fmt: skip
    return first_draws(n_draws, make, key=key, store=store, progress=progress)


def _measured(null: Null, measurer: Measurer, blocks: range) -> list[Draws]:
    """The statistics of some blocks of draws, of each by itself."""
    drawn = [null.draws.block(block) for block in blocks]
    own: Own = ()
    if null.own:
        own = tuple(tuple(tokens) for block in drawn for tokens in block.made_of.tolist())
    values = measurer.measure(np.concatenate([block.vectors for block in drawn]), own).values
    return [
        {name: found[i * BLOCK : (i + 1) * BLOCK] for name, found in values.items()}
        for i in range(len(drawn))
    ]


def _flat(about: dict[str, Any]) -> dict[str, Any]:
    """What the draws depend on; not where a file lies."""
    flat: dict[str, Any] = {}
    for name, value in about.items():
        flat |= _flat(value) if isinstance(value, dict) else {name: value}
    flat.pop("path", None)
    return flat
