"""Lenses: which rows, and which similarity, rank a direction's tokens (docs/direction-tests.md).

===================  ================================================  =========================
``cosine``           rows as they are stored                           cosine
``logit``            the unembedding, the final norm's weight in it    dot with unit directions
``transformerlens``  the same less its means: TransformerLens's W_U    dot with unit directions
===================  ================================================  =========================
"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np

from tokensphere.arrays import Float32s
from tokensphere.errors import InputError
from tokensphere.geometry.rows import blocks
from tokensphere.geometry.similarity import SearchSettings

Lens = Literal["cosine", "logit", "transformerlens"]
LENSES: tuple[Lens, ...] = get_args(Lens)


def usual_search(lens: Lens | None, otherwise: SearchSettings) -> SearchSettings:
    """How a space that was loaded through a lens is searched; without one as `otherwise` says."""
    return otherwise if lens in (None, "cosine") else SearchSettings(similarity="dot")


def check_search(lens: Lens | None, search: SearchSettings) -> None:
    """Refuse a search whose lists would not be those of the lens.

    Raises
    ------
    InputError
        the lens ranks by dot on rows as they are, and the search by something else
    """
    if lens in (None, "cosine") or (search.similarity, search.centered) == ("dot", False):
        return
    asked = f"{search.similarity}{' on centred rows' if search.centered else ''}"
    raise InputError(
        f"the lens {lens!r} ranks by dot on rows as they are, not by {asked}; use similarity 'dot' and"
        " centered=False, or load the model with matrix 'output' and fold_norm instead of a lens"
    )


def check_cosine(lens: Lens | None, what: str) -> None:
    """Refuse what is by cosine of rows that a lens ranks by dot: it would tell of other lists.

    Raises
    ------
    InputError
        the lens ranks by dot
    """
    if lens not in (None, "cosine"):
        raise InputError(
            f"{what} is by cosine, and this space was loaded through the lens {lens!r}, which ranks by"
            " dot; load it with matrix 'output' and fold_norm instead"
        )


def subtract_means(matrix: Float32s, *, of_rows: bool, of_columns: bool) -> None:
    """Subtract from each row the mean of its entries, then from each column the mean of its own.

    The former is what a LayerNorm does to every direction, moved into the matrix that it is multiplied
    by: ``⟨u, v − mean(v)⟩ = ⟨u − mean(u), v⟩``. The latter adds one number to all products of a vector.
    Rows with a value that is not finite have no part in the means of columns.

    Parameters
    ----------
    matrix : float32 array of shape (n, d), changed in place; means are taken in double precision
    """
    total, count = np.zeros(matrix.shape[1]), 0
    with np.errstate(invalid="ignore", over="ignore"):
        for part in blocks(len(matrix)):
            block = matrix[part].astype(np.float64)
            if of_rows:
                block -= block.mean(axis=1, keepdims=True)
                matrix[part] = block
            sound = np.isfinite(block).all(axis=1)
            total += block[sound].sum(axis=0)
            count += int(sound.sum())
        if of_columns and count:
            mean = total / count
            for part in blocks(len(matrix)):
                matrix[part] -= mean
