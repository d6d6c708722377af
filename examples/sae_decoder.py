"""Which features of a sparse autoencoder point at tokens that have something in common?

    python examples/sae_decoder.py                            # a decoder made up for the occasion
    python examples/sae_decoder.py sae.safetensors:W_dec

Of the one made up, 500 features are random, and 20 point, not quite, at days of the week or at cities.
"""

import json
import sys
import tempfile
from pathlib import Path

import numpy as np

import tokensphere as ts


def make_decoder(space: ts.EmbeddingSpace, path: Path) -> None:
    """A matrix W_dec in safetensors whose rows are features."""
    rows = ts.random_directions(space.shape[1], range(520), seed=7)
    for words, places in (("Monday Friday Sunday", range(10)), ("Paris London Berlin", range(10, 20))):
        ids = [space.vocabulary.id(f" {word}") for word in words.split()]
        mean = space.vectors[ids].mean(axis=0) - space.vectors.mean(axis=0)
        rows[places] = mean / np.linalg.norm(mean) + 1.5 * rows[places]
    entry = {"dtype": "F32", "shape": rows.shape, "data_offsets": [0, rows.nbytes]}
    header = json.dumps({"W_dec": entry}).encode()
    path.write_bytes(len(header).to_bytes(8, "little") + header + rows.tobytes())


space = ts.load()
with tempfile.TemporaryDirectory() as folder:
    file = sys.argv[1] if sys.argv[1:] else f"{folder}/sae.safetensors"
    if not sys.argv[1:]:
        make_decoder(space, Path(file))
    with ts.open_directions(file, space.shape[1]) as decoder:
        print(ts.direction_test(space, decoder))
