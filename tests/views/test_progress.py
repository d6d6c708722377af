"""``progress=True``: who is told what, in a terminal, a notebook, or nowhere."""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Callable
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

import tokensphere as ts
from tests import small_model
from tests.analysis.results import make_labels
from tests.cases import case
from tokensphere.analysis.claims.wordless import WordlessSpec


class Stream(io.StringIO):
    terminal = True

    def isatty(self) -> bool:
        return self.terminal


class Cell:
    """What a notebook's cell displays; later pictures take the place of the first."""

    def __init__(self) -> None:
        self.shown: list[dict[str, str]] = []

    def display(self, content: dict[str, str], *, raw: bool, display_id: bool) -> Cell:
        assert raw and display_id
        self.update(content, raw=True)
        return self

    def update(self, content: dict[str, str], *, raw: bool) -> None:
        self.shown.append(content)


@pytest.fixture
def notebook(monkeypatch: pytest.MonkeyPatch) -> Cell:
    """As in a kernel of Jupyter."""
    cell, ipython, displays = Cell(), ModuleType("IPython"), ModuleType("IPython.display")
    made: Any = ipython
    made.get_ipython = lambda: SimpleNamespace(kernel=object())
    displayed: Any = displays
    displayed.display = cell.display
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    monkeypatch.setitem(sys.modules, "IPython.display", displays)
    return cell


def work(small: ts.EmbeddingSpace, **how: Any) -> dict[str, Any]:
    """Every function that takes ``progress``, called."""
    table, v = make_labels(small), ts.RandomDirections(small_model.D, 120)
    lists = ts.nearest(small, v[:3], k=5)
    search, few = ts.SearchSettings(4), ts.NamingSpec(99)
    spec = ts.RatingSpec(lists=2, planted=0, k=5)
    makers: dict[str, Callable[[], Any]] = {
        "nearest": lambda: ts.nearest(small, v, k=3, **how),
        "name_neighbors": lambda: ts.name_neighbors(small, lists, labels=table, naming=few, **how),
        "name_tokens": lambda: ts.name_tokens(small, [0, 1, 2], labels=table, naming=few, **how),
        "survey": lambda: ts.survey(
            small, v, ks=(3,), search=search, surrogate=ts.SurrogateSpec(count=2), **how
        ),
        "direction_test": lambda: ts.direction_test(
            small, v[:4], null=ts.NullSpec(draws=50), search=search, labels=table, **how
        ),
        "cards": lambda: ts.cards(small, v[:1], search=search, labels=table, **how),
        "measure_geometry": lambda: ts.measure_geometry(
            small, n_directions=20, clusters=(3,), wordless=WordlessSpec(count=2), **how
        ),
        "draw_ratings": lambda: ts.draw_ratings(small, spec, seed=0, labels=table, **how),
    }
    return {name: make() for name, make in makers.items()}


@pytest.fixture(scope="module")
def silent(small: ts.EmbeddingSpace) -> dict[str, Any]:
    return work(small)


def test_nothing_is_said_unless_it_is_asked_for(
    small: ts.EmbeddingSpace, silent: dict[str, Any], notebook: Cell, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, err = Stream(), Stream()
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "stderr", err)
    assert work(small, progress=False) == silent
    assert not (out.getvalue() or err.getvalue() or notebook.shown)


def test_a_terminal_has_a_bar_on_standard_error(
    small: ts.EmbeddingSpace, silent: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "IPython", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    out, err = Stream(), Stream()
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "stderr", err)
    assert work(small, progress=True) == silent
    assert not out.getvalue()
    for said in (
        "of 120 directions", "draws", "so far: of 120 directions", "of 4 steps"
    ):  # fmt: skip
        assert said in err.getvalue(), said
    assert re.search(r"geometry, step (\d+) of \1: ", err.getvalue())  # the last of so many


def test_a_file_has_none(
    small: ts.EmbeddingSpace, silent: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "IPython", raising=False)
    err = Stream()
    err.terminal = False
    monkeypatch.setattr(sys, "stderr", err)
    assert work(small, progress=True) == silent
    assert not err.getvalue()


def test_a_notebook_has_one_that_says_at_the_end_how_long_it_took(
    small: ts.EmbeddingSpace, notebook: Cell, monkeypatch: pytest.MonkeyPatch
) -> None:
    err = Stream()
    monkeypatch.setattr(sys, "stderr", err)
    ts.nearest(small, ts.RandomDirections(small_model.D, 5), k=3, progress=True)
    first, last = notebook.shown[0], notebook.shown[-1]
    assert "<progress" in first["text/html"] and "<progress" not in last["text/html"]
    assert last["text/plain"].startswith("5 of 5 directions, ") and not err.getvalue()


def test_a_bar_ends_with_the_work(
    small: ts.EmbeddingSpace, notebook: Cell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tokensphere.views.progress._EVERY", 0)
    work(small, progress=True)
    assert len(notebook.shown) > 20
    ended = ["<progress" not in one["text/html"] for one in notebook.shown]
    assert sum(ended) == ended[-1] * 8  # one for each function; nothing is painted over the last
    lists = ts.nearest(small, ts.RandomDirections(small_model.D, 3), k=5)
    notebook.shown.clear()
    ts.name_neighbors(
        small,
        lists,
        labels=make_labels(small),
        naming=ts.NamingSpec(98),
        n_random_directions=20,
        progress=True,
    )
    assert notebook.shown[-1]["text/plain"].startswith("118 of 118 draws")


def test_what_is_called_is_called_as_before(small: ts.EmbeddingSpace, silent: dict[str, Any]) -> None:
    told: list[Any] = []
    assert work(small, progress=told.append) == silent
    assert sum(one for one in told if isinstance(one, int)) > 120
    assert {"neighbours", "cosines"} <= {one for one in told if isinstance(one, str)}


def test_a_bar_ends_with_an_error(small: ts.EmbeddingSpace, notebook: Cell) -> None:
    with case("a vector of zeros"), pytest.raises(ts.InputError, match="zero"):
        ts.nearest(small, np.zeros(small_model.D), progress=True)
    assert all("<progress" not in one["text/html"] for one in notebook.shown[-1:])
