"""A test of directions -> text for a terminal: the most surprising, and how many stand out."""

from __future__ import annotations

from collections.abc import Iterator

from rich.cells import cell_len
from rich.console import RenderableType
from rich.text import Text

from tokensphere.analysis.direction_test.result import DirectionTest, RankedTest
from tokensphere.analysis.direction_test.statistics import KINDS, Statistic
from tokensphere.statistics.intervals import Share
from tokensphere.views.terminal.render import Row, cells, note, spaced, table
from tokensphere.views.text import GAP, between, crop, number, p_text, short, tenths, that_fit
from tokensphere.views.words import FEW, caption, in_words, sentences

_NARROWEST_NAME, _WIDEST_NAME = 12, 40
_WIDEST_TOKEN = 24
_MOST_GROUPS = 60
Column = list[str]  # a head and a cell for each direction


def direction_test(result: DirectionTest, width: int) -> RenderableType:
    """The most surprising directions, and how many stand out."""
    return ranked_test(result.top(), width)


def ranked_test(result: RankedTest, width: int) -> RenderableType:
    """These directions, how many of all stand out, and what that says."""
    test = result.test
    return spaced(
        _lines(result, width) if len(result.rows) else (),
        [_overall(test)] if test.overall.n > 1 else (),
        [_groups(result)] if len(test.groups) > 1 else (),
        map(Text, sentences(result)),
        [note(caption(test))],
    )


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
        name = short(name, first)
        cells = [
            GAP + " " * (_width(column) - cell_len(column[place])) + column[place] for column in columns
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
    own = result.statistic
    q = [f"{value:.2g}" for value in result.found.qvalue[result.rows]]
    every = [column for kind in KINDS for column in (_values(result, kind), _p(result, kind))]
    yield [*every, [f"q ({own.name})", *q]]
    one = [_values(result, own), _p(result, own), ["q", *q]]
    others = [kind for kind in KINDS if kind is not own]
    yield one + [_p(result, kind, "p " + _head(result, kind).removesuffix(" p")) for kind in others]
    yield one


def _head(result: RankedTest, kind: type[Statistic]) -> str:
    return kind.head.format(similarity=result.test.search.similarity)


def _p(result: RankedTest, kind: type[Statistic], head: str = "p") -> Column:
    found = result.test[kind.name]
    return [head, *(p_text(value, found.floor) for value in found.pvalue[result.rows].tolist())]


def _values(result: RankedTest, kind: type[Statistic]) -> Column:
    values = result.test[kind.name].values[result.rows].tolist()
    return [_head(result, kind), *map(number if kind.larger else "{:.2g}".format, values)]


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
    rows: list[Row] = [cells(("by the", "p < 0.05", "q < 0.05"), "bold")]
    for kind in KINDS:
        found = test.overall[kind.name]
        rows.append([in_words(test, kind), *cells(map(_share, (found.p, found.q)), "cyan")])
    chance = "5 in 100" if test.overall.n < FEW else f"5 %{' ' * 14}"
    rows.append(cells(("chance", chance, ""), "dim"))
    return table(rows)


def _groups(result: RankedTest) -> RenderableType:
    """How many of each group stand out by the statistic that is ranked by."""
    head = f"by the {in_words(result.test, result.statistic)}"
    rows: list[Row] = [cells((head, "tested", "p < 0.05", "q < 0.05"), "bold")]
    groups = result.test.groups
    for group in groups[:_MOST_GROUPS]:
        found, name = group[result.statistic.name], short(group.name, _WIDEST_NAME)
        rows.append([name, f"{group.n:,}", _share(found.p), _share(found.q)])
    if len(groups) > _MOST_GROUPS:
        rows.append(cells((f"{len(groups) - _MOST_GROUPS} more: --json", "", "", ""), "dim"))
    return table(rows)


def _share(share: Share) -> str:
    if not share.n:
        return "—"
    if share.n < FEW:
        return f"{share.count} of {share.n}"
    return f"{tenths(share.share)} {f'({between(share.interval)})':>13}"
