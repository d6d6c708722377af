"""What must hold of every picture, whatever it shows and whatever things are called."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.transforms import Bbox

import tokensphere as ts
from tests.analysis.atlas import made as atlases
from tests.cli.foreign import TEXTS
from tokensphere.analysis.atlas.result import Atlas
from tokensphere.analysis.claims.measure import measure_geometry
from tokensphere.analysis.direction_test.job import direction_test
from tokensphere.analysis.direction_test.result import DirectionTest
from tokensphere.analysis.direction_test.statistics import KINDS
from tokensphere.analysis.survey.job import name_survey, survey
from tokensphere.directions.named import Name
from tokensphere.geometry.directions import RandomDirections
from tokensphere.labels.table import Label, LabelTable
from tokensphere.statistics.draws import MemoryStore
from tokensphere.statistics.pvalues import p_values
from tokensphere.views import draw, figures
from tokensphere.views.figures import style
from tokensphere.views.figures.direction_test import plot_one

pytestmark = pytest.mark.usefixtures("few_pairs")

N, D = 300, 16
STORE = MemoryStore()
Drawn = Callable[[str], Any]  # the picture of a result, by its name
LAYERS = (7, 0, 11, 30)
NAMES = (
    "$a_{1}$ and $b_{2", "קבוצה בעברית", "漢字" * 30, "long_name_" * 40, "two\nlines", r"\frac{1}{2}",
    TEXTS["evil"],
)  # fmt: skip
TESTS = ("layers", "groups", "many groups", "one", "few", "nineteen", "untestable")


def space(name: str = "a $model_1$ " + "_and_more" * 30) -> ts.EmbeddingSpace:
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((30, D))[np.arange(N) % 30] + 0.8 * rng.standard_normal((N, D)) + 0.4
    tokens = [f"{word}{i}" for i in range(N // 2) for word in ("t", " T")]
    return ts.EmbeddingSpace.from_arrays(rows.astype(np.float32), tokens, name=name)


def ran(
    count: int, groups: Callable[[int], str] | None = None, names: Sequence[str] = (), **null: Any
) -> DirectionTest:
    here, how = space(), ts.SearchSettings(4, centered=True)
    rows = np.array(RandomDirections(D, count)[:])
    rows[: count // 3] += 0.7 * here.vectors[: count // 3]
    rows *= null.pop("scale", 1)
    given = ts.make_directions(here, rows, how)
    if names:
        given = replace(given, names=[Name(name, {}) for name in names])
    if groups is not None:
        given = given.grouped([groups(row) for row in range(count)])
    members = [(Label(f"l{j}", "list", f"label {j}", "test"), range(j, N, 30)) for j in range(9)]
    labels = LabelTable.from_members(N, members)
    spec = ts.NullSpec(**{"law": "isotropic", "draws": 99, **null})
    return direction_test(here, given, null=spec, search=how, labels=labels, store=STORE)


def with_rare_labels(test: DirectionTest) -> DirectionTest:
    """The same with label p as small as large vocabularies have them."""
    nulls, values = np.geomspace(1e-20, 1, 99), np.geomspace(1e-28, 1e-2, len(test))
    rare = replace(
        test["label"], values=values, nulls=nulls[None], pvalue=p_values(values, nulls, larger=False)
    )
    return replace(test, tested={**test.tested, "label": rare})


def made(name: str) -> Any:
    """A result by name."""
    if name.startswith("survey"):
        found = survey(
            space(), 100, search=ts.SearchSettings(6), ks=(3, 6, 10), surrogate=ts.SurrogateSpec(count=0)
        )
        return name_survey(space(), found, store=STORE) if name.endswith("named") else found
    if name in ATLASES:
        return ATLASES[name]()
    if name == "geometry":
        labels = np.arange(N) % 8
        return measure_geometry(space(), n_directions=60, clusters=(5, 20), labelling=labels)
    tests: dict[str, Callable[[], Any]] = {
        "layers": lambda: ran(
            60, lambda row: f"blk.{LAYERS[min(row % 7, 3)]}.ffn_$down$.weight", law="own"
        ),
        "groups": lambda: ran(70, lambda row: NAMES[row % 7]).top(statistic="label"),
        "many groups": lambda: ran(60, lambda row: f"{row:02} in a longer name").top(statistic="any"),
        "one": lambda: ran(1),
        "few": lambda: with_rare_labels(ran(7, names=NAMES)),
        "nineteen": lambda: ran(19),
        "untestable": lambda: ran(40, scale=np.arange(40)[:, None] % 2),
    }
    return tests[name]()


def named_models() -> Atlas:
    models = [replace(one, title=name) for one, name in zip(atlases.atlas(7).models, NAMES, strict=True)]
    return Atlas.of(atlases.SETTINGS, [*models, *atlases.atlas(0, 3).models])


ATLASES: dict[str, Callable[[], Atlas]] = {
    "models": named_models,
    "three models": lambda: atlases.atlas(3, 6),
    "a hundred models": lambda: atlases.atlas(100, 20),
    "40 models": lambda: atlases.atlas(36, 4),
}
SLOW = ("models", "geometry", "40 models", "many groups", "nineteen", "untestable", "survey, named")
ALL = [
    *("survey", "layers", "groups", "one", "few", "three models", "a hundred models"),
    *(pytest.param(name, marks=pytest.mark.slow) for name in SLOW),
]


@pytest.fixture(scope="module")
def results() -> dict[str, Any]:
    return {}


@pytest.fixture(scope="module")
def drawn(results: dict[str, Any]) -> Drawn:
    """The picture of a result, made once."""
    kept: dict[str, Any] = {}

    def of(name: str) -> Any:
        if name not in kept:
            results[name] = made(name)
            kept[name] = draw(results[name])
        return kept[name]

    return of


def ticks(ax: Any) -> Iterator[Any]:
    for axis in (ax.xaxis, ax.yaxis):
        low, high = sorted(axis.get_view_interval())
        for tick in (*axis.get_major_ticks(), *axis.get_minor_ticks()):
            if low <= tick.get_loc() <= high:
                yield tick.label1


def legends(figure: Any) -> list[Any]:
    return [*figure.legends, *(ax.get_legend() for ax in figure.axes if ax.get_legend())]


def texts(figure: Any) -> list[Any]:
    """All that is written."""
    said = [text for legend in legends(figure) for text in legend.get_texts()] + figure.texts
    for ax in figure.axes:
        said += [*ax.texts, ax.title, ax._left_title, ax.xaxis.label, ax.yaxis.label, *ticks(ax)]
    return [text for text in said if text.get_visible() and text.get_text().strip()]


def common(a: Any, b: Any) -> bool:
    """Whether two boxes share more than a pixel."""
    both: Any = Bbox.intersection(a, b)
    return both is not None and bool(both.width > 1 and both.height > 1)


def inside(box: Any, whole: Any) -> bool:
    return bool(
        box.x0 >= whole.x0 - 1 and box.y0 >= whole.y0 - 1
        and box.x1 <= whole.x1 + 1 and box.y1 <= whole.y1 + 1
    )  # fmt: skip


@pytest.mark.parametrize("name", ALL)
def test_nothing_is_over_data_or_cut_or_over_each_other(
    name: str, drawn: Drawn, recwarn: pytest.WarningsRecorder
) -> None:
    figure = drawn(name)
    frames = [ax.get_window_extent() for ax in figure.axes]
    assert all(frame.width > 60 and frame.height > 60 for frame in frames)
    for legend in legends(figure):
        box = legend.get_window_extent()
        assert inside(box, figure.bbox)
        assert not any(common(box, frame) for frame in frames)
        for ax in figure.axes:  # also what is drawn beyond its frame
            free = [one for one in ax.lines if not one.get_clip_on()]
            assert not any(common(box, one.get_window_extent()) for one in free)
    said = texts(figure)
    assert len(said) > 10
    boxes = [text.get_window_extent() for text in said]
    for text, box in zip(said, boxes, strict=True):
        assert inside(box, figure.bbox), text
        assert not any(common(box, frame) for frame in frames), text
    for (one, its), (other, others) in combinations(zip(said, boxes, strict=True), 2):
        if one.get_rotation() == other.get_rotation() == 45:  # their boxes are not what they cover
            ends = [text.get_transform().transform(text.get_position()) for text in (one, other)]
            assert abs(ends[0][0] - ends[1][0]) > 1.5 * one.get_fontsize() / 72 * figure.dpi
        else:
            assert not common(its, others), (one, other)


@pytest.mark.parametrize("name", ALL)
def test_names_are_literal_and_what_is_drawn_is_told_apart_without_colour(
    name: str, drawn: Drawn
) -> None:
    figure = drawn(name)
    for text in texts(figure):
        shown = text.get_text()
        assert not text.get_parse_math() or "$" not in shown or r"\mathdefault" in shown
        assert shown.replace("\n", "").isprintable()
    for ax in figure.axes:
        looks = [look(handle) for handle in ax.get_legend_handles_labels()[0]]
        assert len(set(looks)) == len(looks), looks


def look(handle: Any) -> tuple[str, ...]:
    """All of it but its colour."""
    artist = handle[0] if isinstance(handle, tuple) else handle  # of bars
    if hasattr(artist, "get_marker"):
        dashes = "" if artist.get_linestyle() == "None" else str(artist._dash_pattern)
        return dashes, str(artist.get_marker()), str(artist.get_markerfacecolor() == style.WHITE)
    if hasattr(artist, "get_offsets") and hasattr(artist, "get_sizes"):
        return str(artist.get_paths()[0].vertices), str(len(artist.get_facecolor()))
    fill = str(hasattr(artist, "get_fill") and artist.get_fill())
    return type(artist).__name__, str(artist.get_hatch()), fill, str(artist.get_linestyle())


@pytest.mark.parametrize("name", [*TESTS[:2], *TESTS[3:5]])
def test_whatever_was_found_is_within_the_frame(name: str, drawn: Drawn) -> None:
    for ax in drawn(name).axes:
        whole = ax.get_window_extent()
        for line in ax.lines:
            for point in line.get_transform().transform(np.column_stack(line.get_data())):
                assert inside(Bbox([point, point]), whole), line


def test_colours_stand_in_one_place() -> None:
    colour = re.compile(
        r"""["'](#[0-9a-fA-F]{3,8}|C[0-9]|tab:\w+|black|white|red|gr[ae]y|green|blue)["']"""
    )
    for path in Path(*figures.__path__).glob("*.py"):
        found = colour.findall(path.read_text("utf-8"))
        assert bool(found) == (path.name == "style.py"), path.name


