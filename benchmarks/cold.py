"""The first answer: a whole cold process, beside one that only imports NumPy."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.processes import Finished, race
from benchmarks.report import Table, verdict
from benchmarks.rounds import Spread, ratio

_COLUMNS = ("process", "CPU seconds", "× base", "target", "seconds", "peak MB", "target")
_NUMPY = 'python -c "import numpy"'
_PASS = "python -c pass"
_MB = 1_000_000


# What a command takes, in CPU time, of what NumPy's import takes.
_TIMES = {"random": 3.5, "nearest": 4.0, "name": 6.0, "test": 8.0}
_MEGABYTES = 350.0


def run(rounds: int) -> Iterator[Table]:
    """Short commands on the bundled model, what they keep being kept; ``--help``, in two ways."""
    module = [sys.executable, "-m", "tokensphere"]
    with TemporaryDirectory() as folder:
        sums = Path(folder) / "sums.txt"
        sums.write_text('" king" - " queen"\n" Paris" - " London"\n', encoding="utf-8")
        commands = {
            "random": ["random"],
            "nearest": ["nearest", " Paris"],
            "name": ["name", " Paris", " London", " Rome"],
            "test": ["test", "--tokens", str(sums)],
        }
        yield _table(
            "cold: short commands, bundled model",
            {_NUMPY: [sys.executable, "-c", "import numpy"]}
            | {f"tokensphere {name}": [*module, *given] for name, given in commands.items()},
            rounds,
            times=[_TIMES[name] for name in commands],
            cache=str(Path(folder) / "cache"),
        )
    starters = {"python -m tokensphere": module}
    script = Path(sysconfig.get_path("scripts")) / "tokensphere"
    if script.is_file():
        starters["tokensphere"] = [str(script)]
    yield _table(
        "cold: --help",
        {_PASS: [sys.executable, "-c", "pass"]}
        | {f"{name} --help": [*starter, "--help"] for name, starter in starters.items()},
        rounds,
        notes=(_check_no_numpy(),),
    )


def _table(
    title: str,
    commands: dict[str, list[str]],
    rounds: int,
    *,
    times: Sequence[float] = (),
    cache: str = "",
    notes: tuple[str, ...] = (),
) -> Table:
    """Every process beside the first one; `times` are the targets of the others."""
    results = race(commands, rounds, **({"TOKENSPHERE_CACHE": cache} if cache else {}))
    base, *others = commands
    goals = dict(zip(others, times, strict=False))
    rows = []
    for name in (base, *others):
        of_base = ratio(_by_round(results[name]), _by_round(results[base]))
        peak = Spread.of(run.peak_bytes / _MB for run in results[name])
        goal = goals.get(name)
        rows.append(
            (
                name,
                Spread.of(run.cpu_seconds for run in results[name]),
                of_base,
                verdict(of_base.median, goal, at_least=False) if goal else "",
                Spread.of(run.seconds for run in results[name]),
                peak,
                verdict(peak.largest, _MEGABYTES, at_least=False) if goal else "",
            )
        )
    what = (
        f"CPU time of the whole process, all threads; {rounds} rounds in a rotating order after one"
        " warm-up (files are in the system's cache, modules compiled, nulls and labels kept); median,"
        " least and largest. MB = 10⁶ bytes, ru_maxrss of the process.",
    )
    return Table(title, _COLUMNS, rows, what + notes)


def _by_round(runs: list[Finished]) -> dict[int, float]:
    return {number: run.cpu_seconds for number, run in enumerate(runs)}


def _check_no_numpy() -> str:
    """Raise `AssertionError` if ``--help`` imports NumPy; else say so."""
    command = [sys.executable, "-X", "importtime", "-m", "tokensphere", "--help"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    modules = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "tokensphere.cli" in modules, "the list of imports could not be read"
    assert "numpy" not in modules, "tokensphere --help imports NumPy"
    return "--help imports no NumPy (checked)."
