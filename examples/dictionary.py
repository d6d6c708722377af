"""Learn a small sparse dictionary (a TopK autoencoder) and ask which of its features point at tokens.

    python examples/dictionary.py [dictionary.npy]       # half a minute on two cores
    tokensphere test dictionary.npy --null own

What it is: 256 features learnt from the model's own embedding rows, centred. What it is not: an SAE of
activations inside a network, for which a model must run. It is tested in the same way; but whatever is
trained on the embedding lies along what tokens differ in, and beats random directions for that alone.
So its features are compared with draws that have their own mean and covariance (the null ``own``).
"""

import sys

import numpy as np
import numpy.typing as npt

import tokensphere as ts

Floats = npt.NDArray[np.float32]
FEATURES, ACTIVE, STEPS, BATCH, RATE = 256, 8, 400, 512, 3e-3


def unit(rows: Floats) -> Floats:
    """The rows at length 1."""
    scaled: Floats = rows / np.linalg.norm(rows, axis=-1, keepdims=True)
    return scaled


def encode(x: Floats, features: Floats) -> Floats:
    """The largest ``ACTIVE`` projections of each sample, none below 0, all others 0."""
    z = x @ features.T
    least = np.partition(z, -ACTIVE, axis=1)[:, -ACTIVE, None]
    code: Floats = np.where(z >= np.maximum(least, 0), z, 0)
    return code


def learn(x: Floats, rng: np.random.Generator) -> Floats:
    """Features of shape (FEATURES, d), unit length: encoder and decoder are the same matrix.

    Adam on ‖x − z D‖², z held fixed at each step (as in dictionary learning), D kept at unit length.
    """
    features = unit(x[rng.choice(len(x), FEATURES, replace=False)])
    mean, square = np.zeros_like(features), np.zeros_like(features)
    for step in range(1, STEPS + 1):
        batch = x[rng.integers(len(x), size=BATCH)]
        z = encode(batch, features)
        slope = z.T @ (z @ features - batch) / BATCH
        mean += 0.1 * (slope - mean)
        square += 0.01 * (slope**2 - square)
        size = np.sqrt(square / (1 - 0.99**step)) + 1e-8
        features = unit(features - RATE * (1 - step / STEPS) * mean / (1 - 0.9**step) / size)
    return features


def main() -> None:
    """Learn it, say how well it reconstructs, test it."""
    space = ts.load()
    x = unit(space.vectors[space.usable])
    x = x - x.mean(axis=0)
    features = learn(x, np.random.default_rng(0))
    some = x[::20]
    left = np.square(encode(some, features) @ features - some).sum() / np.square(some).sum()
    print(f"{ACTIVE} of {FEATURES} features explain {1 - left:.0%} of the rows' variance\n")
    if sys.argv[1:]:
        np.save(sys.argv[1], features)
    print(ts.direction_test(space, features, null=ts.NullSpec("own", draws=2000)).top(5))


if __name__ == "__main__":
    main()
