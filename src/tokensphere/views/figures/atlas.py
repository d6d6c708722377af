"""An atlas -> a picture: the rate of each model with its interval, and what the rates go with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tokensphere.analysis.atlas.result import POST, Atlas, AtlasModel
from tokensphere.statistics.own_null import Beyond
from tokensphere.statistics.varies import Association
from tokensphere.views.figures.canvas import drawing, figure_of
from tokensphere.views.figures.layout import describe, fitted, legend_below
from tokensphere.views.figures.style import CHANCE, GREY, GUESS, MARKS, ORANGE, SKY, SMALL, WHITE
from tokensphere.views.text import joined

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_NAMED = 40  # models up to which each has its name beside it
_WIDEST = 150  # points that it takes
_PLACES = ("A", "AAB", "AAB;AAC", "AAB;AAC;AAD", "AABC;AADE")  # of the panels, by how many go beside
_WIDE = 10  # of a range, over which an axis is logarithmic
_MODEL: dict[str, Any] = MARKS[0]
_CONTROL: dict[str, Any] = {**MARKS[1], "mfc": WHITE}
_FEW: dict[str, Any] = {"elinewidth": 1, "markersize": 5}
_MANY: dict[str, Any] = {"elinewidth": 0.6, "capsize": 0, "markersize": 1.8}


def plot_atlas(result: Atlas, path: Path | None = None) -> Figure:
    """Draw the result, also to `path` (.png, .svg or .pdf), whole or not at all.

    Raises
    ------
    InputError
        the file cannot be written, or its suffix is unknown
    MissingExtraError
        Matplotlib is not installed
    """
    shown = (*result.finished, *result.controls)
    beside = [one for one in result.goes_with if one.kind == "number"][: len(_PLACES) - 1]
    named = len(shown) <= _NAMED
    height = max(3.6 if len(beside) < 2 else 5.2, 1.6 + 0.21 * len(shown) if named else 7.0)
    title = joined(*_counted(result)) or "no model has a rate yet"
    with drawing(path, 10.5 if beside else 7.5, height, _PLACES[len(beside)], title=title) as axes:
        _rates(axes[0], shown, named=named)
        for ax, one in zip(axes[1:], beside, strict=True):
            _beside(ax, result, one)
    return figure_of(axes[0])


def _counted(result: Atlas) -> Iterator[str]:
    if models := len(result.finished):
        yield "1 model" if models == 1 else f"{models:,} models, by their rate"
    if controls := len(result.controls):
        yield f"{controls:,} control{'' if controls == 1 else 's'} of no words"


def _rates(ax: Any, shown: Sequence[AtlasModel], *, named: bool) -> None:
    """A row for each model, the highest rate on top, controls below; with their names, if few."""
    handles: list[Any] = []
    labels: list[str] = []
    for is_control, style, pale in ((False, _MODEL, SKY), (True, _CONTROL, ORANGE)):
        rows = [row for row, model in enumerate(shown) if (model.control is not None) == is_control]
        if not rows:
            continue
        found = [_rate(shown[row]) for row in rows]
        rates = 100 * np.array([one.rate for one in found])
        ends = 100 * np.array([one.interval for one in found]).T
        looks = _FEW if named else {**_MANY, "ecolor": pale}
        handles.append(
            ax.errorbar(rates, rows, xerr=np.abs(ends - rates), linestyle="none", **looks, **style)
        )
        labels.append("control (95 % interval)" if is_control else "model (95 % interval)")
    if shown:
        chance = 100 * _rate(shown[0]).attained
        handles.append(ax.axvline(chance, zorder=4, **CHANCE))
        labels.append(f"chance, {chance:.0f} %")
    handles.append(ax.axvline(100 * POST, zorder=4, **GUESS))
    labels.append(f"the post's guess, {100 * POST:.0f} %")
    ax.set_ylim(max(len(shown), 1) - 0.4, -0.6)
    ax.set_xlim(0, max(100 * POST + 2, ax.get_xlim()[1]))
    if named:
        ax.set_yticks(range(len(shown)), [fitted(model.title, _WIDEST, SMALL) for model in shown])
        for label in ax.get_yticklabels():
            label.set_parse_math(False)
        ax.grid(axis="y", color=GREY, linewidth=0.3)
        ax.set_axisbelow(True)
    else:
        ax.set_yticks([])
    describe(ax, "How often are lists coherent?", "% of random directions", "", handles=[])
    legend_below(ax.figure, handles, labels)


def _rate(model: AtlasModel) -> Beyond:
    assert model.rates is not None, "only models that have rates"
    return model.rates.centered


def _beside(ax: Any, result: Atlas, one: Association) -> None:
    """The rates against what they go with."""
    known = result.known(one.name)
    models = [model for model in result.finished if model.id in known]
    x = np.array([float(known[model.id]) for model in models])
    y = np.array([100 * _rate(model).rate for model in models])
    size = 5 if len(models) <= _NAMED else 2.5
    ax.plot(x, y, linestyle="none", markersize=size, **_MODEL)
    if x.min() > 0 and x.max() > _WIDE * x.min():
        ax.set_xscale("log")
        ax.xaxis.set_minor_formatter("")
    else:
        ax.locator_params(axis="x", nbins=3)
    ax.xaxis.set_major_formatter(lambda value, _: _number(value))
    ax.margins(0.12)
    ax.locator_params(axis="y", nbins=5)
    describe(ax, f"ρ {one.strength:+.2f}, p {one.p:.2g}", one.name, "% of directions")


def _number(value: float) -> str:
    return f"{value / 1000:,.4g}k" if abs(value) >= 10_000 else f"{value:,.4g}"
