"""Models beside each other: what each is like, and how far every two agree."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from tokensphere.above import ask
from tokensphere.analysis.compare.agree import HowAlike
from tokensphere.analysis.compare.likeness import Agreed, Likeness
from tokensphere.analysis.compare.side import Side
from tokensphere.analysis.result import Column, Pictured
from tokensphere.errors import InputError
from tokensphere.records import record

Row = tuple[str, str, str | None, float | None, tuple[float, float] | None, float | None]
_HEADS = ("figure", "model", "other", "value", "low", "high", "chance")


@dataclass(frozen=True, eq=False, repr=False)
class Comparison(Pictured):
    """Models side by side; prints as a table.

    Attributes
    ----------
    models : each by itself, in the order in which they were given
    names : what they are called here: their names, with a number where two have the same
    pairs : how far every two of them agree: of models 0 and 1, 0 and 2, …, 1 and 2, …
    how : what was looked at
    n_directions : of each survey, 0 if there was none
    """

    models: tuple[Side, ...]
    names: tuple[str, ...]
    pairs: tuple[Likeness, ...]
    how: HowAlike
    n_directions: int

    def pair(self, first: int, second: int) -> Likeness:
        """How far two of the models agree, by their places.

        Raises
        ------
        InputError
            there are no two such models, or not in this order
        """
        m = len(self.models)
        if not 0 <= first < second < m:
            raise InputError(f"models {first} and {second}: give 0 ≤ first < second < {m}")
        return self.pairs[first * m - first * (first + 1) // 2 + second - first - 1]

    def _in_short(self) -> str:
        return f"{len(self.models)} models side by side: {', '.join(self.names)}"

    def report(self) -> str:
        """All tables as text; of three models or more what is printed is the first screen."""
        text: str = ask("full text", self)
        return text

    def page(self, path: str | Path) -> None:
        """Write all of it as one page of HTML that needs no network, whole or not at all.

        With the picture in it, if Matplotlib is installed.

        Raises
        ------
        InputError
            the file cannot be written, or its name does not end in .html
        """
        ask("page", self, path)

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain dicts, lists, strings and numbers, ready for JSON."""
        return {
            "models": [one.to_dict() for one in self.models],
            "settings": {**record(self.how), **record(self, "n_directions")},
            "pairs": [one.to_dict() for one in self.pairs],
        }

    def columns(self) -> dict[str, Column]:
        """A row for each figure of a model, and of two; what there is not is NaN.

        The tokens are those of :meth:`pair`, which has a frame of its own.
        """
        rows = [*self._of_models(), *self._of_pairs()]
        columns: dict[str, list[Any]] = {name: [] for name in _HEADS}
        for figure, model, other, value, interval, chance in rows:
            low, high = interval or (None, None)
            numbers = [_number(each) for each in (value, low, high, chance)]
            for name, cell in zip(_HEADS, (figure, model, other or "", *numbers), strict=True):
                columns[name].append(cell)
        return dict(columns)

    def _of_models(self) -> list[Row]:
        rows: list[Row] = []
        for name, side in zip(self.names, self.models, strict=True):
            facts: dict[str, float] = {
                "tokens": side.facts.n,
                "dimensions": side.facts.d,
                "mean_cosine": side.facts.mean_cosine_different,
                "effective_dimensions": side.effective_dimensions,
                "median_norm": side.facts.norms[2],
            }
            rows += [(figure, name, None, value, None, None) for figure, value in facts.items()]
            for kind, centered in (("raw", False), ("centered", True)):
                rate, hubs = side.rate(centered=centered), side.hubs(centered=centered)
                if rate is not None:
                    rows.append((f"rate_{kind}", name, None, rate.rate, rate.interval, rate.chance))
                if hubs is not None:
                    skewness, never = f"hub_skewness_{kind}", f"never_listed_{kind}"
                    rows.append((skewness, name, None, hubs.skewness, None, None))
                    rows.append((never, name, None, hubs.never, None, hubs.never_by_chance))
        return rows

    def _of_pairs(self) -> list[Row]:
        rows: list[Row] = []
        for first, second, pair in self.each_pair():
            both = self.names[first], self.names[second]
            rows.append(("shared_tokens", *both, pair.shared.n, None, None))
            figures: dict[str, Agreed | None] = {
                "overlap": None if pair.nearest is None else pair.nearest.overlap,
                "rsa": pair.rsa,
                "cka": pair.cka,
            }
            for figure, found in figures.items():
                if found is not None:
                    rows.append((figure, *both, found.value, found.interval, found.chance))
            if (turned := pair.rotation) is not None:
                rows.append(
                    ("procrustes_distance", *both, turned.distance, None, turned.distance_by_chance)
                )
                ends = turned.mean_interval
                by_chance = turned.mean_cosine_by_chance
                rows.append(("cosine_after_rotation", *both, turned.mean_cosine, ends, by_chance))
            for kind, less in pair.differences.items():
                if less is not None:
                    figure = f"rate_difference_{kind}"
                    rows.append((figure, *both, less.difference, less.interval, 0.0))
        return rows

    def each_pair(self) -> list[tuple[int, int, Likeness]]:
        """Every two models by their places, and how far they agree."""
        number, m = count(), len(self.models)
        return [(i, j, self.pairs[next(number)]) for i in range(m) for j in range(i + 1, m)]


def _number(value: float | None) -> float:
    return float("nan") if value is None else float(value)
