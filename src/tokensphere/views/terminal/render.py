"""A result -> tables for a terminal."""

from __future__ import annotations

import importlib
import shutil
from collections.abc import Iterator
from functools import singledispatch
from io import StringIO
from typing import Any

from rich.cells import cell_len
from rich.console import Console, Group, RenderableType
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from tokensphere.analysis.nearest import Neighbors
from tokensphere.analysis.pair import Pair, PairCosine
from tokensphere.analysis.summary import Summary
from tokensphere.space import Provenance
from tokensphere.views.text import anchor, cosine, crop, number, percent

_WIDEST_TOKEN = 24
_WIDEST_TITLE = 28
_GAP = 2
WIDTH_WITHOUT_TERMINAL = 100


# Views of their own files are imported when such a result is shown: what they need costs time.
_ELSEWHERE = {
    "DirectionTest": "direction_test",
    "Geometry": "claims",
    "LabelList": "naming",
    "LabelMembers": "naming",
    "NamedNeighbors": "named",
    "Naming": "naming",
    "RankedTest": "direction_test",
    "Survey": "survey",
}


def find_views(result: Any) -> None:
    """Import the file that has the views of `result`, if that is a file of its own."""
    if (where := _ELSEWHERE.get(type(result).__name__)) is not None:
        importlib.import_module(f"tokensphere.views.terminal.{where}")


@singledispatch
def render(result: Any, width: int = WIDTH_WITHOUT_TERMINAL) -> RenderableType:
    """What to print for `result` on a terminal of `width` columns."""
    raise TypeError(f"no view for {type(result).__name__} on {width} columns")


def to_text(result: Any, *, width: int | None = None, color: bool = False) -> str:
    """The result as text for a terminal.

    Parameters
    ----------
    result : a result of the analysis
    width : columns to keep to, by default the terminal's; a table that cannot be narrower than that
        is not cut
    color : with the terminal's colours and weights
    """
    width = width or shutil.get_terminal_size((WIDTH_WITHOUT_TERMINAL, 24)).columns
    find_views(result)
    content = render(result, width)
    console = Console(
        file=StringIO(),
        width=width,
        force_terminal=color,
        color_system="standard" if color else None,
        highlight=False,
    )
    unlimited = console.options.update(width=100_000)
    parts = content.renderables if isinstance(content, Group) else [content]
    with console.capture() as capture:
        for part in parts:
            needed = Measurement.get(console, unlimited, part).minimum
            rigid = isinstance(part, Table) and all(column.no_wrap for column in part.columns)
            console.width = max(width, needed) if rigid else width
            console.print(part)
    return "\n".join(line.rstrip() for line in capture.get().splitlines())


def grid(**options: Any) -> Table:
    """A table with neither lines nor head."""
    return Table(
        box=None, show_edge=False, pad_edge=False, padding=(0, _GAP, 0, 0), show_header=False, **options
    )


def cell(text: str, style: str = "") -> Text:
    """A cell of one line that is never cut."""
    return Text(text, style=style, no_wrap=True, overflow="crop", end="")


@render.register
def _neighbors(result: Neighbors, width: int = WIDTH_WITHOUT_TERMINAL) -> RenderableType:
    parts: list[RenderableType] = []
    for first, last in columns_that_fit(result, width):
        parts += [neighbor_table(result, first, last), Text()]
    parts.append(neighbors_caption(result))
    return Group(*parts)


def _format(result: Neighbors) -> tuple[str, Any]:
    """Header and formatter of the column of similarities."""
    if result.settings.similarity == "cosine":
        return "cosine", cosine
    return {"dot": "dot", "euclidean": "distance"}[result.settings.similarity], number


def _columns(result: Neighbors, direction: int) -> tuple[str, list[str], list[str]]:
    """Title, tokens and similarities of one direction, each cropped to its width."""
    tokens = [result.vocabulary.visible(int(id)) for id in result.ids[direction]]
    _, show = _format(result)
    values = [show(value) for value in result.similarity[direction].tolist()]
    title = crop(result.names[direction].title, _WIDEST_TITLE)
    return title, [crop(token, _WIDEST_TOKEN) for token in tokens], values


def columns_that_fit(result: Neighbors, width: int) -> Iterator[tuple[int, int]]:
    """Ranges of directions whose columns fit side by side."""
    head, _ = _format(result)
    rank = len(str(result.settings.k)) + _GAP
    first, used = 0, rank
    for direction in range(len(result.names)):
        title, tokens, values = _columns(result, direction)
        needed = max(map(cell_len, [title, *tokens])) + max(map(len, [head, *values])) + 2 * _GAP
        if direction > first and used + needed > width:
            yield first, direction
            first, used = direction, rank
        used += needed
    yield first, len(result.names)


