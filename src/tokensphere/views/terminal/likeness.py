"""Two models beside each other -> a sentence, a table of figures, tokens that agree and that do not."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import RenderableType

from tokensphere.analysis.compare.agree import FEWEST
from tokensphere.analysis.compare.likeness import Agreed, Likeness
from tokensphere.arrays import Int64s
from tokensphere.display import visible
from tokensphere.statistics.difference import Difference
from tokensphere.views.terminal.render import Row, Text, cell, cells, note, spaced, table, title
from tokensphere.views.text import (
    SPACE,
    between,
    cosine,
    percent,
    short,
    short_title,
    tenths,
    that_fit,
)

_WIDEST_MODEL, _WIDEST_TOKEN = 28, 20
_LISTED = 5  # tokens of whom the neighbours are shown
_NEIGHBORS = 5
MEANING = (
    "In brackets and under interval: 95 %, over tokens. Chance: tokens in random order. Of another"
    " token: how much a token's list in one model has in common with another token's in the other. RSA"
    " and CKA are 1 where one model is the other turned and scaled; RSA squared is the share of the"
    " variance of one model's cosines that the other's tell. After rotation: a token's cosine with"
    " itself, turned as is best for other tokens. Procrustes distance: 0 the same, 1 nothing in common."
)


def likeness(result: Likeness, width: int) -> RenderableType:
    """What two models share."""
    return spaced(
        [title("Do these models agree?")],
        [Text(sentence(result))],
        *in_detail(result, width),
        [note(MEANING)],
        [note(SPACE)],
    )


def sentence(pair: Likeness) -> str:
    """How far two models agree, beside chance, for somebody who reads nothing else."""
    one, other = map(short_model, pair.models)
    if pair.nearest is None or pair.rsa is None:
        needed = max(FEWEST, pair.lists.shape[2] + 3)
        few = f"; it takes {needed:,} or more to say how far they agree" * (pair.shared.n < needed)
        return f"{one} and {other} share {pair.shared.n:,} tokens{few}.{_rates_said(pair)}"
    near, rsa = pair.nearest.overlap, pair.rsa
    return (
        f"Of the {pair.nearest.k} tokens nearest to a token, {tenths(near.value)}"
        f" ({between(near.interval)}) are the same in {one} and in {other}; chance gives"
        f" {percent(near.chance)}. Over all pairs of {pair.shared.n:,} shared tokens the two models'"
        f" cosines correlate by {rsa.value:.2f} ({_ends(rsa, 2)}); chance gives 0.{_rates_said(pair)}"
    )


def _rates_said(pair: Likeness) -> str:
    less = pair.differences.get("centered" if pair.centered else "raw")
    if less is None:
        return ""
    low, high = less.interval
    what = "of random neighbourhoods that are clearly alike"
    if low <= 0 <= high:
        return f" Their shares {what} cannot be told apart ({_points(less)})."
    more = short_model(pair.models[less.difference < 0])
    return f" The share {what} is larger in {more} ({_points(less)})."


def _points(less: Difference) -> str:
    low, high = (f"{100 * end:+.1f}" for end in less.interval)
    return f"{100 * less.difference:+.1f} points, {low} to {high}"


def in_detail(pair: Likeness, width: int) -> list[list[RenderableType]]:
    """Figures, then tokens."""
    head = f"{short_model(pair.models[0])} and {short_model(pair.models[1])}"
    parts: list[list[RenderableType]] = [[title(head), _figures(pair)]]
    if pair.nearest is not None:
        parts += [[_ends_of(pair, width)], [_neighbors(pair, width)]]
    return parts


def _figures(pair: Likeness) -> RenderableType:
    """Each figure with its interval and what chance gives."""
    shared = pair.shared
    rows: list[Row] = [cells(("", "", "interval", "chance"), "bold")]
    rows.append(["shared tokens", f"{shared.n:,}", "", ""])
    for share, model in zip((shared.share_of_first, shared.share_of_second), pair.models, strict=True):
        rows.append([f"  of {short_model(model)}", tenths(share), "", ""])
    if (near := pair.nearest) is not None:
        ends, chance = between(near.overlap.interval), percent(near.overlap.chance)
        rows.append([f"same among {near.k} nearest", tenths(near.overlap.value), ends, chance])
        rows.append(["  of another token", percent(near.by_hubs), "", ""])
        rows.append(["  nothing in common", tenths(near.none), "", ""])
    rows += _correlations(pair)
    for kind, less in pair.differences.items():
        if less is not None:
            ends = " to ".join(f"{100 * end:+.1f}" for end in less.interval)
            name = f"clearly alike, {'centred' if kind == 'centered' else kind}: points more"
            rows.append([name, f"{100 * less.difference:+.1f}", ends, "0"])
    return table(rows)


def _correlations(pair: Likeness) -> Iterator[Row]:
    for name, found in (("correlation of cosines (RSA)", pair.rsa), ("linear CKA, debiased", pair.cka)):
        if found is not None:
            spread = max(2 * (found.chance_sd or 0), 0.0001)
            yield [name, cosine(found.value), _ends(found), f"0 ± {spread:.4f}"]
    if pair.cka_biased is not None:
        yield ["  with its bias", cosine(pair.cka_biased), "", cosine(pair.cka_biased_by_chance or 0)]
    if (turned := pair.rotation) is not None:
        ends = " to ".join(map(cosine, turned.mean_interval))
        chance = of_chance(turned.mean_cosine_by_chance, 3)
        yield ["mean cosine after rotation", cosine(turned.mean_cosine), ends, chance]
        by_chance = cosine(turned.distance_by_chance)
        yield ["Procrustes distance", cosine(turned.distance), "", by_chance]


def _ends_of(pair: Likeness, width: int) -> RenderableType:
    """Tokens that agree most and least, and those that moved most; words by themselves."""
    rows: list[Row] = []
    for words in (True, False):
        stable = pair.by_overlap(words=words)
        ends: list[tuple[str, Int64s]] = [("agree most", stable), ("agree least", stable[::-1])]
        if pair.rotation is not None:
            ends.append(("moved most", pair.by_cosine(words=words)[::-1]))
        for place, (name, ids) in enumerate(ends):
            if len(ids):
                tokens = that_fit((token(pair, id) for id in ids[:40].tolist()), max(width - 28, 30))
                which = "" if place else "words" if words else "all tokens"
                rows.append([cell(which, "bold"), cell(name), cell(tokens)])
    return table(rows, left={0, 1, 2})


def _neighbors(pair: Likeness, width: int) -> RenderableType:
    """The tokens that agree least, words if there are any, and what they are near to in each model."""
    words = pair.by_overlap(words=True)
    least = (words if len(words) else pair.by_overlap())[::-1][:_LISTED].tolist()
    room = max(20, (width - _WIDEST_TOKEN) // 2 - 2)
    heads = (short_title(f"near it in {name}", room) for name in pair.models)
    lists: list[Row] = [cells(("agrees least", *heads), "bold")]
    for id in least:
        near = pair.neighbors(id) or ([], [])
        fitting = (that_fit((token(pair, one) for one in ids[:_NEIGHBORS]), room) for ids in near)
        lists += [[cell(token(pair, id)), *map(cell, fitting)]]
    return table(lists, left={0, 1, 2})


def token(pair: Likeness, id: int) -> str:
    """One of the shared tokens, on one line."""
    return short(visible(pair.shared.tokens[id]), _WIDEST_TOKEN)


def short_model(name: str) -> str:
    """A model's name in a sentence or a head."""
    return short_title(name, _WIDEST_MODEL)


def of_chance(value: float, digits: int) -> str:
    """What is about 0, as 0 where that many digits tell no more."""
    return f"{value:.{digits}f}" if abs(value) >= 0.5 * 10**-digits else "0"


def _ends(found: Agreed, digits: int = 3) -> str:
    return " to ".join(f"{end:.{digits}f}" for end in found.interval)
