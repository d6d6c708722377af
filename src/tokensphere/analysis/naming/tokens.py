"""What a list of tokens has in common: its name, with its p-values (docs/definitions.md 7)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from tokensphere.analysis.naming.counts import LabelCounter
from tokensphere.analysis.naming.directions import DirectionNull, direction_null, lists_with_as_many
from tokensphere.analysis.naming.labels import label_columns
from tokensphere.analysis.naming.lists import FEWEST, NamingSpec, labels_of, shuffled_null
from tokensphere.analysis.naming.themes import Theme, choose_themes, name_in_words
from tokensphere.analysis.result import Column, Result
from tokensphere.analysis.watched import Watch, watched
from tokensphere.arrays import Float64s, Int64s, Intps
from tokensphere.errors import InputError
from tokensphere.geometry.lens import usual_search
from tokensphere.geometry.similarity import SearchSettings
from tokensphere.labels.table import Label, LabelTable
from tokensphere.records import plain, record
from tokensphere.space import EmbeddingSpace, Provenance
from tokensphere.statistics.draws import DrawStore
from tokensphere.statistics.pvalues import p_values, q_values
from tokensphere.vocabulary import Token, Vocabulary, token_ids

LONGEST_DRAWN = 256  # tokens of a list that is compared with lists that are drawn


@dataclass(frozen=True)
class DirectionPValues:
    """How a list compares with the lists of random directions of the same model.

    Attributes
    ----------
    p_familywise : ``(1 + #{b : smallest p of list b ≤ smallest p of this list}) / (1 + B)``
    p : float64 array of shape (E,); for each label ``(1 + #{b : x_b ≥ x}) / (1 + B)``, x_b of list
        b's tokens having it; 1 where x is 0. Not adjusted for the number of labels
    n_draws : B, how many random directions
    settings : how their neighbours were looked for
    """

    p_familywise: float
    p: Float64s
    n_draws: int
    settings: SearchSettings

    @classmethod
    def of(
        cls, null: DirectionNull, counter: LabelCounter, shared: Int64s, tested: Float64s
    ) -> DirectionPValues:
        """Of a list with `shared` tokens and the p `tested` of each label, arrays of shape (E,)."""
        return cls(
            p_familywise=float(null.p_familywise(tested.min(initial=1.0))),
            p=(1 + lists_with_as_many(counter, null.lists, shared)) / (1 + len(null)),
            n_draws=len(null),
            settings=null.settings,
        )


@dataclass(frozen=True, eq=False, repr=False)
class Naming(Result):
    """What k tokens have in common.

    Attributes
    ----------
    ids : int64 array of shape (k,)
    themes : the labels that name the list; none if nothing is shared beyond chance
    labels : the E eligible labels; the arrays below have the shape (E,) and run over them
    shared : x, how many of the k tokens have each
    sizes : K, how many of the vocabulary's usable tokens have each
    p : ``P(X ≥ x)``, hypergeometric
    p_familywise : p adjusted for all labels: by the shuffled null, in [1/(1 + B), 1]; of more than 256
        tokens p times the number of labels (Bonferroni), 1 at most, which is no smaller
    q : Benjamini–Hochberg's, over the eligible labels, those with x < 3 taken with a p of 1
    directions : the same beside random directions, if that was asked for
    n : number of usable tokens, those that take part
    left_out : ids that were given but take no part (zero, not finite, or padding)
    spec : when a label names a list
    drawn : whether p is adjusted by lists that are drawn; False of Bonferroni's correction
    """

    ids: Int64s
    themes: tuple[Theme, ...]
    labels: tuple[Label, ...] = field(repr=False)
    shared: Int64s = field(repr=False)
    sizes: Int64s = field(repr=False)
    p: Float64s = field(repr=False)
    p_familywise: Float64s = field(repr=False)
    q: Float64s = field(repr=False)
    directions: DirectionPValues | None
    n: int
    left_out: tuple[int, ...]
    spec: NamingSpec
    provenance: Provenance
    vocabulary: Vocabulary = field(repr=False)
    drawn: bool = True

    def _in_short(self) -> str:
        return f"{self.text}, {len(self.ids):,} tokens of {self.provenance.model}"

    @property
    def text(self) -> str:
        """The name, e.g. ``"6 of 10 are weekdays (0.03 % of the vocabulary are)"``."""
        return name_in_words(self.themes)

    @property
    def p_list(self) -> float:
        """The p-value of the list as a whole: is anything shared at all? In (0, 1]."""
        return float(self.p_familywise.min(initial=1.0))

    @property
    def beyond_directions(self) -> bool | None:
        """Whether the list shares more than random directions' lists do; None if nobody asked."""
        beside = self.directions
        if beside is None:
            return None
        return bool(self.themes) and beside.p_familywise <= self.spec.level

    def ranked(self, least: int = 1) -> Intps:
        """The labels that at least `least` tokens share, the smallest p first."""
        some = np.flatnonzero(self.shared >= least)
        return some[np.argsort(self.p[some], kind="stable")]

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain dicts, lists, strings and numbers; of the labels those shared at all."""
        beside = self.directions
        return {
            "model": self.provenance.to_dict(),
            "settings": {
                **record(self.spec, "draws", "seed", "level"),
                "adjusted": "draws" if self.drawn else "bonferroni",
                "random_directions": beside and {"count": beside.n_draws, **beside.settings.to_dict()},
            },
            "tokens": [self.vocabulary.record(id) for id in self.ids.tolist()],
            "left_out": [self.vocabulary.record(id) for id in self.left_out],
            "name": self.text,
            "p_familywise": self.p_list,
            "p_familywise_random_directions": beside and beside.p_familywise,
            "beyond_random_directions": self.beyond_directions,
            "themes": plain(self.themes),
            "n_tokens": self.n,
            "eligible_labels": len(self.labels),
            "labels": [
                {**self.labels[label].to_dict(), **plain(self._figures(label))}
                for label in self.ranked().tolist()
            ],
        }

    def columns(self) -> dict[str, Column]:
        """A row for each label that is shared at all, the smallest p first."""
        ranked = self.ranked()
        labels = [self.labels[j] for j in ranked.tolist()]
        figures = self._figures(ranked).items()
        return {
            **label_columns(labels, "words", "kind"),
            **{name: values for name, values in figures if values is not None},
        }

    def _figures(self, which: Any) -> dict[str, Any]:
        """What is known of one label, or of several; None for what was not asked for."""
        beside = self.directions
        return {
            "shared": self.shared[which],
            "size": self.sizes[which],
            "p": self.p[which],
            "p_familywise": self.p_familywise[which],
            "p_random_directions": beside and beside.p[which],
            "q": self.q[which],
        }


def name_tokens(
    space: EmbeddingSpace,
    tokens: Iterable[Token],
    *,
    naming: NamingSpec = NamingSpec(),  # noqa: B008 - frozen
    labels: LabelTable | LabelCounter | None = None,
    n_random_directions: int = 0,
    search: SearchSettings | None = None,
    store: DrawStore | None = None,
    progress: Watch = None,
) -> Naming:
    """Name a list of tokens by the labels that more of them share than chance would have it.

    Of more than 256 tokens no lists are drawn to compare with, but Bonferroni's correction is made,
    unless random directions are asked for.

    Parameters
    ----------
    space : the embeddings; without random directions only their vocabulary matters
    tokens : 3 or more different tokens or ids
    naming : when a label names a list, and which kinds of labels count
    labels : by default those that come with tokensphere; or a `LabelCounter` of the space's tokens,
        which is quicker where many lists are named, and whose kinds of labels count
    n_random_directions : random directions to compare with, of the same seed; 0 for none
    search : how their neighbours are looked for, by default by cosine, through a lens as it ranks; the
        k nearest, as many as the list has tokens. Meaningful if the list was found in the same way
    store : where the draws of the nulls are kept, by default the memory of this process
    progress : called with the number of draws and directions done since the last call; True shows a bar

    Raises
    ------
    InputError
        fewer than 3 tokens that take part, a token given twice, a kind that no label is of
    UnknownTokenError
        a token that the vocabulary does not have
    """
    if isinstance(tokens, (str, bytes, int)):
        raise InputError(f"a list of tokens is needed, {FEWEST} or more; one was given")
    ids, left_out = list_of_tokens(space, token_ids(space.vocabulary, tokens))
    drawn = len(ids) <= LONGEST_DRAWN or n_random_directions > 0
    if not isinstance(labels, LabelCounter):
        labels = LabelCounter(labels_of(space, labels), space.usable, len(ids), kinds=naming.kinds)
    counter = labels.of_lists(len(ids), exact=drawn)
    shared = counter.counts(ids[None]).dense()[0]
    p = counter.tails(shared)
    tested = np.where(shared >= counter.min_shared, p, 1.0)
    beside = p_directions = None
    with watched(progress, "draws", naming.draws + n_random_directions) as advance:
        draw: dict[str, Any] = {"seed": naming.seed, "store": store, "progress": advance}
        if drawn:
            adjusted = p_values(tested, shuffled_null(counter, naming.draws, **draw), larger=False)
        else:
            adjusted = np.minimum(len(counter) * tested, 1.0)
        if n_random_directions:
            alike = replace(search or usual_search(space.lens, SearchSettings()), k=len(ids))
            found = direction_null(space, counter, alike, n_random_directions, **draw)
            beside = DirectionPValues.of(found, counter, shared, tested)
            p_directions = found.p_familywise(tested)
    return Naming(
        ids=ids,
        themes=choose_themes(
            counter, ids, adjusted, shared, p=p, level=naming.level, p_directions=p_directions
        ),
        labels=counter.labels,
        shared=shared,
        sizes=counter.sizes,
        p=p,
        p_familywise=adjusted,
        q=q_values(tested),
        directions=beside,
        n=counter.n,
        left_out=left_out,
        spec=naming,
        provenance=space.provenance,
        vocabulary=space.vocabulary,
        drawn=drawn,
    )


def list_of_tokens(space: EmbeddingSpace, ids: Sequence[int]) -> tuple[Int64s, tuple[int, ...]]:
    """The ids that take part, and those that do not."""
    seen: set[int] = set()
    for id in ids:
        if id in seen:
            shown = space.vocabulary.visible(id)
            raise InputError(f"token '{shown}' (id {id}) is given twice; give every token once")
        seen.add(id)
    given = np.array(ids, dtype=np.int64)
    part, left_out = given[space.usable[given]], tuple(given[~space.usable[given]].tolist())
    if len(part) < FEWEST:
        without = f" ({len(left_out)} have no direction)" if left_out else ""
        raise InputError(
            f"{len(part)} tokens{without} are too few to have a name: give {FEWEST} or more"
        )
    return part, left_out
