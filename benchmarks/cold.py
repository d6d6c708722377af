"""The first answer: a whole cold process, beside one that only imports NumPy."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

from benchmarks.processes import Finished, race
from benchmarks.report import Table, verdict
from benchmarks.rounds import Spread, ratio

_COLUMNS = ("process", "seconds", "× base", "target", "peak MB", "target")
_NUMPY = 'python -c "import numpy"'
_PASS = "python -c pass"
_MB = 1_000_000


def run(rounds: int) -> Iterator[Table]:
    """``tokensphere random`` and ``--help``, as a module and as the installed script."""
    starters = {"python -m tokensphere": [sys.executable, "-m", "tokensphere"]}
    script = Path(sysconfig.get_path("scripts")) / "tokensphere"
    if script.is_file():
        starters["tokensphere"] = [str(script)]
    yield _table(
        "cold: random vectors and their nearest tokens, bundled model",
        {_NUMPY: [sys.executable, "-c", "import numpy"]}
        | {f"{name} random": [*starter, "random"] for name, starter in starters.items()},
        rounds,
        times=6.0,
        megabytes=350.0,
    )
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
    times: float | None = None,
    megabytes: float | None = None,
    notes: tuple[str, ...] = (),
) -> Table:
    """Every process beside the first one."""
    results = race(commands, rounds)
    base, *others = commands
    rows = []
    for name in (base, *others):
        seconds = Spread.of(run.seconds for run in results[name])
        of_base = ratio(_by_round(results[name]), _by_round(results[base]))
        peak = Spread.of(run.peak_bytes / _MB for run in results[name])
        judged = name != base
        rows.append(
            (
                name,
                seconds,
                of_base,
                verdict(of_base.median, times, at_least=False) if judged and times else "",
                peak,
                verdict(peak.largest, megabytes, at_least=False) if judged and megabytes else "",
            )
        )
    what = (
        f"Wall-clock time from start to end of the process, {rounds} rounds in a rotating order after "
        "one warm-up (files are in the system's cache); median, least and largest. MB = 10⁶ bytes, "
        "ru_maxrss of the process.",
    )
    return Table(title, _COLUMNS, rows, what + notes)


def _by_round(runs: list[Finished]) -> dict[int, float]:
    return {number: run.seconds for number, run in enumerate(runs)}


def _check_no_numpy() -> str:
    """Raise `AssertionError` if ``--help`` imports NumPy; else say so."""
    command = [sys.executable, "-X", "importtime", "-m", "tokensphere", "--help"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    modules = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "tokensphere.cli" in modules, "the list of imports could not be read"
    assert "numpy" not in modules, "tokensphere --help imports NumPy"
    return "--help imports no NumPy (checked)."
