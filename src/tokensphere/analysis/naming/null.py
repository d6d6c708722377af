"""The smallest p of lists that mean nothing: of random tokens, of random directions.

docs/definitions.md 7.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from tokensphere.analysis.lists import Finder
from tokensphere.analysis.naming.counts import LabelCounter
from tokensphere.arrays import Float64s, Int32s, Int64s
from tokensphere.errors import check_whole
from tokensphere.geometry.laws import Isotropic
from tokensphere.geometry.similarity import SearchSettings
from tokensphere.space import EmbeddingSpace
from tokensphere.statistics.draws import BLOCK, Draws, DrawStore, Key, first_draws, stream

_VERSION = 1  # of how draws are made; raised whenever the same key would mean other draws


def shuffled_null(
    counter: LabelCounter,
    n_draws: int,
    *,
    seed: int = 0,
    store: DrawStore | None = None,
    progress: Callable[[int], None] | None = None,
) -> Float64s:
    """The smallest p of a list when the labels have nothing to do with who stands in it.

    Shuffling the rows of the token × label table, labels kept together as each token has them, hands
    the k different tokens of a list the rows of k different usable tokens, every choice of them being
    equally likely. So the distribution over shuffles is, exactly, that of k different usable tokens
    drawn at random, and this is how it is drawn. It needs the tokens of a list to be different, not
    to be unrelated; and it says nothing of several lists at once, which may have tokens in common.

    Parameters
    ----------
    counter : counts labels in lists of k tokens
    n_draws : B, how many lists
    seed : 0 or more; block b of 1,024 lists comes from ``SeedSequence(seed, spawn_key=(b,))``
    store : where the draws are kept, by default the memory of this process
    progress : called with the number of draws done since the last call

    Returns
    -------
    float64 array of shape (B,), ascending
    """
    check_whole("the seed", seed)
    tokens = np.flatnonzero(counter.usable)

    def make(block: int) -> Draws:
        rng = stream(seed, block)
        drawn = [rng.choice(counter.n, counter.k, replace=False, shuffle=False) for _ in range(BLOCK)]
        return {"p": counter.smallest(tokens[np.stack(drawn)]).p}

    key: Key = {
        "what": "smallest p, shuffled",
        "version": _VERSION,
        "seed": int(seed),
        "labels": counter.digest,
    }
    return np.sort(first_draws(n_draws, make, key=key, store=store, progress=progress)["p"])


def direction_lists(
    space: EmbeddingSpace,
    settings: SearchSettings,
    n_draws: int,
    *,
    seed: int = 0,
    store: DrawStore | None = None,
    progress: Callable[[int], None] | None = None,
) -> Int32s:
    """The neighbours of random directions of the real vocabulary (docs/definitions.md 1 and 2).

    Parameters
    ----------
    space : the embeddings
    settings : how neighbours are looked for, k of them
    n_draws : B, how many directions: those of `seed` with the indices 2⁴⁰, 2⁴⁰ + 1, …
    seed, store, progress : as in :func:`shuffled_null`

    Returns
    -------
    int32 array of shape (B, k)
    """
    check_whole("the seed", seed)
    finder, law = Finder(space, settings), Isotropic(space.shape[1], seed)

    def make(block: int) -> Draws:
        return {"ids": finder.find(law.block(block).vectors)[0].astype(np.int32)}

    key = {
        "what": "neighbours of random directions", "version": _VERSION, "seed": int(seed),
        **space.key(), **settings.to_dict(),
    }  # fmt: skip
    return np.asarray(first_draws(n_draws, make, key=key, store=store, progress=progress)["ids"])


def lists_with_as_many(counter: LabelCounter, lists: npt.ArrayLike, shared: npt.ArrayLike) -> Int64s:
    """For every label, how many lists have at least as many tokens with it.

    Parameters
    ----------
    counter : counts labels in lists of k tokens
    lists : int array of shape (B, k)
    shared : int array of shape (E,), x of every eligible label

    Returns
    -------
    int64 array of shape (E,), in [0, B]; B where x is 0
    """
    wanted = np.asarray(shared)
    reached = np.zeros(len(counter), dtype=np.int64)
    total = 0
    for _, counts in counter.blocks(lists):
        enough = counts.data >= wanted[counts.indices]
        reached += np.bincount(counts.indices[enough], minlength=len(counter))
        total += counts.shape[0]
    return np.where(wanted == 0, total, reached)
