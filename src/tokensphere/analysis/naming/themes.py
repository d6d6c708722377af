"""From labels that a list shares to a name that reads well (docs/definitions.md 7)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tokensphere.analysis.naming.counts import LabelCounter
from tokensphere.arrays import Bools, Float64s, Ints
from tokensphere.labels.table import Label
from tokensphere.records import record

NOTHING = "nothing in common beyond chance"
AS_CHANCE = "≈ chance"  # before what random directions' lists share as well; no colour alone says it
FORM_KINDS = frozenset({"form", "id", "kind"})  # what a token looks like, not what it means
# What people mean by "these share something": meaning and grammar (also lists, and labels of one's
# own) before forms of one word, these before spelling, and that before the place in the vocabulary.
_RANKS = {"lemma": 1, "form": 2, "kind": 2, "id": 3}
_NEARLY = 0.8  # the part of one set that makes it "nearly a subset" of another
_MOST_THEMES = 3
# How the words of labels begin that cannot stand after "are", and what is said instead.
_SENTENCES = {
    "ending": "end",
    "beginning": "begin",
    "starting": "start",
    "with": "have",
    "ids": "have ids",
}


@dataclass(frozen=True)
class Theme:
    """A label that a list shares beyond chance.

    Attributes
    ----------
    label : what is shared
    shared, k : x of the k tokens of the list have it
    size, n : K of the n usable tokens of the vocabulary have it
    p : hypergeometric, ``P(X ≥ x)``
    p_familywise : the same adjusted for all labels that were tried, in (0, 1]
    p_directions : how often lists of random directions share a label as unlikely; None if nobody asked
    beyond_directions : whether that is more than they share; None with it
    """

    label: Label
    shared: int
    k: int
    size: int
    n: int
    p: float
    p_familywise: float
    p_directions: float | None = None
    beyond_directions: bool | None = None

    @property
    def mark(self) -> str:
        """``"≈ chance"`` of what random directions' lists share as well; else empty."""
        return AS_CHANCE if self.beyond_directions is False else ""

    @property
    def rank(self) -> int:
        """Which sort of thing is shared, in 0 … 3: meaning or grammar, one word, spelling, place."""
        return _rank(self.label)

    @property
    def is_form(self) -> bool:
        """Whether it is about what tokens look like: their form, place or kind."""
        return self.label.kind in FORM_KINDS

    @property
    def short(self) -> str:
        """A few words, e.g. ``"6/10 verbs, 3rd person singular present"``, and the mark."""
        return _marked(self.mark, f"{self.shared}/{self.k} {self.label.words}")

    @property
    def claim(self) -> str:
        """A sentence without its full stop, e.g. ``"7 of 10 end in -s"``."""
        return f"{self.shared} of {self.k} {self._predicate[0]}"

    @property
    def text(self) -> str:
        """The same with the share of the vocabulary."""
        share = share_in_words(self.size / self.n)
        return f"{self.claim} ({share} of the vocabulary {self._predicate[1]})"

    @property
    def _predicate(self) -> tuple[str, str]:
        """What the tokens are or do, and the verb that stands for it."""
        first, _, rest = self.label.words.partition(" ")
        verb = _SENTENCES.get(first) if rest else None
        return (f"{verb} {rest}", "do") if verb else (f"are {self.label.words}", "are")

    def to_dict(self) -> dict[str, Any]:
        """The same as a dict for JSON."""
        own = record(
            self, "shared", "k", "size", "n", "p", "p_familywise", "p_directions", "beyond_directions",
            "text", p_directions="p_familywise_random_directions",
            beyond_directions="beyond_random_directions",
        )  # fmt: skip
        return {**self.label.to_dict(), **own}


def share_in_words(share: float) -> str:
    """A share as a percentage with two digits at least.

    Examples
    --------
    >>> [share_in_words(share) for share in (0.5, 0.0112, 0.000204)]
    ['50 %', '1.1 %', '0.02 %']
    """
    value = 100 * share
    return f"{value:.0f} %" if value >= 9.95 else f"{value:.2g} %" if value >= 0.1 else f"{value:.1g} %"


def name_in_words(themes: Sequence[Theme]) -> str:
    """The themes as one line; says so where there is none, or none but of form, place or kind.

    Examples
    --------
    >>> name_in_words([])
    'nothing in common beyond chance'
    """
    if not themes:
        return NOTHING
    alike = marks_in_words(themes)
    if themes[-1].mark == themes[0].mark:  # those without a mark stand first
        return _marked(alike, "; ".join(theme.text for theme in themes))
    return _marked(alike, "; ".join(_marked(theme.mark, theme.text) for theme in themes))


def marks_in_words(themes: Sequence[Theme]) -> str:
    """What is to be said of the first of the themes before it is said what they are; may be empty."""
    outward = all(theme.is_form for theme in themes)
    return ", ".join(filter(None, [themes[0].mark, "only outwardly alike" * outward]))


