"""Some of the sections, or all."""

from __future__ import annotations

import argparse
from pathlib import Path

from benchmarks.calibration.sections import SECTIONS, show


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.calibration", description=__doc__)
    parser.add_argument("sections", nargs="*", metavar="|".join(SECTIONS), help="only these")
    parser.add_argument("--quick", action="store_true", help="fewer repetitions: a trial")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="replace the tables of this page")
    arguments = parser.parse_args()
    if unknown := set(arguments.sections) - set(SECTIONS):
        parser.error(f"no such section: {', '.join(sorted(unknown))}")
    show(arguments.sections, quick=arguments.quick, page=arguments.markdown)


if __name__ == "__main__":
    main()
