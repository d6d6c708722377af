"""From tokens to words of the lexicon: which tokens are whole words, and how case counts.

How a vocabulary marks the start of a word is seen from the tokens themselves:

- *spaces*: the token that starts a word begins with a space (``" Paris"``). A token without one may be a
  word or a piece of one ("ant" in "signific-ant"). In small letters it counts as a word if it has
  4 letters or more and its twin with a space is in the vocabulary, and if that twin has the lower id,
  which in a BPE vocabulary says that it is the more frequent one, or there are 6 letters or more. With a
  capital ("Paris"), 4 letters are enough; shorter ones need the twin with the lower id. In all capitals
  ("VENT") it needs a twin or 6 letters.
- *continuations* (WordPiece): what goes on with a word begins with ``##`` and is no word.
- *none* (word vectors): every token is a word.

In a cased vocabulary a word is looked up as it is spelled, then in small letters; all capitals only if
there are 4 or more, so that " US" and " WHO" stay what they are. In an uncased one ("paris", "march")
a word has the labels of its spellings in small letters and with a capital together.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from tokensphere.labels.lexicon import Lexicon
from tokensphere.vocabulary import Kind, Vocabulary

CONTINUATION = b"##"
_TEXT = (Kind.NORMAL, Kind.ADDED)
_SHARE_SPACED = 0.05  # of all tokens, from which on spaces are taken to mark words
_SHARE_CAPITAL = 0.002  # of all words, below which a vocabulary is taken to be uncased
_SHORT = 4  # letters from which on a token without a space may be a word, and all capitals a common one
_LONG = 6  # … and from which on its id does not matter


def known_words(
    vocabulary: Vocabulary, lexicon: Lexicon
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The tokens that are words of the lexicon.

    Parameters
    ----------
    vocabulary : the tokens
    lexicon : the words

    Returns
    -------
    tokens, words : int64 arrays of shape (P,): pairs of an id and the number of a word; an id may
        occur twice, with the words of a common noun and of a name
    """
    words = dict(_words(vocabulary))
    cased = is_cased(list(words.values()))
    pairs = [(id, n) for id, word in words.items() for n in _look_up(word, lexicon.numbers, cased)]
    tokens, numbers = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    return tokens, numbers


def is_cased(words: list[str]) -> bool:
    """True if capitals occur in these words of ASCII letters."""
    capitals = sum(not word.islower() for word in words)
    return capitals > _SHARE_CAPITAL * len(words)


def has_spaces(tokens: list[bytes]) -> bool:
    """True if words of this vocabulary begin with a space."""
    spaced = sum(token[:1] == b" " and token[1:2].isalpha() for token in tokens)
    return spaced > _SHARE_SPACED * len(tokens)


def _words(vocabulary: Vocabulary) -> Iterator[tuple[int, str]]:
    """The ids of the tokens that are words of ASCII letters, with these words as spelled."""
    tokens = vocabulary.tokens
    spaces = has_spaces(tokens)
    starts = {token[1:]: id for id, token in enumerate(tokens) if token[:1] == b" "} if spaces else {}
    for id in np.flatnonzero(np.isin(vocabulary.kinds, _TEXT)).tolist():
        token = tokens[id]
        if token[:1] == b" ":
            if token[1:].isalpha():
                yield id, token[1:].decode("ascii")
        elif token.isalpha() and (not spaces or _is_word(token, id, starts.get(token))):
            yield id, token.decode("ascii")


def _is_word(token: bytes, id: int, twin: int | None) -> bool:
    """True if a token without a space may be taken for a word, its twin being the one with a space."""
    before = twin is not None and twin < id
    if token.islower():
        return len(token) >= _SHORT and twin is not None and (before or len(token) >= _LONG)
    if token.isupper():
        return twin is not None or len(token) >= _LONG
    return before or len(token) >= _SHORT


def _look_up(word: str, numbers: dict[str, int], cased: bool) -> list[int]:
    """The words of the lexicon that a token's word stands for: none, one, or in uncased ones two."""
    spellings = [word]
    if not cased:
        spellings += [word.capitalize()]
    elif word[1:].islower():
        spellings += [word.lower()]
    elif word.isupper() and len(word) >= _SHORT:
        spellings += [word.lower(), word.capitalize()]
    found = [numbers[spelling] for spelling in spellings if spelling in numbers]
    return found[:1] if cased else found