def _marked(mark: str, text: str) -> str:
    return f"{mark}: {text}" if mark else text


def choose_themes(
    counter: LabelCounter,
    ids: npt.ArrayLike,
    p_familywise: Float64s,
    shared: Ints,
    *,
    p: Float64s | None = None,
    level: float = 0.05,
    most: int = _MOST_THEMES,
    p_directions: Float64s | None = None,
) -> tuple[Theme, ...]:
    """The labels that name a list: significant ones that each add something, meaning first.

    Words are gone through first, then spelling, then the place in the vocabulary; within each the most
    significant label first. A label adds nothing beside a stronger one that was chosen when four fifths
    of its tokens in the list have that one, too, or when four fifths of the smaller label's tokens in
    the vocabulary have the larger one (verbs in -s and tokens in -s, countries and capitalised tokens).
    So no word is hidden by spelling or place. What is chosen is put in order: what random directions'
    lists do not share, if that is known, and then by what it is about, see :attr:`Theme.rank`. If it is
    too much, the strongest stays in any case.

    Parameters
    ----------
    counter : counts labels in lists of k tokens
    ids : the k tokens of the list
    p_familywise : float64 array of shape (E,), the labels' p adjusted for all of them
    shared : int array of shape (E,), x of every eligible label
    p : float64 array of shape (E,), ``P(X ≥ x)`` of every label, if it is known
    level : labels with a larger `p_familywise` are no themes
    most : how many themes at most
    p_directions : float64 array of shape (E,), the labels' p adjusted for all of them beside lists of
        random directions; of themes with a larger one than `level` it is said that they are no more

    Returns
    -------
    tuple of Theme, by mark, by rank, then by p; of equal p the label of fewer tokens, then of fewer
    characters, first
    """
    some = np.flatnonzero((p_familywise <= level) & (shared >= counter.min_shared))
    p = counter.tails(shared) if p is None else p
    beside = None if p_directions is None else p_directions[some]
    found = Significant(
        some, shared[some], p[some], p_familywise[some], beside, counter.marks(ids, some).T
    )
    return choose_among(counter, found, level=level, most=most)


@dataclass(frozen=True)
class Significant:
    """The labels that one list shares beyond chance, ascending.

    Attributes
    ----------
    label, shared : int arrays of shape (c,), places among the counter's labels, and x of each
    p, p_familywise : float64 arrays of shape (c,)
    p_directions : float64 array of shape (c,), or None if nobody asked
    marks : bool array of shape (c, k), which of the tokens have each
    """

    label: Ints
    shared: Ints
    p: Float64s
    p_familywise: Float64s
    p_directions: Float64s | None
    marks: Bools


def choose_among(
    counter: LabelCounter, found: Significant, *, level: float = 0.05, most: int = _MOST_THEMES
) -> tuple[Theme, ...]:
    """The themes of a list of which it is known what it shares; as :func:`choose_themes`."""
    labels, p = found.label.tolist(), found.p.tolist()
    ranks = [max(_rank(counter.labels[label]), 1) for label in labels]
    marks = found.marks.astype(np.int64)
    both = (marks @ marks.T).tolist()  # tokens of the list that have two labels
    chosen: list[int] = []
    for one in np.lexsort((found.p, np.array(ranks))).tolist():
        stronger = [other for other in chosen if p[other] <= p[one]]
        if any(both[one][other] >= _NEARLY * both[one][one] for other in stronger):
            continue
        if any(counter.overlap(labels[one], labels[other]) >= _NEARLY for other in stronger):
            continue
        chosen.append(one)
    return _first([_theme(counter, found, one, level) for one in chosen], most)


def _theme(counter: LabelCounter, found: Significant, one: int, level: float) -> Theme:
    label = int(found.label[one])
    beside = None if found.p_directions is None else float(found.p_directions[one])
    return Theme(
        label=counter.labels[label],
        shared=int(found.shared[one]),
        k=counter.k,
        size=int(counter.sizes[label]),
        n=counter.n,
        p=float(found.p[one]),
        p_familywise=float(found.p_familywise[one]),
        p_directions=beside,
        beyond_directions=None if beside is None else beside <= level,
    )


def _first(themes: Sequence[Theme], most: int) -> tuple[Theme, ...]:
    """The themes in order, at most so many; the strongest is one of them, if need be the last."""
    ordered = sorted(themes, key=lambda theme: (theme.mark, theme.rank, theme.p))
    first = ordered[:most]
    if len(ordered) > most > 1:
        strongest = min(ordered, key=lambda theme: theme.p)
        first = first if strongest in first else [*first[:-1], strongest]
    return tuple(first)


def _rank(label: Label) -> int:
    return _RANKS.get(label.kind, 0)
