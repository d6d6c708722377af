"""Models beside each other -> what each is like, and every two in detail or in a row."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil

from rich.console import RenderableType

from tokensphere.analysis.compare.likeness import Likeness
from tokensphere.analysis.compare.result import Comparison
from tokensphere.analysis.compare.side import Rate, Side
from tokensphere.analysis.survey.hubs import Hubs
from tokensphere.views.terminal.likeness import MEANING, in_detail, of_chance, sentence
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


def comparison(result: Comparison, width: int) -> RenderableType:
    """The models side by side; two in a sentence, figures and tokens, of more every two in a row."""
    if len(result.pairs) == 1:
        return full_comparison(result, width)
    every: list[RenderableType] = [title("Every two"), _every_two(result, width)]
    return _whole(result, width, [every, [Text(_most_alike(result))]], "every two in detail: --full")


def full_comparison(result: Comparison, width: int) -> RenderableType:
    """Every two in a sentence, figures and tokens."""
    return _whole(result, width, [part for pair in result.pairs for part in in_detail(pair, width)])


def _whole(
    result: Comparison, width: int, parts: list[list[RenderableType]], more: str = ""
) -> RenderableType:
    said = [] if more else [[Text(sentence(pair))] for pair in result.pairs]
    return spaced(
        [title("Do these models agree?")],
        *said,
        [title("Side by side"), _sides(result, width)],
        *parts,
        [note(_meaning(result))],
        [_caption(result, more)],
    )


def _sides(result: Comparison, width: int) -> RenderableType:
    """A row for each fact, a column for each model."""
    room = max(12, (width - 24) // len(result.models) - 2)
    heads = [short_title(name, min(_WIDEST_MODEL, room)) for name in result.names]
    facts = [list(_facts(side, room)) for side in result.models]
    rows: list[Row] = [cells(["", *heads], "bold")]
    rows += (
        [lines[0][0], *(text or "—" for _, text in lines)]
        for lines in zip(*facts, strict=True)
        if any(text for _, text in lines)
    )
    return table(rows)


def _facts(side: Side, room: int) -> Iterator[tuple[str, str]]:
    """What is said of one model, the same lines of each."""
    facts = side.facts
    yield "tokens", f"{facts.n:,}"
    yield "dimensions", f"{facts.d:,}"
    dimensions = side.effective_dimensions
    yield "  effective", f"{dimensions:.0f}" if dimensions > 0 else ""
    yield "mean cosine", cosine(facts.mean_cosine_different)
    yield "norm, median", number(facts.norms[2])
    yield "  half of them in", f"{number(facts.norms[1])}–{number(facts.norms[3])}"
    for centered in (False, True):
        yield f"clearly alike, {_rows(centered)}", _rate(side.rate(centered=centered))
    chance = side.rate(centered=True)
    yield "  chance", "" if chance is None else tenths(chance.chance)
    for centered in (False, True):
        hubs = side.hubs(centered=centered)
        yield f"hubs' skewness, {_rows(centered)}", "" if hubs is None else f"{hubs.skewness:.1f}"
        yield "  never listed", "" if hubs is None else tenths(hubs.never)
        yield "    by chance", "" if hubs is None else tenths(hubs.never_by_chance)
        yield "  most often", "" if hubs is None else _hubs(side, hubs, room)


def _rows(centered: bool) -> str:
    return "centred" if centered else "raw"


def _rate(found: Rate | None) -> str:
    return "" if found is None else f"{tenths(found.rate)} ({between(found.interval)})"


def _hubs(side: Side, hubs: Hubs, room: int) -> str:
    assert side.survey is not None, "hubs come from a survey"
    tokens = map(side.survey.vocabulary.visible, hubs.ids[:_HUBS_SHOWN].tolist())
    return that_fit((short(token, min(_WIDEST_TOKEN, room)) for token in tokens), room)


def _every_two(result: Comparison, width: int) -> RenderableType:
    """A row for every two models, a column for each figure with half the width of its interval."""
    heads = ["", "", "shared", f"same of {result.how.k}", "RSA", "CKA", "turned"]
    heads += ["points more alike"] * bool(result.n_directions)
    rows: list[Row] = [cells(heads, "bold")]
    room = max(10, (width - 60 - 19 * bool(result.n_directions)) // 2)
    for pair in result.pairs:
        names = (cell(short_title(name, room)) for name in pair.models)
        rows += [[*names, *_in_a_row(pair, rates=bool(result.n_directions))]]
    chances = [pair.nearest.overlap.chance for pair in result.pairs if pair.nearest is not None]
    if chances:
        turned = [p.rotation.mean_cosine_by_chance for p in result.pairs if p.rotation is not None]
        by_chance = of_chance(max(turned, key=abs), 2) if turned else "—"
        more = ["0"] * bool(result.n_directions)
        rows += [["chance", "", "", f"≤ {percent(max(chances))}", "0", "0", by_chance, *more]]
    return table(rows, left={0, 1})


def _in_a_row(pair: Likeness, *, rates: bool) -> Iterator[str]:
    near, turned = pair.nearest, pair.rotation
    yield f"{pair.shared.n:,}"
    yield "—" if near is None else f"{_of_100(near.overlap.value, near.overlap.interval)} %"
    for one in (pair.rsa, pair.cka):
        yield "—" if one is None else f"{one.value:.2f} ± {_half(one.interval)}"
    yield "—" if turned is None else f"{turned.mean_cosine:.2f} ± {_half(turned.mean_interval)}"
    if rates:
        less = pair.differences["centered" if pair.centered else "raw"]
        yield "—" if less is None else _of_100(less.difference, less.interval, "+")


def _of_100(value: float, interval: tuple[float, float], sign: str = "") -> str:
    return f"{100 * value:{sign}.1f} ± {_half(interval, 100, 1)}"


def _half(interval: tuple[float, float], unit: float = 1, digits: int = 2) -> str:
    """Half the width of an interval, rounded up."""
    half = unit * (interval[1] - interval[0]) / 2
    return f"{ceil(half * 10**digits - 1e-9) / 10**digits:.{digits}f}"


def _most_alike(result: Comparison) -> str:
    """The sentence of those two that agree most, by their neighbours."""
    known = [pair for pair in result.pairs if pair.nearest is not None]
    if not known:
        return "No two of them share tokens enough to say how far they agree."
    most = max(known, key=lambda pair: pair.nearest.overlap.value if pair.nearest else 0.0)
    return f"Most alike: {sentence(most)}"


def _meaning(result: Comparison) -> str:
    """What the words of the tables mean."""
    if not result.n_directions:
        return MEANING
    return (
        f"{MEANING} Clearly alike: random directions whose {result.how.k} nearest tokens are more alike"
        " than in vocabularies with no words."
    )


def _caption(result: Comparison, more: str) -> Text:
    how = result.how
    sampled = any(p.nearest is not None and p.nearest.n_lists < p.shared.n for p in result.pairs)
    rows = f"{ROWS[how.centered]}{' over the shared tokens' if how.centered else ''}"
    return token_caption(
        f"cosine, {rows}; CKA: rows as they are",
        f"neighbours of {how.n_lists:,} tokens at random (seed {how.seed})" if sampled else "",
        f"{result.n_directions:,} random directions (seed {how.seed})" if result.n_directions else "",
        "" if more else "words: English ones in both",
        more,
    )
