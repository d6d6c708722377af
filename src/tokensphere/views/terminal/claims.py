"""The geometry of a space -> sections for a terminal, each with a sentence that says what it means."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from math import acos, asin, degrees, isnan

import numpy as np
from rich.console import RenderableType

from tokensphere.analysis.claims.clusters import Clusters
from tokensphere.analysis.claims.parts import LEVELS
from tokensphere.analysis.claims.result import Geometry
from tokensphere.analysis.claims.rules import Claim
from tokensphere.arrays import Int64s
from tokensphere.display import told
from tokensphere.statistics.intervals import Z
from tokensphere.views.terminal.render import (
    Text,
    caption,
    cells,
    note,
    spaced,
    table,
    table_with_text,
    title,
)
from tokensphere.views.text import cosine, crop, left_out, model_name, tenths

_STYLES = {
    "holds": "green",
    "holds for any vocabulary": "cyan",
    "holds without words, too": "cyan",
    "fails": "red",
    "cannot tell": "dim",
}
_WIDEST_NAME = 16
_NOTHING = "–"
_RARE = 0.05
_WORDLESS = {False: "  k-means without words", True: "  the same labels without words"}
_PAIRS = {
    "sd_S > |mean_S − mean|": "exceeds",
    "sd_S > |mean_S|": "exceeds_raw",
    "Var_S > |mean_S|, literally": "exceeds_literal",
}


def geometry(result: Geometry, _width: int) -> RenderableType:
    """The claims first, then section by section what they rest on."""
    return spaced(
        [title("Claims"), *_claims(result.claims)],
        [title("Orthogonality"), *_orthogonality(result)],
        [title("Anisotropy"), _anisotropy(result)],
        [title("Where the variance of the cosine lies"), *_variance(result)],
        [title("How many clusters the nearest tokens come from"), *_variety(result)],
        [_caption(result)],
    )


def _orthogonality(result: Geometry) -> list[RenderableType]:
    found = result.orthogonality
    moments = (
        f"mean {found.mean:.4f} ± {Z * found.mean_error:.4f} (law 0), sd {found.sd:.4f} ±"
        f" {Z * found.sd_error:.4f} (law 1/√d = {found.law_sd:.4f})"
    )
    median, law_median = found.largest_quartiles[1], found.law_largest_quartiles[1]
    return [
        note(f"quantiles of the cosine of a random direction with a token; {moments}"),
        table(
            [
                ["", *cells((f"{100 * level:g} %" for level in LEVELS), "dim")],
                ["measured", *map(cosine, found.quantiles)],
                ["law", *map(cosine, found.law_quantiles)],
            ]
        ),
        Text(),
        table(
            [
                ["nearest token's cosine", *cells(("25 %", "median", "75 %"), "dim")],
                ["measured", *map(cosine, found.largest_quartiles)],
                [f"{result.n_tokens:,} independent ones", *map(cosine, found.law_largest_quartiles)],
            ]
        ),
        Text(
            f"Nine of ten tokens lie within {_off_right_angle(found.quantiles)} of a right angle to a"
            " random direction, about as the law of the sphere says for any vocabulary. The nearest"
            f" token is at cosine {cosine(median)}, {degrees(acos(median)):.0f}° away,"
            f" {_closer(median, law_median)} than if tokens pointed anywhere independently."
        ),
    ]


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


def _by_clustering(
    result: Geometry, facts: Callable[[Clusters], Iterator[tuple[str, str]]]
) -> Iterator[RenderableType]:
    """Tables with a column for every clustering, of k-means and of labels, with the facts of each."""
    for labelled in (False, True):
        some = [one for one in result.clusters if one.labelled == labelled]
        if some:
            if labelled and len(some) < len(result.clusters):
                yield Text()
            heads = cells((crop(one.name, _WIDEST_NAME) for one in some), "bold")
            rows = zip(*map(facts, some), strict=True)
            yield table([["", *heads], *([row[0][0], *(text for _, text in row)] for row in rows)])


def _variance(result: Geometry) -> list[RenderableType]:
    shares = [one.partition.decomposition.icc for one in result.clusters]
    total = result.clusters[0].partition.decomposition.total
    between = " to ".join(dict.fromkeys(map(tenths, (min(shares), max(shares)))))
    return [
        *_by_clustering(result, _variance_of),
        *(
            Text(
                f"! {crop(one.name, 80)}: {problem}: a failed clustering, not a finding", style="yellow"
            )
            for one in result.clusters
            for problem in one.problems
        ),
        Text(
            f"Of the variance of the cosine over tokens ({total:.2e}), {between} lies between clusters"
            " and the rest within. Pairs are those of a direction and a cluster of 10 tokens or more;"
            " Var_S and mean_S are over a cluster's tokens, Var and mean over all. Without words: in"
            " random rows with the tokens' coarse means and covariances, the same search, or the"
            " labels where they were."
        ),
    ]


def _variance_of(one: Clusters) -> Iterator[tuple[str, str]]:
    partition, measured, without = one.partition, one.measured, _WORDLESS[one.labelled]
    icc, error = 100 * measured.values.icc, 100 * Z * measured.icc_error
    yield "clusters", f"{len(partition.sizes):,}"
    yield "tokens in them", f"{partition.n:,}"
    yield "tokens of the largest, smallest", f"{partition.sizes.max():,} {partition.sizes.min():,}"
    yield "variance between clusters, exact", tenths(partition.decomposition.icc)
    yield "  along the directions drawn", f"{icc:.1f} ± {error:.1f} %"
    yield "  clusters filled at random", tenths(partition.random.icc)
    yield without, _known(one.without_words("icc"), tenths)
    yield "Var_S / Var: quartiles of clusters", " ".join(map(_ratio, one.ratio_quartiles)) or _NOTHING
    yield f"{without}: median", _known(one.without_words("ratio"), _ratio)
    for what, name in _PAIRS.items():
        yield f"pairs with {what}", _exceeding(one, name)
        yield "  clusters filled at random", _exceeding(one, name, shuffled=True)


def _known(value: float, show: Callable[[float], str]) -> str:
    return _NOTHING if isnan(value) else show(value)


def _ratio(value: float) -> str:
    return f"{value:.2f}"


def _exceeding(one: Clusters, what: str, *, shuffled: bool = False) -> str:
    share = one.exceeding(what, shuffled=shuffled)
    return _NOTHING if share is None else tenths(share)


def _variety(result: Geometry) -> list[RenderableType]:
    k = result.settings.k
    sizes = np.arange(1, k + 1)

    def variety_of(one: Clusters) -> Iterator[tuple[str, str]]:
        seen, (low, high), without = one.variety, one.middle_variety, _WORDLESS[one.labelled]
        often = np.cumsum(one.largest_random[::-1])[::-1] >= _RARE
        yield f"different clusters among the {k} nearest", f"{seen.mean:.2f} ± {Z * seen.error:.2f}"
        yield "  in 90 % of the directions", f"{low} to {high}"
        yield "  by the clusters' means and sds alone", f"{one.model_variety.mean:.2f}"
        yield without, _known(one.without_words("different"), _ratio)
        yield f"  {k} tokens at random", f"{one.expected_different:.2f}"
        yield "tokens of one cluster among them", _group(one.largest)
        yield without, _group(one.largest_without_words)
        yield f"  {k} tokens at random", f"{sizes @ one.largest_random:.2f} {sizes[often].max()}"

    return [
        *_by_clustering(result, variety_of),
        Text(
            "Fewer than at random means that some clusters lie nearer to a direction than others. Where"
            " means and sds alone give as many as were seen, nothing else about the clusters matters."
            " Of one cluster: the largest group, on average and in 1 of 20 directions at least. For"
            " labels the nearest are those of the tokens that have one."
        ),
    ]


def _group(largest: Int64s | None) -> str:
    """Mean size of the largest group, and the size that it has in 1 of 20 directions."""
    if largest is None:
        return _NOTHING
    often = np.quantile(largest, 1 - _RARE, method="inverted_cdf")
    return f"{largest.mean():.2f} {int(often)}"


def _claims(claims: Sequence[Claim]) -> list[RenderableType]:
    rows = []
    for claim in claims:
        said = (
            (f"{claim.number}", "claim", Text(claim.claim, style="bold")),
            ("", "measured", Text(told(claim.measured))),
            ("", "chance", Text(told(claim.chance))),
            ("", "verdict", Text(claim.verdict, style=_STYLES[claim.verdict])),
            ("", "because", Text(told(claim.why))),
        )
        rows += [(Text(number), note(what), text) for number, what, text in said]
    return [
        table_with_text(rows),
        Text(
            "The claims are the post's, in short. A verdict follows a fixed rule (docs/claims.md), the"
            " same for every model, and clusters are those that labels make. Without words, ± is half of"
            " a 99 % interval that one more vocabulary without words would lie in."
        ),
    ]


def _caption(result: Geometry) -> Text:
    settings = result.settings
    numbers = ", ".join(f"{count:,}" for count in result.too_many)
    return caption(
        f"{result.n_tokens:,} tokens × {result.d:,} dimensions of {model_name(result.provenance.model)}",
        f"{settings.n_directions:,} random directions (seed {settings.seed})",
        f"{settings.wordless.count} vocabularies without words ({settings.wordless.law})",
        f"quantiles to {result.orthogonality.resolution:.0e}",
        "± is half of a 95 % interval over directions",
        left_out(result.left_out),
        f"{result.at_mean:,} tokens at the mean are in no cluster of k-means" if result.at_mean else "",
        f"too many clusters for so few tokens: {numbers}" if numbers else "",
    )
