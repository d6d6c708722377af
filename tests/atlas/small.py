"""Models of a few words, and what two atlases must have in common."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

import tokensphere as ts
from tokensphere.analysis.atlas.result import Atlas
from tokensphere.atlas.settings import AtlasSettings

SETTINGS = AtlasSettings(block=100)
DIRECTIONS = 250  # of each model: units of 100, 100 and 50
SHAPES = {"a": (160, 6), "b": (240, 8)}


def save_model(path: Path, shape: tuple[int, int], seed: int = 0) -> Path:
    """A model of tokens in groups of ten, so that its lists are more alike than chance."""
    rng, (n, d) = np.random.default_rng(seed), shape
    words = rng.standard_normal((n // 10, d)).repeat(10, axis=0)
    vectors = (words + 0.5 * rng.standard_normal((n, d))).astype(np.float32)
    ts.EmbeddingSpace.from_arrays(vectors, [f"t{i}" for i in range(n)], name=path.stem).save(path)
    return path


def save_list(folder: Path, *more: str, shapes: dict[str, tuple[int, int]] = SHAPES) -> Path:
    """A list of such models, one of them also as a control; `more` are lines of it."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = []
    for seed, (name, shape) in enumerate(shapes.items()):
        save_model(folder / f"{name}.safetensors", shape, seed)
        lines.append(f"{name}.safetensors size={shape[0]} family=tiny")
    lines += [f"{next(iter(shapes))}.safetensors control=shuffled", *more]
    path = folder / "models.txt"
    path.write_text("# a list\n\n" + "\n".join(lines) + "\n", encoding="utf-8")
    return path


def said(atlas: Atlas) -> dict[str, Any]:
    """All that an atlas tells but who has done it."""
    return {name: value for name, value in atlas.to_dict().items() if name != "work"}


def sums(folder: Path) -> dict[str, list[bytes]]:
    """The sums of all models, to the bit."""
    from tokensphere.formats.parquet import read_columns

    found = {}
    for path in sorted(folder.glob("models/*/joined.parquet")):
        columns, about = read_columns(path)
        arrays = [np.asarray(column).tobytes() for column in columns.values()]
        found[path.parent.name] = [*arrays, repr(about["tally"]).encode()]
    return found
