"""A vocabulary made to fit its matrix.

A row beyond the last token is PADDING and called ``<padding id 7>``, so that no two of them look alike.
"""

from __future__ import annotations

import numpy as np

from tokensphere.vocabulary import Kind, Vocabulary


def fit_to_rows(vocabulary: Vocabulary, n_rows: int) -> Vocabulary:
    """The vocabulary for a matrix of `n_rows` rows: those beyond its last token become PADDING.

    Raises
    ------
    FormatError
        there are more tokens than rows
    """
    size = len(vocabulary)
    if size > n_rows:
        from tokensphere.sources.tokens.draft import too_many  # late: it loads all archives there are

        raise too_many("the vocabulary", size, n_rows, vocabulary.pieces[size - 1])
    if size == n_rows:
        return vocabulary
    pieces = [*vocabulary.pieces, *(f"<padding id {id}>" for id in range(size, n_rows))]
    kinds = np.full(n_rows, Kind.PADDING, dtype=np.uint8)
    kinds[:size] = vocabulary.kinds
    return Vocabulary(pieces, decode=vocabulary.decode, kinds=kinds, source=vocabulary.source)
