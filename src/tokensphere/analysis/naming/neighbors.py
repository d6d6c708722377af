"""Neighbours together with what each list shares (STATISTICS 2 and 7)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from tokensphere.analysis.naming.counts import LabelCounter
from tokensphere.analysis.naming.lists import FEWEST, LEVEL, ListNames, labels_of, name_lists
from tokensphere.analysis.naming.null import shuffled_null
from tokensphere.analysis.naming.themes import Theme, name_in_words
from tokensphere.analysis.nearest import Neighbors
from tokensphere.analysis.result import Column, Result
from tokensphere.errors import InputError
from tokensphere.labels.table import LabelTable
from tokensphere.space import EmbeddingSpace
from tokensphere.statistics.draws import DrawStore


@dataclass(frozen=True)
class NamedNeighbors(Result):
    """The nearest tokens of m directions, and what each list of k has in common.

    Attributes
    ----------
    neighbors : the lists
    names : their themes, worked out when they are looked at
    n_draws, seed : of the shuffled null, which p-values come from
    """

    neighbors: Neighbors
    names: ListNames
    n_draws: int
    seed: int

    def __len__(self) -> int:
        """Number of directions, m."""
        return len(self.neighbors.ids)

    def themes(self, direction: int) -> tuple[Theme, ...]:
        """What one list shares, themes of words before those of form; empty if nothing."""
        return tuple(sorted(self.names[direction], key=lambda theme: theme.is_form))

    def p_list(self, direction: int) -> float:
        """The p-value of one list: is anything shared at all? In [1/(1 + B), 1]."""
        return float(self.names.p_familywise[direction])

    def text(self, direction: int) -> str:
        """The name of one list in full."""
        return name_in_words(self.themes(direction))

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain dicts, lists, strings and numbers, ready for JSON."""
        labels = self.names.counter.labels
        record = self.neighbors.to_dict()
        results = record.pop("results")
        return {
            **record,
            "naming": {
                "draws": self.n_draws,
                "seed": self.seed,
                "level": self.names.level,
                "eligible_labels": len(labels),
                "kinds": sorted({label.kind for label in labels}),
            },
            "results": [{**found, **self._naming(direction)} for direction, found in enumerate(results)],
        }

    def columns(self) -> dict[str, Column]:
        """Those of the neighbours, and in each row what its list shares and how surprising that is."""
        k, every = self.neighbors.settings.k, range(len(self))
        return {
            **self.neighbors.columns(),
            "name": [text for text in map(self.text, every) for _ in range(k)],
            "p_familywise": np.repeat(self.names.p_familywise, k),
        }

    def _naming(self, direction: int) -> dict[str, Any]:
        themes = self.themes(direction)
        return {
            "name": name_in_words(themes),
            "p_familywise": self.p_list(direction),
            "themes": [theme.to_dict() for theme in themes],
        }


def name_neighbors(
    space: EmbeddingSpace,
    neighbors: Neighbors,
    *,
    labels: LabelTable | None = None,
    kinds: Iterable[str] | None = None,
    n_draws: int = 9_999,
    seed: int = 0,
    level: float = LEVEL,
    store: DrawStore | None = None,
    progress: Callable[[int], None] | None = None,
) -> NamedNeighbors:
    """Name the lists that :func:`tokensphere.nearest` found in `space`.

    Parameters
    ----------
    space : the embeddings
    neighbors : m lists of k tokens, k at least 3
    labels : by default those that come with tokensphere
    kinds : kinds of labels to look at, by default all
    n_draws, seed : lists of random tokens to compare with, see
        :func:`~tokensphere.analysis.naming.null.shuffled_null`
    level : family-wise level of a theme: this share of lists of random tokens has one
    store : where the draws are kept, by default the memory of this process
    progress : called with the number of draws done since the last call

    Raises
    ------
    InputError
        lists of fewer than 3 tokens, or a kind that no label is of
    """
    k = neighbors.settings.k
    if k < FEWEST:
        raise InputError(f"lists of {k} tokens are too short to have a name: k must be {FEWEST} or more")
    counter = LabelCounter(labels_of(space, labels), space.usable, k, kinds=kinds)
    null = shuffled_null(counter, n_draws, seed=seed, store=store, progress=progress)
    names = name_lists(counter, neighbors.ids, null, level=level)
    return NamedNeighbors(neighbors, names, n_draws, seed)
