"""Neighbours together with what each list shares (docs/definitions.md 2 and 7)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from tokensphere.analysis.job import Progress
from tokensphere.analysis.naming.counts import LabelCounter
from tokensphere.analysis.naming.directions import N_DIRECTIONS, direction_null
from tokensphere.analysis.naming.lists import FEWEST, ListNames, NamingSpec, labels_of, name_lists
from tokensphere.analysis.naming.themes import Theme, name_in_words
from tokensphere.analysis.nearest import Neighbors
from tokensphere.analysis.result import Column, Result
from tokensphere.analysis.watched import Watch, watched
from tokensphere.errors import InputError
from tokensphere.geometry.similarity import SearchSettings
from tokensphere.labels.table import LabelTable
from tokensphere.records import plain, record
from tokensphere.space import EmbeddingSpace
from tokensphere.statistics.draws import DrawStore


@dataclass(frozen=True, eq=False, repr=False)
class NamedNeighbors(Result):
    """The nearest tokens of m directions, and what each list of k has in common.

    Attributes
    ----------
    neighbors : the lists
    names : their themes, worked out when they are looked at
    """

    neighbors: Neighbors
    names: ListNames

    def __len__(self) -> int:
        """Number of directions, m."""
        return len(self.neighbors.ids)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """The lists as :meth:`records` has them, each made when it is its turn."""
        return self.records()

    def __getitem__(self, which: int) -> dict[str, Any]:
        """One list as :meth:`records` has it."""
        number = range(len(self))[which]
        return {**self.neighbors[number], **self._naming(number)}

    def _in_short(self) -> str:
        m, k = self.neighbors.ids.shape
        named = np.count_nonzero(self.names.has_theme)
        return f"{m:,} × {k:,} nearest tokens of {self.neighbors.provenance.model}, {named:,} named"

    def themes(self, direction: int) -> tuple[Theme, ...]:
        """What one list shares, meaning and grammar first; empty if nothing."""
        themes: tuple[Theme, ...] = self.names[direction]
        return themes

    def p_list(self, direction: int) -> float:
        """The p-value of one list: is anything shared at all? In [1/(1 + B), 1]."""
        return float(self.names.p_familywise[direction])

    def p_directions(self, direction: int) -> float | None:
        """How often random directions' lists share a label as unlikely; None if nobody asked."""
        p = self.names.p_directions
        return None if p is None else float(p[direction])

    def beyond_directions(self, direction: int) -> bool | None:
        """Whether one list has a theme, and shares more than random directions' lists."""
        found = self.names.beyond_directions
        return None if found is None else bool(found[direction])

    def text(self, direction: int) -> str:
        """The name of one list in full."""
        return name_in_words(self.themes(direction))

    def head(self) -> dict[str, Any]:
        """What is the same for all lists, ready for JSON."""
        labels, beside = self.names.counter.labels, self.names.beside
        return {
            **self.neighbors.head(),
            "naming": {
                **record(self.names.spec, "draws", "seed", "level"),
                "eligible_labels": len(labels),
                "kinds": sorted({label.kind for label in labels}),
                "random_directions": beside
                and {"count": len(beside), "seed": beside.seed, **beside.settings.to_dict()},
            },
        }

    def records(self) -> Iterator[dict[str, Any]]:
        """For each direction its name, its neighbours and what they share, ready for JSON."""
        for direction, one in enumerate(self.neighbors.records()):
            yield {**one, **self._naming(direction)}

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain dicts, lists, strings and numbers, ready for JSON."""
        return {**self.head(), "results": list(self.records())}

    def columns(self) -> dict[str, Column]:
        """Those of the neighbours, and in each row what its list shares and how surprising that is."""
        k, every, names = self.neighbors.settings.k, range(len(self)), self.names
        figures = {
            "p_familywise": names.p_familywise,
            "p_familywise_random_directions": names.p_directions,
            "beyond_random_directions": names.beyond_directions,
        }
        return {
            **self.neighbors.columns(),
            "name": [text for text in map(self.text, every) for _ in range(k)],
            **{name: np.repeat(of, k) for name, of in figures.items() if of is not None},
        }

    def _naming(self, direction: int) -> dict[str, Any]:
        themes = self.themes(direction)
        return {
            "name": name_in_words(themes),
            "p_familywise": self.p_list(direction),
            "p_familywise_random_directions": self.p_directions(direction),
            "beyond_random_directions": self.beyond_directions(direction),
            "themes": plain(themes),
        }


def name_neighbors(
    space: EmbeddingSpace,
    neighbors: Neighbors,
    *,
    naming: NamingSpec = NamingSpec(),  # noqa: B008 - frozen
    labels: LabelTable | None = None,
    n_random_directions: int = N_DIRECTIONS,
    store: DrawStore | None = None,
    progress: Watch = None,
) -> NamedNeighbors:
    """Name the lists that :func:`tokensphere.nearest` found in `space`.

    Parameters
    ----------
    space : the embeddings
    neighbors : m lists of k tokens, k at least 3
    naming : when a label names a list, and which kinds of labels count
    labels : by default those that come with tokensphere
    n_random_directions : random directions whose lists, looked for in the same way, share as much as
        a theme that is marked (``"≈ chance"``); 0 for no such comparison
    store : where the draws of the nulls are kept, by default the memory of this process
    progress : called with the number of draws and directions done since the last call; True shows a bar

    Raises
    ------
    InputError
        lists of fewer than 3 tokens, or a kind that no label is of
    """
    with watched(progress, "draws", naming.draws + n_random_directions) as advance:
        make = namer(
            space, neighbors.settings, naming=naming, labels=labels,
            n_random_directions=n_random_directions, store=store, progress=advance,
        )  # fmt: skip
        return make(neighbors)


def namer(
    space: EmbeddingSpace,
    settings: SearchSettings,
    *,
    naming: NamingSpec = NamingSpec(),  # noqa: B008 - frozen
    labels: LabelTable | None = None,
    n_random_directions: int = N_DIRECTIONS,
    store: DrawStore | None = None,
    progress: Progress | None = None,
) -> Callable[[Neighbors], NamedNeighbors]:
    """What names lists that were found by `settings`, some at a time; see :func:`name_neighbors`."""
    k = settings.k
    if k < FEWEST:
        raise InputError(f"lists of {k} tokens are too short to have a name: k must be {FEWEST} or more")
    counter = LabelCounter(labels_of(space, labels), space.usable, k, kinds=naming.kinds)
    draw: dict[str, Any] = {"store": store, "progress": progress}
    beside = None
    if n_random_directions:
        beside = direction_null(space, counter, settings, n_random_directions, seed=naming.seed, **draw)

    def name(neighbors: Neighbors) -> NamedNeighbors:
        names = name_lists(counter, neighbors.ids, naming, beside=beside, **draw)
        return NamedNeighbors(neighbors, names)

    return name
