from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest

from tests.cases import case
from tokensphere.columns import Numbers
from tokensphere.errors import InputError
from tokensphere.geometry.directions import stream
from tokensphere.statistics import draws
from tokensphere.statistics.draws import BLOCK, Draws, Key, MemoryStore

SCHEMA = {"value": Numbers(np.float64), "pair": Numbers(np.int64, 0, 8, width=2)}
first_draws = partial(draws.first_draws, schema=SCHEMA)
GOLDEN = [[1.4436909546981256, -0.8959459763857414], [-1.0157623380825092, -0.911867698857605]]


class Maker:
    """Makes blocks of draws from their streams, and remembers which."""

    def __init__(self, seed: int = 0, stop_at: int | None = None) -> None:
        self.seed, self.stop_at = seed, stop_at
        self.made: list[int] = []

    def __call__(self, block: int) -> Draws:
        if block == self.stop_at:
            raise KeyboardInterrupt
        self.made.append(block)
        rng = stream(self.seed, block)
        return {"value": rng.standard_normal(BLOCK), "pair": rng.integers(9, size=(BLOCK, 2))}


def same(one: Draws, other: Draws) -> None:
    assert one.keys() == other.keys()
    for name, array in one.items():
        np.testing.assert_array_equal(array, other[name])


def test_the_numbers_of_a_block_are_forever() -> None:
    """Nulls are kept on disk and cited by seed: do not change these numbers; change the code back."""
    assert BLOCK == 1024
    np.testing.assert_allclose(stream(0, 0).standard_normal(2), GOLDEN[0], rtol=1e-12)
    np.testing.assert_allclose(stream(7, 3).standard_normal(2), GOLDEN[1], rtol=1e-12)


def test_streams_differ_by_seed_and_block_and_in_nothing_else() -> None:
    names = [(seed, block) for seed in (0, 1, 2**40) for block in (0, 1, 1000)]
    drawn = [stream(*name).standard_normal(50) for name in names]
    assert len({tuple(row.tolist()) for row in drawn}) == len(names)
    for name, row in zip(names, drawn, strict=True):
        np.testing.assert_array_equal(stream(*name).standard_normal(50), row)


def test_the_first_draws_are_the_same_however_many_there_are() -> None:
    everything = first_draws(5 * BLOCK, Maker(), key={"a": 1}, store=MemoryStore())
    for count in (1, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK + 7):
        with case(count=count):
            found = first_draws(count, Maker(), key={"a": 1}, store=MemoryStore())
            assert [len(array) for array in found.values()] == [count, count]
            same(found, {name: array[:count] for name, array in everything.items()})
            parts = np.concatenate([Maker()(block)["value"] for block in range(5)])
            np.testing.assert_array_equal(found["value"], parts[:count])


def test_what_is_there_is_not_made_again() -> None:
    store, maker = MemoryStore(), Maker()
    key: Key = {"law": "isotropic", "seed": 0}
    first = first_draws(1500, maker, key=key, store=store)
    assert maker.made == [0, 1]
    assert len((store.get(key) or {})["value"]) == 2 * BLOCK  # whole blocks are kept
    same(first_draws(1500, maker, key={"seed": 0, "law": "isotropic"}, store=store), first)
    first_draws(2 * BLOCK, maker, key=key, store=store)
    assert maker.made == [0, 1]
    more = first_draws(3 * BLOCK + 1, maker, key=key, store=store)
    assert maker.made == [0, 1, 2, 3]
    same({name: array[:1500] for name, array in more.items()}, first)
    other = Maker()
    first_draws(10, other, key={**key, "seed": 1}, store=store)
    assert other.made == [0]


def test_what_is_kept_in_part_is_made_again_from_its_block_on() -> None:
    """A store that holds no whole number of blocks, as files written by somebody else might."""
    store, maker, key = MemoryStore(), Maker(), {"a": 1}
    whole = first_draws(3 * BLOCK, Maker(), key=key, store=MemoryStore())
    store.put(key, {name: array[: 2 * BLOCK - 1] for name, array in whole.items()})
    same(first_draws(3 * BLOCK, maker, key=key, store=store), whole)
    assert maker.made == [1, 2]


