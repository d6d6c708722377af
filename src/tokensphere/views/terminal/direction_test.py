"""A test of directions -> text for a terminal: the most surprising, and how many stand out."""

from __future__ import annotations

from collections.abc import Iterator

from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.text import Text

from tokensphere.analysis.direction_test.groups import GroupShares
from tokensphere.analysis.direction_test.measure import STATISTICS
from tokensphere.analysis.direction_test.result import DirectionTest, RankedTest
from tokensphere.views.terminal.render import WIDTH_WITHOUT_TERMINAL, cell, render, table
from tokensphere.views.text import anchor, crop, number
from tokensphere.views.words import (
    FEW,
    caption,
    p_text,
    sentences,
    statistic_in_words,
)

_NARROWEST_NAME, _WIDEST_NAME = 12, 40
_MOST_GROUPS = 60
_GAP = "  "
_HEADS = {"nearness": "mean {similarity}", "cosine": "largest", "coherence": "T", "label": "label p"}
Column = list[str]  # a head and a cell for each direction


@render.register
def _test(result: DirectionTest, width: int = WIDTH_WITHOUT_TERMINAL) -> RenderableType:
    return render(result.top(), width)


@render.register
def _ranked(result: RankedTest, width: int = WIDTH_WITHOUT_TERMINAL) -> RenderableType:
    test = result.test
    parts: list[RenderableType] = []
    if len(result.rows):
        parts += [*_lines(result, width), Text()]
    if test.overall.n > 1:
        parts += [_overall(test), Text()]
    if len(test.groups) > 1:
        parts += [_groups(result), Text()]
    parts += [Text(text) for text in sentences(result)]
    return Group(*parts, Text(), Text(caption(test), style="dim"))


def _lines(result: RankedTest, width: int) -> list[Text]:
    """Two lines for each direction: its numbers, and below what it is near."""
    test = result.test
    names = ["direction", *(test.names[row] for row in result.rows)]
    longest = max(cell_len(crop(name, _WIDEST_NAME)) for name in names)
    for columns in _layouts(result):
        room = width - sum(len(_GAP) + _width(column) for column in columns)
        if room >= longest:
            break
    first = min(longest, max(room, _NARROWEST_NAME))
    lines = []
    for place, name in enumerate(names):
        name = anchor(crop(name, first))
        cells = [
            _GAP + " " * (_width(column) - cell_len(column[place])) + column[place] for column in columns
        ]
        line = Text(no_wrap=True, overflow="crop")
        line.append(name + " " * (first - cell_len(name)), "bold" if place else "dim")
        lines.append(line.append("".join(cells), "cyan" if place else "dim"))
        if place:
            lines.append(_near(test, int(result.rows[place - 1]), width))
    return lines


def _width(column: Column) -> int:
    return max(map(cell_len, column))


def _layouts(result: RankedTest) -> Iterator[list[Column]]:
    """Columns of numbers, ever fewer: those that a line has room for are shown."""
    test = result.test
    p = [_p_column(result, s) for s in range(len(STATISTICS))]
    values = [_value_column(result, s) for s in range(len(STATISTICS))]
    q = [
        f"q ({result.statistic})",
        *(f"{value:.2g}" for value in test.qvalue[result.rows, result.column]),
    ]
    yield [column for s in range(len(STATISTICS)) for column in (values[s], ["p", *p[s]])] + [q]
    own = [values[result.column], ["p", *p[result.column]], ["q", *q[1:]]]
    heads = ["p " + head.removesuffix(" p") for head in _heads(test)]
    yield own + [[heads[s], *p[s]] for s in range(len(STATISTICS)) if s != result.column]
    yield own


def _heads(test: DirectionTest) -> list[str]:
    similarity = test.settings.search.similarity
    return [_HEADS[name].format(similarity=similarity) for name in STATISTICS]


def _p_column(result: RankedTest, column: int) -> Column:
    values = result.test.pvalue[result.rows, column].tolist()
    return [p_text(value, result.test.floor) for value in values]


def _value_column(result: RankedTest, column: int) -> Column:
    values = result.test.statistic[result.rows, column].tolist()
    small = STATISTICS[column] == "label"
    return [
        _heads(result.test)[column],
        *(f"{value:.2g}" if small else number(value) for value in values),
    ]


def _near(test: DirectionTest, row: int, width: int) -> Text:
    """What the tokens share, and as many of them as fit."""
    theme = test.themes.short(row)
    text = Text(_GAP, no_wrap=True, overflow="crop")
    if theme is not None:
        text.append(anchor(crop(theme, max(width // 2, 20))) + ": ", "italic")
    room = width - text.cell_len - 2
    for place, id in enumerate(test.neighbors.ids[row].tolist()):
        token = (_GAP if place else "") + anchor(crop(test.vocabulary.visible(id), 24))
        if place and cell_len(token) > room:
            text.append(" …")
            break
        text.append(token)
        room -= cell_len(token)
    return text


def _overall(test: DirectionTest) -> RenderableType:
    """How many directions stand out by each statistic, beside chance."""
    columns = [[cell("by the", "bold")], [cell("p < 0.05", "bold")], [cell("q < 0.05", "bold")]]
    for column, name in enumerate(STATISTICS):
        columns[0].append(cell(statistic_in_words(test, name)))
        columns[1].append(cell(_share(test.overall, column, q=False), "cyan"))
        columns[2].append(cell(_share(test.overall, column, q=True), "cyan"))
    chance = "5 in 100" if test.overall.n < FEW else f"5 %{' ' * 14}"
    for cells, text in zip(columns, ("chance", chance, ""), strict=True):
        cells.append(cell(text, "dim"))
    return table(columns, left={0})


def _groups(result: RankedTest) -> RenderableType:
    """How many of each group stand out by the statistic that is ranked by."""
    head = f"by the {statistic_in_words(result.test, result.statistic)}"
    columns = [[cell(text, "bold")] for text in (head, "tested", "p < 0.05", "q < 0.05")]
    groups = result.test.groups
    for group in groups[:_MOST_GROUPS]:
        values = (
            anchor(crop(group.name, _WIDEST_NAME)),
            f"{group.n:,}",
            _share(group, result.column, q=False),
            _share(group, result.column, q=True),
        )
        for cells, text in zip(columns, values, strict=True):
            cells.append(cell(text))
    if len(groups) > _MOST_GROUPS:
        for cells, text in zip(columns, (f"{len(groups) - _MOST_GROUPS} more: --json",), strict=False):
            cells.append(cell(text, "dim"))
        for cells in columns[1:]:
            cells.append(cell(""))
    return table(columns, left={0})


def _share(group: GroupShares, column: int, *, q: bool) -> str:
    if not group.n:
        return "—"
    if group.n < FEW:
        return f"{(group.below_q if q else group.below_p)[column]} of {group.n}"
    share = group.share_q(column) if q else group.share_p(column)
    low, high = group.interval_q(column) if q else group.interval_p(column)
    return f"{100 * share:.1f} % {f'({100 * low:.1f}–{100 * high:.1f})':>13}"
