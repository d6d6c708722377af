"""What a unit costs: measured with the bundled model, and scaled to others by what it is made of.

A unit of m directions beside S vocabularies makes (1 + S) m lists, each a product of all rows with a
vector, and draws S vocabularies, each some products of all rows with a matrix of d × d. So it takes

    c n d ((1 + S) m + w S d)

for n rows of d dimensions; c, seconds of one multiplication, and w, products of a drawing, come from
units of two sizes.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np

from benchmarks.memory import _peak
from benchmarks.processes import by_small_parent
from benchmarks.report import Table
from benchmarks.scale.shapes import SHAPES, Shape, drawn

SURROGATES = 19
MODELS, DIRECTIONS = 1_000, 10_000_000
BLOCKS = (20_000, 100_000, 200_000, 500_000)
_BUNDLED = Shape("smollm2-135m-instruct", 49_152, 576)


@dataclass(frozen=True)
class Cost:
    """How long a unit takes on one core.

    Attributes
    ----------
    product : seconds of a row's product with a vector, for each dimension (a multiplication)
    drawing : rows × width × so many × width multiplications draw a vocabulary with no words
    """

    product: float
    drawing: float

    @classmethod
    def of(cls, small: tuple[int, float], large: tuple[int, float]) -> Cost:
        """From the CPU seconds of two units of the bundled model, as (directions, seconds)."""
        (m, seconds), (more, longer) = small, large
        each = (longer - seconds) / (more - m)
        product = each / ((1 + SURROGATES) * _BUNDLED.size)
        fixed = seconds - m * each
        return cls(product, fixed / (SURROGATES * product * _BUNDLED.size * _BUNDLED.width))

    def fixed(self, shape: Shape) -> float:
        """CPU seconds of a unit that do not depend on how many directions it has."""
        return self.product * shape.size * self.drawing * SURROGATES * shape.width

    def unit(self, shape: Shape, directions: int) -> float:
        """CPU seconds of a unit."""
        return self.product * shape.size * (1 + SURROGATES) * directions + self.fixed(shape)

    def model(self, shape: Shape, directions: int, block: int) -> float:
        """CPU seconds of a model, in units of a block."""
        return directions / block * self.unit(shape, block)


# As measured once, see docs/scale.md, for what is simulated.
MEASURED = Cost(product=2.9e-11, drawing=3.8)


def tables(*, quick: bool) -> Iterator[Table]:
    """What a unit of the bundled model takes, and what a thousand models would."""
    table, cost = _measured(quick=quick)
    yield table
    yield _shapes(cost)
    yield _blocks(cost)


def _measured(*, quick: bool) -> tuple[Table, Cost]:
    sizes = (100, 1_000) if quick else (100, 4_000)
    command = [sys.executable, "-m", "benchmarks.scale.cost", *map(str, sizes)]
    done = subprocess.run(by_small_parent(command), stdout=subprocess.PIPE, text=True, check=True)
    found: list[Any] = json.loads(done.stdout)
    rows = [(name, *(f"{number:,.2f}" for number in numbers)) for name, *numbers in found]
    units = {name: numbers for name, *numbers in found}
    cost = Cost.of(*((m, units[f"{m:,} directions"][0]) for m in sizes))
    lists = 1 / (cost.product * _BUNDLED.size)
    table = Table(
        "a unit of the bundled model (49,152 × 576), 19 vocabularies, one thread",
        ("unit", "CPU s", "wall s", "peak MB of the process so far"),
        rows,
        (
            f"{lists:,.0f} lists a CPU second, that is {1e-9 / cost.product:.1f} thousand million"
            f" multiplications; besides them {cost.fixed(_BUNDLED):.1f} s in each unit, as"
            f" {cost.drawing:.1f} × width lists for each vocabulary that is drawn.",
        ),
    )
    return table, cost


def _shapes(cost: Cost) -> Table:
    rows = [
        (
            one.name, f"{one.rows:,} × {one.width:,}", f"{one.fetched / 1e9:.2f}",
            f"{memory(one) / 1e9:.1f}", f"{cost.unit(one, 20_000) / 3600:.2f}",
            f"{cost.fixed(one) / cost.unit(one, 20_000):.0%}",
            *(f"{cost.model(one, DIRECTIONS, block) / 3600:,.0f}" for block in (20_000, 200_000)),
        )
        for one in sorted(SHAPES, key=lambda one: one.size)
    ]  # fmt: skip
    sizes = np.array([one.fetched for one in drawn(MODELS)]) / 1e9
    return Table(
        "models, as they are, and what they would take",
        ("model", "rows × width", "GB fetched", "GB of memory", "core hours of 20,000", "of it fixed",
         "core hours of 10⁷, block 20,000", "block 200,000"),
        rows,
        (
            "Computed from the unit of the bundled model. Fetched: two bytes a value. Memory: three"
            " and a half matrices in float32: the model's, a surrogate's, its blocks, and rows at work.",
            f"A thousand of them, drawn evenly: {sizes.sum():,.0f} GB; a model {np.median(sizes):.2f} GB"
            f" in the median, {np.quantile(sizes, 0.9):.2f} of nine in ten at most, {sizes.max():.2f}"
            " the largest.",
        ),
    )  # fmt: skip


def memory(shape: Shape) -> float:
    """Bytes of a worker."""
    return 4 * 3.5 * shape.size


def _blocks(cost: Cost) -> Table:
    models, rows = drawn(MODELS), []
    for block in BLOCKS:
        hours = sum(cost.model(one, DIRECTIONS, block) for one in models) / 3600
        fixed = sum(cost.fixed(one) * DIRECTIONS / block for one in models) / 3600
        units = MODELS * DIRECTIONS // block
        longest = max(cost.unit(one, block) for one in models) / 3600
        rows.append((f"{block:,}", f"{units:,}", f"{hours / 1e6:.2f}", f"{fixed / hours:.0%}",
                     f"{hours / 1000 / 24:,.0f}", f"{longest:.1f}"))  # fmt: skip
    return Table(
        f"a thousand models × {DIRECTIONS:,} directions",
        ("block", "units", "million core hours", "of them fixed", "days on 1,000 cores",
         "core hours of the longest unit"),
        rows,
        ("Computed.",),
    )  # fmt: skip


def _measure(sizes: list[int]) -> Iterator[list[Any]]:
    """Facts, and a unit of each size, each with CPU and wall seconds and the peak so far."""
    from tokensphere.atlas.folder import Folder, Unit
    from tokensphere.atlas.models import parse_model
    from tokensphere.atlas.settings import AtlasSettings, begin
    from tokensphere.atlas.unit import Way, do_unit

    settings = AtlasSettings()
    with (
        tempfile.TemporaryDirectory(prefix="scale-") as path,
        patch.dict(os.environ, TOKENSPHERE_CACHE=f"{path}/cache"),
    ):
        folder = Folder(Path(path, "atlas"))
        begin(folder.path, settings)
        asked = folder.ask(parse_model([_BUNDLED.name], Path()), max(sizes))
        id = asked.model.id
        units = [("facts", Unit(id)), ("first, of 100: finds the blocks", Unit(id, 100, 100))]
        units += [(f"{m:,} directions", Unit(id, 0, m)) for m in sizes]
        for name, one in units:
            cpu, wall = time.process_time(), time.perf_counter()
            outcome = do_unit(folder.path, settings, one, Way(threads=1))
            assert outcome.state == "done", outcome.reason
            yield [name, time.process_time() - cpu, time.perf_counter() - wall, _peak() / 1e6]


if __name__ == "__main__":
    print(json.dumps(list(_measure([int(m) for m in sys.argv[1:]]))))
