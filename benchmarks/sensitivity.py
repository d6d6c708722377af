"""How much the survey's rate depends on choices: model, law, similarity, centring, forms, k.

python -m benchmarks.sensitivity [--quick] [--markdown docs/random-neighbourhoods.md]

The models are the bundled one and those of `make models`, as far as they are there.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

import tokensphere as ts
from benchmarks import report
from benchmarks.calibration.page import write
from benchmarks.report import Table
from tokensphere.geometry.coherence import Coherence
from tokensphere.geometry.rows import Rows
from tokensphere.geometry.search import top_k
from tokensphere.geometry.similarity import make_scoring
from tokensphere.geometry.surrogate import DEFAULT_LAW, SURROGATE_LAWS, Surrogates
from tokensphere.statistics.own_null import OwnNull, own_null

Floats = npt.NDArray[np.floating]
_MODELS = {"bundled": None, "Whisper tiny.en": "whisper-tiny.en", "MiniLM": "minilm"}
_KS = (5, 10, 20)
_SURROGATES = 19
_COLUMNS = ("as they are", "one token a form", "centred", "centred, one a form")


def models() -> Iterator[tuple[str, ts.EmbeddingSpace]]:
    """Those that are there."""
    for name, folder in _MODELS.items():
        path = Path(".models", folder or "")
        if folder is None or path.is_dir():
            yield name, ts.load(None if folder is None else str(path))


def by_law(space: ts.EmbeddingSpace, law: str, m: int) -> tuple[str, ...]:
    """A survey's rates, of the four kinds of lists, for each k."""
    found = ts.survey(space, m, ks=_KS, surrogate=ts.SurrogateSpec(law, count=_SURROGATES))  # type: ignore[arg-type]
    return tuple(
        _cell([found.rate(centered=centered, forms=forms, k=k).own for k in _KS])
        for centered in (False, True)
        for forms in (False, True)
    )


def by_dot(space: ts.EmbeddingSpace, m: int) -> tuple[str, ...]:
    """Lists by dot product: in a surrogate row i is as long as the real one."""
    directions = np.asarray(ts.random_directions(space.shape[1], range(m)))
    lengths = space.moments.norms[space.rows.usable, None].astype(np.float32)
    surrogates = Surrogates(space.rows)
    cells = []
    for centered in (False, True):
        values = _coherence(space.rows, directions, centered)
        null = [
            _coherence(Rows.of(surrogates.draw(seed).vectors * lengths), directions, centered)
            for seed in range(_SURROGATES)
        ]
        beside = np.stack(null, axis=-1)
        cells.append(_cell([own_null(values[:, j], beside[:, j]) for j in range(len(_KS))]))
    return cells[0], "", cells[1], ""


def _coherence(rows: Rows, directions: Floats, centered: bool) -> Floats:
    ids, _ = top_k(make_scoring(rows, similarity="dot", centered=centered), directions, max(_KS))
    return np.asarray(Coherence(rows).coherence(ids, _KS))


def _cell(rates: list[OwnNull | None]) -> str:
    return ", ".join(f"{100 * own.at[0].rate:.0f}" for own in rates if own is not None)


def table(*, quick: bool) -> Table:
    m = 100 if quick else 500
    rows: list[tuple[object, ...]] = []
    for name, space in models():
        rows += [(name, law, "cosine", *by_law(space, law, m)) for law in SURROGATE_LAWS]
        rows.append((name, DEFAULT_LAW, "dot", *by_dot(space, m)))
    return Table(
        "How much the rate depends on choices",
        ("model", "law", "similarity", *_COLUMNS),
        rows,
        (f"Percent of {m} random directions (seed 0) whose k nearest tokens are more alike than the same"
         f" direction's in all of {_SURROGATES} vocabularies with no words, for k = 5, 10, 20; chance"
         " gives 5. A 95 % interval reaches 2 to 5 points to either side.",
         "dot: in a vocabulary with no words row i is as long as the real one."),
    )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sensitivity", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer directions: a trial")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="replace the table of this page")
    arguments = parser.parse_args()
    found = table(quick=arguments.quick)
    report.show(found)
    if arguments.markdown is not None:
        write(arguments.markdown, [found])


if __name__ == "__main__":
    main()
