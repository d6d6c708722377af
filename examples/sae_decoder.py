"""Which features of a sparse autoencoder point at tokens that have something in common?

    python examples/sae_decoder.py                            # a decoder made up for the occasion
    python examples/sae_decoder.py sae.safetensors W_dec

The decoder that is made up has 500 random features, and 20 that point at the days and the cities.
"""

import json
import sys
import tempfile
from pathlib import Path

import numpy as np

import tokensphere as ts
from tokensphere.sources.directions_file import open_directions


def make_decoder(space: ts.EmbeddingSpace, path: Path) -> None:
    """Features are rows: mostly random, some near the mean of tokens that belong together."""
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
    file, tensor = (*sys.argv[1:], "W_dec")[:2] if len(sys.argv) > 1 else ("", "W_dec")
    if not file:
        file = str(Path(folder) / "sae.safetensors")
        make_decoder(space, Path(file))
    with open_directions(f"{file}:{tensor}", space.shape[1]) as decoder:
        result = ts.test_directions(space, decoder, n_null=10_000)
print(result.top(10))
