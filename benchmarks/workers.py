"""An atlas by two processes beside one: does a second worker do as much again?"""

from __future__ import annotations

import os
import tempfile
import time
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np

import tokensphere as ts
from benchmarks.report import Table, verdict
from benchmarks.rounds import Spread
from tokensphere.atlas.executors import Crew, in_this_process, on_this_machine
from tokensphere.atlas.run import run_atlas
from tokensphere.atlas.settings import AtlasSettings
from tokensphere.atlas.unit import Way, forget

_SHAPE, _UNITS, _BLOCK = (16_000, 256), 8, 1_000
_GOAL = 1.7


def run(rounds: int, *, quick: bool) -> Table:
    """Units an hour of one process with one thread, of one with two, and of two with one each."""
    shape = (6_000, 128) if quick else _SHAPE
    times: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["TOKENSPHERE_CACHE"] = str(folder / "cache")
        rng = np.random.default_rng(0)
        vectors = rng.standard_normal(shape, dtype=np.float32)
        model = folder / "model.safetensors"
        ts.EmbeddingSpace.from_arrays(vectors, [f"t{i}" for i in range(shape[0])]).save(model)
        for number in range(rounds + 1):  # the first finds what is kept of the model, and is not counted
            for who, (crew, threads) in _crews().items():
                took = _timed(model, folder / f"{number} {who}", crew, threads)
                if number:
                    times.setdefault(who, []).append(took)
    base = next(iter(times))
    rows = []
    for who, seconds in times.items():
        ratio = Spread.of(b / a for a, b in zip(seconds, times[base], strict=True))
        goal = verdict(ratio.median, _GOAL, at_least=True) if who.startswith("two processes") else ""
        hour = Spread.of(3600 * _UNITS / one for one in seconds)
        rows.append((who, str(hour), str(ratio), goal))
    return Table(
        "An atlas by several workers",
        ("who", "units an hour", "× one process, one thread", "goal"),
        rows,
        (
            f"A unit: {_BLOCK:,} directions beside 19 vocabularies with no words of {shape[0]:,} ×"
            f" {shape[1]}; {_UNITS} of them, with the start of the workers and the reading of the model."
            " Median, least and largest of the rounds; ratios within a round.",
        ),
    )


def _crews() -> dict[str, tuple[AbstractContextManager[Crew], int]]:
    return {
        "one process, one thread": (in_this_process(), 1),
        "one process, two threads": (in_this_process(), 2),
        "two processes, a thread each": (on_this_machine(2), 1),
    }


def _timed(model: Path, out: Path, crew: Any, threads: int) -> float:
    forget()
    began = time.perf_counter()
    run_atlas(
        [model], out, directions=_UNITS * _BLOCK, settings=AtlasSettings(block=_BLOCK), crew=crew,
        way=Way(threads),
    )  # fmt: skip
    return time.perf_counter() - began


if __name__ == "__main__":
    from benchmarks import report

    report.show(run(3, quick=False))
