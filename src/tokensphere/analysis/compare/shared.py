"""The tokens that two vocabularies share: the same text at the same place in a word.

Tokenizers spell the begin of a word in their own ways: with a space (``Ġparis``, ``▁paris``), or by
marking what goes on with one (``##ing``). What a token stands for in running text decides, not its
spelling.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from unicodedata import east_asian_width

import numpy as np

from tokensphere.arrays import Int64s
from tokensphere.labels.words import CONTINUATION, has_spaces
from tokensphere.records import Record
from tokensphere.space import EmbeddingSpace
from tokensphere.vocabulary import Kind, Vocabulary, as_text

Key = tuple[bool, bytes]  # whether it is a special token, and what it stands for
_TEXT = (Kind.NORMAL, Kind.BYTE, Kind.ADDED)
_SPECIAL = (Kind.CONTROL, Kind.UNKNOWN)
_MARKED = 0.01  # of the tokens, from which on continuations are taken to be marked


@dataclass(frozen=True)
class SharedTokens(Record):
    """The tokens of two models that stand for the same.

    Attributes
    ----------
    n : how many, in the order of the first model's ids
    share_of_first, share_of_second : of the tokens that could be shared, in [0, 1]
    twice : tokens of either model that stand for the same as an earlier one of that model, and are left
        out
    no_direction : tokens that both have, but whose row in one of the models has no direction (zero, not
        finite, or the mean itself)
    first, second : int64 arrays of shape (n,), ids in the two models
    tokens : what they stand for, n bytes; of a word at its begin with a space
    """

    n: int
    share_of_first: float
    share_of_second: float
    twice: int
    no_direction: int
    first: Int64s = field(repr=False)
    second: Int64s = field(repr=False)
    tokens: tuple[bytes, ...] = field(repr=False)


def shared_tokens(first: EmbeddingSpace, second: EmbeddingSpace) -> SharedTokens:
    """The tokens that two models share.

    A token is matched by its exact bytes, which spell the begin of a word with a space. Of a vocabulary
    without spaces (WordPiece, word vectors) a token that begins with a letter begins a word, but for
    those marked with ``##``; Chinese, Japanese and Korean, digits and signs stand as they are. Special
    tokens are matched only with equal special ones; what is reserved and padding with nothing. Of
    several tokens of one model that stand for the same, the one is taken that :meth:`Vocabulary.id`
    finds.
    """
    one, other = _keys(first.vocabulary), _keys(second.vocabulary)
    both = [key for key in one.ids if key in other.ids]
    ids = np.array([one.ids[key] for key in both], dtype=np.int64)
    others = np.array([other.ids[key] for key in both], dtype=np.int64)
    good = first.moments.center().usable[ids] & second.moments.center().usable[others]
    order = np.flatnonzero(good)[np.argsort(ids[good], kind="stable")]
    return SharedTokens(
        n=len(order),
        share_of_first=len(order) / max(len(one.ids), 1),
        share_of_second=len(order) / max(len(other.ids), 1),
        twice=one.twice + other.twice,
        no_direction=int(np.count_nonzero(~good)),
        first=ids[order],
        second=others[order],
        tokens=tuple(both[place][1] for place in order.tolist()),
    )


@dataclass(frozen=True)
class _Keys:
    """What the tokens of a vocabulary stand for, and how many stand for the same as another."""

    ids: dict[Key, int]
    twice: int


def _keys(vocabulary: Vocabulary) -> _Keys:
    ids: dict[Key, int] = {}
    twice = 0
    for id, key in _in_order(vocabulary):
        twice += key in ids
        ids.setdefault(key, id)
    return _Keys(ids, twice)


def _in_order(vocabulary: Vocabulary) -> Iterator[tuple[int, Key]]:
    """Ids and what they stand for, normal tokens first: as :meth:`Vocabulary.id` chooses."""
    tokens = vocabulary.tokens
    spaces = has_spaces(tokens)
    marked = sum(map(_continues, tokens)) > _MARKED * len(tokens)
    kinds = vocabulary.kinds
    for normal in (True, False):
        for id in np.flatnonzero((kinds == Kind.NORMAL) == normal).tolist():
            if kinds[id] in _TEXT:
                yield id, (False, tokens[id] if spaces else _in_text(tokens[id], marked))
            elif kinds[id] in _SPECIAL:
                yield id, (True, tokens[id])


def _continues(token: bytes) -> bool:
    return len(token) > len(CONTINUATION) and token.startswith(CONTINUATION)


def _in_text(token: bytes, marked: bool) -> bytes:
    """A token of a vocabulary without spaces as it would be spelled with them."""
    if marked and _continues(token):
        return token[len(CONTINUATION) :]
    text = as_text(token)
    begins = text and text[0].isalpha() and east_asian_width(text[0]) not in "WF"
    return b" " + token if begins else token
