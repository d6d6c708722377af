"""What chance gives: the statistics of a null's directions, and p-values beside them (STATISTICS 8)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tokensphere.analysis.direction_test.measure import LARGER, Measurer, why_untestable
from tokensphere.directions.given import GivenDirections, Own, Vectors, digest_of
from tokensphere.directions.queries import _token_rows
from tokensphere.errors import InputError
from tokensphere.geometry.directions import random_directions
from tokensphere.geometry.laws import (
    Differences,
    Isotropic,
    Law,
    NullLaw,
    Sample,
    check_law,
    covariance_law,
)
from tokensphere.geometry.search import QUERIES_AT_ONCE
from tokensphere.geometry.surrogate import unit_covariance
from tokensphere.space import EmbeddingSpace
from tokensphere.statistics.draws import BLOCK, Draws, DrawStore, first_draws, space_key

_BLOCKS_AT_ONCE = QUERIES_AT_ONCE // BLOCK
_VERSION = 2  # of how draws are measured; raised whenever the same key would mean other values


@dataclass(frozen=True)
class Null:
    """A law, and what its draws depend on.

    Attributes
    ----------
    law : its name
    draws : gives them by blocks
    own : whether the tokens that a draw was made of shall not be found
    about : what the law was made of beside the matrix, for the key of its draws and for JSON
    left_out : rows of the user's sample that are no directions
    """

    law: Law
    draws: NullLaw
    own: bool
    about: dict[str, Any]
    left_out: int = 0


def make_null(
    space: EmbeddingSpace,
    law: str,
    *,
    tested: GivenDirections,
    measurer: Measurer,
    seed: int = 0,
    sample: GivenDirections | None = None,
    threads: int | None = None,
) -> Null:
    """The null that `law` names.

    A null is calibrated if directions drawn from it are treated as those tested are. So where
    directions are made of tokens, and their own tokens are not to be found, the draws of
    ``difference`` are made as they are (of the same rows, as ``nearest`` makes them of two tokens),
    and theirs are not found either. Of vectors nobody knows what they were made of: then draws are
    ``E_a − E_b`` of the rows as they are, and everything may be found.

    Parameters
    ----------
    space : the embeddings
    law : one of `LAWS`
    tested : the directions that will be compared
    measurer : measures both
    seed : 0 or more
    sample : the directions to draw from, for the law ``sample``
    threads : how many to use; the draws do not depend on it

    Raises
    ------
    InputError
        an unknown law, a seed below 0, no sample for ``sample`` or one for another law
    """
    known = check_law(law)
    random_directions(1, [], seed=seed)  # checks the seed
    if sample is not None and known != "sample":
        raise InputError(f"a sample is given, but the null is {law!r}; use null 'sample' for it")
    seed = int(seed)
    if known == "isotropic":
        return Null(known, Isotropic(space.shape[1], seed), False, {})
    if known == "covariance":
        covariance = unit_covariance(space.vectors, space.moments, threads=threads)
        return Null(known, covariance_law(covariance, seed), False, {})
    if known == "difference":
        return _differences(space, tested, measurer, seed)
    if sample is None:
        raise InputError("the null 'sample' needs a sample: a matrix whose rows are directions")
    rows, left_out = _usable_rows(sample)
    about = {"sample": dict(sample.about) | {"rows_sha256": digest_of(rows, "")}}
    return Null(known, Sample(rows, seed), False, about, left_out)


def _differences(space: EmbeddingSpace, tested: GivenDirections, measurer: Measurer, seed: int) -> Null:
    settings = measurer.settings
    ids = np.flatnonzero(measurer.scoring.usable)
    own = tested.made_of_tokens

    def row(some: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        if own:
            return _token_rows(space, some.tolist(), settings.similarity, settings.centered)
        return space.vectors[some].astype(np.float64)

    about = {"rows": "as for tokens" if own else "as they are"}
    return Null("difference", Differences(ids, row, seed), own, about)


def _usable_rows(sample: GivenDirections) -> tuple[Vectors, int]:
    """The rows of a sample that are directions, all in memory, and how many are not."""
    parts = []
    for low in range(0, len(sample), QUERIES_AT_ONCE):
        rows = sample.read(low, min(low + QUERIES_AT_ONCE, len(sample)))
        parts.append(rows[why_untestable(rows) == 0])
    rows = np.concatenate(parts)
    if not len(rows):
        raise InputError("no row of the sample is a direction: all are zero, constant or not finite")
    return rows, len(sample) - len(rows)


def null_statistics(
    space: EmbeddingSpace,
    null: Null,
    measurer: Measurer,
    n_draws: int,
    *,
    seed: int = 0,
    store: DrawStore | None = None,
    progress: Callable[[int], None] | None = None,
) -> npt.NDArray[np.float64]:
    """The statistics of the first draws of a null; those that the store has are not made again.

    Parameters
    ----------
    space : the embeddings
    null : from :func:`make_null`, with the same seed
    measurer : measures the draws
    n_draws : B
    seed : of the null
    store : where they are kept, by default the memory of this process
    progress : called with the number of draws done since the last call

    Returns
    -------
    float64 array of shape (B, 4), in the order of the draws
    """
    ready: dict[int, npt.NDArray[np.float64]] = {}

    def make(block: int) -> Draws:
        if block not in ready:  # several blocks are measured together: so the search is faster
            ahead = range(block, min(block + _BLOCKS_AT_ONCE, -(-n_draws // BLOCK)))
            ready.update(zip(ahead, _measured(null, measurer, ahead), strict=True))
        return {"statistic": ready.pop(block)}

    key = {
        "what": "statistics of a null's directions", "version": _VERSION, "law": null.law,
        "seed": int(seed), **{f"law: {name}": str(value) for name, value in _flat(null.about).items()},
        "labels": measurer.counter.digest, **space_key(space), **measurer.settings.to_dict(),
    }  # fmt: skip
    return np.asarray(first_draws(n_draws, make, key=key, store=store, progress=progress)["statistic"])


def _measured(null: Null, measurer: Measurer, blocks: range) -> list[npt.NDArray[np.float64]]:
    """The statistics of some blocks of draws, of each by itself."""
    drawn = [null.draws.block(block) for block in blocks]
    own: Own = ()
    if null.own:
        own = tuple(tuple(tokens) for block in drawn for tokens in block.made_of.tolist())
    vectors = np.concatenate([block.vectors for block in drawn])
    return np.split(measurer.measure(vectors, own).statistic, len(drawn))


def _flat(about: dict[str, Any]) -> dict[str, Any]:
    """What the draws depend on; not where a file lies."""
    flat: dict[str, Any] = {}
    for name, value in about.items():
        flat |= _flat(value) if isinstance(value, dict) else {name: value}
    flat.pop("path", None)
    return flat


def exceedances(
    statistic: npt.NDArray[np.float64], null: npt.NDArray[np.float64]
) -> npt.NDArray[np.int64]:
    """How many draws are at least as extreme, for each direction and statistic.

    Parameters
    ----------
    statistic : float64 array of shape (m, 4)
    null : float64 array of shape (B, 4)

    Returns
    -------
    int64 array of shape (m, 4), in [0, B]; B where the statistic is NaN
    """
    reached = np.empty(statistic.shape, dtype=np.int64)
    for column, larger in enumerate(LARGER):
        ordered = np.sort(null[:, column])
        if larger:
            below = np.searchsorted(ordered, statistic[:, column], side="left")
            reached[:, column] = len(ordered) - below
        else:
            reached[:, column] = np.searchsorted(ordered, statistic[:, column], side="right")
    reached[np.isnan(statistic)] = len(null)
    return reached


def p_values(
    statistic: npt.NDArray[np.float64], null: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """``(1 + #{b : as extreme}) / (1 + B)``, in [1/(1 + B), 1]; NaN where the statistic is.

    The +1 keeps the share of directions of the null with p ≤ a at a or below (Phipson & Smyth 2010).

    Examples
    --------
    >>> null = np.array([[0.4, 0.5, 0.1, 0.02], [0.5, 0.6, 0.3, 0.5], [0.3, 0.4, 0.2, 1.0]])
    >>> p_values(np.array([[0.2, 0.7, 0.2, 0.02]]), null).tolist()
    [[1.0, 0.25, 0.75, 0.5]]
    """
    p = (1 + exceedances(statistic, null)) / (1 + len(null))
    return np.where(np.isnan(statistic), np.nan, p)
