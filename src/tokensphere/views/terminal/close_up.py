"""A direction close up -> text for a terminal: both lists, the numbers beside chance, what they say."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from rich.console import RenderableType

from tokensphere.analysis.direction_test.close_up import LEVELS, CloseUp, Compared
from tokensphere.analysis.direction_test.statistics import STATISTICS
from tokensphere.views.terminal.neighbors import tables
from tokensphere.views.terminal.render import Row, Table, Text, cells, note, spaced, table
from tokensphere.views.text import GAP, anchor, cosine, number, short_title
from tokensphere.views.words import caption, in_words, legend, p_of, q_of, sentences, verdict

_WIDEST_TITLE = 60
_CHANCE = tuple(f"{'chance: ' if not i else ''}{100 * level:g} %" for i, level in enumerate(LEVELS))
_HEADS = ("value", *_CHANCE, "p", "effect")


def close_up(result: CloseUp, width: int) -> RenderableType:
    """The verdict, both ends, what the list shares, its numbers beside the null, kin and frequency."""
    return spaced(
        [Text(_title(result), style="bold"), Text(verdict(result.test))],
        list(tables([result.ends], width, lambda ends: ends))[:-1],  # which ends with an empty line
        map(Text, _said(result)),
        [_numbers(result)],
        [note(text) for text in legend(result.ranked)],
        map(Text, _kin(result)),
        [Text(_frequency(result))],
        map(Text, sentences(result.ranked)),
        [note(caption(result.test))],
    )


def _title(result: CloseUp) -> str:
    return f"{short_title(result.title, _WIDEST_TITLE)}{GAP}norm {number(result.length)}"


def _said(result: CloseUp) -> Iterator[str]:
    """What the lists share."""
    if result.card.shared is not None:
        yield f"Its tokens: {anchor(result.card.shared.words)}"
    if result.other is not None and result.other.shared is not None:
        words = anchor(result.other.shared.words)
        yield f"Those of its opposite: {words} (verdict: {result.other.verdict})"


def _numbers(result: CloseUp) -> Table:
    """The statistics beside the null's quantiles towards what is surprising."""
    several = result.test.overall.n > 1
    heads = ["", *_HEADS, *(["q"] if several else [])]
    rows: list[Row] = [cells(heads, "dim")]
    (row,) = result.ranked.rows.tolist()
    for one in result.compared:
        found = result.test[one.statistic]
        numbers = [*map(_shown(one), (one.value, *one.null)), p_of(found, row)]
        numbers += ["—" if one.effect is None else f"{one.effect:.1f}"]
        numbers += [q_of(found, row)] if several else []
        rows.append([in_words(result.test, STATISTICS[one.statistic]), *cells(numbers, "cyan")])
    return table(rows)


def _shown(one: Compared) -> Callable[[float], str]:
    return "{:.2g}".format if one.statistic == "label" else number


def _kin(result: CloseUp) -> Iterator[str]:
    if result.siblings:
        shown = (
            f"{short_title(one.name, _WIDEST_TITLE)} {cosine(one.cosine)}" for one in result.siblings
        )
        yield f"Nearest others, by cosine: {', '.join(shown)}"


def _frequency(result: CloseUp) -> str:
    """How many tokens come from each tenth of the ids."""
    counts = result.tenths.tolist()
    return (
        f"Its {sum(counts)} tokens by tenths of all ids, the most frequent tokens first:"
        f" {' '.join(map(str, counts))} (a random token: {sum(counts) / len(counts):g} in each)"
    )
