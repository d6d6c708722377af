"""A page of a small model for tests of its endpoints."""

from __future__ import annotations

import numpy as np

from tokensphere.space import EmbeddingSpace, Provenance
from tokensphere.vocabulary import Vocabulary
from tokensphere.web.guard import Door

DOOR = Door(8737, secret="the secret of a test")
KINDS = (
    "king queen man woman prince duke",
    "Paris London Tokyo Berlin Madrid Rome",
    "walks runs sings talks jumps sees",
    "walked ran sang talked jumped saw",
    "red green blue yellow black white",
    "cat dog horse cow sheep pig",
    "one two three four five six",
    "Monday Tuesday Wednesday Thursday Friday Sunday",
)
WORDS = [word for kind in KINDS for word in kind.split()]
STRANGE = ["<b>bold</b>", "\u202eevil", "\x1b[31m", "שלום", "日本", "a\u0301", "&amp;", '"quoted"', "''"]


def small_space(d: int = 16, seed: int = 0) -> EmbeddingSpace:
    """A few hundred tokens, words with and without a space before them, and strange ones."""
    tokens = [f" {word}" for word in WORDS] + WORDS + STRANGE
    tokens += [f"t{number}" for number in range(400 - len(tokens))]
    rows = np.random.default_rng(seed).normal(size=(len(tokens), d)).astype(np.float32)
    for group in range(0, len(WORDS), 6):  # words of one kind lie together
        rows[group : group + 6] += 2 * rows[group]
    return EmbeddingSpace(rows, Vocabulary(tokens), Provenance("small", "memory"))
