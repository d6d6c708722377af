"""Blocks of a surrogate that are kept: found again for the same matrix, and never seen in a result."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from tests.analysis.spaces import space_of, written
from tests.cases import every
from tokensphere import EmbeddingSpace
from tokensphere.analysis.blocks import kept_blocks
from tokensphere.geometry import blockwise
from tokensphere.geometry.surrogate import Surrogates
from tokensphere.sources.cache.arrays import NullFiles

Arrays = Mapping[str, npt.NDArray[Any]]


def drawn(space: EmbeddingSpace, store: Any = None) -> npt.NDArray[np.float32]:
    return Surrogates(space.rows, kept=kept_blocks(space, store)).draw(0).vectors


class Told:
    """A store that says the same whatever it is asked, and remembers what it was given."""

    def __init__(self, said: Arrays | None) -> None:
        self.said, self.given = said, list[Arrays]()

    def get(self, key: Mapping[str, Any]) -> Arrays | None:
        return self.said

    def put(self, key: Mapping[str, Any], arrays: Arrays, /) -> None:
        self.given.append(arrays)


def test_blocks_are_found_once_for_a_matrix_and_not_for_another_that_claims_to_be_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows, store = written()[0], NullFiles(tmp_path)
    space, again = space_of(rows), space_of(rows)
    other = EmbeddingSpace(np.float32(2) * again.vectors[::-1], space.vocabulary, space.provenance)
    assert other.key() == space.key()
    want, of_other = drawn(space), drawn(other)
    np.testing.assert_array_equal(drawn(space, store), want)
    np.testing.assert_array_equal(drawn(other, store), of_other)
    assert len(list(tmp_path.iterdir())) == 2
    monkeypatch.setattr(blockwise, "_along_widest", None)  # finds them
    np.testing.assert_array_equal(drawn(again, store), want)
    np.testing.assert_array_equal(drawn(other, store), of_other)
    with pytest.raises(TypeError):
        drawn(again)


TWICE = np.arange(600, dtype=np.int32)
TWICE[7] = 8


@every("said", [
    {},
    {"order": TWICE},
    {"order": np.arange(599, dtype=np.int32)},
    {"order": np.arange(1, 601, dtype=np.int32)},
    {"order": np.arange(600, dtype=np.float64)},
    {"order": np.array(3, dtype=np.int32)},
    {"order": np.arange(600, dtype=np.int32).reshape(20, 30)},
    {"places": np.arange(600, dtype=np.int32)},
])  # fmt: skip
def test_what_is_no_order_of_the_rows_is_made_anew(said: Arrays) -> None:
    space, store = space_of(written()[0]), Told(said)
    np.testing.assert_array_equal(drawn(space, store), drawn(space))
    (kept,) = store.given
    assert sorted(kept["order"].tolist()) == list(range(600))
    once = Told(kept)
    np.testing.assert_array_equal(drawn(space, once), drawn(space))
    assert not once.given


def test_one_block_is_not_kept() -> None:
    store = Told(None)
    space = space_of(written()[0][:40])
    np.testing.assert_array_equal(drawn(space, store), drawn(space))
    assert not store.given
