from __future__ import annotations

from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest

import tokensphere as ts
from tokensphere.errors import InputError
from tokensphere.formats.npy import save_directions


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("count", [1, 7, 4096, 5000])
def test_what_is_saved_is_what_is_drawn(tmp_path: Path, count: int) -> None:
    path = tmp_path / "d.npy"
    save_directions(ts.RandomDirections(9, count, first=300, seed=4), path)
    saved = np.load(path)
    assert saved.dtype == np.float32 and saved.flags.c_contiguous
    np.testing.assert_array_equal(saved, ts.random_directions(9, range(300, 300 + count), seed=4))
    assert names_in(tmp_path) == ["d.npy"]


def test_the_file_is_as_numpy_would_write_it(tmp_path: Path) -> None:
    save_directions(ts.RandomDirections(5, 3), tmp_path / "a.npy")
    np.save(tmp_path / "b.npy", ts.random_directions(5, range(3)))
    assert (tmp_path / "a.npy").read_bytes() == (tmp_path / "b.npy").read_bytes()
    assert (tmp_path / "a.npy").stat().st_mode == (tmp_path / "b.npy").stat().st_mode


def test_a_failure_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "d.npy"
    path.write_bytes(b"precious")
    directions = ts.RandomDirections(4, 10)

    class Stopped(BaseException):
        pass

    failures: list[tuple[BaseException, type[BaseException]]] = [
        (OSError(28, "No space left on device"), InputError),
        (Stopped(), Stopped),
    ]
    for failure, seen in failures:
        with patch("os.replace", side_effect=failure), pytest.raises(seen):
            save_directions(directions, path)
        with patch.object(ts.RandomDirections, "__getitem__", side_effect=failure), pytest.raises(seen):
            save_directions(directions, path)
        assert path.read_bytes() == b"precious" and names_in(tmp_path) == ["d.npy"]
    save_directions(directions, path)
    assert np.load(path).shape == (10, 4)


def test_places_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    for path in (tmp_path / "no" / "d.npy", tmp_path / "file" / "d.npy", tmp_path / ("x" * 300)):
        with pytest.raises(InputError, match="cannot write") as caught:
            save_directions(ts.RandomDirections(3, 1), path)
        assert "\n" not in str(caught.value)
    assert names_in(tmp_path) == ["file"]
