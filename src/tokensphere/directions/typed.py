"""A token, or a sum of tokens, as somebody types it into a line: `` king - man + woman``."""

from __future__ import annotations

import re
from typing import Any

from tokensphere.directions.expressions import parse_token_expressions
from tokensphere.directions.tokens import TokenSum
from tokensphere.display import SPACE, visible
from tokensphere.errors import InputError, UnknownTokenError
from tokensphere.vocabulary import Vocabulary

_STRICT = re.compile(rf"[\"'{SPACE}\\]|\bid:[0-9]")
_SIGN = re.compile(r"(?:^|(?<=\s))([+\-−])(?=\s)")


def read_typed(vocabulary: Vocabulary, text: str) -> TokenSum:
    """What somebody means who types `text`.

    Where the whole text is a token, or one as it is shown or as a tokenizer spells it, it is that token
    (see :meth:`Vocabulary.id`). With quotes, ``␣``, escapes or ids it is read as
    a line of a file of expressions (:mod:`.expressions`). Else its words are tokens, between signs that
    have white space on both sides; if the text begins with a space, all of its words do.

    Parameters
    ----------
    vocabulary : of the model
    text : one line

    Raises
    ------
    InputError
        it is no sum of tokens
    UnknownTokenError
        the vocabulary has no such token; the message has those that come nearest

    Examples
    --------
    >>> words = Vocabulary([" king", " man", " woman", "king", " - "])
    >>> read_typed(words, " king - man + woman")
    TokenSum(positive=(' king', ' woman'), negative=(' man',), name=None)
    >>> read_typed(words, "king").positive, read_typed(words, "␣king - ␣man").negative
    (('king',), ('␣man',))
    """
    if not text.strip():
        if text in vocabulary:
            return TokenSum((text,))
        raise InputError("nothing is typed; type a token, or a sum such as ␣king - ␣man + ␣woman")
    if vocabulary.find(text) is not None:
        return TokenSum((text,))
    if _STRICT.search(text):
        (found,) = parse_token_expressions(text.replace("\n", " "), name="what is typed")
        return TokenSum(found.positive, found.negative)
    return _words(vocabulary, text)


def _words(vocabulary: Vocabulary, text: str) -> TokenSum:
    lead = " " if text[0].isspace() else ""
    first, *rest = _SIGN.split(text)
    terms = [("+", first)] if first.strip() else []
    terms += list(zip(rest[::2], rest[1::2], strict=True))
    positive: list[str] = []
    negative: list[str] = []
    for sign, term in terms:
        word = term.strip()
        if not word:
            raise InputError("a token is missing beside a sign; type one, such as ␣king - ␣man")
        token = lead + word
        if vocabulary.find(token) is None:
            raise UnknownTokenError(_unknown(vocabulary, lead, word))
        (positive if sign == "+" else negative).append(token)
    return TokenSum(tuple(positive), tuple(negative))


def _unknown(vocabulary: Vocabulary, lead: str, word: str) -> str:
    """What exists near a token that does not."""
    words = word.split()
    for begin in (lead, " "):
        if len(words) > 1 and all(begin + one in vocabulary for one in words):
            return (
                f"the vocabulary has no token '{visible((lead + word).encode())}', but its words are"
                f" tokens; for their sum type '{begin}{' + '.join(words)}'"
            )
    return vocabulary.why_unknown(lead + word)


def spaced(vocabulary: Vocabulary, tokens: TokenSum) -> list[dict[str, Any]]:
    """The tokens that have a space before what somebody typed without, as records.

    Within a text most words have one: who types ``Paris`` may mean ``␣Paris``.

    Examples
    --------
    >>> spaced(Vocabulary(["king", " king", "man"]), TokenSum(("king",), ("man",)))
    [{'id': 1, 'token': ' king'}]
    """
    typed = [*tokens.positive, *tokens.negative]
    known = {vocabulary.id(one) for one in typed}
    bare = [one for one in typed if isinstance(one, str) and one in vocabulary and not one[:1].isspace()]
    other = {vocabulary.find(f" {one}"): f" {one}" for one in bare if f" {one}" in vocabulary}
    return [{"id": id, "token": one} for id, one in other.items() if id not in known]
