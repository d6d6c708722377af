"""How often the test of directions finds what was planted, by similarity and by statistic.

python -m benchmarks.power [--quick] [--model MODEL] [--markdown FILE] [--picture FILE]

Planted directions are means of centred unit rows of 5 to 20 tokens that share a label of grammar,
meaning or a list, with noise added so that their cosine with that mean is given. The power is the share
of them with p < 0.001 beside 10,000 directions of a null. The lexicon planted the groups, so the label p
has an advantage here that it does not have for directions whose meaning it does not know; the geometric
statistics see no labels.
"""

from __future__ import annotations

import argparse
import shlex
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

import tokensphere as ts
from benchmarks import machine
from tokensphere.analysis.naming.counts import LabelCounter
from tokensphere.geometry.coherence import Coherence, largest_group, random_pair_limit
from tokensphere.geometry.compute import available_threads, workers
from tokensphere.geometry.search import top_k_each
from tokensphere.geometry.similarity import make_scoring
from tokensphere.geometry.surrogate import gaussian_factor, unit_covariance
from tokensphere.labels.build import label_table
from tokensphere.labels.table import LabelTable
from tokensphere.space import EmbeddingSpace
from tokensphere.statistics.pvalues import p_values

STRENGTHS = (1.0, 0.7, 0.5, 0.35, 0.25, 0.18)  # cosine of a planted direction with its group's mean
LEVEL = 0.001
_K = 20
_SHOWN_FROM = 0.01
_MARK = "<!-- below: written by the command -->"
_LISTS_AT_ONCE = 64
_SHOWN = (
    "mean similarity, k = 10", "largest similarity", "T, k = 10", "smallest label p, k = 10",
)  # fmt: skip
Floats = npt.NDArray[np.float64]
Statistics = dict[str, Floats]


@dataclass(frozen=True)
class Power:
    """The share of planted directions found, for one null, similarity and statistic."""

    null: str
    similarity: str
    statistic: str
    by_strength: tuple[float, ...]

    @property
    def mean(self) -> float:
        return float(np.mean(self.by_strength))


def planted(space: EmbeddingSpace, table: LabelTable, count: int, seed: int) -> Floats:
    """Means of parts of groups, of unit length, shape (count, d)."""
    rng = np.random.default_rng(seed)
    coherence = Coherence(space.rows)
    usable = space.usable & coherence.usable
    groups = [
        found
        for number, label in enumerate(table.labels)
        if label.kind in ("meaning", "grammar", "list") and 10 <= table.sizes[number] <= 500
        if len(found := table.members(number)[usable[table.members(number)]]) >= 10
    ]
    means = np.empty((count, space.shape[1]))
    for i in range(count):
        group = groups[rng.integers(len(groups))]
        some = rng.choice(group, min(len(group), int(rng.integers(5, 21))), replace=False)
        mean = coherence.centered(some).mean(axis=0)
        means[i] = mean / np.linalg.norm(mean)
    return means


def with_noise(means: Floats, strength: float, seed: int) -> npt.NDArray[np.float32]:
    """Directions whose cosine with `means` is `strength`, otherwise random."""
    noise = np.random.default_rng(seed).standard_normal(means.shape)
    noise -= np.vecdot(noise, means)[:, None] * means
    noise /= np.linalg.norm(noise, axis=1)[:, None]
    mixed: Floats = strength * means + np.sqrt(1 - strength**2) * noise
    return mixed.astype(np.float32)


def nulls(space: EmbeddingSpace, count: int, seed: int) -> Iterator[tuple[str, npt.NDArray[np.float32]]]:
    """Directions of both main nulls."""
    normal = np.random.default_rng(seed).standard_normal((2, count, space.shape[1]), dtype=np.float32)
    yield "isotropic", normal[0]
    factor = gaussian_factor(unit_covariance(space.rows)).astype(np.float32)
    yield "covariance", normal[1, :, : factor.shape[1]] @ factor.T


