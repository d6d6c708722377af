"""A saved test is opened again without knowing how it was made."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tokensphere as ts
from tests.analysis.direction_test.spaces import LABELS, SPACE, STORE, D, job_of, made, planted_space
from tests.cases import case
from tokensphere.analysis.direction_test.job import DirectionTestJob
from tokensphere.analysis.direction_test.reopened import SavedTest
from tokensphere.analysis.direction_test.result import DirectionTest
from tokensphere.errors import FormatError, InputError
from tokensphere.run import go_on, read_saved
from tokensphere.statistics.draws import MemoryStore

pytest.importorskip("pyarrow")

V = np.random.default_rng(3).standard_normal((50, D))
V[4] = 0
SUMS = [ts.TokenSum((1, 2), (3,)), ts.TokenSum((5,)), ts.TokenSum((4,), (9,)), ts.TokenSum((8,), (7,))]
Saved = tuple[Mapping[str, Any], Mapping[str, Any]]


def saved(job: DirectionTestJob, path: Path) -> tuple[DirectionTest, Saved]:
    """What a job finds, and what a file has of it."""
    found = job.result(go_on(job, save=path).part)
    return found, read_saved(path, job.what)


def opened(kept: Saved, **given: Any) -> SavedTest:
    return SavedTest(SPACE, *kept, **{"labels": LABELS, "store": STORE, **given})


def shown(job: SavedTest) -> DirectionTest:
    return job.result(go_on(job, there=job.there).part)


GROUPED = made(V).grouped(["a"] * 20 + ["b"] * 30)
WAYS: list[tuple[Any, dict[str, Any]]] = [
    (V, {"law": "isotropic", "k": 4}),
    (V, {"law": "covariance", "centered": False, "seed": 3}),
    (GROUPED, {"law": "own"}),
    (V, {"law": "difference", "forms": True}),
    (SUMS, {"law": "isotropic"}),
    (SUMS, {}),
    (SUMS, {"law": "frequency", "tenths": "norms"}),
    (V, {"law": "sample", "sample": V[:30], "draws": 40}),
]


@pytest.mark.parametrize("both_ends", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_it_is_the_same_test_with_its_directions_or_without(tmp_path: Path, both_ends: bool) -> None:
    for number, (given, options) in enumerate(WAYS):
        with case(number, **options):
            given = given if isinstance(given, ts.Directions) else made(given)
            some = given.both_ends() if both_ends else given
            found, kept = saved(job_of(some, **options), tmp_path / f"{number}.parquet")
            for directions in (None, given):
                again = shown(opened(kept, directions=directions))
                assert json.dumps(again.to_dict()) == json.dumps(found.to_dict())
                assert again.complete and again.null.spec.law == found.null.spec.law


def test_sums_of_tokens_that_were_made_for_another_search_are_made_again(tmp_path: Path) -> None:
    """A page makes them once, for whatever search is asked for later."""
    given = ts.make_directions(SPACE, SUMS)  # rows as they are
    found, kept = saved(job_of(SUMS), tmp_path / "saved.parquet")  # rows centred
    assert given.rows != found.directions.rows
    again = shown(opened(kept, directions=given))
    np.testing.assert_array_equal(again["nearness"].values, found["nearness"].values)
    assert again.names == found.names


def stopped(job: DirectionTestJob, path: Path, monkeypatch: pytest.MonkeyPatch) -> Saved:
    """A test of 50 that ended after 20."""
    monkeypatch.setattr("tokensphere.analysis.direction_test.measure.QUERIES_AT_ONCE", 20)

    def stop(count: int) -> None:
        if count == 20:
            raise KeyboardInterrupt

    assert go_on(job, save=path, progress=stop).stopped
    return read_saved(path, job.what)


def test_one_that_was_stopped_shows_what_is_done_and_goes_on_with_its_directions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = stopped(job_of(GROUPED, law="own"), tmp_path / "saved.parquet", monkeypatch)
    part = shown(opened(kept))
    assert (len(part), part.complete) == (20, False)
    assert [group.name for group in part.groups] == ["a"]
    whole = job_of(GROUPED, law="own")
    assert json.dumps(shown(opened(kept, directions=GROUPED)).to_dict()) == json.dumps(
        whole.result(go_on(whole).part).to_dict()
    )


def test_what_it_does_not_hold_is_said_where_it_is_needed(tmp_path: Path) -> None:
    new = MemoryStore()
    for law, options, what in (("own", {}, "directions"), ("sample", {"sample": V[:30]}, "sample")):
        _, kept = saved(job_of(V, law=law, **options), tmp_path / f"{law}.parquet")
        job = opened(kept, store=new)
        with case(law), pytest.raises(InputError, match=f"not kept on this machine, and the .*{what}"):
            job.prepare()
    with pytest.raises(InputError, match="no vectors of its directions; give the directions"):
        job.directions.read(0, 1)


def test_a_test_of_something_else_is_not_opened(tmp_path: Path) -> None:
    _, kept = saved(job_of(V), tmp_path / "saved.parquet")
    other = planted_space(d=D, n=401)
    with pytest.raises(InputError, match=r"on another model or matrix; open that one: 'planted', input"):
        SavedTest(other, *kept, labels=LABELS)
    with pytest.raises(InputError, match="with other labels or another k; give the same labels"):
        SavedTest(SPACE, *kept)
    with pytest.raises(InputError, match="of other directions; give those that it was made of, or none"):
        opened(kept, directions=made(V[:40]))
    columns, about = kept
    old = {**about, "key": {**about["key"], "version": 1}}
    with pytest.raises(InputError, match="of another version of tokensphere; make it anew"):
        opened((columns, old))


def test_what_is_damaged_is_one_clear_line(tmp_path: Path) -> None:
    _, (columns, about) = saved(job_of(SUMS), tmp_path / "saved.parquet")
    key, settings = about["key"], about["settings"]
    harms: list[tuple[str, Callable[[], Saved]]] = [
        ("no settings", lambda: (columns, {**about, "settings": None})),
        ("no search", lambda: (columns, {**about, "key": {**key, "search": []}})),
        ("no names", lambda: ({**columns, "direction": [3]}, about)),
        ("too few", lambda: (columns, {**about, "given": 2})),
        ("law", lambda: (columns, {**about, "settings": {**settings, "null": "blue"}})),
        ("nulls", lambda: (columns, {**about, "settings": {**settings, "nulls": []}})),
        ("draws", lambda: (columns, {**about, "settings": {**settings, "n_null": "many"}})),
        ("titles", lambda: ({**columns, "null": ["x"] * 4}, about)),
        ("ids", lambda: ({**columns, "neighbor_ids": columns["neighbor_ids"] - 9999}, about)),
    ]
    for what, harm in harms:
        with case(what), pytest.raises(FormatError, match=r"^t.parquet is damaged: .*; remove it or"):
            opened(harm(), name="t.parquet")
