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
from tokensphere.views.terminal.render import Row, cells, note, table, table_with_text, title
from tokensphere.views.text import cosine, crop, joined, left_out, tenths

_STYLES = {"holds": "green", "holds in part": "yellow", "fails": "red", "open": "dim"}
_WIDEST_NAME = 16
_NOTHING = "–"


def geometry(result: Geometry, _width: int) -> RenderableType:
    """Section by section, the claims last."""
    return Group(
        *_section("Orthogonality", *_orthogonality(result)),
        *_section("Anisotropy", _anisotropy(result)),
        *_section("Where the variance of the cosine lies", *_variance(result)),
        *_section("How many clusters the nearest tokens come from", *_variety(result)),
        *_section("Claims", *_claims(result.claims)),
        _caption(result),
    )


def _section(head: str, *parts: RenderableType) -> list[RenderableType]:
    return [title(head), *parts, Text()]


def _orthogonality(result: Geometry) -> list[RenderableType]:
    found = result.orthogonality
    cosines: list[Row] = [
        ["", *cells((f"{100 * level:g} %" for level in LEVELS), "dim")],
        ["measured", *map(cosine, found.quantiles)],
        ["law", *map(cosine, found.law_quantiles)],
    ]
    largest: list[Row] = [
        ["nearest token's cosine", *cells(("25 %", "median", "75 %"), "dim")],
        ["measured", *map(cosine, found.largest_quartiles)],
        [f"{result.n_tokens:,} independent ones", *map(cosine, found.law_largest_quartiles)],
    ]
    moments = (
        f"mean {found.mean:.4f} ± {Z * found.mean_error:.4f} (law 0), sd {found.sd:.4f} ±"
        f" {Z * found.sd_error:.4f} (law 1/√d = {found.law_sd:.4f})"
    )
    median, law_median = found.largest_quartiles[1], found.law_largest_quartiles[1]
    return [
        note(f"quantiles of the cosine of a random direction with a token; {moments}"),
        table(cosines),
        Text(),
        table(largest),
        Text(
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


def _anisotropy(result: Geometry) -> Text:
    return Text(
        f"Two different tokens have a cosine of {cosine(result.mean_cosine_different)} on average;"
        " where tokens pointed anywhere it would be 0. The part that all share moves every cosine"
        " with a direction together, and tells no token from another."
    )


_Show = Callable[[Clusters], str]


def _by_clustering(result: Geometry, rows: Sequence[tuple[str, _Show]]) -> Table:
    """A table with a column for every clustering."""
    heads = cells((crop(one.name, _WIDEST_NAME) for one in result.clusters), "bold")
    return table([["", *heads], *([label, *map(show, result.clusters)] for label, show in rows)])


def _variance(result: Geometry) -> list[RenderableType]:
    def measured(one: Clusters) -> str:
        return f"{100 * one.measured.values.icc:.1f} ± {100 * Z * one.measured.icc_error:.1f} %"

    def quartiles(one: Clusters) -> str:
        return " ".join(f"{ratio:.2f}" for ratio in one.ratio_quartiles) or _NOTHING

    rows: list[tuple[str, _Show]] = [
        ("clusters", lambda one: f"{len(one.partition.sizes):,}"),
        ("tokens in them", lambda one: f"{one.partition.n:,}"),
        (
            "tokens of the largest, smallest",
            lambda one: f"{one.partition.sizes.max():,} {one.partition.sizes.min():,}",
        ),
        ("variance between clusters, exact", lambda one: tenths(one.partition.decomposition.icc)),
        ("  along the directions drawn", measured),
        ("  clusters filled at random", lambda one: tenths(one.partition.random.icc)),
        ("  k-means without words", _wordless_icc),
        ("Var_S / Var: quartiles of clusters", quartiles),
        ("  k-means without words: median", _wordless_ratio),
    ]
    for what, name in (
        ("sd_S > |mean_S − mean|", "exceeds"),
        ("sd_S > |mean_S|", "exceeds_raw"),
        ("Var_S > |mean_S|, literally", "exceeds_literal"),
    ):
        rows.append((f"pairs with {what}", partial(_exceeding, name, False)))
        rows.append(("  clusters filled at random", partial(_exceeding, name, True)))
    shares = [one.partition.decomposition.icc for one in result.clusters]
    total = result.clusters[0].partition.decomposition.total
    between = " to ".join(dict.fromkeys(map(tenths, (min(shares), max(shares)))))
    return [
        _by_clustering(result, rows),
        *(
            Text(f"! {one.name}: {problem}: a failed clustering, not a finding", style="yellow")
            for one in result.clusters
            for problem in one.problems
        ),
        Text(
            f"Of the variance of the cosine over tokens ({total:.2e}), {between} lies between clusters"
            " and the rest within. Pairs are those of a direction and a cluster of 10 tokens or more;"
            " Var_S and mean_S are over a cluster's tokens, Var and mean over all. k-means without words"
            " is the same search in random rows with the tokens' mean and covariance."
        ),
    ]


def _wordless_icc(one: Clusters) -> str:
    return tenths(one.baseline.partition.decomposition.icc) if one.baseline else _NOTHING


def _wordless_ratio(one: Clusters) -> str:
    quartiles = one.baseline.ratio_quartiles if one.baseline else ()
    return f"{quartiles[1]:.2f}" if quartiles else _NOTHING


def _exceeding(what: str, shuffled: bool, one: Clusters) -> str:
    share = one.exceeding(what, shuffled=shuffled)
    return _NOTHING if share is None else tenths(share)


def _variety(result: Geometry) -> list[RenderableType]:
    def wordless(one: Clusters) -> str:
        return f"{one.baseline.variety.mean:.2f}" if one.baseline else _NOTHING

    k = result.settings.k
    rows: list[tuple[str, _Show]] = [
        (
            f"different clusters among the {k} nearest",
            lambda one: f"{one.variety.mean:.2f} ± {Z * one.variety.error:.2f}",
        ),
        ("  in 90 % of the directions", lambda one: "{} to {}".format(*one.middle_variety)),
        ("by the clusters' means and sds alone", lambda one: f"{one.model_variety.mean:.2f}"),
        ("k-means without words", wordless),
        (f"{k} tokens at random", lambda one: f"{one.expected_different:.2f}"),
    ]
    return [
        _by_clustering(result, rows),
        Text(
            "Fewer than at random means that some clusters lie nearer to a direction than others. Where"
            " means and sds alone give as many as were seen, nothing else about the clusters matters."
        ),
    ]


def _claims(claims: Sequence[Claim]) -> list[RenderableType]:
    rows = []
    for claim in claims:
        said = (
            (f"{claim.number}", "claim", Text(claim.claim, style="bold")),
            ("", "measured", Text(claim.measured)),
            ("", "chance", Text(claim.chance)),
            ("", "verdict", Text(claim.verdict, style=_STYLES[claim.verdict])),
        )
        rows += [(Text(number), note(what), text) for number, what, text in said]
    return [
        table_with_text(rows),
        Text(
            "The claims are the post's, in short; figures with | are for the clusterings from left to"
            " right. A verdict follows a fixed rule (docs/claims.md), the same for every model."
        ),
    ]


def _caption(result: Geometry) -> Text:
    settings = result.settings
    numbers = ", ".join(f"{count:,}" for count in result.too_many)
    what = (
        f"{result.n_tokens:,} tokens × {result.d:,} dimensions of {result.provenance.model}",
        f"{settings.n_directions:,} random directions (seed {settings.seed})",
        f"quantiles to {result.orthogonality.resolution:.0e}",
        "± is half of a 95 % interval over directions",
        left_out(result.left_out),
        f"{result.at_mean:,} tokens at the mean are in no cluster of k-means" if result.at_mean else "",
        f"too many clusters for so few tokens: {numbers}" if numbers else "",
    )
    return note(joined(what))
