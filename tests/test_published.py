"""What the package brings with it, wherever it was installed from; `make dist` asks the wheel."""

from __future__ import annotations

from importlib.metadata import metadata
from pathlib import Path

import tokensphere as ts

PACKAGE = Path(ts.__file__).parent


def test_types_are_told() -> None:
    assert (PACKAGE / "py.typed").is_file()


def test_each_licence_stands_beside_its_data_and_in_the_metadata() -> None:
    about = metadata("tokensphere")
    named = {Path(path).name for path in about.get_all("License-File") or ()}
    there = {path.name for path in (PACKAGE / "data").iterdir() if path.suffix not in {".gguf", ".bin"}}
    assert named == there | {"LICENSE"}
    assert len(there) == 6 and about["License-Expression"].count(" AND ") == 3