def test_layers_stand_at_their_numbers(results: dict[str, Any], drawn: Drawn) -> None:
    ax = drawn("layers").axes[0]
    assert ax.get_xlabel() == "layer (blk.*.ffn_$down$.weight)"
    test = results["layers"]
    p, q = (container[0] for container in ax.containers)
    for line, what in ((p, "p"), (q, "q")):
        assert np.round(line.get_xdata()).tolist() == [*LAYERS]
        want = [100 * getattr(group["nearness"], what).share for group in test.groups]
        np.testing.assert_allclose(line.get_ydata(), want)
    shown = [label.get_text() for label in ticks(ax) if label in ax.get_xticklabels()]
    assert shown and all(0 <= int(text) <= 30 for text in shown)


def test_the_null_stands_beside_what_was_found(results: dict[str, Any], drawn: Drawn) -> None:
    ax = drawn("groups").axes[1]
    result = results["groups"]
    test, found = result.test, result.found
    null, real = (patch.get_data() for patch in ax.patches)
    assert null.values.sum() == pytest.approx(100) == real.values.sum()
    np.testing.assert_allclose(real.values, 100 * np.histogram(found.values, real.edges)[0] / len(test))
    np.testing.assert_allclose(null.values, 100 * np.histogram(found.nulls[0], null.edges)[0] / 99)
    (end,) = set(ax.lines[0].get_xdata())
    assert np.mean(found.nulls[0] <= end) >= 0.05 > np.mean(found.nulls[0] < end)
    # the first bin of all p-values is the share of p ≤ 0.05 that the words tell
    band, *p = (patch.get_data() for patch in drawn("groups").axes[2].patches)
    kinds = ("label", "nearness", "cosine", "coherence")
    for kind, steps in zip(kinds, p, strict=True):
        assert steps.values[0] == pytest.approx(100 * test.overall[kind].p.share)
        assert steps.values.sum() == pytest.approx(100)
    assert (band.baseline < 5).all() and (band.values > 5).all()


