"""The geometry of a space -> a picture: cosines beside their law, cluster means beside their spread."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from tokensphere.analysis.claims.result import Geometry
from tokensphere.geometry.orthogonality import cosine_density
from tokensphere.views.figures.canvas import BLUE, CHANCE, GREEN, GREY, RED, describe, drawing

# Told apart by their shape as much as by their grey, so that a photocopy shows the same.
_MARKS: tuple[dict[str, Any], ...] = (
    {"marker": "s", "facecolors": BLUE, "edgecolors": "white", "s": 26, "linewidths": 0.5},
    {"marker": "o", "facecolors": "none", "edgecolors": RED, "s": 22, "linewidths": 0.9},
    {"marker": ".", "facecolors": GREY, "edgecolors": "none", "s": 16},
    {"marker": "^", "facecolors": "none", "edgecolors": GREEN, "s": 30, "linewidths": 0.9},
    {"marker": "x", "color": "#6a3d9a", "s": 22, "linewidths": 0.9},
)


def plot_geometry(result: Geometry, path: Path) -> None:
    """Draw the result to `path` (.png, .svg or .pdf), whole or not at all.

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
    with drawing(path, 11, 4.8, columns=2, title=title) as (left, right):
        _cosines(left, result)
        _clusters(right, result)


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
