"""Memory that a search takes beyond the matrix.

A fresh process loads the bundled model and computes its norms; its resident size then is the base
(Python, NumPy, the matrix, the vocabulary, the norms). Then it runs
``nearest(space, RandomDirections(d, m))``. What is reported is the process's peak resident size,
``ru_maxrss``, less the base: code imported for the search, threads, buffers, candidates and the
result itself are all in it. Where loading needed more for a moment than the search ever does, the
figure is that of loading: an upper bound for the search.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.processes import by_small_parent, peak_bytes
from benchmarks.report import Table, verdict

_COLUMNS = ("directions", "base MB", "peak of loading MB", "peak MB", "beyond base MB", "target")
_DIRECTIONS = (1_000, 100_000)
_TARGET = 256.0
_MB = 1_000_000


def run(*, quick: bool) -> Iterator[Table]:
    """One row for every number of directions."""
    rows = []
    for m in _DIRECTIONS[:1] if quick else _DIRECTIONS:
        command = [sys.executable, "-m", "benchmarks.memory", str(m)]
        done = subprocess.run(by_small_parent(command), stdout=subprocess.PIPE, text=True, check=True)
        base, loading, peak = (size / _MB for size in json.loads(done.stdout))
        beyond = peak - base
        rows.append(
            (
                f"{m:,}",
                f"{base:.0f}",
                f"{loading:.0f}",
                f"{peak:.0f}",
                f"{beyond:.0f}",
                verdict(beyond, _TARGET, at_least=False, unit=" MB"),
            )
        )
    yield Table(
        "memory: nearest(space, RandomDirections(d, m)), bundled model",
        _COLUMNS,
        rows,
        (
            "Base: resident size once the model and its norms are loaded. Beyond: the process's "
            "ru_maxrss less the base, so imports, threads, buffers and the result count. "
            "MB = 10⁶ bytes.",
        ),
    )


def _resident() -> int:
    """Resident bytes now; where the system does not say, the peak so far."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return _peak()
    return pages * os.sysconf("SC_PAGE_SIZE")


def _peak() -> int:
    return peak_bytes(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


def _measure(m: int) -> None:
    """Load, search, and print base, peak of loading and peak as JSON."""
    import tokensphere as ts

    space = ts.load()
    assert space.usable.any()  # computes the norms
    base, loading = _resident(), _peak()
    result = ts.nearest(space, ts.RandomDirections(space.shape[1], m))
    assert len(result.ids) == m
    print(json.dumps([base, loading, _peak()]))


if __name__ == "__main__":
    _measure(int(sys.argv[1]))
