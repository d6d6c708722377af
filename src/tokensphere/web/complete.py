"""Completion: tokens of the real vocabulary for what somebody is typing."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from typing import Any

from tokensphere.display import parse_visible
from tokensphere.vocabulary import Vocabulary, as_text

MOST = 20


class Index:
    """The tokens of a vocabulary in the order of their texts, as they are and without case and spaces.

    Tokens that are no text by themselves are not in it.
    """

    def __init__(self, vocabulary: Vocabulary) -> None:
        texts = [(as_text(token), id) for id, token in enumerate(vocabulary.tokens)]
        self._exact = sorted((text, id) for text, id in texts if text)
        self._plain = sorted((text.strip().casefold(), id) for text, id in texts if text)

    def starting(self, text: str, most: int = MOST) -> list[int]:
        """Tokens that begin with `text`; those that do but for case and space after them."""
        found = self._of(self._exact, text, most)
        plain = text.strip().casefold()
        if plain and len(found) < most:
            found += [id for id in self._of(self._plain, plain, 2 * most) if id not in found]
        return found[:most]

    @staticmethod
    def _of(ordered: list[tuple[str, int]], text: str, most: int) -> list[int]:
        low = bisect_left(ordered, (text, -1))
        some = ordered[low : low + 50 * most]
        fitting = [(len(one), id) for one, id in some if one.startswith(text)]
        return [id for _, id in sorted(fitting)[:most]]


def completions(vocabulary: Vocabulary, text: str, keep: Callable[[Any, Any], Any]) -> list[int]:
    """Ids of tokens for what is typed of one, shorter ones first; ``␣`` is a space, too.

    Parameters
    ----------
    vocabulary : of the model
    text : what is typed; nothing: no tokens
    keep : keeps the index
    """
    if not text:
        return []
    index: Index = keep("index of tokens", lambda: Index(vocabulary))
    typed = parse_visible(text).decode("utf-8", "replace")
    found = index.starting(typed)
    if typed in vocabulary:  # the token itself stands first
        own = vocabulary.id(typed)
        found = [own, *(id for id in found if id != own)][:MOST]
    return found