def test_several_nulls_count_by_their_directions(results: dict[str, Any], drawn: Drawn) -> None:
    null = drawn("layers").axes[1].patches[0].get_data()
    found = results["layers"]["nearness"]
    want = np.mean([np.histogram(found.nulls[of], null.edges)[0] / 99 for of in found.null_of], axis=0)
    np.testing.assert_allclose(null.values, 100 * want, atol=1e-9)


def test_one_direction_is_marked_on_its_null(results: dict[str, Any], drawn: Drawn) -> None:
    drawn("layers"), drawn("one")
    for test, row in ((results["one"], 0), (results["layers"], 33)):
        figure: Any = drawn("one") if row == 0 else plot_one(test, row)
        assert test.names[row] in figure.get_suptitle()
        for ax, kind in zip(figure.axes, KINDS, strict=True):
            found = test[kind.name]
            null = found.nulls[found.null_of[row]]
            assert set(ax.lines[-1].get_xdata()) == {found.values[row]}
            assert ax.xaxis_inverted() != kind.larger  # what is more extreme stands at the right
            assert f"{found.pvalue[row]:.2g}" in ax.get_legend().get_texts()[-1].get_text()
            (steps,) = (patch.get_data() for patch in ax.patches)
            np.testing.assert_allclose(steps.values, 100 * np.histogram(null, steps.edges)[0] / 99)
            assert steps.values.sum() == pytest.approx(100)


