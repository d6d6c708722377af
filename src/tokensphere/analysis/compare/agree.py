"""How far two models agree on the tokens that they share (docs/definitions.md 12)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from math import sqrt
from typing import Any

import numpy as np

from tokensphere.analysis.compare.likeness import Agreed, Likeness, NearestShared, Rotation
from tokensphere.analysis.compare.shared import SharedTokens, shared_tokens
from tokensphere.analysis.lists import find_lists
from tokensphere.arrays import Bools, Float32s, Int64s
from tokensphere.geometry.alike import Alike, LinearCKA, linear_cka, rsa
from tokensphere.geometry.compute import Compute
from tokensphere.geometry.directions import stream
from tokensphere.geometry.procrustes import enough_rows, turn
from tokensphere.geometry.rows import Rows, blocks
from tokensphere.geometry.shared_lists import share_lists
from tokensphere.geometry.similarity import make_scoring
from tokensphere.labels.lexicon import lexicon
from tokensphere.labels.words import known_words
from tokensphere.space import EmbeddingSpace
from tokensphere.statistics.difference import Difference
from tokensphere.statistics.intervals import Z
from tokensphere.statistics.jackknife import correlation_interval, share_interval

FEWEST = 100  # shared tokens below which nothing is said of how far two models agree
STEPS = 4  # of which the names are told
_AT_ONCE = 1024  # queries


@dataclass(frozen=True)
class HowAlike:
    """How two models are compared.

    Attributes
    ----------
    k : nearest tokens of each token
    centered : whether cosines are of rows less their mean over the shared tokens
    n_lists : tokens whose nearest are looked for, at random; all if there are no more
    seed : of that choice, and of the orders by chance
    """

    k: int = 10
    centered: bool = True
    n_lists: int = 20_000
    seed: int = 0


def measure_likeness(
    first: EmbeddingSpace,
    second: EmbeddingSpace,
    how: HowAlike,
    *,
    names: tuple[str, str],
    differences: Mapping[str, Difference | None],
    compute: Compute | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> Likeness:
    """How far two models agree.

    Parameters
    ----------
    first, second : the models
    how : what is looked at
    names : what the models are called
    differences : of the rates of coherent neighbourhoods, for the result
    compute : how many threads, for one
    progress : called with the name of each of `STEPS` parts as it begins
    """
    both = f"{names[0]} and {names[1]}"
    progress(f"{both}: shared tokens")
    shared, one, other = _directed(first, second, compute)
    begins = np.array([token[:1] == b" " for token in shared.tokens], dtype=bool)
    is_word = begins & _words(first, shared.first) & _words(second, shared.second)
    n, nothing = shared.n, np.empty(0, dtype=np.int64)
    found = Likeness(
        models=names, shared=shared, centered=how.centered, rsa=None, cka=None, cka_biased=None,
        cka_biased_by_chance=None, nearest=None, rotation=None, differences=differences,
        lists=np.empty((2, 0, how.k), dtype=np.int32), whose=nothing, cosines=np.full(n, np.nan),
        is_word=is_word,
    )  # fmt: skip
    if n < max(FEWEST, how.k + 3):
        for _ in range(STEPS - 1):
            progress("too few shared tokens")
        return found
    progress(f"{both}: correlations of all pairs")
    x, y = (_unit(rows, how.centered) for rows in (one, other))
    cka = linear_cka(one.vectors, other.vectors)
    found = replace(found, rsa=_agreed(rsa(x, y)), **_of_cka(cka))
    progress(f"{both}: rotation")
    if n >= enough_rows(max(x.shape[1], y.shape[1])):
        turned = turn(x, y, seed=how.seed)
        found = replace(found, cosines=turned.cosines, rotation=_rotation(turned))
    progress(f"{both}: nearest tokens")
    return replace(found, **_nearest(one, other, how))


def _directed(
    first: EmbeddingSpace, second: EmbeddingSpace, compute: Compute | None
) -> tuple[SharedTokens, Rows, Rows]:
    """The shared tokens that have a direction also among themselves, and their rows in both."""
    shared = shared_tokens(first, second)
    while True:
        one = Rows.of(first.vectors[shared.first], compute=compute)
        other = Rows.of(second.vectors[shared.second], compute=compute)
        good = one.moments.center().usable & other.moments.center().usable
        if good.all():
            return shared, one, other
        shared = _without(shared, good)


def _without(shared: SharedTokens, good: Bools) -> SharedTokens:
    kept = np.flatnonzero(good)
    ratio = len(kept) / shared.n
    return replace(
        shared,
        n=len(kept),
        share_of_first=shared.share_of_first * ratio,
        share_of_second=shared.share_of_second * ratio,
        no_direction=shared.no_direction + shared.n - len(kept),
        first=shared.first[kept],
        second=shared.second[kept],
        tokens=tuple(shared.tokens[place] for place in kept.tolist()),
    )


def _words(space: EmbeddingSpace, ids: Int64s) -> Bools:
    """Which tokens are English words of the lexicon."""
    return np.isin(ids, known_words(space.vocabulary, lexicon())[0])


def _unit(rows: Rows, centered: bool) -> Float32s:
    """``c_i``, or ``u_i``, float32 of shape (n, d)."""
    made = np.empty(rows.shape, dtype=np.float32)
    center = rows.moments.center()
    for part in blocks(len(rows)):
        unit = rows.moments.unit_rows(part)[1]
        if centered:
            unit = (unit - center.mean) / center.distances[part, None]
        made[part] = unit
    return made


def _agreed(found: Alike) -> Agreed | None:
    if found.value != found.value:
        return None
    interval = correlation_interval(found.value, found.without)
    return Agreed(found.value, interval, 0.0, found.chance_sd)


def _of_cka(found: LinearCKA) -> dict[str, Any]:
    debiased = _agreed(found.debiased)
    return {
        "cka": debiased,
        "cka_biased": None if debiased is None else found.biased,
        "cka_biased_by_chance": None if debiased is None else found.biased_by_chance,
    }


def _rotation(turned: Any) -> Rotation:
    cosines = turned.cosines
    mean = float(cosines.mean())
    half = Z * float(cosines.std(ddof=1)) / sqrt(len(cosines))
    ends = max(-1.0, mean - half), min(1.0, mean + half)
    return Rotation(turned.distance, turned.distance_by_chance, mean, ends, turned.cosine_by_chance)


def _nearest(one: Rows, other: Rows, how: HowAlike) -> dict[str, Any]:
    """How far the nearest tokens agree, and of which token how many are the same."""
    n, k = len(one), how.k
    whose = np.sort(stream(how.seed).permutation(n)[: how.n_lists])
    first, second = (_lists(rows, whose, k + 1, how.centered) for rows in (one, other))
    found = share_lists(first, second, k, whose, n)
    overlap = Agreed(found.mean, share_interval(found.mean, found.without), found.by_chance)
    none = float(np.mean(found.counts == 0))
    nearest = NearestShared(k, len(whose), overlap, found.by_hubs, none)
    lists = np.stack([first[:, :k], second[:, :k]]).astype(np.int32)
    return {"nearest": nearest, "lists": lists, "whose": whose.astype(np.int64)}


def _lists(rows: Rows, whose: Int64s, k: int, centered: bool) -> Int64s:
    """The k nearest rows of some, themselves left out, shape (m, k)."""
    scoring, moments = make_scoring(rows, centered=centered), rows.moments
    found = np.empty((len(whose), k), dtype=np.int64)
    for part in blocks(len(whose), _AT_ONCE):
        ids = whose[part]
        queries = rows.vectors[ids] / moments.norms[ids, None]
        if centered:
            queries -= moments.mean_unit_row()
        found[part] = find_lists(scoring, queries, k, None, tuple((int(id),) for id in ids))[0]
    return found
