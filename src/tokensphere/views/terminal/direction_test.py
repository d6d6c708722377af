"""A test of directions -> text for a terminal: the most surprising, and how many stand out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rich.cells import cell_len
from rich.console import Group, RenderableType

from tokensphere.analysis.direction_test.result import DirectionTest, RankedTest
from tokensphere.analysis.direction_test.statistics import (
    KINDS,
    RANKED,
    MostExtreme,
    Nearness,
    SmallestLabelP,
    Statistic,
)
from tokensphere.analysis.direction_test.verdict import VERDICTS
from tokensphere.statistics.intervals import Share
from tokensphere.views.terminal.render import Row, Table, Text, cell, cells, note, spaced, table
from tokensphere.views.text import GAP, between, crop, number, short, short_title, tenths, that_fit
from tokensphere.views.words import FEW, about, caption, in_words, legend, p_of, q_of, sentences, verdict

_NARROWEST_NAME, _WIDEST_NAME = 12, 40
_WIDEST_TOKEN = 24
_MOST_GROUPS = 60
Column = list[str]  # a head and a cell for each direction


def direction_test(result: DirectionTest, width: int) -> RenderableType:
    """The most surprising directions, and how many stand out."""
    return ranked_test(result.top(), width)


def ranked_test(result: RankedTest, width: int) -> RenderableType:
    """These directions, how many of all stand out, and what that says."""
    return around(result, _lines(result, width) if len(result.rows) else ())


def around(result: RankedTest, shown: Iterable[RenderableType]) -> Group:
    """The same, of what shows the directions."""
    test = result.test
    return spaced(
        [Text(verdict(test))] if test.overall.n else (),
        shown,
        [note(text) for text in legend(result)],
        map(Text, about(result)),
        [_overall(test)] if test.overall.n > 1 else (),
        [_groups(result)] if len(test.groups) > 1 else (),
        [_verdicts_of_groups(test)] if len(test.groups) > 1 else (),
        map(Text, sentences(result)),
        [note(caption(test))],
    )


def in_columns(result: RankedTest, width: int) -> Table:
    """A row for each direction: its numbers, what its tokens share, and these, in `width` columns."""
    _, columns, *_ = _layouts(result)
    test, rows = result.test, result.rows.tolist()
    names = ["direction", *(short_title(test.directions.titles[row], _WIDEST_NAME) for row in rows)]
    near = ["near", *(_near(test, row, width).plain.strip() for row in rows)]
    every = zip(names, *columns, near, strict=True)
    table_rows: list[Row] = [cells(next(every), "dim")]
    for name, *numbers, tokens in every:
        table_rows.append([cell(name, "bold"), *numbers, cell(tokens)])
    return table(table_rows, left={0, len(columns) + 1})


def _lines(result: RankedTest, width: int) -> list[Text]:
    """Two lines for each direction: its numbers, and below what it is near."""
    test = result.test
    names = ["direction", *(test.directions.titles[row] for row in result.rows)]
    longest = max(cell_len(crop(name, _WIDEST_NAME)) for name in names)
    for columns in _layouts(result):
        room = width - sum(len(GAP) + _width(column) for column in columns)
        if room >= longest:
            break
    first = min(longest, max(room, _NARROWEST_NAME))
    lines = []
    for place, name in enumerate(names):
        name = short_title(name, first)
        numbers = [
            GAP + " " * (_width(column) - cell_len(column[place])) + column[place] for column in columns
        ]
        line = Text(no_wrap=True, overflow="crop")
        line.append(name + " " * (first - cell_len(name)), "bold" if place else "dim")
        lines.append(line.append("".join(numbers), "cyan" if place else "dim"))
        if place:
            lines.append(_near(test, int(result.rows[place - 1]), width))
    return lines


def _width(column: Column) -> int:
    return max(map(cell_len, column))


def _layouts(result: RankedTest) -> Iterator[list[Column]]:
    """Columns of numbers, ever fewer: those that a line has room for are shown."""
    own, verdict = result.statistic, _verdicts(result)
    other = SmallestLabelP if own is not SmallestLabelP else Nearness
    pair = [*_whole(result, own), *_whole(result, other)]
    rest = [kind for kind in KINDS if kind not in (own, other)]
    every = [column for kind in rest for column in _whole(result, kind)[:3]]
    of_any = [] if own is MostExtreme else [_p(result, MostExtreme, "p any")]
    yield [*pair, *every, *of_any, verdict]
    others = [_p(result, kind, "p " + _head(result, kind)) for kind in rest] + of_any
    both = [*_whole(result, own), _p(result, other, _p_head(result, other)), _q(result, other)]
    yield [*both, *others, verdict]
    yield [*both, verdict]
    yield [_values(result, own), *both[2:5], verdict]
    yield [_values(result, own), _p(result, own), _q(result, own)]


def _whole(result: RankedTest, kind: type[Statistic]) -> list[Column]:
    """Value, effect, p and q of a statistic."""
    return [_values(result, kind), _effect(result, kind), _p(result, kind), _q(result, kind)]


def _head(result: RankedTest, kind: type[Statistic]) -> str:
    return kind.head.format(similarity=result.test.search.similarity)


def _p_head(result: RankedTest, kind: type[Statistic]) -> str:
    head = _head(result, kind)
    return head if head.endswith(" p") else f"p {head}"


def _p(result: RankedTest, kind: type[Statistic], head: str = "p") -> Column:
    found = result.test[kind.name]
    return [head, *(p_of(found, row) for row in result.rows.tolist())]


def _q(result: RankedTest, kind: type[Statistic]) -> Column:
    found = result.test[kind.name]
    return ["q", *(q_of(found, row) for row in result.rows.tolist())]


def _values(result: RankedTest, kind: type[Statistic]) -> Column:
    values = result.test[kind.name].values[result.rows].tolist()
    return [_head(result, kind), *map(number if kind.larger else "{:.2g}".format, values)]


def _effect(result: RankedTest, kind: type[Statistic]) -> Column:
    effect = result.test[kind.name].effect[result.rows].tolist()
    return ["effect", *("—" if value != value else f"{value:.1f}" for value in effect)]


def _verdicts(result: RankedTest) -> Column:
    return ["verdict", *(VERDICTS[code] for code in result.test.verdict[result.rows].tolist())]


def _near(test: DirectionTest, row: int, width: int) -> Text:
    """What the tokens share, and as many of them as fit."""
    theme = test.themes.short(row)
    text = Text(GAP, no_wrap=True, overflow="crop")
    if theme is not None:
        text.append(short(theme, max(width // 2, 20)) + ": ", "italic")
    tokens = (short(test.vocabulary.visible(id), _WIDEST_TOKEN) for id in test.ids[row].tolist())
    return text.append(that_fit(tokens, width - text.cell_len - 2, " …"))


def _overall(test: DirectionTest) -> RenderableType:
    """How many directions stand out by each statistic, beside chance."""
    rows: list[Row] = [cells(("by the", "p ≤ 0.05", "q ≤ 0.05"), "bold")]
    for kind in RANKED.values():
        found = test.overall[kind.name]
        mark = ", extrapolated" if test[kind.name].by_extrapolation else ""
        rows.append([in_words(test, kind) + mark, *cells(map(_share, (found.p, found.q)), "cyan")])
    chance = "5 in 100" if test.overall.n < FEW else f"5 %{' ' * 14}"
    rows.append(cells(("chance", chance, ""), "dim"))
    return table(rows)


def _groups(result: RankedTest) -> RenderableType:
    """How many of each group stand out by the statistic that is ranked by."""
    head = f"by the {in_words(result.test, result.statistic)}"
    rows: list[Row] = [cells((head, "tested", "p ≤ 0.05", "q ≤ 0.05"), "bold")]
    groups = result.test.groups
    for group in groups[:_MOST_GROUPS]:
        found, name = group[result.statistic.name], short_title(group.name, _WIDEST_NAME)
        rows.append([name, f"{group.n:,}", _share(found.p), _share(found.q)])
    if len(groups) > _MOST_GROUPS:
        rows.append(cells((f"{len(groups) - _MOST_GROUPS} more: --json", "", "", ""), "dim"))
    return table(rows)


def _verdicts_of_groups(test: DirectionTest) -> RenderableType:
    """How many of each group have which verdict."""
    rows: list[Row] = [cells(("verdict", *VERDICTS), "bold")]
    for group in test.groups[:_MOST_GROUPS]:
        counts = (f"{group.verdicts[name]:,}" for name in VERDICTS)
        rows.append([short_title(group.name, _WIDEST_NAME), *counts])
    return table(rows)


def _share(share: Share) -> str:
    if not share.n:
        return "—"
    if share.n < FEW:
        return f"{share.count} of {share.n}"
    return f"{tenths(share.share)} {f'({between(share.interval)})':>13}"