def test_few_directions_have_a_row_each_the_most_surprising_on_top(
    results: dict[str, Any], drawn: Drawn
) -> None:
    figure, test = drawn("few"), results["few"]
    order = test.order()
    for ax, kind in zip(figure.axes, ("nearness", "cosine", "coherence", "label"), strict=True):
        found = test[kind]
        small, large = ax.lines[-2:]
        assert set(small.get_xdata()) == set(found.values[found.pvalue <= 0.05])
        heights = {x: y for line in (small, large) for x, y in zip(*line.get_data(), strict=True)}
        if kind == "nearness":
            assert [heights[value] for value in found.values[order]] == list(range(len(test)))[::-1]
    names = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert names[0].startswith(test.names[order[0]][:8]) and len(names) == len(test)


def test_the_histogram_of_a_survey_uses_its_axes(drawn: Drawn) -> None:
    ax = drawn("survey").axes[0]
    steps = [patch.get_data() for patch in ax.patches]
    assert max(step.values.max() for step in steps) > 0.9 * ax.get_ylim()[1]
    shown = np.concatenate([step.edges for step in steps])
    assert np.ptp(shown) > 0.95 * np.ptp(ax.get_xlim())


def test_each_model_stands_at_its_rate_in_its_row(results: dict[str, Any], drawn: Drawn) -> None:
    """The highest on top, controls below with another mark; beside them what the rates go with."""
    rates, *beside = drawn("three models").axes, results["three models"]
    result = beside[0]
    (models, controls) = (container[0] for container in rates[0].containers)
    for line, shown in ((models, result.finished), (controls, result.controls)):
        want = [100 * model.rates.centered.rate for model in shown]
        np.testing.assert_allclose(line.get_xdata(), want)
    assert [*models.get_ydata(), *controls.get_ydata()] == list(range(9))
    names = [label.get_text() for label in rates[0].get_yticklabels()]
    assert [name[-3:] for name in names[:3]] == ["002", "001", "000"]
    assert models.get_marker() != controls.get_marker() and len(rates) == 1
    many = drawn("a hundred models").axes
    assert not many[0].get_yticks().size and len(many) == 5
    whole = results["a hundred models"]
    for ax in many[1:]:
        x, y = ax.lines[0].get_data()
        known = whole.known(ax.get_xlabel())
        assert sorted(x) == sorted(known.values()) and len(y) == 100
