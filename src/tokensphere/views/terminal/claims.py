"""The geometry of a space -> sections for a terminal, each with a sentence that says what it means."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from math import acos, asin, degrees

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from tokensphere.analysis.claims.clusters import Clusters
from tokensphere.analysis.claims.judge import Claim
from tokensphere.analysis.claims.parts import LEVELS
from tokensphere.analysis.claims.result import Geometry
from tokensphere.statistics.intervals import Z
from tokensphere.views.terminal.render import WIDTH_WITHOUT_TERMINAL, cell, grid, render, table
from tokensphere.views.text import cosine, crop

_STYLES = {"holds": "green", "holds in part": "yellow", "fails": "red", "open": "dim"}
_WIDEST_NAME = 16
_NOTHING = "–"


@render.register
def _geometry(result: Geometry, _width: int = WIDTH_WITHOUT_TERMINAL) -> RenderableType:
    return Group(
        *_section("Orthogonality", *_orthogonality(result)),
        *_section("Anisotropy", *_anisotropy(result)),
        *_section("Where the variance of the cosine lies", *_variance(result)),
        *_section("How many clusters the nearest tokens come from", *_variety(result)),
        *_section("Claims", *_claims(result.claims)),
        _caption(result),
    )


def _section(title: str, *parts: RenderableType) -> list[RenderableType]:
    return [Text(title, style="bold"), *parts, Text()]


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _sentence(text: str) -> Text:
    return Text(text)


def _orthogonality(result: Geometry) -> list[RenderableType]:
    found = result.orthogonality
    columns = [[cell(""), cell("measured"), cell("law")]]
    for level, seen, law in zip(LEVELS, found.quantiles, found.law_quantiles, strict=True):
        cells = f"{100 * level:g} %", cosine(seen), cosine(law)
        columns.append([cell(cells[0], "dim"), *map(cell, cells[1:])])
    independent = f"{result.n_tokens:,} independent ones"
    largest = [[cell("nearest token's cosine"), cell("measured"), cell(independent)]]
    for name, seen, law in zip(
        ("25 %", "median", "75 %"), found.largest_quartiles, found.law_largest_quartiles, strict=True
    ):
        largest.append([cell(name, "dim"), cell(cosine(seen)), cell(cosine(law))])
    moments = (
        f"mean {found.mean:.4f} ± {Z * found.mean_error:.4f} (law 0), sd {found.sd:.4f} ±"
        f" {Z * found.sd_error:.4f} (law 1/√d = {found.law_sd:.4f})"
    )
    median, law_median = found.largest_quartiles[1], found.law_largest_quartiles[1]
    return [
        Text(f"quantiles of the cosine of a random direction with a token; {moments}", style="dim"),
        table(columns, left={0}),
        Text(),
        table(largest, left={0}),
        _sentence(
            f"Nine of ten tokens lie within {_off_right_angle(found.quantiles)} of a right angle to a"
            " random direction, about as the law of the sphere says for any vocabulary. The nearest"
            f" token is at cosine {cosine(median)}, {_angle(median)} away,"
            f" {_closer(median, law_median)} than if tokens pointed anywhere independently."
        ),
    ]


def _angle(value: float) -> str:
    return f"{degrees(acos(value)):.0f}°"


def _off_right_angle(quantiles: Sequence[float]) -> str:
    """How far from 90° the middle nine tenths of the cosines reach."""
    low, high = (quantiles[LEVELS.index(level)] for level in (0.05, 0.95))
    return f"{degrees(asin(max(-low, high))):.1f}°"


def _closer(seen: float, law: float) -> str:
    if abs(seen - law) < 0.002:
        return "no nearer and no farther"
    return "nearer" if seen > law else "farther"


def _anisotropy(result: Geometry) -> list[RenderableType]:
    return [
        _sentence(
            f"Two different tokens have a cosine of {cosine(result.mean_cosine_different)} on average;"
            " where tokens pointed anywhere it would be 0. The part that all share moves every cosine"
            " with a direction together, and tells no token from another."
        )
    ]


_Show = Callable[[Clusters], str]


def _by_clustering(result: Geometry, rows: Sequence[tuple[str, _Show]]) -> Table:
    """A table with a column for every clustering."""
    columns = [[cell(""), *(cell(label) for label, _ in rows)]]
    for one in result.clusters:
        head = cell(crop(one.name, _WIDEST_NAME), "bold")
        columns.append([head, *(cell(show(one)) for _, show in rows)])
    return table(columns, left={0})


def _variance(result: Geometry) -> list[RenderableType]:
    def icc(one: Clusters) -> str:
        return _percent(one.partition.decomposition.icc)

    def measured(one: Clusters) -> str:
        return f"{100 * one.measured.values.icc:.1f} ± {100 * Z * one.measured.icc_error:.1f} %"

    def quartiles(one: Clusters) -> str:
        q25, median, q75 = one.ratio_quartiles or (None, None, None)
        return _NOTHING if median is None else f"{q25:.2f} {median:.2f} {q75:.2f}"

    rows: list[tuple[str, _Show]] = [
        ("clusters", lambda one: f"{len(one.partition.sizes):,}"),
        ("tokens in them", lambda one: f"{one.partition.n:,}"),
        ("tokens of the largest, smallest", _extremes),
        ("variance between clusters, exact", icc),
        ("  along the directions drawn", measured),
        ("  clusters filled at random", lambda one: _percent(one.partition.random.icc)),
        ("  k-means without words", _wordless_icc),
        ("Var_S / Var: quartiles of clusters", quartiles),
        ("  k-means without words: median", _wordless_ratio),
        ("pairs with sd_S > |mean_S − mean|", partial(_exceeding, "exceeds", False)),
        ("  clusters filled at random", partial(_exceeding, "exceeds", True)),
        ("pairs with sd_S > |mean_S|", partial(_exceeding, "exceeds_raw", False)),
        ("  clusters filled at random", partial(_exceeding, "exceeds_raw", True)),
        ("pairs with Var_S > |mean_S|, literally", partial(_exceeding, "exceeds_literal", False)),
        ("  clusters filled at random", partial(_exceeding, "exceeds_literal", True)),
    ]
    total = result.clusters[0].partition.decomposition.total
    between = " to ".join(dict.fromkeys(_percent(end) for end in _range(result.clusters)))
    return [
        _by_clustering(result, rows),
        *(
            Text(f"! {one.name}: {problem}: a failed clustering, not a finding", style="yellow")
            for one in result.clusters
            for problem in one.problems
        ),
        _sentence(
            f"Of the variance of the cosine over tokens ({total:.2e}), {between} lies between clusters"
            " and the rest within. Pairs are those of a direction and a cluster of 10 tokens or more;"
            " Var_S and mean_S are over a cluster's tokens, Var and mean over all. k-means without words"
            " is the same search in random rows with the tokens' mean and covariance."
        ),
    ]


def _extremes(one: Clusters) -> str:
    return f"{int(one.partition.sizes.max()):,} {int(one.partition.sizes.min()):,}"


def _wordless_icc(one: Clusters) -> str:
    return _percent(one.baseline.partition.decomposition.icc) if one.baseline else _NOTHING


def _wordless_ratio(one: Clusters) -> str:
    quartiles = one.baseline.ratio_quartiles if one.baseline else ()
    return f"{quartiles[1]:.2f}" if quartiles else _NOTHING


def _exceeding(what: str, shuffled: bool, one: Clusters) -> str:
    share = one.exceeding(what, shuffled=shuffled)
    return _NOTHING if share is None else _percent(share)


def _range(clusters: Sequence[Clusters]) -> tuple[float, float]:
    shares = [one.partition.decomposition.icc for one in clusters]
    return min(shares), max(shares)


def _variety(result: Geometry) -> list[RenderableType]:
    def mean(one: Clusters) -> str:
        return f"{one.variety.mean:.2f} ± {Z * one.variety.error:.2f}"

    def wordless(one: Clusters) -> str:
        return f"{one.baseline.variety.mean:.2f}" if one.baseline else _NOTHING

    k = result.settings.k
    rows: list[tuple[str, _Show]] = [
        (f"different clusters among the {k} nearest", mean),
        ("  in 90 % of the directions", lambda one: "{} to {}".format(*one.middle_variety)),
        ("by the clusters' means and sds alone", lambda one: f"{one.model_variety.mean:.2f}"),
        ("k-means without words", wordless),
        (f"{k} tokens at random", lambda one: f"{one.expected_different:.2f}"),
    ]
    return [
        _by_clustering(result, rows),
        _sentence(
            "Fewer than at random means that some clusters lie nearer to a direction than others. Where"
            " means and sds alone give as many as were seen, nothing else about the clusters matters."
        ),
    ]


def _claims(claims: Sequence[Claim]) -> list[RenderableType]:
    table = grid()
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for claim in claims:
        head = Text(claim.claim, style="bold")
        verdict = Text(claim.verdict, style=_STYLES[claim.verdict])
        table.add_row(Text(str(claim.number)), Text("claim", style="dim"), head)
        table.add_row(Text(), Text("measured", style="dim"), Text(claim.measured))
        table.add_row(Text(), Text("chance", style="dim"), Text(claim.chance))
        table.add_row(Text(), Text("verdict", style="dim"), verdict)
    return [
        table,
        _sentence(
            "The claims are the post's, in short; figures with | are for the clusterings from left to"
            " right. A verdict follows a fixed rule (docs/claims.md), the same for every model."
        ),
    ]


def _caption(result: Geometry) -> Text:
    settings = result.settings
    what = [
        f"{result.n_tokens:,} tokens × {result.d:,} dimensions of {result.provenance.model}",
        f"{settings.n_directions:,} random directions (seed {settings.seed})",
        f"quantiles to {result.orthogonality.resolution:.0e}",
        "± is half of a 95 % interval over directions",
    ]
    if result.left_out:
        what.append(f"{result.left_out:,} rows left out (zero, NaN or padding)")
    if result.at_mean:
        what.append(f"{result.at_mean:,} tokens at the mean are in no cluster of k-means")
    if result.too_many:
        numbers = ", ".join(f"{count:,}" for count in result.too_many)
        what.append(f"too many clusters for so few tokens: {numbers}")
    return Text(" · ".join(what), style="dim")
