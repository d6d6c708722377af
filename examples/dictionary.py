"""Learn a small sparse dictionary (a TopK autoencoder), and write it as SAELens writes an SAE.

    python examples/dictionary.py                         # learns it, tests it
    python examples/dictionary.py sae_folder              # writes it
    python examples/dictionary.py shuffled_sae --shuffled # learnt from rows that mean nothing
    tokensphere test sae_folder

What it is: 512 features learnt from the bundled model's own embedding rows, centred. What it is not: an
SAE of activations inside a network, for which a model must run. It is opened and tested in the same way;
but whatever is trained on the embedding lies along what tokens differ in, and beats random directions
for that alone. So its features are compared with draws that have their own mean and covariance (the
null ``own``), and the dictionary with one of rows whose entries were shuffled.

What goes into a product of matrices is rounded to multiples of 2⁻¹⁸. Then each sum is exact in float64,
whatever order a processor adds in, and everybody learns the same features.
"""

import json
import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt

import tokensphere as ts
from tokensphere.formats.safetensors import header_bytes

Floats = npt.NDArray[np.float64]
FEATURES, ACTIVE, STEPS, BATCH, RATE = 512, 8, 500, 512, 3e-3


def rounded(x: Floats) -> Floats:
    """The nearest multiples of 2⁻¹⁸."""
    return np.ldexp(np.rint(np.ldexp(x, 18)), -18)


def unit(rows: Floats) -> Floats:
    """The rows at length 1."""
    scaled: Floats = rows / np.sqrt(np.square(rounded(rows)).sum(axis=1, keepdims=True))
    return scaled


def samples(space: ts.EmbeddingSpace, *, shuffled: bool) -> Floats:
    """The rows at length 1 less their mean; or each coordinate dealt anew among all rows."""
    x = rounded(unit(space.vectors[space.usable].astype(np.float64)))
    x = rounded(x - x.mean(axis=0))
    return np.random.default_rng(1).permuted(x, axis=0) if shuffled else x


def encode(x: Floats, features: Floats) -> Floats:
    """The largest ``ACTIVE`` projections of each sample, none below 0, all others 0."""
    z = x @ rounded(features).T
    least = np.partition(z, -ACTIVE, axis=1)[:, -ACTIVE, None]
    return rounded(np.where(z >= np.maximum(least, 0), z, 0))


def error(x: Floats, features: Floats) -> tuple[Floats, Floats]:
    """The code of each sample, and what the features make of it less the sample."""
    z = encode(x, features)
    return z, rounded(z @ rounded(features) - x)


def learn(x: Floats, rng: np.random.Generator) -> Floats:
    """Features of shape (FEATURES, d), unit length: encoder and decoder are the same matrix.

    Adam on ‖x − z D‖², z held fixed at each step (as in dictionary learning), D kept at unit length.
    """
    features = unit(x[rng.choice(len(x), FEATURES, replace=False)])
    mean, square = np.zeros_like(features), np.zeros_like(features)
    for step in range(1, STEPS + 1):
        z, off = error(x[rng.integers(len(x), size=BATCH)], features)
        slope = z.T @ off / BATCH
        mean += 0.1 * (slope - mean)
        square += 0.01 * (slope**2 - square)
        size = np.sqrt(square / (1 - 0.99**step)) + 1e-8
        features = unit(features - RATE * (1 - step / STEPS) * mean / (1 - 0.9**step) / size)
    return features


def save(folder: Path, space: ts.EmbeddingSpace, features: Floats, center: Floats) -> None:
    """Write the folder of an SAE in SAELens's layout."""
    d = features.shape[1]
    tensors = {"W_dec": features, "W_enc": features.T, "b_dec": center, "b_enc": np.zeros(len(features))}
    stored = {name: np.ascontiguousarray(one, dtype="<f4") for name, one in tensors.items()}
    header = header_bytes({name: ("F32", one.shape, one.nbytes) for name, one in stored.items()})
    folder.mkdir(parents=True, exist_ok=True)
    content = b"".join([header, *(one.tobytes() for one in stored.values())])
    (folder / "sae_weights.safetensors").write_bytes(content)
    metadata = {"model_name": space.provenance.model, "hook_name": "hook_embed"}
    config = {"architecture": "topk", "k": ACTIVE, "d_in": d, "d_sae": len(features)}
    text = json.dumps({**config, "dtype": "float32", "metadata": metadata}, indent=1)
    (folder / "cfg.json").write_text(text, encoding="utf-8")


def main() -> None:
    """Learn it, say how well it reconstructs, write it or test it."""
    folders = [one for one in sys.argv[1:] if one != "--shuffled"]
    space = ts.load()
    x = samples(space, shuffled="--shuffled" in sys.argv)
    features = learn(x, np.random.default_rng(0))
    some = x[::20]
    left = np.square(error(some, features)[1]).sum() / np.square(some).sum()
    print(f"{ACTIVE} of {FEATURES} features explain {1 - left:.0%} of the rows' variance")
    for folder in folders:
        save(Path(folder), space, features, x.mean(axis=0))
    if not folders:
        print()
        print(ts.direction_test(space, features, null=ts.NullSpec("own", draws=2000)).top(5))


if __name__ == "__main__":
    main()
