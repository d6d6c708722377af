"""The principal directions of a model's embedding, the largest variance first, as a file to test.

    python examples/principal_directions.py principal.npy [MODEL]
    tokensphere test principal.npy --axis 1 --both-ends

They are the eigenvectors of the covariance of the unit rows. An eigenvector has no sign: what lies at
its other end is as much a finding, so both ends are tested.
"""

import sys

import numpy as np
import numpy.typing as npt

import tokensphere as ts


def principal_directions(space: ts.EmbeddingSpace) -> npt.NDArray[np.float64]:
    """Unit vectors, shape (d, d), a direction a row; and nothing of rows that have no direction."""
    rows = space.vectors[space.usable].astype(np.float64)
    unit = rows / np.linalg.norm(rows, axis=1)[:, None]
    values, vectors = np.linalg.eigh(np.cov(unit.T))
    directions: npt.NDArray[np.float64] = vectors.T[np.argsort(-values)]
    largest = np.abs(directions).argmax(axis=1)  # so that LAPACK's sign does not matter
    directions *= np.sign(directions[np.arange(len(directions)), largest])[:, None]
    return directions


np.save(sys.argv[1], principal_directions(ts.load(*sys.argv[2:3])).astype(np.float32))
