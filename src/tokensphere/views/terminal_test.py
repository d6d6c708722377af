"""A test of directions -> text for a terminal: the most surprising, and how many stand out."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.text import Text

from tokensphere.analysis.directiontest_groups import GroupShares
from tokensphere.analysis.directiontest_measure import STATISTICS
from tokensphere.analysis.directiontest_result import DirectionTest, RankedTest
from tokensphere.views.terminal import WIDTH_WITHOUT_TERMINAL, cell, render, table
from tokensphere.views.text import anchor, crop, number, percent

WORDS = {"coherence": "coherence T", "cosine": "largest {similarity}", "label": "smallest label p"}
LAWS = {
    "isotropic": "random directions, uniform on the sphere",
    "covariance": "random directions with the covariance of the tokens' unit rows",
    "difference": "differences of two random tokens",
    "sample": "directions drawn from the sample",
}
_WIDEST_NAME = 40
_MOST_GROUPS = 60
_GAP = "  "
_FEW = 20  # directions of which a count says more than a share


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
    return Group(*parts, Text(), Text(_caption(test), style="dim"))


def _lines(result: RankedTest, width: int) -> list[Text]:
    """Two lines for each direction: its numbers, and below what it is near."""
    test = result.test
    names = [anchor(crop(test.names[row], _WIDEST_NAME)) for row in result.rows]
    heads = ["T", "p", test.settings.search.similarity, "p", "label p", "p", f"q ({result.statistic})"]
    cells = [_numbers(test, row, result.column) for row in result.rows.tolist()]
    widths = [max(map(cell_len, column)) for column in zip(heads, *cells, strict=True)]
    first = max(cell_len(name) for name in ["direction", *names])
    lines = [_line(_left("direction", first), heads, widths, "dim")]
    for row, name, values in zip(result.rows.tolist(), names, cells, strict=True):
        lines += [_line(_left(name, first), values, widths), _near(test, row, width)]
    return lines


def _numbers(test: DirectionTest, row: int, column: int) -> list[str]:
    values = test.statistic[row].tolist()
    p = [p_text(value, test.floor) for value in test.pvalue[row].tolist()]
    shown = [number(values[0]), p[0], number(values[1]), p[1], f"{values[2]:.2g}", p[2]]
    return [*shown, f"{test.qvalue[row, column]:.2g}"]


def p_text(value: float, floor: float) -> str:
    """A p-value with two digits; with a ≤ where it is the smallest that there can be.

    Examples
    --------
    >>> p_text(0.01234, 0.01), p_text(0.01, 0.01), p_text(1.0, 0.01)
    ('0.012', '≤ 0.01', '1')
    """
    return f"{'≤ ' if value <= floor else ''}{value:.2g}"


def _left(text: str, width: int) -> str:
    return text + " " * (width - cell_len(text))


def _line(name: str, values: Sequence[str], widths: Sequence[int], style: str = "") -> Text:
    text = Text(no_wrap=True, overflow="crop")
    text.append(name, style or "bold")
    for value, width in zip(values, widths, strict=True):
        text.append(_GAP + " " * (width - cell_len(value)) + value, style or "cyan")
    return text


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
    columns = [[cell("")], [cell("p < 0.05", "bold")], [cell("q < 0.05", "bold")]]
    for column, name in enumerate(STATISTICS):
        columns[0].append(cell(statistic_in_words(test, name)))
        columns[1].append(cell(_share(test.overall, column, q=False), "cyan"))
        columns[2].append(cell(_share(test.overall, column, q=True), "cyan"))
    chance = "5 in 100" if test.overall.n < _FEW else f"5 %{' ' * 14}"
    for cells, text in zip(columns, ("chance", chance, ""), strict=True):
        cells.append(cell(text, "dim"))
    return table(columns, left={0})


def _groups(result: RankedTest) -> RenderableType:
    """How many of each group stand out by the statistic that is ranked by."""
    head = f"by {statistic_in_words(result.test, result.statistic)}"
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
    if group.n < _FEW:
        return f"{(group.below_q if q else group.below_p)[column]} of {group.n}"
    share = group.share_q(column) if q else group.share_p(column)
    low, high = group.interval_q(column) if q else group.interval_p(column)
    return f"{100 * share:.1f} % {f'({100 * low:.1f}–{100 * high:.1f})':>13}"


def statistic_in_words(test: DirectionTest, name: str) -> str:
    """What a statistic is called."""
    return WORDS[name].format(similarity=test.settings.search.similarity)


def sentences(result: RankedTest) -> list[str]:
    """What was compared with what, and what that says; for somebody who reads nothing else."""
    test = result.test
    said = [
        f"p is the share of {len(test.null_distribution):,} {LAWS[test.settings.null]}, whose nearest"
        " tokens are at least as much alike (T), as near (the largest"
        f" {test.settings.search.similarity}), or share a label that is as unlikely (label p)."
    ]
    if test.overall.n:
        said.append(_standing_out(result))
    if (settled := test.settled) is not None:
        rest = (
            f"{settled.unsettled:,} directions are still undecided"
            if settled.unsettled
            else "for all directions it is settled"
        )
        said.append(
            f"After {settled.n_draws:,} draws {rest} on which side of {settled.level:g} the p of the"
            f" {statistic_in_words(test, STATISTICS[settled.statistic])} lies (for each direction wrong"
            f" with a probability of at most {100 * settled.error:g} %)."
        )
    if not test.complete:
        said.append(f"Stopped after {len(test):,} of {test.n_given:,} directions.")
    return said


def _standing_out(result: RankedTest) -> str:
    """The ranked statistic's p < 0.05 beside chance, and whether any direction is left by q."""
    test, column = result.test, result.column
    group = test.overall
    by = f"By the {statistic_in_words(test, result.statistic)}"
    small, certain = group.below_p[column], group.below_q[column]
    if group.n == 1:
        p = float(test.pvalue[test.testable][0, column])
        return f"{by}, the direction has p {p_text(p, test.floor)}."
    if group.n < _FEW:
        first = f"{by}, {small} of {group.n} directions have p < 0.05, where chance gives 5 in 100"
    else:
        low, high = (f"{100 * end:.1f}" for end in group.interval_p(column))
        first = (
            f"{by}, {percent(group.share_p(column))} of {group.n:,} directions have p < 0.05"
            f" (95 % interval {low} to {high} %), where chance gives 5 %"
        )
    if not certain:
        return f"{first}; none has q < 0.05: taken together, none stands out from chance."
    return (
        f"{first}; {certain:,} {'has' if certain == 1 else 'have'} q < 0.05, and among such directions"
        " at most one in twenty is expected to be chance."
    )


def _caption(test: DirectionTest) -> str:
    settings, search = test.settings, test.settings.search
    what = [
        f"{len(test.vocabulary):,} tokens of {test.provenance.model}",
        f"{search.similarity}, rows {'centred' if search.centered else 'as they are'}, k = {search.k}",
    ]
    if search.forms:
        what.append("one token a form")
    if settings.own_left_out:
        what.append("tokens that directions are made of are left out")
    if test.untestable:
        reasons = ", ".join(f"{count:,} {reason}" for reason, count in test.untestable.items())
        what.append(f"{sum(test.untestable.values()):,} directions cannot be tested ({reasons})")
    if test.sample_left_out:
        what.append(f"{test.sample_left_out:,} rows of the sample are no directions")
    what.append(f"null: {settings.null}, {settings.n_null:,} draws, seed {settings.seed}")
    if test.tied:
        what.append("input and output matrix are the same (tied)")
    what.append("␣ is a space")
    return " · ".join(what)