class Measure:
    """All statistics of the neighbours of directions, by similarity."""

    def __init__(self, space: EmbeddingSpace, table: LabelTable) -> None:
        self.coherence = Coherence(space.rows)
        self.limit = random_pair_limit(self.coherence, space.usable & self.coherence.usable)
        self.counter = LabelCounter(table, space.usable, 10)
        self.forms = space.vocabulary.forms
        self.scorings = {
            "cosine": make_scoring(space.rows, keep=space.is_token),
            "centred cosine": make_scoring(space.rows, centered=True, keep=space.is_token),
            "dot": make_scoring(space.rows, similarity="dot", keep=space.is_token),
        }

    def __call__(self, directions: npt.NDArray[np.float32]) -> dict[str, Statistics]:
        """Larger is always more extreme."""
        lengths = np.linalg.norm(directions.astype(np.float64), axis=1)
        units = (directions / lengths[:, None]).astype(np.float32)
        found = top_k_each(list(self.scorings.values()), units, [_K] * len(self.scorings))
        return {
            name: self._of_lists(ids, values)
            for name, (ids, values) in zip(self.scorings, found, strict=True)
        }

    def _of_lists(self, ids: npt.NDArray[np.int64], values: Floats) -> Statistics:
        with workers(available_threads()) as in_parallel:
            parts = in_parallel(
                lambda low: self._of_pairs(
                    ids[low : low + _LISTS_AT_ONCE], values[low : low + _LISTS_AT_ONCE]
                ),
                range(0, len(ids), _LISTS_AT_ONCE),
            )
        result = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
        result["largest similarity"] = values[:, 0]
        result["mean similarity, k = 5"] = values[:, :5].mean(axis=1)
        result["mean similarity, k = 10"] = values[:, :10].mean(axis=1)
        result["smallest label p, k = 10"] = -self.counter.smallest(ids[:, :10]).p
        return result

    def _of_pairs(self, ids: npt.NDArray[np.int64], values: Floats) -> Statistics:
        """What follows from the cosines of all pairs of a list."""
        rows = self.coherence.centered(ids).astype(np.float32)
        gram = (rows @ rows.transpose(0, 2, 1)).astype(np.float64)
        # Sums over the pairs of the first j, for all j.
        sums = np.cumsum([2 * gram[:, j, :j].sum(axis=1) for j in range(_K)], axis=0).T
        pairs = np.arange(_K) * np.arange(1, _K + 1.0)
        weights = 1 / np.log2(np.arange(_K) + 2.0)  # as in the discounted gain of rankings
        products = np.outer(weights, weights) * (1 - np.eye(_K))
        joined = gram > self.limit
        near = values[:, :, None] * values[:, None, :] * (1 - np.eye(_K))
        return {
            "T, k = 10, one token a form": self._one_a_form(ids, gram),
            "T, weighted by similarity, k = 10": (gram * near)[:, :10, :10].sum(axis=(1, 2)),
            "T, weighted by similarity, k = 20": (gram * near).sum(axis=(1, 2)),
            "T, k = 5": sums[:, 4] / pairs[4],
            "T, k = 10": sums[:, 9] / pairs[9],
            "T, k = 20": sums[:, 19] / pairs[19],
            "T, weighted by rank, k = 20": (gram * products).sum(axis=(1, 2)),
            "T of the best first j ≤ 20": (sums[:, 1:] / np.sqrt(pairs[1:])).max(axis=1),
            "largest eigenvalue, k = 10": np.linalg.eigvalsh(gram[:, :10, :10])[:, -1],
            "largest eigenvalue, k = 20": np.linalg.eigvalsh(gram)[:, -1],
            "alike, k = 10": largest_group(joined[:, :10, :10]).astype(np.float64),
            "alike, k = 20": largest_group(joined).astype(np.float64),
        }

    def _one_a_form(self, ids: npt.NDArray[np.int64], gram: Floats) -> Floats:
        """T of the first ten different forms among the twenty nearest, of fewer if there are not."""
        forms = self.forms[ids]
        before = np.tril(np.ones((_K, _K), dtype=bool), -1)
        new = ~((forms[:, :, None] == forms[:, None, :]) & before).any(axis=2)
        new &= np.cumsum(new, axis=1) <= 10
        count = new.sum(axis=1)
        pairs = new[:, :, None] & new[:, None, :] & ~np.eye(_K, dtype=bool)
        total: Floats = (gram * pairs).sum(axis=(1, 2)) / np.maximum(count * (count - 1), 1)
        return total


