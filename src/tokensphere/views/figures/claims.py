"""The geometry of a space -> a picture: cosines, clusters' means and spread, what the nearest share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tokensphere.analysis.claims.result import Geometry
from tokensphere.arrays import Float64s, Int64s
from tokensphere.display import printable
from tokensphere.geometry.orthogonality import cosine_density
from tokensphere.views.figures.canvas import drawing, figure_of
from tokensphere.views.figures.layout import describe
from tokensphere.views.figures.style import (
    BLACK,
    CHANCE,
    CLOUDS,
    DARK,
    FOUND,
    GUESS,
    MARKS,
    NULL,
    SECOND,
    THIRD,
    WHITE,
)
from tokensphere.views.text import model_name

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def plot_geometry(result: Geometry, path: Path | None = None) -> Figure:
    """Draw the result, also to `path` (.png, .svg or .pdf), whole or not at all.

    Raises
    ------
    InputError
        the file cannot be written, or its suffix is unknown
    MissingExtraError
        Matplotlib is not installed
    """
    settings = result.settings
    title = (
        f"{model_name(result.provenance.model)}: {result.n_tokens:,} tokens,"
        f" {settings.n_directions:,} random directions (seed {settings.seed})"
    )
    with drawing(path, 9, 7.6, "AA;BC", title=title) as (cosines, clusters, shared):
        _cosines(cosines, result)
        _clusters(clusters, result)
        _shared(shared, result)
    return figure_of(cosines)


def _cosines(ax: Any, result: Geometry) -> None:
    found = result.orthogonality
    edges, counts = found.counts.coarse(160)
    density = counts / counts.sum() / np.diff(edges)
    ax.stairs(density, edges, label="all cosines, measured", **NULL)
    grid = np.linspace(edges[0], edges[-1], 401)
    ax.plot(grid, cosine_density(result.d, grid), color=BLACK, label="all cosines, by law (Beta)")
    heights, bounds = np.histogram(found.largest, bins=min(20, len(found.largest)), density=True)
    middles = (bounds[1:] + bounds[:-1]) / 2
    ax.plot(middles[heights > 0], heights[heights > 0], label="the nearest token's, measured", **FOUND,
            marker="o", markersize=3)  # fmt: skip
    ax.axvline(
        found.law_largest_quartiles[1], label="the nearest of independent tokens, median", **CHANCE
    )
    ax.set_yscale("log")
    ax.set_ylim(density[density > 0].min() / 2, 2 * max(density.max(), heights.max()))
    describe(
        ax, "Nearly orthogonal?", "cosine of a random direction with a token", "density (logarithmic)"
    )


def _clusters(ax: Any, result: Geometry) -> None:
    largest = 0.0
    for number, one in enumerate(result.clusters):
        shown = one.large if one.large.any() else np.ones_like(one.large)
        shift, sd = one.partition.shift[shown], one.partition.sd[shown]
        style = CLOUDS[number % len(CLOUDS)]
        label = f"{printable(one.name)} ({len(shift):,})"
        ax.scatter(shift, sd, label=label, zorder=9 - number % 5, **style)
        largest = max(largest, float(shift.max()), float(sd.max()))
    limit = 1.08 * largest if largest > 0 else 1.0
    ax.plot([0, limit], [0, limit], label="sd = |mean − mean of all|", **CHANCE)
    total = result.clusters[0].partition.decomposition.total ** 0.5
    ax.axhline(total, label="sd over all tokens", **GUESS)
    ax.set(xlim=(0, limit), ylim=(0, limit))
    ax.locator_params(nbins=6)
    describe(ax, "Within a cluster, or between clusters?",
             "|mean cosine − mean of all|, rms over directions\n"
             "(marks: clusters, in brackets how many)",
             "sd of the cosine, rms over directions")  # fmt: skip


def _shared(ax: Any, result: Geometry) -> None:
    """How often the largest group of one cluster among the k nearest has g tokens or more."""
    k = result.settings.k
    sizes = np.arange(1, k + 1)
    some = [one for one in result.clusters if one.labelled] or list(result.clusters)
    lowest = 1 / result.settings.n_directions
    for number, one in enumerate(some):
        style = MARKS[number % len(MARKS)]
        found, without = _as_large(one.largest, k), one.largest_without_words
        ax.plot(sizes, found, linestyle="-", markersize=4.5, label=printable(one.name), **style)
        if without is not None:
            ax.plot(sizes, _as_large(without, k), mfc=WHITE, **SECOND, **style)
        random = np.cumsum(one.largest_random[::-1])[::-1]
        ax.plot(sizes, 100 * random, **THIRD, **style)
    if any(one.largest_without_words is not None for one in some):
        ax.plot([], [], color=DARK, label="without words", **SECOND)
    ax.plot([], [], color=DARK, label=f"{k} tokens at random", **THIRD)
    ax.set_yscale("log")
    ax.set_ylim(100 * lowest / 1.5, 130)
    ax.locator_params(axis="x", nbins=min(k, 10), integer=True)
    describe(ax, "Do the nearest share something?",
             f"tokens of one cluster among the {k} nearest, at least",
             "% of the directions (logarithmic)")  # fmt: skip


def _as_large(largest: Int64s, k: int) -> Float64s:
    """In how many % of the directions the largest group has 1, 2, …, k or more; NaN for none."""
    counts = np.bincount(largest.ravel(), minlength=k + 1)[1:]
    shares = 100 * np.cumsum(counts[::-1])[::-1] / largest.size
    return np.where(shares > 0, shares, np.nan)
