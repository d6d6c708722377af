"""Run them, print the tables, and write them to files.

python -m benchmarks [cold|memory|readers|search|survey|test]... [--rounds N]
                     [--quick] [--markdown FILE] [--json FILE]
python -m benchmarks calibration [--quick] [--markdown docs/calibration.md]    by itself, not with all
python -m benchmarks explorer                    only if it is named: it needs a browser
python -m benchmarks device                      only if it is named: it needs PyTorch, best a GPU
python -m benchmarks scale                       only if it is named: it takes a quarter of an hour
"""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks import report

_NAMES = ("cold", "memory", "readers", "search", "survey", "test")
_DEVICE = "device"  # with PyTorch, on a GPU if there is one; only if it is named
_EXPLORER = "explorer"  # in a browser; only if it is named
_SCALE = "scale"  # of atlases of a thousand models; only if it is named
_CALIBRATION = "calibration"  # no benchmark of speed: a page of its own, minutes


def main() -> None:
    arguments = _parse()
    if arguments.names == [_CALIBRATION]:
        from benchmarks.calibration import sections

        sections.show(quick=arguments.quick, page=arguments.markdown)
        return
    tables = []
    for table in _tables(arguments):
        report.show(table)
        tables.append(table)
    from benchmarks import machine

    described = machine.describe()
    print("\n".join(f"{name}: {value}" for name, value in described.items()))
    command = shlex.join(["python", "-m", "benchmarks", *sys.argv[1:]])
    if arguments.markdown:
        report.write_markdown(arguments.markdown, command, described, tables)
    if arguments.json:
        report.write_json(arguments.json, command, described, tables)


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Benchmarks; all of them.")
    parser.add_argument(
        "names",
        nargs="*",
        metavar="|".join(_NAMES),
        help="only these; or device, explorer, scale, calibration",
    )
    parser.add_argument("--rounds", type=int, metavar="N", help="cold: 11, others 5 unless given")
    parser.add_argument("--quick", action="store_true", help="fewer directions and rounds: a trial")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the tables as Markdown")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the tables as JSON")
    arguments = parser.parse_args()
    unknown = set(arguments.names) - {*_NAMES, _DEVICE, _EXPLORER, _SCALE}
    if arguments.names == [_CALIBRATION]:
        unknown = set()
    if unknown:
        parser.error(f"no such benchmark: {', '.join(sorted(unknown))}")
    if arguments.rounds is not None and arguments.rounds < 1:
        parser.error("--rounds must be 1 or more")
    return arguments


def _tables(arguments: argparse.Namespace) -> Iterator[report.Table]:
    """The tables of all that were asked for, as they come; modules load when they are needed."""
    names, quick, rounds = arguments.names or _NAMES, arguments.quick, arguments.rounds
    if "cold" in names:
        from benchmarks import cold

        yield from cold.run(rounds or (3 if quick else 11))
    if _DEVICE in names:
        from benchmarks import device

        yield from device.run(rounds or (2 if quick else 7), quick=quick)
    if _EXPLORER in names:
        from benchmarks import explorer

        yield from explorer.run(rounds or (1 if quick else 5), quick=quick)
    if "memory" in names:
        from benchmarks import memory

        yield from memory.run(quick=quick)
    if "readers" in names:
        from benchmarks import readers

        if arguments.names or readers.models_folder():
            yield from readers.run(rounds or (2 if quick else 5), quick=quick)
        else:
            print("readers: skipped for want of models; run `make models`, or set TOKENSPHERE_MODELS")
    if _SCALE in names:
        from benchmarks import scale

        yield from scale.run(quick=quick)
    if "search" in names:
        from benchmarks import search

        yield from search.run(rounds or (2 if quick else 5), quick=quick)
    if "survey" in names:
        from benchmarks import survey

        yield from survey.run(rounds or (2 if quick else 5), quick=quick)
    if "test" in names:
        from benchmarks import direction_test

        yield from direction_test.run(rounds or (2 if quick else 3), quick=quick)


if __name__ == "__main__":
    main()