def neighbor_table(result: Neighbors, first: int, last: int) -> Table:
    """The lists of the directions from `first` to before `last`, side by side."""
    head, _ = _format(result)
    columns = [[cell(""), *(cell(str(rank + 1), "dim") for rank in range(result.settings.k))]]
    for direction in range(first, last):
        title, tokens, values = _columns(result, direction)
        columns.append([cell(anchor(title), "bold"), *(cell(anchor(token)) for token in tokens)])
        columns.append([cell(head, "dim"), *(cell(value, "cyan") for value in values)])
    return table(columns, left={1 + 2 * column for column in range(last - first)})


def table_of_rows(rows: list[list[Text]], left: set[int]) -> Table:
    """The same from rows."""
    return table([list(column) for column in zip(*rows, strict=True)], left)


def table(columns: list[list[Text]], left: set[int]) -> Table:
    """A table whose cells are never cut; the columns `left` begin, the others end together."""
    made = grid()
    for number_, cells in enumerate(columns):
        made.add_column(
            justify="left" if number_ in left else "right",
            min_width=max(cell.cell_len for cell in cells),
            no_wrap=True,
        )
    for row in zip(*columns, strict=True):
        made.add_row(*row)
    return made


def neighbors_caption(result: Neighbors) -> Text:
    """Which tokens were looked through, and how."""
    settings = result.settings
    what = [
        f"{len(result.vocabulary):,} tokens of {result.provenance.model}",
        f"{settings.similarity}, rows {'centred' if settings.centered else 'as they are'}",
    ]
    if settings.forms:
        what.append("one token a form")
    if result.left_out:
        what.append(f"{result.left_out:,} rows left out (zero, NaN or padding)")
    what.append("␣ is a space")
    return Text(" · ".join(what), style="dim")


@render.register
def _pair(result: Pair, _width: int = WIDTH_WITHOUT_TERMINAL) -> RenderableType:
    a, b = (crop(result.vocabulary.visible(id), _WIDEST_TOKEN) for id in (result.a, result.b))
    rows: list[tuple[str, Any]] = [
        ("cosine", lambda c: cosine(c.cosine)),
        ("typical pair: mean", lambda c: cosine(c.typical)),
        ("typical pair: sd", lambda c: cosine(c.spread)),
        ("pairs at least as similar", lambda c: _share(c, result.n_sampled)),
        ("  95 % interval", lambda c: " to ".join(percent(end) for end in c.interval)),
        (f"place of {anchor(b)} near {anchor(a)}", lambda c: f"{c.rank_of_b:,}"),
        (f"place of {anchor(a)} near {anchor(b)}", lambda c: f"{c.rank_of_a:,}"),
    ]
    columns = [
        [cell(f"{anchor(a)} and {anchor(b)}", "bold"), *(cell(label) for label, _ in rows)],
        [cell("raw", "bold"), *(cell(show(result.raw)) for _, show in rows)],
        [cell("centred", "bold"), *(cell(show(result.centered)) for _, show in rows)],
    ]
    caption = (
        f"{result.provenance.model} · {result.n_sampled:,} random pairs of its"
        f" {result.n_tokens:,} tokens (seed {result.seed}) · places are exact, 1 is the nearest"
    )
    return Group(table(columns, left={0}), Text(), Text(caption, style="dim"))


def _share(value: PairCosine, sampled: int) -> str:
    if value.share_above == 0:
        return f"none of {sampled:,}"
    return percent(value.share_above)


@render.register
def _summary(result: Summary, _width: int = WIDTH_WITHOUT_TERMINAL) -> RenderableType:
    source = result.provenance
    table = grid()
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    kinds = ", ".join(f"{count:,} {kind}" for kind, count in result.kinds.items())
    left_out = result.zero + result.not_finite + result.padding
    low, q25, median, q75, high = (number(norm) for norm in result.norms)
    rows = [
        *_source_rows(source),
        ("shape", f"{result.n:,} tokens × {result.d:,} dimensions"),
        ("kinds of tokens", kinds),
        (
            "left out",
            f"{left_out:,} rows ({result.zero:,} zero, {result.not_finite:,} not finite,"
            f" {result.padding:,} padding)",
        ),
        ("norms", f"{low} to {high}, median {median}, half of them in {q25} to {q75}"),
        ("mean cosine", f"{cosine(result.mean_cosine_different)} of two different tokens"),
        ("", f"{cosine(result.mean_cosine)} of two tokens, self-pairs included (‖μ‖²)"),
    ]
    for label, text in rows:
        table.add_row(cell(label, "dim"), Text(text))
    return table


def _source_rows(source: Provenance) -> list[tuple[str, str]]:
    rows = [
        ("model", source.model),
        ("source", source.source),
        ("revision", source.revision),
        ("tensor", source.tensor),
        ("matrix", source.matrix),
        ("stored as", source.dtype),
        ("SHA-256", source.sha256),
        ("licence", source.license),
    ]
    notes = [("note", note) for note in source.notes]
    return [(label, text) for label, text in rows if text is not None] + notes
