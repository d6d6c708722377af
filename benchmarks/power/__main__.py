"""Measure, print, and write the page and its picture."""

from __future__ import annotations

import argparse
import shlex
import sys
import time
from pathlib import Path

import benchmarks.power
import tokensphere as ts
from benchmarks import machine
from benchmarks.power import page
from benchmarks.power.study import STRENGTHS, Study


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.power", description=benchmarks.power.__doc__
    )
    parser.add_argument("--quick", action="store_true", help="fewer directions: a trial")
    parser.add_argument("--model", help="by default the bundled one")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the tables into this page")
    parser.add_argument("--picture", type=Path, metavar="FILE", help="draw the curves, too")
    arguments = parser.parse_args()
    started = time.perf_counter()
    count, n_null = (90, 2_000) if arguments.quick else (600, 10_000)
    study = Study(ts.load(arguments.model), count=count, n_null=n_null, seed=arguments.seed)
    found = study.run()
    print(page.tables(found))
    print(f"{count} directions of each kind at each of {len(STRENGTHS)} strengths,"
          f" {n_null:,} of each null; {time.perf_counter() - started:.0f} s")  # fmt: skip
    if arguments.markdown:
        command = shlex.join(["python", "-m", "benchmarks.power", *sys.argv[1:]])
        page.write(arguments.markdown, command, ", ".join(machine.describe().values()), found)
    if arguments.picture:
        page.draw(found, arguments.picture)


if __name__ == "__main__":
    main()