def measure_power(space: EmbeddingSpace, *, count: int, n_null: int, seed: int) -> list[Power]:
    """The power of every statistic with every similarity, the best on average first."""
    table = label_table(space.vocabulary)
    means = planted(space, table, count, seed)
    measure = Measure(space, table)
    found = [measure(with_noise(means, strength, seed + 1)) for strength in STRENGTHS]
    result = []
    for law, directions in nulls(space, n_null, seed + 2):
        null = measure(directions)
        for similarity, statistics in null.items():
            for statistic, values in statistics.items():
                shares = tuple(
                    float(np.mean(p_values(one[similarity][statistic], values) < LEVEL)) for one in found
                )
                result.append(Power(law, similarity, statistic, shares))
    return sorted(result, key=lambda one: (one.null != "isotropic", -one.mean))


def tables(powers: list[Power]) -> str:
    """One table for each null, in Markdown."""
    lines: list[str] = []
    for law in dict.fromkeys(one.null for one in powers):
        heads = [f"cosine {strength}" for strength in STRENGTHS]
        lines += [
            f"### Null: {law}",
            "",
            "| similarity | statistic | mean | " + " | ".join(heads) + " |",
        ]
        lines.append("|---|---|" + "--:|" * (1 + len(heads)))
        of_law = [one for one in powers if one.null == law]
        for one in of_law:
            if one.mean >= _SHOWN_FROM:
                cells = [f"{100 * share:.0f} %" for share in one.by_strength]
                cells = [f"**{100 * one.mean:.1f} %**", *cells]
                lines.append(f"| {one.similarity} | {one.statistic} | {' | '.join(cells)} |")
        few = sum(one.mean < _SHOWN_FROM for one in of_law)
        if few:
            lines += ["", f"{few} more combinations find less than {100 * _SHOWN_FROM:g} % on average."]
        lines.append("")
    return "\n".join(lines)


def draw(powers: list[Power], path: Path) -> None:
    """The curves of the four statistics of the test, by similarity; isotropic null."""
    from tokensphere.views.figures.canvas import new_figure, save_figure

    figure, axes = new_figure(13, 3.6, columns=len(_SHOWN))
    styles: dict[str, str] = {"cosine": "o--", "centred cosine": "s-", "dot": "^:"}
    for ax, statistic in zip(axes, _SHOWN, strict=True):
        for similarity, style in styles.items():
            (one,) = (
                power
                for power in powers
                if (power.null, power.similarity, power.statistic)
                == ("isotropic", similarity, statistic)
            )
            ax.plot(STRENGTHS, [100 * share for share in one.by_strength], style, color="black",
                    markerfacecolor="white", linewidth=1.2, label=similarity)  # fmt: skip
        ax.set_title(statistic, fontsize=10, loc="left")
        ax.set_xlabel("cosine with the group's mean")
        ax.set_ylim(-3, 103)
    axes[0].set_ylabel(f"found at p < {LEVEL:g} (%)")
    axes[0].legend(frameon=False, fontsize=8, loc="upper left")
    path.parent.mkdir(parents=True, exist_ok=True)
    save_figure(figure, path)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.power", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer directions: a trial")
    parser.add_argument("--model", help="by default the bundled one")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the tables into this page")
    parser.add_argument("--picture", type=Path, metavar="FILE", help="draw the curves, too")
    arguments = parser.parse_args()
    started = time.perf_counter()
    space = ts.load(arguments.model)
    count, n_null = (100, 2_000) if arguments.quick else (400, 10_000)
    powers = measure_power(space, count=count, n_null=n_null, seed=arguments.seed)
    text = tables(powers)
    print(text)
    print(f"{count} planted directions at each of {len(STRENGTHS)} strengths, {n_null:,} of each null;"
          f" {time.perf_counter() - started:.0f} s")  # fmt: skip
    if arguments.markdown:
        command = shlex.join(["python", "-m", "benchmarks.power", *sys.argv[1:]])
        about = ", ".join(machine.describe().values())
        page = arguments.markdown.read_text(encoding="utf-8").partition(_MARK)[0]
        page += f"{_MARK}\n\n`{command}`, {about}\n\n{text}"
        arguments.markdown.write_text(page, encoding="utf-8")
    if arguments.picture:
        draw(powers, arguments.picture)


if __name__ == "__main__":
    main()
