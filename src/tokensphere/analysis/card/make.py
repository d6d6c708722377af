"""Cards: the nearest tokens of one direction, how alike they are beside chance, and what they share.

Random directions are beside the lists of others, and beside lists in a vocabulary with no words: that is
what the post asked. Directions that somebody brings are beside a null, as :func:`direction_test` has it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tokensphere.analysis.card.chance import Chance
from tokensphere.analysis.card.nulls import FEWEST, AlikeByChance, alike_by_chance
from tokensphere.analysis.card.result import Card, Cards, Shared
from tokensphere.analysis.direction_test.compare import Beside
from tokensphere.analysis.direction_test.job import direction_test
from tokensphere.analysis.direction_test.null import NullSpec
from tokensphere.analysis.direction_test.result import DirectionTest
from tokensphere.analysis.direction_test.statistics import STATISTICS, MostExtreme
from tokensphere.analysis.direction_test.verdict import VERDICTS
from tokensphere.analysis.job import Progress
from tokensphere.analysis.naming.lists import FEWEST as FEWEST_NAMED
from tokensphere.analysis.naming.lists import NamingSpec
from tokensphere.analysis.naming.neighbors import namer
from tokensphere.analysis.nearest import Neighbors, Search
from tokensphere.analysis.watched import Watch, watched
from tokensphere.directions.given import DirectionsLike, make_directions
from tokensphere.errors import InputError
from tokensphere.geometry.coherence import Coherence
from tokensphere.geometry.compute import Compute
from tokensphere.geometry.directions import RandomDirections
from tokensphere.geometry.lens import check_search
from tokensphere.geometry.similarity import SearchSettings
from tokensphere.geometry.surrogate import BlockStore
from tokensphere.labels.table import LabelTable
from tokensphere.space import EmbeddingSpace
from tokensphere.statistics.draws import DrawStore

RANDOM = "random directions' lists"
WORDLESS = "lists in a vocabulary with no words"
_OF_LAWS = {  # what a null's draws are, in the plural
    "isotropic": "random directions",
    "covariance": "random directions along what tokens differ in",
    "own": "random directions of the same mean and covariance",
    "difference": "sums of random tokens",
    "frequency": "sums of tokens as frequent",
    "sample": "directions of the sample",
}
CARD_DRAWS = 2_000  # of a null that one direction is looked at beside


class CardMaker:
    """Makes cards of directions that are looked at in one way; what chance gives is found once.

    Parameters
    ----------
    space : the embeddings
    settings : how neighbours are looked for
    labels : by default those that come with tokensphere
    null : what directions that are not random are beside; by default as :func:`direction_test` chooses
    store, blocks : where draws, and the surrogate's blocks, are kept
    compute : what searches
    progress : called with the number of draws done since the last call
    """

    def __init__(
        self,
        space: EmbeddingSpace,
        settings: SearchSettings,
        *,
        labels: LabelTable | None = None,
        null: NullSpec | None = None,
        store: DrawStore | None = None,
        blocks: BlockStore | None = None,
        compute: Compute | None = None,
        progress: Progress | None = None,
    ) -> None:
        check_search(space.lens, settings)
        self.space, self.settings = space, settings
        self._null = null or NullSpec(draws=CARD_DRAWS)
        self._labels, self._store, self._compute = labels, store, compute
        self._chance: AlikeByChance | None = None
        if settings.k >= FEWEST:
            self._chance = alike_by_chance(
                space, settings, store=store, blocks=blocks, progress=progress
            )
        self._coherence = Coherence(space.rows)
        self._name: Callable[[Neighbors], Any] | None = None
        if settings.k >= FEWEST_NAMED:
            self._name = namer(space, settings, labels=labels, naming=NamingSpec(), store=store)

    def of(self, directions: Any) -> Cards:
        """The cards of random directions, or of any that :func:`nearest` takes.

        Raises
        ------
        InputError
            as :func:`nearest` and :func:`direction_test` do
        """
        if isinstance(directions, RandomDirections):
            return self._random(directions)
        given = make_directions(self.space, directions, self.settings)
        if self.settings.similarity == "euclidean" or self.settings.k < FEWEST:
            found = Search(self.space, given, self.settings, compute=self._compute).all()
            return Cards(tuple(self._plain(found, i) for i in range(len(found))))
        test = direction_test(
            self.space, given, null=self._null, search=self.settings, labels=self._labels,
            store=self._store, compute=self._compute,
        )  # fmt: skip
        return Cards(tuple(card_of_test(test, row) for row in np.flatnonzero(test.testable).tolist()))

    def _random(self, directions: RandomDirections) -> Cards:
        found = Search(self.space, directions, self.settings, compute=self._compute).all()
        names = None if self._name is None else self._name(found)
        cards = []
        for i in range(len(found)):
            value = self._alike(found, i)
            chance: tuple[Chance, ...] = ()
            if value is not None and self._chance is not None:
                chance = (
                    Chance("coherence", "wordless", WORDLESS, value, self._chance.wordless),
                    Chance("coherence", "random", RANDOM, value, self._chance.random),
                )
            shared = None
            if names is not None:
                shared = Shared(names.themes(i), names.p_list(i), names.p_directions(i))
            cards.append(Card(_one(found, i), value, chance, shared))
        return Cards(tuple(cards))

    def _plain(self, found: Neighbors, which: int) -> Card:
        """A card without a null: of distances, or of a single token."""
        shared = None
        if self._name is not None:
            names = self._name(_one(found, which))
            shared = Shared(names.themes(0), names.p_list(0), None)
        return Card(_one(found, which), self._alike(found, which), (), shared)

    def _alike(self, found: Neighbors, which: int) -> float | None:
        k = self.settings.k
        if k < FEWEST:
            return None
        return float(self._coherence.coherence(found.ids[[which]], [k])[0, 0])


def cards(
    space: EmbeddingSpace,
    directions: DirectionsLike,
    *,
    search: SearchSettings = SearchSettings(),  # noqa: B008 - frozen
    labels: LabelTable | None = None,
    null: NullSpec | None = None,
    store: DrawStore | None = None,
    blocks: BlockStore | None = None,
    compute: Compute | None = None,
    progress: Watch = None,
) -> Cards:
    """Look at directions one by one: nearest tokens, how alike they are beside chance, what they share.

    Parameters
    ----------
    space : the embeddings, n tokens × d dimensions
    directions : :class:`RandomDirections`, which are beside others and beside a vocabulary with no
        words; or whatever else :func:`nearest` takes, which are beside a null
    search : how neighbours are looked for; for Euclidean distances only random directions are beside
        chance
    labels : by default those that come with tokensphere
    null : by default ``"difference"`` for tokens and sums of tokens, else ``"isotropic"``; 2,000 draws
    store : where draws are kept, by default the memory of this process
    blocks : where the surrogate's blocks of rows are kept, by default nowhere
    compute : how many threads, for one
    progress : called with the number of draws done since the last call; True shows a bar

    Returns
    -------
    m `Card`, less those of directions that cannot be tested: zero, not finite or constant

    Raises
    ------
    InputError
        as :func:`nearest` and :func:`direction_test` do
    """
    with watched(progress, "draws") as advance:
        make = CardMaker(
            space, search, labels=labels, null=null, store=store, blocks=blocks, compute=compute,
            progress=advance,
        )  # fmt: skip
        return make.of(directions)


def card_of_test(test: DirectionTest, row: int) -> Card:
    """The card of one direction of a test.

    Raises
    ------
    InputError
        it could not be tested
    """
    if not test.testable[row]:
        raise InputError(f"direction {test.directions.titles[row]} could not be tested; see untestable")
    neighbors = Neighbors(
        ids=test.ids[[row]].astype(np.int64),
        similarity=test.similarity[[row]],
        names=[test.directions.names[row]],
        settings=test.search,
        left_out=0,
        provenance=test.provenance,
        vocabulary=test.vocabulary,
    )
    law = test.null.spec.law or ""
    single = bool(test.directions.weights) and len(test.directions.weights[row]) == 1
    title = _OF_LAWS.get(law, law).removeprefix("sums of " if single else "")
    chance = tuple(
        _beside(name, found, row, law, title)
        for name, found in test.tested.items()
        if name != MostExtreme.name
    )
    shared = Shared(test.themes[row], float(test.themes.p_familywise[row]))
    effects = {
        name: float(found.effect[row])
        for name, found in test.tested.items()
        if np.isfinite(found.effect[row])
    }
    coherence = float(test["coherence"].values[row])
    return Card(neighbors, coherence, chance, shared, VERDICTS[int(test.verdict[row])], effects)


def _beside(name: str, found: Beside, row: int, law: str, title: str) -> Chance:
    draws = found.nulls[int(found.null_of[row])]
    kind = STATISTICS[name]
    return Chance(
        name, law, title, float(found.values[row]),
        np.sort(draws[np.isfinite(draws)]), kind.larger,
    )  # fmt: skip


def _one(found: Neighbors, which: int) -> Neighbors:
    """One of some lists."""
    some = slice(which, which + 1)
    return Neighbors(
        found.ids[some], found.similarity[some], found.names[some], found.settings, found.left_out,
        found.provenance, found.vocabulary,
    )  # fmt: skip
