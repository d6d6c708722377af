"""The kernels that faiss multiplies with: its own OpenBLAS may not know the processor.

The OpenBLAS inside the wheels of faiss-cpu is older than NumPy's. A processor that it does not know,
which is common in virtual machines, gets its SSE3 kernels, several times slower than need be. To beat
that would mean nothing: so faiss gets the kernels that are fastest here.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_VARIABLE = "OPENBLAS_CORETYPE"
_KERNELS = ("Haswell", "SkylakeX", "Zen", "NEOVERSEN1")
_PROBE = """
import time, faiss, numpy as np
rows = np.random.default_rng(0).standard_normal((16384, 576), dtype=np.float32)
index = faiss.IndexFlatIP(576)
index.add(rows)
times = []
for _ in range(5):
    start = time.perf_counter()
    index.search(rows[:1024], 10)
    times.append(time.perf_counter() - start)
print(min(times))
"""


@contextmanager
def fastest() -> Iterator[str]:
    """Import faiss inside: its OpenBLAS then takes the fastest kernels. Gives what was chosen."""
    if "faiss" in sys.modules or _VARIABLE in os.environ:
        yield os.environ.get(_VARIABLE, "its own choice")
        return
    seconds = {kernels: _probe(kernels) for kernels in ("", *_KERNELS)}
    best = min(seconds, key=lambda kernels: seconds[kernels])
    if not best:
        yield "its own choice"
        return
    os.environ[_VARIABLE] = best
    try:
        yield f"{_VARIABLE}={best}, {seconds[''] / seconds[best]:.1f} times as fast as its own choice"
    finally:
        del os.environ[_VARIABLE]


def _probe(kernels: str) -> float:
    """Seconds of a small search in a fresh process; infinite where the processor lacks them."""
    environment = os.environ | ({_VARIABLE: kernels} if kernels else {})
    done = subprocess.run(
        [sys.executable, "-c", _PROBE], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode or "Core not found" in done.stderr:
        return float("inf")
    return float(done.stdout)
