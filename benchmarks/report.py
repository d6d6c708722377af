"""Tables of results: for the terminal, as Markdown, and as JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table as RichTable


@dataclass(frozen=True)
class Table:
    """A result: a title, columns, and notes that say what was measured. Cells are shown by ``str``."""

    title: str
    columns: tuple[str, ...]
    rows: Sequence[tuple[object, ...]]
    notes: tuple[str, ...] = field(default=())


def verdict(value: float, target: float, *, at_least: bool, unit: str = "") -> str:
    """A target, and whether `value` reaches it."""
    sign, met = ("≥", value >= target) if at_least else ("≤", value <= target)
    return f"{sign} {target:g}{unit} {'met' if met else 'missed'}"


def show(table: Table) -> None:
    """Print a table: with rich on a terminal, as Markdown's plain lines elsewhere."""
    if not sys.stdout.isatty():
        print(markdown(table), flush=True)
        return
    rich = RichTable(title=table.title, title_justify="left", title_style="bold")
    for number, column in enumerate(table.columns):
        rich.add_column(column, justify="left" if number == 0 else "right", overflow="fold")
    for row in table.rows:
        rich.add_row(*map(str, row))
    console = Console(highlight=False)
    console.print(rich)
    for note in table.notes:
        console.print(f"[dim]{note}[/dim]")
    console.print()


def markdown(table: Table) -> str:
    """The table as GitHub's Markdown, its columns padded so that it reads well as text."""
    lines = [table.columns, *(tuple(map(str, row)) for row in table.rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(table.columns))]
    text = [f"### {table.title}", ""]
    for number, line in enumerate(lines):
        cells = [
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ]
        text.append("| " + " | ".join(cells) + " |")
        if number == 0:
            rules = ["-" * width if not column else "-" * (width - 1) + ":"
                     for column, width in enumerate(widths)]  # fmt: skip
            text.append("| " + " | ".join(rules) + " |")
    text += ["", *(f"- {note}" for note in table.notes)]
    return "\n".join(text).rstrip() + "\n"


def write_markdown(path: Path, command: str, machine: dict[str, str], tables: list[Table]) -> None:
    """Tables, the machine they were made on, and the command that makes them again."""
    head = ["# Benchmarks", "", f"Made by `{command}`.", ""]
    head += [f"- {name}: {value}" for name, value in machine.items()]
    path.write_text(
        "\n".join(head) + "\n\n" + "\n".join(markdown(table) for table in tables), encoding="utf-8"
    )


def write_json(path: Path, command: str, machine: dict[str, str], tables: list[Table]) -> None:
    """The same for machines."""
    content: dict[str, Any] = {
        "command": command,
        "machine": machine,
        "tables": [asdict(table) for table in tables],
    }
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
