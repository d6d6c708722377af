"""Models beside each other -> a sentence for every two, tables of figures, tokens that agree and do not."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import RenderableType

from tokensphere.analysis.compare.agree import FEWEST
from tokensphere.analysis.compare.likeness import Agreed, Likeness
from tokensphere.analysis.compare.result import Comparison
from tokensphere.analysis.compare.side import Rate, Side
from tokensphere.analysis.survey.hubs import Hubs
from tokensphere.arrays import Int64s
from tokensphere.display import visible
from tokensphere.statistics.difference import Difference
from tokensphere.views.terminal.render import (
    Row,
    Text,
    cell,
    cells,
    note,
    spaced,
    table,
    title,
    token_caption,
)
from tokensphere.views.text import (
    ROWS,
    between,
    cosine,
    number,
    percent,
    short,
    short_title,
    tenths,
    that_fit,
)

_WIDEST_MODEL, _WIDEST_TOKEN = 28, 20
_HUBS_SHOWN = 3
_LISTED = 5  # tokens of whom the neighbours are shown
_NEIGHBORS = 5


def comparison(result: Comparison, width: int) -> RenderableType:
    """What every two share in a sentence, the models side by side, and every two in figures and tokens."""
    pairs = [pair for _, _, pair in result.each_pair()]
    return spaced(
        [title("Do these models agree?")],
        *([Text(sentence(pair))] for pair in pairs),
        [title("Side by side"), _sides(result, width)],
        *(part for pair in pairs for part in _pair(pair, width)),
        [note(_meaning(result))],
        [_caption(result)],
    )


def likeness(result: Likeness, width: int) -> RenderableType:
    """The same of two models alone."""
    return spaced([title("Do these models agree?")], [Text(sentence(result))], *_pair(result, width))


def sentence(pair: Likeness) -> str:
    """How far two models agree, beside chance, for somebody who reads nothing else."""
    one, other = map(_model, pair.models)
    if pair.nearest is None or pair.rsa is None:
        few = f"{one} and {other} share {pair.shared.n:,} tokens"
        why = f"; it takes {FEWEST} or more to say how far they agree" if pair.shared.n < FEWEST else ""
        return f"{few}{why}.{_rates_said(pair)}"
    near, rsa = pair.nearest.overlap, pair.rsa
    return (
        f"Of the {pair.nearest.k} tokens nearest to a token, {tenths(near.value)} ({between(near.interval)})"
        f" are the same in {one} and in {other}; chance gives {percent(near.chance)}. Over all pairs of"
        f" {pair.shared.n:,} shared tokens the two models' cosines correlate by {_two(rsa.value)}"
        f" ({_ends(rsa)}); chance gives 0.{_rates_said(pair)}"
    )


def _rates_said(pair: Likeness) -> str:
    less = pair.differences.get("centered" if pair.centered else "raw")
    if less is None:
        return ""
    low, high = less.interval
    if low <= 0 <= high:
        which = "cannot be told from each other"
    else:
        which = f"are more in {_model(pair.models[less.difference < 0])}"
    return f" Random neighbourhoods that are clearly alike {which} ({_points(less)})."


def _points(less: Difference) -> str:
    low, high = (f"{100 * end:+.1f}" for end in less.interval)
    return f"{100 * less.difference:+.1f} points, {low} to {high}"


def _sides(result: Comparison, width: int) -> RenderableType:
    """A row for each fact, a column for each model."""
    room = max(12, (width - 24) // len(result.models) - 2)
    heads = [short_title(name, min(_WIDEST_MODEL, room)) for name in result.names]
    facts = [list(_facts(side, room)) for side in result.models]
    rows: list[Row] = [cells(["", *heads], "bold")]
    for lines in zip(*facts, strict=True):
        if any(text for _, text in lines):
            rows.append([lines[0][0], *(text or "—" for _, text in lines)])
    return table(rows)


def _facts(side: Side, room: int) -> Iterator[tuple[str, str]]:
    """What is said of one model, the same lines of each."""
    facts = side.facts
    yield "tokens", f"{facts.n:,}"
    yield "dimensions", f"{facts.d:,}"
    yield "  effective", f"{side.effective_dimensions:.0f}"
    yield "mean cosine", cosine(facts.mean_cosine_different)
    yield "norm, median", number(facts.norms[2])
    yield "  half of them in", f"{number(facts.norms[1])}–{number(facts.norms[3])}"
    for centered in (False, True):
        yield f"clearly alike, {'centred' if centered else 'raw'}", _rate(side.rate(centered=centered))
    chance = side.rate(centered=True)
    yield "  chance", "" if chance is None else tenths(chance.chance)
    for centered in (False, True):
        hubs, rows = side.hubs(centered=centered), "centred" if centered else "raw"
        yield f"hubs' skewness, {rows}", "" if hubs is None else f"{hubs.skewness:.1f}"
        yield "  never listed", "" if hubs is None else tenths(hubs.never)
        yield "    by chance", "" if hubs is None else tenths(hubs.never_by_chance)
        yield "  most often", "" if hubs is None else _hubs(side, hubs, room)


def _rate(found: Rate | None) -> str:
    return "" if found is None else f"{tenths(found.rate)} ({between(found.interval)})"


def _hubs(side: Side, hubs: Hubs, room: int) -> str:
    assert side.survey is not None, "hubs come from a survey"
    tokens = map(side.survey.vocabulary.visible, hubs.ids[:_HUBS_SHOWN].tolist())
    return that_fit((short(token, min(_WIDEST_TOKEN, room)) for token in tokens), room)


def _pair(pair: Likeness, width: int) -> list[list[RenderableType]]:
    """Two models: figures, then tokens."""
    head = f"{_model(pair.models[0])} and {_model(pair.models[1])}"
    parts: list[list[RenderableType]] = [[title(head), _figures(pair)]]
    if pair.nearest is not None:
        parts.append(list(_tokens(pair, width)))
    return parts


def _figures(pair: Likeness) -> RenderableType:
    """Each figure with its interval and what chance gives."""
    shared = pair.shared
    rows: list[Row] = [cells(("", "", "interval", "chance"), "bold")]
    rows.append(["shared tokens", f"{shared.n:,}", "", ""])
    for share, model in zip((shared.share_of_first, shared.share_of_second), pair.models, strict=True):
        rows.append([f"  of {_model(model)}", tenths(share), "", ""])
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
    if pair.rsa is not None:
        yield ["correlation of cosines (RSA)", cosine(pair.rsa.value), _ends(pair.rsa, 3), "0"]
    if pair.cka is not None:
        yield ["linear CKA, debiased", cosine(pair.cka.value), _ends(pair.cka, 3), "0"]
        yield [
            "  with its bias",
            cosine(pair.cka_biased or 0),
            "",
            cosine(pair.cka_biased_by_chance or 0),
        ]
    if (turned := pair.rotation) is not None:
        ends = " to ".join(map(cosine, turned.mean_interval))
        yield ["mean cosine after rotation", cosine(turned.mean_cosine), ends, "0"]
        by_chance = cosine(turned.distance_by_chance)
        yield ["Procrustes distance", cosine(turned.distance), "", by_chance]


def _tokens(pair: Likeness, width: int) -> Iterator[RenderableType]:
    """Tokens that agree most and least, words by themselves; of the least stable what they are near to."""
    has_words = bool(pair.is_word[pair.whose].any())
    rows: list[Row] = []
    for words in (True, False)[not has_words :]:
        which = "words" if words else "all tokens"
        stable = pair.by_overlap(words=words)
        ends: list[tuple[str, Int64s]] = [("agree most", stable), ("agree least", stable[::-1])]
        if pair.rotation is not None:
            ends.append(("moved most", pair.by_cosine(words=words)[::-1]))
        for place, (name, ids) in enumerate(ends):
            room = max(width - 28, 30)
            tokens = that_fit((token(pair, id) for id in ids[:40].tolist()), room)
            rows.append([cell("" if place else which, "bold"), cell(name), cell(tokens)])
    yield table(rows, left={0, 1, 2})
    least = pair.by_overlap(words=has_words)[::-1][:_LISTED]
    heads = [short_title(f"near it in {name}", (width - _WIDEST_TOKEN) // 2) for name in pair.models]
    lists: list[Row] = [cells(("agrees least", *heads), "bold")]
    for id in least.tolist():
        lists.append([cell(token(pair, id)), *map(cell, near_to(pair, id, (width - 24) // 2))])
    yield Text()
    yield table(lists, left={0, 1, 2})


def near_to(pair: Likeness, id: int, room: int, most: int = _NEIGHBORS) -> list[str]:
    """What one of the shared tokens is near to in each model, as many as there is room for."""
    near = pair.neighbors(id)
    assert near is not None, "only tokens that were looked at are listed"
    return [that_fit((token(pair, one) for one in ids[:most]), room) for ids in near]


def token(pair: Likeness, id: int) -> str:
    """One of the shared tokens, on one line."""
    return short(visible(pair.shared.tokens[id]), _WIDEST_TOKEN)


def _meaning(result: Comparison) -> str:
    """What the words of the tables mean."""
    said = (
        "In brackets and under interval: 95 %, over tokens. Chance: tokens in random order. Of another token:"
        " how much a token's list in one model has in common with another token's in the other. RSA and CKA are"
        " 1 where one model is the other turned and scaled, 0 by chance; by RSA squared the cosines of one tell"
        " of the spread of the other's. After rotation: of a token with itself, by the rotation that is best for"
        " other tokens. Procrustes distance: 0 the same, 1 nothing in common."
    )
    if not result.n_directions:
        return said
    return (
        f"{said} Clearly alike: {result.how.k} tokens nearest to a random direction that are more alike than in"
        " vocabularies with no words."
    )


def _caption(result: Comparison) -> Text:
    how = result.how
    sampled = [p for p in result.pairs if p.nearest is not None and p.nearest.n_tokens < p.shared.n]
    return token_caption(
        f"cosine, {ROWS[how.centered]} of shared tokens, CKA of rows as they are",
        f"neighbours of {how.sample:,} tokens at random (seed {how.seed})" if sampled else "",
        f"{result.n_directions:,} random directions (seed {how.seed})" if result.n_directions else "",
        "words: English ones in both",
    )


def _model(name: str) -> str:
    return short_title(name, _WIDEST_MODEL)


def _two(value: float) -> str:
    return f"{value:.2f}"


def _ends(found: Agreed, digits: int = 2) -> str:
    return " to ".join(f"{end:.{digits}f}" for end in found.interval)
