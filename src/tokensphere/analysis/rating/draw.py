"""The lists of a rating: drawn from three urns, measured, and shuffled (docs/definitions.md 10)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

import numpy as np

from tokensphere.analysis.blocks import kept_blocks
from tokensphere.analysis.lists import Finder, find_lists
from tokensphere.analysis.naming.counts import LabelCounter
from tokensphere.analysis.naming.lists import ListNames, NamingSpec, labels_of, name_lists
from tokensphere.analysis.rating.plan import RatedList, Ratings, RatingSpec, Urn
from tokensphere.analysis.rating.planted import plant
from tokensphere.analysis.survey.sharing import GROUPS, WORDS
from tokensphere.analysis.watched import Watch, showing, watched
from tokensphere.arrays import Bools, Float64s, Int64s
from tokensphere.errors import check_whole
from tokensphere.geometry.coherence import Coherence
from tokensphere.geometry.compute import Compute
from tokensphere.geometry.directions import RandomDirections, stream
from tokensphere.geometry.similarity import SearchSettings, make_scoring
from tokensphere.geometry.surrogate import BlockStore, Surrogates
from tokensphere.labels.table import LabelTable
from tokensphere.space import EmbeddingSpace
from tokensphere.statistics.draws import DrawStore

STEPS = 4  # of progress
CHANCE_LISTS = 1_000  # whose T tells what chance gives
LEVEL = 0.95
_ORDER, _TOKENS, _PLANTED = range(3)  # streams of their own, beside those of the directions


@showing(lambda progress: watched(progress, "steps", STEPS))
def draw_ratings(
    space: EmbeddingSpace,
    spec: RatingSpec = RatingSpec(),  # noqa: B008 - frozen
    *,
    seed: int,
    labels: LabelTable | None = None,
    compute: Compute | None = None,
    blocks: BlockStore | None = None,
    store: DrawStore | None = None,
    progress: Watch = None,
) -> Ratings:
    """Lists to be rated, in random order.

    Parameters
    ----------
    space : the embeddings
    spec : how many lists of which kind
    seed : 0 or more. Whoever knows it can tell which list is of which urn
    labels : for planted lists, and for what lists share; by default those that come with tokensphere
    compute : what searches; seen in no result
    blocks, store : where the surrogate's blocks and the nulls of labels are kept
    progress : called with 1 after each of `STEPS` steps; True shows a bar

    Raises
    ------
    InputError
        longer lists than there are tokens, or no label from which lists can be planted
    """
    check_whole("the seed", seed)
    table, step = labels_of(space, labels), progress if callable(progress) else lambda _: None
    usable = space.moments.center().usable
    settings = SearchSettings(spec.k, centered=spec.centered, forms=spec.forms)
    v = RandomDirections(space.shape[1], spec.lists + CHANCE_LISTS, seed=seed)
    urns: list[_Drawn] = []
    planted = plant(
        table, usable, space.vocabulary.forms, spec.planted, spec.k, spec.n_strays,
        stream(seed, 0, _PLANTED),
    )  # fmt: skip
    random, _ = Finder(space, settings, compute=compute).find(v[: spec.lists])
    urns += [_Drawn("random", ids, index=j) for j, ids in enumerate(random)]
    step(1)
    wordless, limit = _without_words(space, v, settings, seed, compute, blocks)
    step(1)
    if spec.chance == "wordless":
        urns += [_Drawn("chance", ids, index=j) for j, ids in enumerate(wordless[: spec.lists])]
    else:
        urns += [_Drawn("chance", ids) for ids in _at_random(space, spec, usable, seed)]
    urns += [_Drawn("planted", ids, label=words) for ids, words in planted]
    found = _measured(space, urns, limit, table, usable, store)
    step(1)
    order = stream(seed, 0, _ORDER).permutation(len(found)).tolist()
    lists = tuple(found[place] for place in order)
    step(1)
    return Ratings(spec, int(seed), _model(space), space.key(), lists)


def _model(space: EmbeddingSpace) -> dict[str, Any]:
    """The model, without the folders of this machine: files of ratings are given to others."""
    about = space.provenance.to_dict()
    del about["source"]
    path = PurePath(about["model"])
    return {**about, "model": path.name if path.is_absolute() else about["model"]}


@dataclass(frozen=True)
class _Drawn:
    """A list before it is measured."""

    urn: Urn
    ids: Int64s
    index: int | None = None
    label: str | None = None


def _without_words(
    space: EmbeddingSpace,
    directions: RandomDirections,
    settings: SearchSettings,
    seed: int,
    compute: Compute | None,
    blocks: BlockStore | None,
) -> tuple[Int64s, float]:
    """The directions' lists in a vocabulary with no words, as ids of the tokens that its rows stand for.

    And what T of the other directions' lists there exceeds in 5 of 100 cases.
    """
    rows = space.rows.using(compute)
    drawn = Surrogates(rows, kept=kept_blocks(space, blocks)).draw(seed)
    places = np.flatnonzero(rows.usable)
    scoring = make_scoring(drawn, centered=settings.centered)
    forms = space.vocabulary.forms[places] if settings.forms else None
    ids, _ = find_lists(scoring, directions[:], settings.k, forms, ())
    chance = Coherence(drawn).coherence(ids[-CHANCE_LISTS:], [settings.k])[:, 0]
    return places[ids], float(np.quantile(chance, LEVEL, method="inverted_cdf"))


def _at_random(space: EmbeddingSpace, spec: RatingSpec, usable: Bools, seed: int) -> list[Int64s]:
    """Lists of different usable tokens; of different forms, if the others are."""
    rng, ids = stream(seed, 0, _TOKENS), np.flatnonzero(usable)
    lists = []
    for _ in range(spec.lists):
        order = rng.permutation(ids)
        if spec.forms:
            _, first = np.unique(space.vocabulary.forms[order], return_index=True)
            order = order[np.sort(first)]
        lists.append(order[: spec.k].astype(np.int64))
    return lists


def _measured(
    space: EmbeddingSpace,
    urns: list[_Drawn],
    limit: float,
    table: LabelTable,
    usable: Bools,
    store: DrawStore | None,
) -> list[RatedList]:
    """The lists with what is known of them: T, and what they share."""
    ids = np.stack([one.ids for one in urns])
    t: Float64s = Coherence(space.rows).coherence(ids, [ids.shape[1]])[:, 0]
    every = _names(table, usable, ids, None, store)
    words = _names(table, usable, ids, GROUPS[WORDS], store)
    has = np.zeros(len(ids), dtype=bool) if words is None else words.has_theme
    return [
        RatedList(
            ids=tuple(one.ids.tolist()),
            shown=tuple(space.vocabulary.visible(id) for id in one.ids.tolist()),
            urn=one.urn,
            index=one.index,
            label=one.label,
            coherence=float(t[place]),
            coherent=bool(t[place] > limit),
            theme=None if every is None else every.short(place),
            words=bool(has[place]),
        )
        for place, one in enumerate(urns)
    ]


def _names(
    table: LabelTable, usable: Bools, ids: Int64s, kinds: Any, store: DrawStore | None
) -> ListNames | None:
    """What lists share, of these kinds of labels or all; None where there are no such labels."""
    there = {label.kind for label in table.labels}
    kept = there if kinds is None else there & set(kinds)
    counter = LabelCounter(table, usable, ids.shape[1], kinds=sorted(kept)) if kept else None
    if counter is None or not len(counter):
        return None
    return name_lists(counter, ids, NamingSpec(), store=store)
