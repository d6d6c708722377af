"""The table of what is read, as a page: python -m tests.files > docs/what-is-read.md."""

from __future__ import annotations

import sys
from importlib import import_module

from tests.files.case import Case
from tests.files.test_table import MODULES

_HEAD = """# What is read, and what is refused

Every line is a test: a small file in the layout that it names, written by other means than ours,
which must give the right rows, or a refusal in one line (`tests/files`). How a model is named, found
and fetched: [models](models.md). Written by `python -m tests.files`.
"""


def page() -> str:
    """All cases, in one table for each module."""
    lines = [_HEAD]
    for name in MODULES:
        cases: list[Case] = import_module(f"tests.files.{name}").CASES
        title = name.removeprefix("of_").replace("_", " ").capitalize()
        lines += [f"## {title}\n", "| case | | layout after |", "|---|---|---|"]
        lines += [
            f"| {_cell(case.what)} | {'refused' if case.refused else 'read'} | {_cell(case.source)} |"
            for case in cases
        ]
        lines.append("")
    return "\n".join(lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    sys.stdout.write(page())
