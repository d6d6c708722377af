"""The search on a device: the same ids and the same bits as on the processor, whatever the sizes."""

from __future__ import annotations

import gc
import importlib.util
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest

import tokensphere as ts
from tests.cases import case, every
from tokensphere.errors import TokensphereError
from tokensphere.geometry.compute import Compute
from tokensphere.geometry.rows import Rows
from tokensphere.geometry.search import top_k_each
from tokensphere.geometry.similarity import SIMILARITIES, Scoring, make_scoring

torch: Any = pytest.importorskip("torch") if importlib.util.find_spec("torch") else None
DEVICES = ["cpu"] + ["cuda"] * bool(torch and torch.cuda.is_available())
pytestmark = pytest.mark.skipif(torch is None, reason="needs PyTorch")
KINDS = ["float32", "float16", "bfloat16"]


def difficult_rows(n: int, d: int, seed: int) -> Any:
    """Rows of very different lengths: some equal, zero, not finite."""
    rng = np.random.default_rng(seed)
    rows = (rng.standard_normal((n, d)) + 0.3) * np.exp(2 * rng.standard_normal((n, 1)))
    rows[rng.integers(n, size=n // 4)] = rows[rng.integers(n, size=n // 4)]
    rows[3], rows[n // 2], rows[n - 1] = 0, np.nan, np.inf
    return rows.astype(np.float32)


@contextmanager
def as_if(kind: str | None = None, room: int | None = None, stay: int | None = None) -> Iterator[None]:
    """A device of which something else is known: what it multiplies, and its memory."""
    from tokensphere.geometry.on_torch import search

    of = search._Plan.of
    told: dict[str, Any] = {"kind": kind and getattr(torch, kind), "room": room, "stay": stay}
    changed = {name: value for name, value in told.items() if value is not None}
    with patch.object(search._Plan, "of", lambda device: replace(of(device), **changed)):
        yield


def on(scorings: list[Scoring], device: str) -> list[Scoring]:
    """The same, searched on a device."""
    return [replace(scoring, compute=Compute(backend="torch", device=device)) for scoring in scorings]


def check(scorings: list[Scoring], queries: Any, ks: list[int], device: str) -> None:
    """Ids and values are those of the search on the processor, to the bit."""
    want = top_k_each(scorings, queries, ks)
    there = on(scorings, device)
    found = top_k_each(there, queries, ks)
    for (ids, values), (own, own_values) in zip(want, found, strict=True):
        assert own.dtype == np.int64 and own_values.dtype == np.float64
        np.testing.assert_array_equal(own, ids)
        np.testing.assert_array_equal(own_values.view(np.int64), values.view(np.int64))


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("similarity", SIMILARITIES)
@every("centered", [False, True])
@every("shape", [(90, 1), (200, 7), (61, 24), (150, 131), (64, 577)])
def test_the_same_as_on_the_processor(
    device: str, similarity: Any, centered: bool, shape: tuple[int, int]
) -> None:
    rows = Rows.of(difficult_rows(*shape, seed=1))
    keep = np.random.default_rng(2).random(len(rows)) < 0.9
    scoring = make_scoring(rows, similarity=similarity, centered=centered, keep=keep)
    queries = np.random.default_rng(3).standard_normal((9, shape[1]))
    for k in (1, 10, scoring.n_usable):
        check([scoring], queries, [k], device)
    check([scoring], queries[:1].astype(np.float32), [3], device)
    check([scoring], queries[:0], [3], device)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("kind", KINDS)
@every(["room", "stay"], [(None, None), (None, 2**30), (2**15, 0), (2**15, 2**30)])
@every("similarity", SIMILARITIES)
def test_sizes_and_roundings_are_seen_in_no_result(
    device: str, kind: str, room: int | None, stay: int | None, similarity: Any
) -> None:
    scoring = make_scoring(Rows.of(difficult_rows(500, 24, seed=4)), similarity=similarity)
    queries = np.random.default_rng(5).standard_normal((20, 24))
    with as_if(kind, room, stay):
        for k in (1, 100):
            check([scoring], queries, [k], device)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("kind", KINDS)
@every(["room", "stay"], [(None, 2**30), (2**15, 0)])
@every("shape", [(500, 24), (61, 5)])
def test_several_from_one_product(
    device: str, kind: str, room: int | None, stay: int, shape: tuple[int, int]
) -> None:
    rows = Rows.of(difficult_rows(*shape, seed=1))
    keep = np.random.default_rng(2).random(len(rows)) < 0.9
    three = [
        make_scoring(rows, keep=keep),
        make_scoring(rows, centered=True, keep=keep),
        make_scoring(rows, similarity="dot", keep=keep),
    ]
    queries = np.random.default_rng(3).standard_normal((20, shape[1]))
    with as_if(kind, room, stay):
        check(three, queries, [7, 4, 9], device)
        alone = [ids for ids, _ in top_k_each(on(three, device), queries, [7, 4, 9])]
    for ids, (want, _) in zip(alone, top_k_each(three, queries, [7, 4, 9]), strict=True):
        np.testing.assert_array_equal(ids, want)
    with pytest.raises(TokensphereError, match="do not follow"):
        top_k_each(on(three[::-1], device), queries, [1, 1, 1])


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("kind", KINDS)
@every("similarity", SIMILARITIES)
def test_masses_of_equal_rows_go_to_the_lower_ids(device: str, kind: str, similarity: Any) -> None:
    from tokensphere.geometry.on_torch.selection import Selection

    rng = np.random.default_rng(6)
    rows: Any = rng.standard_normal((3, 12)).astype(np.float32)[rng.integers(3, size=900)]
    scoring = make_scoring(Rows.of(rows), similarity=similarity)
    pending: list[int] = []
    compact = Selection._compact

    def counted(self: Any) -> None:
        pending.append(self._pending)
        compact(self)

    with as_if(kind, 2**14), patch.object(Selection, "_compact", counted):
        check([scoring], rng.standard_normal((12, 12)), [5], device)
    # What is opened for one query, and at most what else may pend.
    assert pending and max(pending) <= max(2**14 // 64, 4 * 5 * 12) + 900


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("kind", KINDS)
@every("scale", [1e-7, 1e-5, 1e-3])
def test_near_ties_are_decided_in_double_precision(device: str, kind: str, scale: float) -> None:
    rng = np.random.default_rng(7)
    rows = rng.standard_normal((1, 40)) + scale * rng.standard_normal((300, 40))
    rows = np.concatenate([rows, -rows, rng.standard_normal((100, 40))])
    queries = np.concatenate([rows[:9].astype(np.float32), rng.standard_normal((9, 40))])
    with as_if(kind):
        for similarity in SIMILARITIES:
            made = Rows.of(rows.astype(np.float32))
            check([make_scoring(made, similarity=similarity)], queries, [10], device)


@pytest.mark.parametrize("device", DEVICES)
@every("kind", KINDS)
@every("scale", [1e-5, 1e-4])
def test_rows_near_their_mean(device: str, kind: str, scale: float) -> None:
    """Centred, prepared rows have few digits that are right."""
    rng = np.random.default_rng(7)
    rows = (1 + scale * rng.standard_normal((300, 20))).astype(np.float32)
    with as_if(kind):
        check([make_scoring(Rows.of(rows), centered=True)], rng.standard_normal((30, 20)), [3], device)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("kind", KINDS)
@every("power", [-30.0, 30.0])
@every("similarity", SIMILARITIES)
def test_rows_of_any_length(device: str, kind: str, power: float, similarity: Any) -> None:
    rng = np.random.default_rng(8)
    rows = rng.standard_normal((200, 20))
    queries = rng.standard_normal((9, 20)) * 10.0**power
    with as_if(kind):
        for scaled in (rows * 10.0**power, rows * 10.0 ** rng.uniform(-30, 30, (200, 1))):
            scoring = make_scoring(Rows.of(scaled.astype(np.float32)), similarity=similarity)
            check([scoring], queries, [10], device)


def adversarial(n: int, d: int) -> Any:
    """Rows whose numbers all lie in the middle between two of float16, or of bfloat16, on one side."""
    rng = np.random.default_rng(d)
    step = 2.0 ** rng.choice([-9, -12], (n, 1))
    rows = 1 + step * (rng.integers(0, 8, (n, d)) + 0.5 - rng.uniform(0, 1e-3, (n, d)))
    rows *= 2.0 ** rng.integers(-3, 1, (n, d))
    rows *= rng.choice([-1, 1], (n, 1))
    return rows.astype(np.float32)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("kind", KINDS)
@every("d", [1, 3, 50, 577, 2048])
@every("similarity", SIMILARITIES)
def test_a_product_is_off_by_no_more_than_is_told(
    device: str, kind: str, d: int, similarity: Any
) -> None:
    from tokensphere.geometry.on_torch.search import _Plan, _Search
    from tokensphere.geometry.on_torch.selection import Selection

    rows = np.concatenate([adversarial(100, d), difficult_rows(28, d, seed=d)])
    rows[:50] /= np.sqrt(d)
    scoring = make_scoring(Rows.of(rows), similarity=similarity)
    queries = np.concatenate([adversarial(9, d).astype(float), rows[101:103], rows[60:64]])
    scoring, bounds = on([scoring], device)[0], []
    absorb = Selection.absorb

    def seen(self: Any, lower: Any, upper: Any, products: Any, shift: float, ids: Any) -> None:
        bounds.append((self, products.float().flatten(1) + shift, ids))
        absorb(self, lower, upper, products, shift, ids)

    with as_if(kind), patch.object(Selection, "absorb", seen):
        search = _Search([scoring], _Plan.of(torch.device(device)))
        search.find(queries, [5])
    m, view = len(queries), search.views[0]
    for selection, upper, ids in bounds:
        ids = ids.cpu().numpy()
        values = scoring.exact(queries, np.repeat(np.arange(m), len(ids)), np.tile(ids, m))
        values = values.reshape(m, -1)
        # A bound is in units of its own: the line through the values tells them.
        got = upper[:, : len(ids)].cpu().numpy().astype(float)
        truth = in_units(scoring, search, queries, ids, values)
        assert (got + selection._window / 2 >= truth).all()
        if view.plain:
            assert (got - 2 * view.error - selection._window / 2 <= truth).all()


def in_units(scoring: Scoring, search: Any, queries: Any, ids: Any, values: Any) -> Any:
    """Exact values in the units of the products."""
    from tokensphere.geometry.on_torch.table import QUERY, ROW, unit_of

    lengths = np.linalg.norm(queries.astype(float), axis=1)[:, None]
    if scoring.similarity == "dot":
        values = values / lengths
    if scoring.similarity == "euclidean":
        longer = np.maximum(lengths, scoring.unit)
        squares = np.linalg.norm(scoring.rows[ids].astype(float), axis=1) ** 2
        values = (queries @ scoring.rows[ids].astype(float).T - squares / 2) / longer / scoring.unit
    return values * ROW * QUERY / unit_of(scoring)


@pytest.mark.parametrize("device", DEVICES)
def test_settings_of_the_process_change_no_result_and_stay(device: str) -> None:
    scoring = make_scoring(Rows.of(difficult_rows(900, 300, seed=9)))
    queries = np.random.default_rng(10).standard_normal((30, 300))
    matmul = torch.backends.cuda.matmul
    names = [f"allow_{kind}_reduced_precision_reduction" for kind in ("fp16", "bf16")]
    names += [name for name in ["allow_fp16_accumulation"] if hasattr(matmul, name)]
    before = {name: getattr(matmul, name) for name in names}, torch.get_float32_matmul_precision()
    try:
        for name in names:
            setattr(matmul, name, True)
        torch.set_float32_matmul_precision("medium")
        products: list[Any] = []

        def seen(self: Any, *arguments: Any) -> None:
            products.append({getattr(matmul, name) for name in names})
            products.append({torch.is_autocast_enabled(device), torch.is_grad_enabled()})
            absorb(self, *arguments)

        from tokensphere.geometry.on_torch.selection import Selection

        absorb = Selection.absorb
        with torch.autocast(device, dtype=torch.bfloat16), patch.object(Selection, "absorb", seen):
            check([scoring], queries, [10], device)
        assert products and all(each == {False} for each in products)
        assert {getattr(matmul, name) for name in names} == {True}
        assert torch.get_float32_matmul_precision() == "medium"
    finally:
        for name in names:
            setattr(matmul, name, before[0][name])
        torch.set_float32_matmul_precision(before[1])


@pytest.mark.parametrize("device", DEVICES)
def test_rows_stay_on_the_device_as_long_as_the_scoring(device: str) -> None:
    from tokensphere.geometry.on_torch.table import Table

    made: list[weakref.ref[Any]] = []
    start = Table.__init__

    def counted(self: Any, *arguments: Any) -> None:
        made.append(weakref.ref(self))
        start(self, *arguments)

    (scoring,) = on([make_scoring(Rows.of(difficult_rows(300, 8, seed=11)))], device)
    queries = np.random.default_rng(12).standard_normal((5, 8))
    with patch.object(Table, "__init__", counted):
        with as_if(stay=2**30):
            first = top_k_each([scoring], queries, [3])
            second = top_k_each([scoring], queries, [3])
            assert len(made) == 1 and made[0]() is not None
        np.testing.assert_array_equal(first[0][0], second[0][0])
        del scoring
        gc.collect()
        assert made[0]() is None


@pytest.mark.parametrize("device", DEVICES)
def test_a_device_that_multiplies_badly_is_noticed(device: str) -> None:
    from tokensphere.geometry.on_torch import search

    scoring = make_scoring(Rows.of(difficult_rows(300, 8, seed=13)))
    queries = np.random.default_rng(14).standard_normal((5, 8))

    feed = search._View.feed
    for wrong in (torch.nan, 0.5, 2.0):

        def fed(self: Any, selection: Any, products: Any, *others: Any, wrong: float = wrong) -> None:
            feed(self, selection, products * wrong, *others)

        refused = pytest.raises(TokensphereError, match="less exactly than it should; use another")
        with patch.object(search._View, "feed", fed), case(wrong), refused:
            top_k_each(on([scoring], device), queries, [3])


@pytest.mark.parametrize("device", DEVICES)
def test_a_device_that_is_full_is_told_in_one_line(device: str) -> None:
    from tokensphere.geometry.on_torch import search

    scoring = make_scoring(Rows.of(difficult_rows(300, 8, seed=13)))
    full = torch.OutOfMemoryError("CUDA out of memory")
    refused = pytest.raises(TokensphereError, match="no memory left for the search; make room on it")
    with patch.object(search._Search, "find", side_effect=full), refused:
        top_k_each(on([scoring], device), np.ones((2, 8)), [3])


@pytest.mark.parametrize("device", DEVICES)
def test_rows_of_a_file_that_cannot_be_written(device: str, tmp_path: Path) -> None:
    np.save(tmp_path / "rows.npy", difficult_rows(300, 9, seed=15))
    mapped = np.load(tmp_path / "rows.npy", mmap_mode="r")
    queries = np.random.default_rng(16).standard_normal((5, 9))
    queries.setflags(write=False)
    for stay in (0, 2**30):
        with as_if(stay=stay):
            for similarity in SIMILARITIES:
                scoring = make_scoring(Rows.of(mapped), similarity=similarity)
                check([scoring], queries[:, ::-1], [4], device)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.usefixtures("few_pairs")
def test_lists_and_surveys_are_the_same(device: str, small: ts.EmbeddingSpace) -> None:
    there = Compute(backend="torch", device=device)
    for settings in ({}, {"forms": True}, {"similarity": "euclidean", "centered": True}):
        own = ts.nearest(small, [0, 5, 9], **settings, k=4)
        other = ts.nearest(small, [0, 5, 9], **settings, k=4, compute=there)
        assert other.to_dict() == own.to_dict()
    directions = ts.RandomDirections(small.shape[1], 100)
    what: dict[str, Any] = {"ks": (3,)}
    assert ts.survey(small, directions, **what, compute=there).to_dict() == (
        ts.survey(small, directions, **what).to_dict()
    )
