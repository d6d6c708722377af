"""Tables between their marks in a page of prose."""

from __future__ import annotations

from pathlib import Path

from benchmarks.report import Table, markdown

_END = "<!-- end of table -->"


def write(path: Path, tables: list[Table]) -> None:
    """Replace the tables of a page that were made anew; those it has no marks for come at the end."""
    text = path.read_text(encoding="utf-8") if path.exists() else "# Calibration\n"
    for table in tables:
        mark = f"<!-- table: {table.title} -->"
        made = f"{mark}\n{markdown(table)}{_END}"
        before, found, after = text.partition(mark)
        rest = after.partition(_END)[2]
        text = before + made + rest if found else f"{text.rstrip()}\n\n{made}\n"
        path.write_text(text, encoding="utf-8")
