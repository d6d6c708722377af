"""See the package."""

from __future__ import annotations

import argparse
import sys
from concurrent.futures import ThreadPoolExecutor

from tests.fuzz.run import run, show
from tests.fuzz.seeds import SEEDS, shares


def main() -> int:
    """Run, and say what came of it; 1 if a case failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("-n", type=int, default=30_000, help="cases in all")
    parser.add_argument("--first", type=int, default=0, help="number of the first case of each kind")
    parser.add_argument("--only", default="", help="kinds whose name has this")
    parser.add_argument("--case", type=int, help="this case of each kind, with its traceback")
    parser.add_argument("--jobs", type=int, default=2, help="kinds at a time")
    asked = parser.parse_args()
    seeds = [seed for seed in SEEDS if asked.only in seed.kind]
    if not seeds:
        parser.error(f"no kind has {asked.only!r} in its name")
    counts = shares(seeds, asked.n) if asked.case is None else [1] * len(seeds)
    first = asked.first if asked.case is None else asked.case
    with ThreadPoolExecutor(asked.jobs) as pool:
        outcomes = list(pool.map(lambda seed, n: run(seed, range(first, first + n)), seeds, counts))
    show(outcomes)
    failures = [text for outcome in outcomes for _, text in outcome.failures]
    if asked.case is not None:
        print(*failures, sep="\n")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
