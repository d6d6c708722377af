"""How often a survey's neighbours share a label, beside how often they are close.

docs/definitions.md 7.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tokensphere.analysis.job import Progress
from tokensphere.analysis.naming.counts import LabelCounter
from tokensphere.analysis.naming.directions import direction_null
from tokensphere.analysis.naming.lists import ListNames, NamingSpec, labels_of, name_lists
from tokensphere.arrays import Bools, Ints
from tokensphere.errors import InputError
from tokensphere.geometry.similarity import SearchSettings
from tokensphere.labels.table import LabelTable
from tokensphere.records import Record
from tokensphere.space import EmbeddingSpace
from tokensphere.statistics.agreement import Agreement, agreement
from tokensphere.statistics.difference import Difference, share_difference
from tokensphere.statistics.draws import DrawStore
from tokensphere.statistics.intervals import Share

# Groups of labels, each corrected for its own labels alone. "Semantic" in the post's sense are words.
ANY = "any label"
WORDS = "meaning and grammar"
GROUPS: dict[str, tuple[str, ...]] = {
    WORDS: ("grammar", "meaning", "list"),
    "forms of one word": ("lemma",),
    "spelling": ("form", "kind"),
    "place in vocabulary": ("id",),
    "labels of your own": ("user",),
}


@dataclass(frozen=True)
class ThemeGroup(
    Record,
    name="group",
    rate="with_theme",
    rate_coherent="with_theme_of_coherent",
    rate_others="with_theme_of_others",
    agreement="agreement_with_coherence",
):
    """How often lists share a label of one group.

    Attributes
    ----------
    name : of the group
    kinds : kinds of labels that belong to it
    n_labels : labels that were tried
    rate : lists whose strongest label is significant, family-wise 5 % within the group
    by_chance : lists of random tokens of which the same holds, of those that the rule was made from;
        at most the level, and below it where few labels make few different p-values
    excess : `rate` less `by_chance`
    rate_coherent, rate_others : the same among lists that are coherent (docs/definitions.md 6) and
        the others; None where there are none
    agreement : of having a theme with being coherent: a 2 × 2 table and Cohen's kappa
    """

    name: str
    kinds: tuple[str, ...]
    n_labels: int
    rate: Share
    by_chance: Share
    excess: Difference
    rate_coherent: Share | None
    rate_others: Share | None
    agreement: Agreement


@dataclass(frozen=True)
class SurveyNaming(Record):
    """What the neighbours of a survey's directions share.

    Attributes
    ----------
    level : family-wise level of a theme; lists of random tokens reach it that often at most
    groups : for all labels together, then by group
    n_directions : how many random directions' lists were compared with, 0 for none
    names : the themes of each list, from all labels; those that such lists share as well are marked
    """

    level: float
    groups: tuple[ThemeGroup, ...]
    n_directions: int
    names: ListNames = field(repr=False)

    def group(self, name: str) -> ThemeGroup:
        """The group of that name."""
        return next(group for group in self.groups if group.name == name)

    def short(self, which: int) -> str:
        """What one list shares in a few words, meaning or grammar if it can be; empty if nothing."""
        return self.names.short(which) or ""


def share_labels(
    space: EmbeddingSpace,
    lists: Ints,
    coherent: Bools,
    *,
    labels: LabelTable | None = None,
    naming: NamingSpec = NamingSpec(),  # noqa: B008 - frozen
    search: SearchSettings | None = None,
    store: DrawStore | None = None,
    progress: Progress | None = None,
) -> SurveyNaming:
    """What lists share, group of labels by group: a theme is a label that random tokens rarely share.

    Parameters
    ----------
    space : the lists are of its tokens
    lists : int array of shape (m, k)
    coherent : bool array of shape (m,), lists that are coherent (docs/definitions.md 6)
    labels : by default all that are built in
    naming : when a label names a list; its kinds are those of the group
    search : how the lists were looked for, to compare them with those of random directions; None:
        they are not compared
    store : where the nulls are kept
    progress : called with the number of draws done since the last call
    """
    table = labels_of(space, labels)
    there = {label.kind for label in table.labels}
    usable = space.moments.center().usable
    groups, named = [], {}
    for name, kinds in {ANY: tuple(sorted(there)), **GROUPS}.items():
        kept = tuple(kind for kind in kinds if kind in there)
        if not kept:
            continue
        counter = LabelCounter(table, usable, lists.shape[1], kinds=kept)
        if not len(counter):
            continue
        beside = None
        if name == ANY and search is not None:
            draw: dict[str, Any] = {"seed": naming.seed, "store": store, "progress": progress}
            beside = direction_null(space, counter, search, **draw)
        named[name] = name_lists(counter, lists, naming, beside=beside, store=store, progress=progress)
        groups.append(_group(name, kept, named[name], coherent))
    if not groups:
        raise InputError("no label has five tokens or more in this vocabulary: nothing can be shared")
    names = named[ANY]
    n_directions = 0 if names.beside is None else len(names.beside)
    return SurveyNaming(naming.level, tuple(groups), n_directions, names)


def _group(name: str, kinds: tuple[str, ...], names: ListNames, coherent: Bools) -> ThemeGroup:
    has = names.has_theme
    return ThemeGroup(
        name=name,
        kinds=kinds,
        n_labels=len(names.counter),
        rate=Share.where(has),
        by_chance=names.by_chance,
        excess=share_difference(Share.where(has), names.by_chance),
        rate_coherent=Share.where(has[coherent]) if coherent.any() else None,
        rate_others=Share.where(has[~coherent]) if not coherent.all() else None,
        agreement=agreement(has, coherent),
    )
