"""The geometry of a space -> a picture: cosines, clusters' means and spread, what the nearest share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tokensphere.analysis.claims.result import Geometry
from tokensphere.arrays import Float64s, Int64s
from tokensphere.geometry.orthogonality import cosine_density
from tokensphere.views.figures.canvas import BLUE, CHANCE, GREEN, GREY, RED, describe, drawing, figure_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Told apart by their shape as much as by their grey, so that a photocopy shows the same.
_MARKS: tuple[dict[str, Any], ...] = (
    {"marker": "s", "facecolors": BLUE, "edgecolors": "white", "s": 26, "linewidths": 0.5},
    {"marker": "o", "facecolors": "none", "edgecolors": RED, "s": 22, "linewidths": 0.9},
    {"marker": ".", "facecolors": GREY, "edgecolors": "none", "s": 16},
    {"marker": "^", "facecolors": "none", "edgecolors": GREEN, "s": 30, "linewidths": 0.9},
    {"marker": "x", "color": "#6a3d9a", "s": 22, "linewidths": 0.9},
    {"marker": "D", "facecolors": "none", "edgecolors": "black", "s": 20, "linewidths": 0.8},
)


def plot_geometry(result: Geometry, path: Path | None = None) -> Figure:
    """Draw the result, also to `path` (.png, .svg or .pdf), whole or not at all.

    Raises
    ------
    InputError
        the file cannot be written, or its suffix is unknown
    MissingExtraError
        Matplotlib is not installed
    """
    title = (
        f"{result.provenance.model}: {result.n_tokens:,} tokens, {result.settings.n_directions:,} random"
        f" directions (seed {result.settings.seed})"
    )
    with drawing(path, 16, 4.8, columns=3, title=title) as (left, middle, right):
        _cosines(left, result)
        _clusters(middle, result)
        _shared(right, result)
    return figure_of(left)


def _cosines(ax: Any, result: Geometry) -> None:
    found = result.orthogonality
    edges, counts = found.counts.coarse(160)
    density = counts / counts.sum() / np.diff(edges)
    ax.stairs(density, edges, fill=True, color="#c9d8e6", label="all cosines, measured")
    grid = np.linspace(edges[0], edges[-1], 401)
    ax.plot(grid, cosine_density(result.d, grid), color="black", linewidth=1.2, label="law (Beta)")
    heights, bounds = np.histogram(found.largest, bins=min(20, len(found.largest)), density=True)
    middles = (bounds[1:] + bounds[:-1]) / 2
    ax.plot(middles[heights > 0], heights[heights > 0], color=RED, linewidth=1.5, linestyle="--",
            label="nearest token's cosine, measured")  # fmt: skip
    ax.axvline(found.law_largest_quartiles[1], 0, 0.8, color="black", linewidth=1, linestyle=":",
               label="the same for independent tokens, median")  # fmt: skip
    ax.set_yscale("log")
    seen = density[density > 0]
    low, high = seen.min() / 2, max(density.max(), heights.max())
    ax.set_ylim(low, low * (high / low) ** 1.3)  # room for the legend
    describe(ax, "Nearly orthogonal?", "cosine of a random direction with a token",
             "density (logarithmic)", loc="upper left", ncols=2)  # fmt: skip


def _clusters(ax: Any, result: Geometry) -> None:
    largest = 0.0
    for number, one in enumerate(result.clusters):
        shown = one.large if one.large.any() else np.ones_like(one.large)
        shift, sd = one.partition.shift[shown], one.partition.sd[shown]
        style = _MARKS[number % len(_MARKS)]
        # Many small marks would hide few large ones.
        ax.scatter(shift, sd, label=f"{one.name} ({len(shift):,} shown)", zorder=9 - number % 5, **style)
        largest = max(largest, float(shift.max()), float(sd.max()))
    limit = 1.08 * largest if largest > 0 else 1.0
    ax.plot([0, limit], [0, limit], **CHANCE)
    ax.text(0.3 * limit, 0.285 * limit, "sd = |mean − mean of all|", fontsize=8, rotation=45,
            rotation_mode="anchor", va="top")  # fmt: skip
    total = result.clusters[0].partition.decomposition.total ** 0.5
    ax.axhline(total, color="black", linewidth=1, linestyle=":", label="sd over all tokens")
    ax.set(xlim=(0, limit), ylim=(0, limit), aspect="equal")
    ax.locator_params(nbins=6)
    describe(ax, "Within a cluster, or between clusters?",
             "|cluster's mean cosine − mean|, rms over directions",
             "sd of the cosine in the cluster, rms over directions", loc="lower right")  # fmt: skip


def _shared(ax: Any, result: Geometry) -> None:
    """How often the largest group of one cluster among the k nearest has g tokens or more."""
    k = result.settings.k
    sizes = np.arange(1, k + 1)
    some = [one for one in result.clusters if one.labelled] or list(result.clusters)
    lowest = 1 / result.settings.n_directions
    for number, one in enumerate(some):
        color = (BLUE, RED, GREEN, GREY)[number % 4]
        ax.plot(sizes, _as_large(one.largest, k), color=color, marker="o", markersize=4, label=one.name)
        if (without := one.largest_without_words) is not None:
            ax.plot(sizes, _as_large(without, k), color=color, linestyle="--", linewidth=1.2,
                    label="" if number else "without words")  # fmt: skip
        random = np.cumsum(one.largest_random[::-1])[::-1]
        ax.plot(sizes, 100 * random, color=color, linestyle=":", linewidth=1.2,
                label="" if number else f"{k} tokens at random")  # fmt: skip
    ax.set_yscale("log")
    ax.set_ylim(100 * lowest / 1.5, 130)
    ax.locator_params(axis="x", nbins=min(k, 10), integer=True)
    describe(ax, "Do the nearest share something?",
             f"tokens of one cluster among the {k} nearest, at least",
             "% of the directions (logarithmic)", loc="upper right")  # fmt: skip


def _as_large(largest: Int64s, k: int) -> Float64s:
    """In how many % of the directions the largest group has 1, 2, …, k or more; NaN for none."""
    counts = np.bincount(largest.ravel(), minlength=k + 1)[1:]
    shares = 100 * np.cumsum(counts[::-1])[::-1] / largest.size
    return np.where(shares > 0, shares, np.nan)
