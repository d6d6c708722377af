"""Top 10 of many directions on a device, with PyTorch: against its products, with and without topk."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.product import Matrix
from benchmarks.report import Table, verdict
from benchmarks.rounds import Contestant, Spread, race, ratio
from benchmarks.search import unit_rows

K = 10
DIRECTIONS = (2048, 16384)
SHAPES = ((49_152, 576), (50_257, 1_280), (262_144, 640), (400_000, 50))
BUDGET = 20.0  # seconds of one case after which no further round starts
_AT_ONCE = 2048  # directions of one product of the others: more do not fit with 400,000 rows
_CHECKED = 64
_SIDE = 8192
_OURS, _PEAK = "tokensphere", f"bfloat16, {_SIDE:,}³"
_EXACT, _COARSE = "mm + topk, float32", "mm + topk, bfloat16"
_BARE, _BARE_COARSE = "mm, float32", "mm, bfloat16"
_COLUMNS = ("contestant", "milliseconds", "Tflop/s", "of the peak", f"{_OURS} is × as fast", "same ids")


@dataclass(frozen=True)
class _Device:
    """PyTorch, and a device of it."""

    torch: Any
    name: str

    def done(self, work: Callable[[], Any]) -> Callable[[], Any]:
        """Work that has ended when it returns."""

        def run() -> Any:
            answer = work()
            if self.name.startswith("cuda"):
                self.torch.cuda.synchronize()
            return answer

        return run

    def __str__(self) -> str:
        name = self.torch.cuda.get_device_name() if self.name.startswith("cuda") else self.name
        return f"{name}, PyTorch {self.torch.__version__}"


def run(rounds: int, *, quick: bool) -> Iterator[Table]:
    """A table for every shape and number of directions; each as a line of JSON, too."""
    import torch

    from tokensphere.geometry.compute import Compute

    compute = Compute(backend="torch")
    device = _Device(torch, str(compute.device))
    torch.backends.cuda.matmul.allow_tf32 = False
    for n, d in SHAPES:
        rows = np.random.default_rng(1).standard_normal((n // 16 if quick else n, d), dtype=np.float32)
        for m in DIRECTIONS[:1] if quick else DIRECTIONS:
            queries = np.random.default_rng(2).standard_normal((m, d), dtype=np.float32)
            yield measure(rows, queries, device, compute, rounds)


def measure(rows: Matrix, queries: Matrix, device: _Device, compute: Any, rounds: int) -> Table:
    """Time all contestants on one matrix, and check the ids."""
    from tokensphere.geometry.rows import Rows
    from tokensphere.geometry.search import top_k
    from tokensphere.geometry.similarity import make_scoring

    (n, d), m = rows.shape, len(queries)
    made = Rows.of(rows, compute=compute)
    made.moments.usable  # noqa: B018 - norms, which are computed once and kept
    scoring = make_scoring(made)
    start = time.perf_counter()
    top_k(scoring, queries[:1], K)
    first = time.perf_counter() - start
    contestants = [Contestant(_OURS, device.done(lambda: top_k(scoring, queries, K)))]
    contestants += _others(unit_rows(rows), queries, device)
    times, answers = race(contestants, rounds, slow=100.0, budget=BUDGET)

    ids, values = answers[_OURS]
    some = np.linspace(0, m - 1, _CHECKED).astype(int)
    want = top_k(make_scoring(Rows.of(rows)), queries[some], K)
    same = np.array_equal(ids[some], want[0]) and np.array_equal(values[some], want[1])
    assert same, "ids or values are not those of the search on the processor"

    table: list[tuple[object, ...]] = []
    work = 2 * m * n * d / 1e12
    peak = Spread.of(2 * _SIDE**3 / 1e12 / seconds for seconds in times[_PEAK].values())
    for name in times:
        speed = Spread.of(work / seconds for seconds in times[name].values())
        faster = ratio(times[name], times[_OURS])
        milliseconds = Spread.of(1000 * seconds for seconds in times[name].values())
        if name == _PEAK:
            table.append((name, milliseconds, peak, "1", "", ""))
            continue
        target = f"{faster} {verdict(faster.median, 1, at_least=True)}" if name == _EXACT else faster
        share = f"{speed.median / peak.median:.3f}"
        table.append((name, milliseconds, speed, share, target, _same(answers[name], ids)))
    notes = (
        f"{device}; median, least and largest of {len(times[_OURS])} rounds, interleaved.",
        f"{_OURS} is given NumPy arrays and returns them; its ids and float64 values equal those of the"
        f" search on the processor to the bit (checked for {_CHECKED} directions). The rows stay on the"
        f" device; the first search, which prepares and sends them, took {1000 * first:.0f} ms.",
        "The others find unit rows and directions on the device and leave their answer there;"
        f" {_AT_ONCE:,} directions at a time, TF32 off.",
    )
    print(json.dumps({"n": n, "d": d, "m": m, "device": str(device), "first": first, "seconds": times}))
    title = f"device: {m:,} directions, {n:,} × {d:,}, random Gaussian rows"
    return Table(title, _COLUMNS, table, notes)


def _others(unit: Matrix, queries: Matrix, device: _Device) -> list[Contestant]:
    """Products, with and without topk, and the largest speed of a product."""
    torch = device.torch
    rows = torch.from_numpy(unit).to(device.name)
    directions = torch.from_numpy(queries).to(device.name)
    coarse = rows.bfloat16()

    def products(rows: Any, best: bool) -> Callable[[], Any]:
        def run() -> Any:
            found = []
            for part in directions.to(rows.dtype).split(_AT_ONCE):
                product = torch.mm(part, rows.T)
                if best:
                    found.append(product.topk(K, dim=1).indices)
            return torch.cat(found) if found else None

        return device.done(run)

    side = _SIDE if device.name.startswith("cuda") else _SIDE // 16
    square = torch.randn((side, side), device=device.name).bfloat16()
    return [
        Contestant(_EXACT, products(rows, True)),
        Contestant(_COARSE, products(coarse, True)),
        Contestant(_BARE, products(rows, False)),
        Contestant(_BARE_COARSE, products(coarse, False)),
        Contestant(_PEAK, device.done(lambda: square @ square), share=(side / _SIDE) ** 3),
    ]


def _same(found: Any, ids: Any) -> str:
    """Share of the ids that are ours, place by place."""
    if found is None:
        return "—"
    found = found[0] if isinstance(found, tuple) else found.cpu().numpy()
    share = float(np.mean(found == ids))
    return "all" if share == 1 else f"{100 * share:.3f} %"