def test_what_is_kept_and_is_not_as_declared_is_made_anew() -> None:
    store, maker, key = MemoryStore(), Maker(), {"a": 1}
    whole = first_draws(BLOCK, Maker(), key=key, store=MemoryStore())
    value, pair = whole["value"], whole["pair"]
    nan, beyond = value.copy(), pair.copy()
    nan[7], beyond[BLOCK - 1, 1] = np.nan, 9
    for change in (
        {"pair": pair[:-1]}, {"pair": beyond}, {"pair": pair[:, :1]}, {"pair": pair.astype(np.int32)},
        {"value": nan}, {"value": value.astype(str)}, {"value": value[:, None]}, {"value": value[0]},
        {"value": pair},
    ):  # fmt: skip
        maker.made.clear()
        store.put(key, {**whole, **change})
        with case(change):
            same(first_draws(BLOCK, maker, key=key, store=store), whole)
            assert maker.made == [0]
            same(store.get(key) or {}, whole)
    store.put(key, {"value": value})
    same(first_draws(BLOCK, maker, key=key, store=store), whole)
    store.put(key, {**whole, "more": np.array(["x"] * BLOCK)})
    maker.made.clear()
    same(first_draws(BLOCK, maker, key=key, store=store), whole)
    assert maker.made == []


def test_blocks_that_are_complete_survive_an_interrupt() -> None:
    store, key = MemoryStore(), {"a": 1}
    with pytest.raises(KeyboardInterrupt):
        first_draws(4 * BLOCK, Maker(stop_at=2), key=key, store=store)
    again = Maker()
    found = first_draws(4 * BLOCK, again, key=key, store=store)
    assert again.made == [2, 3]
    same(found, first_draws(4 * BLOCK, Maker(), key=key, store=MemoryStore()))
    with pytest.raises(KeyboardInterrupt):
        first_draws(10, Maker(stop_at=0), key={"b": 1}, store=store)
    assert store.get({"b": 1}) is None


def test_a_null_that_ends_has_a_shorter_last_block() -> None:
    made: list[int] = []

    def make(block: int) -> Draws:
        made.append(block)
        return {"value": np.arange(1500)[block * BLOCK : (block + 1) * BLOCK]}

    store, told = MemoryStore(), list[int]()
    for count, blocks in ((1000, [0]), (9999, [1]), (1500, []), (1200, [])):
        made.clear()
        told.clear()
        found = first_draws(
            count, make, key={}, schema={"value": Numbers(np.int64)}, most=1500, store=store,
            progress=told.append,
        )  # fmt: skip
        np.testing.assert_array_equal(found["value"], np.arange(min(count, 1500)))
        assert made == blocks and sum(told) == min(count, 1500)


def test_progress_adds_up_to_what_was_asked_for() -> None:
    store, key = MemoryStore(), {"a": 1}
    for count, begin in [(1500, 0), (1500, 1500), (3000, 2 * BLOCK), (100, 100)]:
        told: list[int] = []
        with case(count=count):
            first_draws(count, Maker(), key=key, store=store, progress=told.append)
            assert sum(told) == count and told[0] == begin and min(told) >= 0


def test_draws_cannot_be_changed_by_who_gets_them() -> None:
    store, key = MemoryStore(), {"a": 1}
    for _ in range(2):
        found = first_draws(10, Maker(), key=key, store=store)
        with pytest.raises(ValueError, match="read-only"):
            found["value"][0] = 0


def test_without_a_store_the_process_remembers() -> None:
    maker = Maker()
    for _ in range(2):
        first_draws(5, maker, key={"of": "tests/statistics/test_draws.py"})
    assert maker.made == [0]


def test_the_memory_holds_the_last_keys() -> None:
    store = MemoryStore()
    for number in range(draws._MOST_KEPT):
        store.put({"n": number}, {"value": np.array([number])})
    store.put({"n": 0}, {"value": np.array([-1])})  # put again, it is the last
    store.put({"n": "new"}, {"value": np.array([99])})
    assert store.get({"n": 1}) is None
    assert (store.get({"n": 0}) or {})["value"].tolist() == [-1]
    assert (store.get({"n": 2}) or {})["value"].tolist() == [2]
    assert store.get({"n": "0"}) is None  # a text is no number


def test_wrong_numbers_of_draws() -> None:
    wrong: list[Any] = [0, -3, 1.5, "7", None]
    for count in wrong:
        with case(count=count), pytest.raises(InputError, match="need a whole number, 1 or more"):
            first_draws(count, Maker(), key={}, store=MemoryStore())
