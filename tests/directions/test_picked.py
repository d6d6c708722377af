"""Some directions of a tensor, by an index at the end of its name: as NumPy picks them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.cases import case
from tests.directions.direction_files import FORMATS, whole_numbers
from tokensphere.directions.file import open_directions
from tokensphere.errors import InputError

D = 64
TENSORS = {
    "rows": whole_numbers(96, D, seed=1),
    "columns": whole_numbers(D, 96, seed=2),
    "experts": whole_numbers(5, 32, D, seed=3),
    "deep": whole_numbers(3, D, 32, seed=4),
    "probe": whole_numbers(D, seed=5),
    "W[7]": whole_numbers(32, D, seed=6),
    "l.0.w": whole_numbers(32, D, seed=7),
    "l.1.w": whole_numbers(32, D, seed=8),
}
EXPERTS = TENSORS["experts"]
PICKED = {
    "rows[0]": TENSORS["rows"][[0]],
    "rows[-1]": TENSORS["rows"][[-1]],
    "rows[90:]": TENSORS["rows"][90:],
    "rows[5:40:7]": TENSORS["rows"][5:40:7],
    "rows[ :3 ]": TENSORS["rows"][:3],
    "columns[33]": TENSORS["columns"].T[[33]],
    "columns[30:70]": TENSORS["columns"].T[30:70],
    "experts[3,12]": EXPERTS[[3], 12],
    "experts[3]": EXPERTS[3],
    "experts[:,31]": EXPERTS[:, 31],
    "experts[1::2,-3:]": EXPERTS[1::2, -3:].reshape(-1, D),
    "deep[2,5]": TENSORS["deep"][[2], :, 5],
    "deep[:,::31]": TENSORS["deep"][:, :, ::31].swapaxes(1, 2).reshape(-1, D),
    "W[7]": TENSORS["W[7]"],  # a tensor that is called so
    "W[7][3]": TENSORS["W[7]"][[3]],
    "l.*.w[9]": np.stack([TENSORS["l.0.w"][9], TENSORS["l.1.w"][9]]),
    "l.[01].w": np.concatenate([TENSORS["l.0.w"], TENSORS["l.1.w"]]),
}


@pytest.fixture(params=FORMATS)
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return FORMATS[request.param](tmp_path, TENSORS)


def test_an_index_picks_as_numpy_does(path: Path) -> None:
    for spec, expected in PICKED.items():
        with case(spec), open_directions(f"{path}:{spec}", D) as source:
            np.testing.assert_array_equal(source.block(0, len(source)), expected)
            for low in range(0, len(source), 7):
                high = min(low + 5, len(source))
                np.testing.assert_array_equal(source.block(low, high), expected[low:high])


def test_a_picked_direction_has_the_name_that_it_has_among_all(path: Path) -> None:
    for tensor in ("rows", "experts", "deep"):
        with open_directions(f"{path}:{tensor}", D) as every:
            rows = every.block(0, len(every))
            names = {name: row.tobytes() for name, row in zip(every.names, rows, strict=True)}
        for spec in filter(lambda spec: spec.startswith(tensor), PICKED):
            with case(spec), open_directions(f"{path}:{spec}", D) as some:
                rows = some.block(0, len(some))
                assert [names[name] for name in some.names] == [row.tobytes() for row in rows]
                with open_directions(f"{path}:{some.names[-1]}", D) as again:
                    assert list(again.names) == [some.names[-1]]


def test_what_is_known_of_them_is_of_these_alone(tmp_path: Path) -> None:
    digests = set()
    for change in (None, 3, 4):
        rows = TENSORS["rows"].copy()
        if change is not None:
            rows[change] += 1
        np.save(tmp_path / "rows.npy", rows)
        with open_directions(f"{tmp_path / 'rows.npy'}[3]", D) as source:
            digests.add(source.sha256)
            assert source.record(0) == {"vector": "rows.npy", "row": 3}
    assert len(digests) == 2  # row 4 is none of them
    with open_directions(f"{tmp_path / 'rows.npy'}[2]", D) as other:
        assert other.sha256 not in digests


REFUSED = {
    "rows[96]": "there is no 96 in tensor 'rows' of FILE, which counts from 0 to 95",
    "rows[-97]": "there is no -97",
    "rows[40:40]": "takes none of tensor 'rows'",
    "rows[::0]": "takes none",
    "rows[3,12]": "[3,12] has 2 numbers, but tensor 'rows' of FILE has 1 to count its directions by",
    "probe[0]": "has 1 number, but tensor 'probe' of FILE is one direction",
    "row[3]": "did you mean rows",
}


def test_what_is_not_there_is_refused(path: Path) -> None:
    for spec, message in REFUSED.items():
        with case(spec), pytest.raises(InputError) as error:
            open_directions(f"{path}:{spec}", D)
        told = (
            str(error.value)
            .replace(str(path), "FILE")
            .replace("FILE/model.safetensors.index.json", "FILE")
        )
        assert message in told, error.value
