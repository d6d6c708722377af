"""What the points of a map can be coloured by: a number or a group for every token.

Which colours these are is the business of whoever draws; here they have names and counts, so that a
legend can say what a colour cannot.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tokensphere.analysis.map.projection import cosines_with
from tokensphere.analysis.naming.counts import LabelCounter
from tokensphere.analysis.naming.tokens import name_tokens
from tokensphere.arrays import Float32s, Int64s, Ints
from tokensphere.directions.given import make_directions
from tokensphere.errors import InputError, check_choice
from tokensphere.geometry.clusters import spherical_kmeans
from tokensphere.geometry.rows import Rows
from tokensphere.geometry.similarity import SearchSettings
from tokensphere.labels.table import LabelTable
from tokensphere.space import EmbeddingSpace
from tokensphere.vocabulary import Kind

MOST_GROUPS = 11  # that an eye can tell apart, and the rest
NO_GROUP = 255
_FEWEST = 3


@dataclass(frozen=True)
class TokenNumbers:
    """A number for every token.

    Attributes
    ----------
    words : what the number is
    values : float32 array of shape (n,), NaN where there is none
    """

    words: str
    values: Float32s = field(repr=False)

    def legend(self) -> dict[str, Any]:
        """What a legend says: the range, and the part of it that colours should tell apart."""
        there = self.values[np.isfinite(self.values)]
        ends = np.quantile(there, [0, 0.01, 0.5, 0.99, 1]).tolist() if len(there) else [None] * 5
        names = ("low", "q01", "median", "q99", "high")
        return {"what": "number", "words": self.words, **dict(zip(names, ends, strict=True))}


@dataclass(frozen=True)
class TokenGroups:
    """A group for every token.

    Attributes
    ----------
    words : what the groups are
    names : of the groups, in words
    of : uint8 array of shape (n,), the number of each token's group; 255 for none
    """

    words: str
    names: Sequence[str]
    of: Ints = field(repr=False)

    def legend(self) -> dict[str, Any]:
        """What a legend says: each group, and how many tokens it has."""
        sizes = np.bincount(self.of, minlength=256)
        groups = [{"name": name, "size": int(sizes[i])} for i, name in enumerate(self.names)]
        return {
            "what": "group", "words": self.words, "groups": groups, "without": int(sizes[NO_GROUP]),
        }  # fmt: skip


TokenColors = TokenNumbers | TokenGroups


def norms(space: EmbeddingSpace) -> TokenNumbers:
    """The lengths of the rows."""
    values = np.where(space.usable, space.moments.norms, np.nan)
    return TokenNumbers("length of the row", values.astype(np.float32))


def ids(space: EmbeddingSpace) -> TokenNumbers:
    """The tokens' ids, which follow frequency where a vocabulary was made by merging."""
    return TokenNumbers("id", np.arange(len(space), dtype=np.float32))


def cosines(space: EmbeddingSpace, direction: Any, *, centered: bool = False) -> TokenNumbers:
    """Every token's cosine with one direction, whatever :func:`nearest` takes.

    Raises
    ------
    InputError
        not one direction, or one that has no nearest tokens
    """
    given = make_directions(space, direction, SearchSettings(centered=centered))
    if len(given) != 1:
        raise InputError(f"a colour needs one direction; {len(given)} were given")
    values = cosines_with(space, given.read(0, 1), centered=centered)[:, 0]
    return TokenNumbers(f"cosine with {given.names[0].title}", values)


def kinds(space: EmbeddingSpace) -> TokenGroups:
    """The kinds of tokens: normal, bytes, control, …"""
    there = [kind for kind in Kind if (space.vocabulary.kinds == kind).any()]
    of = np.full(len(space), NO_GROUP, dtype=np.uint8)
    for number, kind in enumerate(there):
        of[space.vocabulary.kinds == kind] = number
    return TokenGroups("kind of token", [kind.name.lower() for kind in there], of)


def label_kind(space: EmbeddingSpace, labels: LabelTable, kind: str) -> TokenGroups:
    """The labels of one kind, the 11 with the most tokens; of several a token has the rarest of these.

    Raises
    ------
    InputError
        no label is of that kind, or the table is of other tokens
    """
    _check(space, labels)
    check_choice("kind of labels", kind, sorted({label.kind for label in labels.labels}))
    numbers = [j for j, label in enumerate(labels.labels) if label.kind == kind]
    largest = sorted(numbers, key=lambda j: (-labels.sizes[j], j))[:MOST_GROUPS]
    of = np.full(len(space), NO_GROUP, dtype=np.uint8)
    for number, j in enumerate(largest):  # rarer ones come later, and stay
        of[labels.members(j)] = number
    names = [labels.labels[j].words for j in largest]
    rest = len(numbers) - len(largest)
    others = f", the {len(largest)} largest of {len(numbers):,}" if rest else ""
    return TokenGroups(f"labels of {kind}{others}", names, of)


def one_label(space: EmbeddingSpace, labels: LabelTable, name: str) -> TokenGroups:
    """The tokens that have one label, by its name.

    Raises
    ------
    InputError
        there is no such label
    """
    _check(space, labels)
    if name not in labels.numbers:
        raise InputError(f"there is no label {name!r:.100}; `tokensphere labels` lists them")
    label = labels.labels[labels.numbers[name]]
    of = np.full(len(space), NO_GROUP, dtype=np.uint8)
    of[labels.members(name)] = 0
    return TokenGroups(f"label {label.name}", [label.words], of)


def clusters(
    space: EmbeddingSpace,
    count: int = MOST_GROUPS,
    *,
    counter: LabelCounter | None = None,
    seed: int = 0,
) -> TokenGroups:
    """Groups by spherical k-means of the centred rows, named by what their tokens share most.

    Parameters
    ----------
    space : the embeddings
    count : clusters, 2 to 11: more cannot be told apart by colour
    counter : counts labels, for the names; by default the groups have numbers only
    seed : of k-means
    """
    if not 2 <= count <= MOST_GROUPS:
        raise InputError(f"{count} clusters: colours can tell 2 to {MOST_GROUPS} apart")
    found = spherical_kmeans(_centered(space), count, seed=seed)
    of = np.where(found.labels < 0, NO_GROUP, found.labels).astype(np.uint8)
    names = [
        _name(space, np.flatnonzero(of == number), number, counter) for number in range(len(found.sizes))
    ]
    return TokenGroups(f"{len(names)} clusters (k-means of centred rows)", names, of)


def _centered(space: EmbeddingSpace) -> Rows:
    center, moments = space.moments.center(), space.moments
    usable = center.usable
    rows = np.zeros(space.vectors.shape, dtype=np.float32)
    rows[usable] = space.vectors[usable] / moments.norms[usable, None].astype(np.float32)
    rows[usable] -= center.mean.astype(np.float32)
    return Rows.of(rows, keep=usable, compute=space.rows.compute)


def _name(space: EmbeddingSpace, ids: Int64s, number: int, counter: LabelCounter | None) -> str:
    if counter is None or len(ids) < _FEWEST:
        return f"cluster {number + 1}"
    themes = name_tokens(space, ids.tolist(), labels=counter).themes
    return f"cluster {number + 1}: {themes[0].label.words}" if themes else f"cluster {number + 1}"


def _check(space: EmbeddingSpace, labels: LabelTable) -> None:
    if labels.n_tokens != len(space):
        raise InputError(f"labels for {labels.n_tokens} tokens, but the model has {len(space)}")
