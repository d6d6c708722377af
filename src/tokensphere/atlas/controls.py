"""Matrices with no words in the place of a model's: what is found in them is chance."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tokensphere.arrays import Float32s
from tokensphere.errors import check_choice
from tokensphere.space import EmbeddingSpace

CONTROLS = ("gaussian", "shuffled")
_SEED = 0


def control_of(space: EmbeddingSpace, control: str) -> EmbeddingSpace:
    """A space of the same shape and vocabulary, of which nothing was learnt.

    Parameters
    ----------
    space : of a model
    control : ``"gaussian"``: independent standard normal values; ``"shuffled"``: the values of each
        dimension, of the rows that have a direction, in another order, so that it keeps its mean and
        its law but nothing joins one with another

    Raises
    ------
    InputError
        there is no such control
    """
    check_choice("control", control, CONTROLS)
    rng = np.random.default_rng([_SEED, CONTROLS.index(control)])
    n, d = space.shape
    made: Float32s
    if control == "gaussian":
        made = rng.standard_normal((n, d), dtype=np.float32)
    else:
        made, usable = space.vectors.copy(), np.flatnonzero(space.usable)
        for column in range(d):
            made[usable, column] = space.vectors[rng.permutation(usable), column]
    about = replace(
        space.provenance,
        model=f"{space.provenance.model} ({control})",
        sha256=None,
        notes=(*space.provenance.notes, f"control: {control}, of no words"),
    )
    return EmbeddingSpace(made, space.vocabulary, about)
