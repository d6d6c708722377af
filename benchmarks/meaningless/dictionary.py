"""A TopK sparse autoencoder (Gao et al. 2024, arXiv 2406.04093) in NumPy, small enough for a minute.

z = the k largest of W (x − b), none below 0, all others 0;    x̂ = Dᵀ z + b;    rows of D at unit length
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

Floats = npt.NDArray[np.float32]
_ADAM = (0.9, 0.999, 1e-8)


@dataclass(frozen=True)
class Training:
    """How a dictionary is learnt.

    Attributes
    ----------
    latents : rows of the dictionary
    active : how many of them a sample may use, k
    steps, batch : of Adam, and samples of a step
    rate : the learning rate; it falls to 0 over the last fifth of the steps
    """

    latents: int = 1024
    active: int = 16
    steps: int = 600
    batch: int = 512
    rate: float = 2e-3


@dataclass(frozen=True)
class Dictionary:
    """What was learnt.

    Attributes
    ----------
    directions : D, float32 of shape (latents, d), rows at unit length
    used : how many of the samples use each latent, shape (latents,)
    explained : share of the samples' variance that the reconstruction explains
    losses : for each step the mean square error of its batch as a share of the variance
    """

    directions: Floats
    used: npt.NDArray[np.int64]
    explained: float
    losses: npt.NDArray[np.float64]


class Code:
    """z of some samples: `active` entries in each row.

    Parameters
    ----------
    x : samples, shape (n, d)
    encoder : W, shape (latents, d)
    """

    def __init__(self, x: Floats, encoder: Floats, active: int) -> None:
        every = x @ encoder.T
        self.latents = np.argpartition(every, -active, axis=1)[:, -active:]
        self.values = np.maximum(np.take_along_axis(every, self.latents, axis=1), 0)
        self._shape = every.shape

    def sparse(self, values: Floats) -> csr_array:
        """A matrix of shape (n, latents) with these values where z has its own."""
        rows = np.arange(0, values.size + 1, values.shape[1])
        return csr_array((values.ravel(), self.latents.ravel(), rows), shape=self._shape)


def learn(samples: Floats, training: Training, seed: int) -> Dictionary:
    """Train a dictionary on samples of shape (n, d).

    Its rows are random directions at first, and the encoder is the same matrix. b stays the mean.
    """
    rng = np.random.default_rng(seed)
    x = samples - samples.mean(axis=0, dtype=np.float64).astype(np.float32)
    x /= np.sqrt(np.square(x).sum(axis=1, dtype=np.float64).mean()).astype(np.float32)
    rows = _unit(rng.standard_normal((training.latents, x.shape[1]), dtype=np.float32))
    encoder = rows.copy()
    learners, losses = (Adam(encoder), Adam(rows)), np.empty(training.steps)
    for step in range(training.steps):
        batch = x[rng.integers(len(x), size=training.batch)]
        losses[step], slopes = _slopes(batch, encoder, rows, training.active)
        rate = training.rate * min(1.0, 5 * (1 - step / training.steps))
        for learner, slope in zip(learners, slopes, strict=True):
            learner.step(slope, rate)
        rows[:] = _unit(rows)
    used, explained = _quality(x, encoder, rows, training)
    return Dictionary(rows, used, explained, losses)


def _slopes(
    x: Floats, encoder: Floats, rows: Floats, active: int
) -> tuple[float, tuple[Floats, Floats]]:
    """The loss of a batch, and half its derivatives by the encoder and by the rows along the sphere."""
    code = Code(x, encoder, active)
    z = code.sparse(code.values)
    error = z @ rows - x
    of_values = np.vecdot(rows[code.latents], error[:, None]) * (code.values > 0)
    of_encoder = code.sparse(of_values).T @ x / np.float32(len(x))
    of_rows = z.T @ error / np.float32(len(x))
    of_rows -= np.vecdot(of_rows, rows)[:, None] * rows
    return float(np.square(error).sum(axis=1).mean()), (of_encoder, of_rows)


def _quality(
    x: Floats, encoder: Floats, rows: Floats, training: Training
) -> tuple[npt.NDArray[np.int64], float]:
    used, error = np.zeros(len(rows), dtype=np.int64), 0.0
    for low in range(0, len(x), training.batch):
        some = x[low : low + training.batch]
        code = Code(some, encoder, training.active)
        used += np.bincount(code.latents[code.values > 0], minlength=len(rows))
        error += float(np.square(code.sparse(code.values) @ rows - some).sum(dtype=np.float64))
    return used, 1 - error / float(np.square(x).sum(dtype=np.float64))


class Adam:
    """Changes an array in place (Kingma & Ba 2015)."""

    def __init__(self, array: Floats) -> None:
        self._array, self._steps = array, 0
        self._mean, self._square = np.zeros_like(array), np.zeros_like(array)

    def step(self, slope: Floats, rate: float) -> None:
        first, second, epsilon = _ADAM
        self._steps += 1
        self._mean += (1 - first) * (slope - self._mean)
        self._square += (1 - second) * (slope * slope - self._square)
        size = np.sqrt(self._square / (1 - second**self._steps)) + epsilon
        self._array -= rate / (1 - first**self._steps) * self._mean / size


def _unit(rows: Floats) -> Floats:
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True))
