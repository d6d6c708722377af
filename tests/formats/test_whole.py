from __future__ import annotations

from pathlib import Path

import pytest

from tests.cases import case
from tokensphere.errors import InputError
from tokensphere.formats.whole import check_writable, whole_file


def test_a_file_appears_when_the_block_ends_well(tmp_path: Path) -> None:
    path = tmp_path / "x"
    with whole_file(path) as file:
        file.write(b"one")
        assert not path.exists()
    assert path.read_bytes() == b"one"
    with pytest.raises(ZeroDivisionError), whole_file(path) as file:
        file.write(b"other")
        raise ZeroDivisionError
    assert path.read_bytes() == b"one" and list(tmp_path.iterdir()) == [path]


def test_places_that_cannot_be_written(tmp_path: Path) -> None:
    for path, reason in {
        tmp_path: "no regular file", tmp_path / "no" / "x": "No such file", Path("a\0b"): "such a name",
    }.items():  # fmt: skip
        with case(path), pytest.raises(InputError, match=f"cannot write .*{reason}"):
            check_writable(path)
        with case(path), pytest.raises(InputError, match=f"cannot write .*{reason}"), whole_file(path):
            pass
    check_writable(tmp_path / "x")
    assert not list(tmp_path.iterdir())
