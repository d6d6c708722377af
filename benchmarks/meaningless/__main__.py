"""All tables."""

from __future__ import annotations

import argparse
from pathlib import Path

from benchmarks import report
from benchmarks.calibration.page import write
from benchmarks.meaningless.study import run


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.meaningless", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer vectors, latents and draws: a trial")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="replace the tables of this page")
    arguments = parser.parse_args()
    for table in run(quick=arguments.quick):
        report.show(table)
        if arguments.markdown is not None:
            write(arguments.markdown, [table])


if __name__ == "__main__":
    main()
