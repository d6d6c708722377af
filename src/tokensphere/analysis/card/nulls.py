"""How alike the lists of random directions are, in a vocabulary and in one with no words.

docs/definitions.md 5 and 6.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from tokensphere.analysis.blocks import kept_blocks
from tokensphere.analysis.job import Progress
from tokensphere.analysis.lists import find_lists
from tokensphere.analysis.naming.directions import direction_lists
from tokensphere.arrays import Float64s, Ints
from tokensphere.columns import Numbers
from tokensphere.errors import check_whole
from tokensphere.geometry.coherence import Coherence
from tokensphere.geometry.laws import Isotropic
from tokensphere.geometry.rows import Rows
from tokensphere.geometry.similarity import SearchSettings, make_scoring
from tokensphere.geometry.surrogate import DEFAULT_LAW, BlockStore, Surrogates
from tokensphere.space import EmbeddingSpace
from tokensphere.statistics.draws import Draws, DrawStore, first_draws

N_DRAWS = 999
FEWEST = 2  # tokens that can be alike
_VERSION = 1  # of how draws are made; raised whenever the same key would mean other draws


@dataclass(frozen=True)
class AlikeByChance:
    """``T`` of the lists of B random directions, and of the same in a vocabulary with no words.

    Attributes
    ----------
    settings : how neighbours are looked for
    random, wordless : float64 arrays of shape (B,), ascending, in [−1/(k−1), 1]
    """

    settings: SearchSettings
    random: Float64s = field(repr=False)
    wordless: Float64s = field(repr=False)


def alike_by_chance(
    space: EmbeddingSpace,
    settings: SearchSettings,
    n_draws: int = N_DRAWS,
    *,
    seed: int = 0,
    store: DrawStore | None = None,
    blocks: BlockStore | None = None,
    progress: Progress | None = None,
) -> AlikeByChance:
    """What chance gives lists that are looked for in one way.

    The directions are those of :func:`direction_lists`. The vocabulary with no words is the surrogate
    ``blockwise`` of seed 0, whose rows get the lengths of the real ones where these count; row i keeps
    the place of token i, so "one token a form" means the same there.

    Parameters
    ----------
    space : the embeddings
    settings : how neighbours are looked for, with k of 2 or more
    n_draws : B
    seed : of the directions
    store : where what was drawn is kept, by default the memory of this process
    blocks : where the surrogate's blocks of rows are kept, by default nowhere
    progress : called with the number of lists done since the last call: 2 B in all

    Raises
    ------
    InputError
        lists of one token, or longer than there are tokens
    """
    check_whole("k", settings.k, FEWEST)
    lists = direction_lists(space, settings, n_draws, seed=seed, store=store, progress=progress)
    random = Coherence(space.rows).coherence(lists, [settings.k])[:, 0]
    key = {
        "what": "coherence of lists with no words", "version": _VERSION, "seed": int(seed),
        "surrogate": DEFAULT_LAW, **space.key(), **settings.to_dict(),
    }  # fmt: skip
    schema = {"coherence": Numbers(np.float64, -1 / (settings.k - 1) - 1e-6, 1 + 1e-6)}
    measure = _Wordless(space, settings, seed, blocks)
    found = first_draws(n_draws, measure, key=key, schema=schema, store=store, progress=progress)
    return AlikeByChance(settings, np.sort(random), np.sort(found["coherence"]))


class _Wordless:
    """Measures blocks of random directions in a vocabulary with no words, drawn when it is needed."""

    def __init__(
        self, space: EmbeddingSpace, settings: SearchSettings, seed: int, blocks: BlockStore | None
    ) -> None:
        self._space, self._settings, self._blocks = space, settings, blocks
        self._law = Isotropic(space.shape[1], seed)
        self._lists: Callable[[Float64s], Ints] | None = None
        self._coherence: Coherence | None = None

    def __call__(self, block: int) -> Draws:
        if self._coherence is None:
            rows = self._drawn()
            self._coherence, self._lists = Coherence(rows), self._finder(rows)
        assert self._lists is not None
        lists = self._lists(np.asarray(self._law.block(block).vectors))
        return {"coherence": self._coherence.coherence(lists, [self._settings.k])[:, 0]}

    def _drawn(self) -> Rows:
        space = self._space
        rows = Surrogates(space.rows, kept=kept_blocks(space, self._blocks)).draw(0)
        if self._settings.similarity == "cosine":
            return rows
        lengths = space.moments.norms[space.usable].astype(np.float32)
        return Rows.of(rows.vectors * lengths[:, None], compute=rows.compute)

    def _finder(self, rows: Rows) -> Callable[[Float64s], Ints]:
        settings = self._settings
        scoring = make_scoring(rows, similarity=settings.similarity, centered=settings.centered)
        forms = self._space.vocabulary.forms[self._space.usable] if settings.forms else None
        return lambda vectors: find_lists(scoring, vectors, settings.k, forms, ())[0]
