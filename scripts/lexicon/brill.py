"""Brill's lexicon as the package `brill` keeps it: word -> Penn tags, the most frequent one first."""

from __future__ import annotations

import re

_WORD = re.compile(
    r"^  (?:'((?:[^'\\]|\\.)*)'|\"([^\"]*)\"|([\w$]+)): (\[?[0-9, ]+\]?),?$", re.MULTILINE
)
_TAG = re.compile(r"^  (?:'([^']+)'|\"([^\"]+)\"),?$", re.MULTILINE)


def tags_by_word(words: str, tags: str) -> dict[str, list[str]]:
    """The lexicon.

    Parameters
    ----------
    words, tags : the package's ``words.js`` and ``tags.js``; the first one has numbers for the tags
    """
    names = [single or double for single, double in _TAG.findall(tags)]
    lexicon = {}
    for quoted, other, bare, numbers in _WORD.findall(words):
        tags_of = [int(number) for number in re.findall(r"\d+", numbers)]
        # one word of the package ("your") has a number beyond the last tag
        lexicon[quoted or other or bare] = [names[tag] for tag in tags_of if tag < len(names)]
    return lexicon
