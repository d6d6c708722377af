"""Whole processes, timed from start to end by a small parent; uses the standard library only.

The parent matters: a Linux process inherits, as its own peak memory, that of the process which
started it. So :func:`race` runs this file as a fresh small process, and that one starts the others.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from typing import Any, NamedTuple

_START = "import subprocess, sys; sys.exit(subprocess.run(sys.argv[1:]).returncode)"


class Finished(NamedTuple):
    """What one process took: seconds from start to end, CPU seconds, and its peak resident bytes."""

    seconds: float
    cpu_seconds: float
    peak_bytes: int


def race(commands: dict[str, list[str]], rounds: int, **environment: str) -> dict[str, list[Finished]]:
    """Run each command once in every round, in a rotating order, after one warm-up.

    Modules are compiled in the warm-up at the latest, as they are when a package is installed.
    """
    own = os.environ | environment
    for name in ("TOKENSPHERE_MODEL", "PYTHONDONTWRITEBYTECODE"):
        own.pop(name, None)
    done = subprocess.run(
        [sys.executable, "-I", "-S", __file__],
        input=json.dumps({"commands": commands, "rounds": rounds}),
        capture_output=True,
        text=True,
        check=False,
        env=own,
    )
    if done.returncode:
        raise RuntimeError(done.stderr.strip().splitlines()[-1])
    times: dict[str, list[list[Any]]] = json.loads(done.stdout)
    return {name: [Finished(*each) for each in runs] for name, runs in times.items()}


def by_small_parent(command: list[str]) -> list[str]:
    """`command`, started by a small process, so that its peak memory is its own."""
    return [sys.executable, "-I", "-S", "-c", _START, *command]


def peak_bytes(ru_maxrss: int) -> int:
    """``ru_maxrss`` in bytes: Linux counts in KiB, macOS in bytes."""
    return ru_maxrss if sys.platform == "darwin" else ru_maxrss * 1024


def _finish(command: list[str]) -> Finished:
    start = time.perf_counter()
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)  # so that Popen does not wait again
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with status {process.returncode}")
    return Finished(seconds, usage.ru_utime + usage.ru_stime, peak_bytes(usage.ru_maxrss))


def _serve() -> None:
    order = json.load(sys.stdin)
    commands: dict[str, list[str]] = order["commands"]
    names = list(commands)
    results: dict[str, list[Finished]] = {name: [] for name in names}
    for command in commands.values():
        _finish(command)
    for number in range(order["rounds"]):
        shift = number % len(names)
        for name in names[shift:] + names[:shift]:
            results[name].append(_finish(commands[name]))
    json.dump(results, sys.stdout)


if __name__ == "__main__":
    _serve()
