"""The same beside lists of random directions, whose neighbours are related from the start.

docs/definitions.md 7, the second question.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from tokensphere.analysis.job import Progress
from tokensphere.analysis.lists import Finder
from tokensphere.analysis.naming.counts import LabelCounter
from tokensphere.arrays import Float64s, Int32s, Int64s
from tokensphere.columns import Numbers
from tokensphere.errors import check_whole
from tokensphere.geometry.laws import Isotropic
from tokensphere.geometry.lens import check_search
from tokensphere.geometry.similarity import SearchSettings
from tokensphere.space import EmbeddingSpace
from tokensphere.statistics.draws import Draws, DrawStore, first_draws
from tokensphere.statistics.pvalues import p_values

N_DIRECTIONS = 999  # as many as a name is compared with where nobody says how many
_VERSION = 1  # of how draws are made; raised whenever the same key would mean other draws


@dataclass(frozen=True)
class DirectionNull:
    """The nearest tokens of random directions, as something to compare lists with.

    Attributes
    ----------
    lists : int32 array of shape (B, k)
    smallest : float64 array of shape (B,), the smallest label p of each list, ascending
    settings : how the neighbours were looked for
    seed : of the directions
    """

    lists: Int32s = field(repr=False)
    smallest: Float64s = field(repr=False)
    settings: SearchSettings
    seed: int

    def __len__(self) -> int:
        """Number of directions, B."""
        return len(self.lists)

    def p_familywise(self, tested: npt.ArrayLike) -> Float64s:
        """``(1 + #{b : smallest p of list b ≤ p}) / (1 + B)`` for p of any shape, in [1/(1 + B), 1].

        For the smallest p of a list it is the p of the list as a whole; for that of one of its labels
        this label's, adjusted for all others.
        """
        return p_values(tested, self.smallest, larger=False)


def direction_null(
    space: EmbeddingSpace,
    counter: LabelCounter,
    settings: SearchSettings,
    n_draws: int = N_DIRECTIONS,
    *,
    seed: int = 0,
    store: DrawStore | None = None,
    progress: Progress | None = None,
) -> DirectionNull:
    """What random directions' lists share, by the labels of a counter; see :func:`direction_lists`."""
    lists = direction_lists(space, settings, n_draws, seed=seed, store=store, progress=progress)
    return DirectionNull(lists, np.sort(counter.smallest(lists).p), settings, seed)


def direction_lists(
    space: EmbeddingSpace,
    settings: SearchSettings,
    n_draws: int,
    *,
    seed: int = 0,
    store: DrawStore | None = None,
    progress: Progress | None = None,
) -> Int32s:
    """The neighbours of random directions of the real vocabulary (docs/definitions.md 1 and 2).

    Parameters
    ----------
    space : the embeddings
    settings : how neighbours are looked for, k of them
    n_draws : B, how many directions: those of `seed` with the indices 2⁴⁰, 2⁴⁰ + 1, …
    seed, store, progress : as in :func:`~tokensphere.analysis.naming.lists.shuffled_null`

    Returns
    -------
    int32 array of shape (B, k)
    """
    check_whole("the seed", seed)
    check_search(space.lens, settings)
    finder, law = Finder(space, settings), Isotropic(space.shape[1], seed)

    def make(block: int) -> Draws:
        return {"ids": finder.find(law.block(block).vectors)[0].astype(np.int32)}

    key = {
        "what": "neighbours of random directions", "version": _VERSION, "seed": int(seed),
        **space.key(), **settings.to_dict(),
    }  # fmt: skip
    usable = finder.scoring.usable
    ids = Numbers(np.int32, 0, len(usable) - 1, width=settings.k, different=True, among=usable)
    found = first_draws(n_draws, make, key=key, schema={"ids": ids}, store=store, progress=progress)
    return np.asarray(found["ids"])


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
        enough = counts.shared >= wanted[counts.label]
        reached += np.bincount(counts.label[enough], minlength=len(counter))
        total += counts.shape[0]
    return np.where(wanted == 0, total, reached)
