"""Small classes of tokens that are known by their exact spelling, word or not; compiled by hand."""

from __future__ import annotations

import numpy as np

from tokensphere.labels.form import Members
from tokensphere.labels.table import Label
from tokensphere.vocabulary import Vocabulary

SOURCE = "compiled by hand"

# Keywords and names of built-in types that are no everyday English words.
KEYWORDS = """abstractmethod argv async await bool boolean char chr cin cls concat const constexpr cout
dataclass decltype def dict elif elseif endfor endif endl enum eprintln errno eval extern fclose fgets
float64 fmt fn fopen foreach fprintf frozenset fscanf func getattr getenv goroutine hasattr hashmap href
htmlspecialchars ifdef ifndef impl init inout instanceof int int16 int32 int64 int8 isinstance iter
iterator javac kwargs lambda len malloc memcpy memset mkdir mutable namespace noexcept nonlocal nullptr
numpy params parseInt pandas php printf println printk py pyplot raise readonly realloc repr rgba scanf
setattr setTimeout sizeof sprintf sql sqrt sscanf stderr stdin stdio stdlib stdout strcat strcmp strcpy
strlen struct substr sudo synchronized tuple typedef typename typeof uint uint16 uint32 uint64 uint8
undefined unsafe unsigned unwrap utf8 varchar vec wchar xhtml xml json html css javascript localhost
http https"""
CLITICS = ["'s", "'t", "n't", "'re", "'ve", "'ll", "'d", "'m", "’s", "’t", "n’t", "’re", "’ve", "’ll"]

_CLASSES = {
    Label("list:code", "list", "keywords and names of programming languages", SOURCE): KEYWORDS.split(),
    Label("grammar:CLITIC", "grammar", "endings of contractions ('s, n't, 'll)", SOURCE): CLITICS,
}


def spelled_members(vocabulary: Vocabulary) -> Members:
    """The labels of exact spellings, with the ids of their tokens; one space in front is left aside."""
    bare = [token.removeprefix(b" ") for token in vocabulary.tokens]
    for label, words in _CLASSES.items():
        spellings = frozenset(word.encode() for word in words)
        found = [id for id, token in enumerate(bare) if token in spellings]
        yield label, np.array(found, dtype=np.int64)
