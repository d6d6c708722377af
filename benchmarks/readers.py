"""Reading models: how long, and how much memory, beside the packages that others read them with.

Each turn is a fresh process that reads one file, :mod:`benchmarks.reader_tasks`; the contestants take
turns in a rotating order. Their answers are compared: the same matrix bit for bit, the same tokens.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple
from unittest.mock import patch

from benchmarks.processes import by_small_parent
from benchmarks.report import Table, verdict
from benchmarks.rounds import Spread, ratio

_COLUMNS = ("reader", "seconds", "× first peer", "target", "peak MB", "target")
_TABLE_COLUMNS = ("model", "matrix MB", "seconds", "ns per byte", "× bundled", "target", "peak MB")
_SHARE = 1 / 8  # of the peer's time
_BEYOND_MATRIX = 150.0  # MB
_PER_BYTE = 1.5  # times the bundled model's seconds per byte
_MB = 1_000_000
_OURS = "tokensphere"
_SMOLLM2 = Path("smollm2", "SmolLM2-135M-Instruct.Q4_1.gguf")
_CLOCK = (
    "A fresh process each turn; the clock starts after all imports, and the file is in the system's "
    "cache. Median, least and largest of {} rounds in a rotating order; × is the median of the rounds' "
    "ratios."
)
_MEMORY = "MB = 10⁶ bytes, ru_maxrss of the process, mapped pages of the file included."
_OUR_WORK = "tokensphere's work is load() with vocabulary, SHA-256 and norms: all that a search needs."


class Turn(NamedTuple):
    """What one process took, and what it read: digest, and bytes as a float32 matrix."""

    seconds: float
    peak_bytes: int
    digest: str
    matrix_bytes: int


@dataclass(frozen=True)
class Reading:
    """A file and who reads it: name shown -> task; ours first, then its peers."""

    title: str
    path: Path
    tasks: dict[str, str]
    share: float | None = None
    notes: tuple[str, ...] = ()


def models_folder() -> Path | None:
    """The folder that ``scripts/fetch_models.py`` made, or None."""
    folder = Path(os.environ.get("TOKENSPHERE_MODELS", ".models"))
    return folder if (folder / _SMOLLM2).is_file() else None


def run(rounds: int, *, quick: bool) -> Iterator[Table]:
    """One table for every file, then that of the second start."""
    models = models_folder()
    if models is None:
        print("readers: no real models; run `make models`, or set TOKENSPHERE_MODELS", flush=True)
    else:
        yield _compare(_smollm2(models / _SMOLLM2), rounds)
        if (models / "minilm").is_dir():
            yield _compare(_minilm(models / "minilm"), rounds)
    from benchmarks import reader_files

    with tempfile.TemporaryDirectory(prefix="tokensphere-benchmark-") as made:
        if not quick:
            path = Path(made, "gemma-like.gguf")
            reader_files.write_gemma_like(path)
            yield _compare(_gemma_like(path, reader_files.GEMMA_SHAPE), min(rounds, 2))
            path.unlink()
        with patch.dict(os.environ, TOKENSPHERE_CACHE=str(Path(made, "cache"))):
            reader_files.store_gpt2_like()
            yield _second_start(reader_files.CACHED, rounds)


def _gguf_tasks() -> dict[str, str]:
    peer = {"gguf: GGUFReader, dequantize, contents": "gguf"} if find_spec("gguf") else {}
    return {_OURS: "tokensphere"} | peer


def _smollm2(path: Path) -> Reading:
    title = f"readers: {path.name}, 49,152 × 576, Q8_0 in a file of a whole model"
    return Reading(title, path, _gguf_tasks(), _SHARE)


def _gemma_like(path: Path, shape: tuple[int, int]) -> Reading:
    title = f"readers: GGUF made here, {shape[0]:,} × {shape[1]:,}, Q8_0, SentencePiece tokens"
    return Reading(title, path, _gguf_tasks(), _SHARE)


def _minilm(folder: Path) -> Reading:
    peers = {
        "safetensors: load_file; json": "safetensors-file",
        "safetensors: safe_open, one tensor; json": "safetensors-tensor",
    }
    return Reading(
        "readers: MiniLM's model.safetensors and tokenizer.json, 30,522 × 384, F32",
        folder,
        {_OURS: "tokensphere"} | (peers if find_spec("safetensors") else {}),
        notes=(
            "The peers take the tokens from tokenizer.json with json, unchecked; no SHA-256, no norms.",
        ),
    )


def _race(turns: dict[str, tuple[str, str]], rounds: int) -> dict[str, list[Turn]]:
    """Run the tasks (name -> task, path) in turn; the one turn each before them does not count."""
    names = list(turns)
    results: dict[str, list[Turn]] = {name: [] for name in names}
    for task, path in turns.values():
        _turn(task, path)
    for number in range(rounds):
        shift = number % len(names)
        for name in names[shift:] + names[:shift]:
            results[name].append(_turn(*turns[name]))
    return results


def _turn(task: str, path: str) -> Turn:
    command = [sys.executable, "-m", "benchmarks.reader_tasks", task, path]
    done = subprocess.run(by_small_parent(command), stdout=subprocess.PIPE, text=True, check=True)
    return Turn(*json.loads(done.stdout))


def _seconds(turns: list[Turn]) -> dict[int, float]:
    return {number: turn.seconds for number, turn in enumerate(turns)}


def _compare(reading: Reading, rounds: int) -> Table:
    """Every reader beside the first peer."""
    results = _race({name: (task, str(reading.path)) for name, task in reading.tasks.items()}, rounds)
    ours, *peers = results
    first = results[ours][0]
    for name, turns in results.items():
        assert {turn.digest for turn in turns} == {first.digest}, f"{name} reads something else"
    most = first.matrix_bytes / _MB + _BEYOND_MATRIX
    rows = []
    for name, turns in results.items():
        share = ratio(_seconds(turns), _seconds(results[peers[0]])) if peers else None
        peak = Spread.of(turn.peak_bytes / _MB for turn in turns)
        judged = name == ours
        target = reading.share if judged and share else None
        rows.append(
            (
                name,
                Spread.of(turn.seconds for turn in turns),
                share or "—",
                verdict(share.median, target, at_least=False) if share and target else "",
                peak,
                verdict(peak.largest, round(most), at_least=False, unit=" MB") if judged else "",
            )
        )
    same = ("All read the same matrix, bit for bit, and the same tokens (checked).",) if peers else ()
    memory = f"{_MEMORY} Target: the float32 matrix ({first.matrix_bytes / _MB:.0f}) and 150 more."
    notes = (_CLOCK.format(rounds), _OUR_WORK, *reading.notes, *same, memory)
    return Table(reading.title, _COLUMNS, rows, notes)


def _second_start(cached: str, rounds: int) -> Table:
    """From the cache to the first table, per byte of the matrix, beside the bundled model."""
    tasks = {"bundled": ("table-bundled", "-"), "from the cache": ("table-cached", cached)}
    results = _race(tasks, rounds)
    per_byte = {
        name: {number: turn.seconds / turn.matrix_bytes for number, turn in enumerate(turns)}
        for name, turns in results.items()
    }
    rows = []
    for name, turns in results.items():
        of_bundled = ratio(per_byte[name], per_byte["bundled"])
        judged = name != "bundled"
        rows.append(
            (
                name,
                f"{turns[0].matrix_bytes / _MB:.0f}",
                Spread.of(turn.seconds for turn in turns),
                Spread.of(1e9 * rate for rate in per_byte[name].values()),
                of_bundled,
                verdict(of_bundled.median, _PER_BYTE, at_least=False) if judged else "",
                Spread.of(turn.peak_bytes / _MB for turn in turns),
            )
        )
    what = (
        "load() and nearest() of three random directions. Bundled: 49,152 × 576, Q8_0. From the cache: "
        "50,257 × 1,280, F32, with a tokenizer.json of 50,257 tokens and as many merges.",
        "Byte: of the matrix as float32.",
    )
    title = "readers: first table on the second start, cache and bundled model"
    return Table(title, _TABLE_COLUMNS, rows, (_CLOCK.format(rounds), *what, _MEMORY))
