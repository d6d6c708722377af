"""Names of lists, and labels -> tables for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from tokensphere.analysis.naming.labels import LabelList, LabelMembers
from tokensphere.analysis.naming.tokens import Naming
from tokensphere.views.terminal.render import WIDTH_WITHOUT_TERMINAL, cell, render, table
from tokensphere.views.text import anchor, crop, number, percent

_MOST_LABELS = 10
_MOST_TOKENS = 40
_WIDEST_WORDS = 44
_WIDEST_TOKEN = 24
_GAP = "  "
_MOST_OF_A_KIND, _SOME_OF_A_KIND = 200, 20  # a thousand lemmas would bury everything else


@render.register
def _naming(result: Naming, _width: int = WIDTH_WITHOUT_TERMINAL) -> RenderableType:
    ids = result.ids.tolist()
    tokens = _GAP.join(anchor(result.vocabulary.visible(id)) for id in ids[:_MOST_TOKENS])
    if len(ids) > _MOST_TOKENS:
        tokens += f"{_GAP}… and {len(ids) - _MOST_TOKENS:,} more"
    parts: list[RenderableType] = [Text(tokens), Text(), Text(result.text, style="bold"), Text()]
    shown = result.ranked(3)
    if len(shown):
        parts += [_naming_table(result, shown[:_MOST_LABELS].tolist()), Text()]
    return Group(*parts, *_naming_caption(result, len(shown)))


def _naming_table(result: Naming, labels: Sequence[int]) -> Table:
    """The labels of smallest p; those that name the list are marked."""
    names = {theme.label.name for theme in result.themes}
    words = [crop(result.labels[j].words, _WIDEST_WORDS) for j in labels]
    marks = ["•" if result.labels[j].name in names else " " for j in labels]
    k, beside = len(result.ids), result.directions
    columns = [
        [cell(""), *map(cell, marks)],
        [cell("label", "dim"), *(cell(anchor(text)) for text in words)],
        [cell("here", "dim"), *(cell(f"{result.shared[j]}/{k}") for j in labels)],
        [cell("everywhere", "dim"), *(cell(percent(result.sizes[j] / result.n)) for j in labels)],
        [cell("p", "dim"), *(cell(_p(result.p[j])) for j in labels)],
        [
            cell("family-wise", "dim"),
            *(cell(_p(result.p_familywise[j], result.spec.draws), "cyan") for j in labels),
        ],
        [cell("q", "dim"), *(cell(_p(result.q[j])) for j in labels)],
    ]
    if beside is not None:
        cells = (cell(_p(beside.p[j], beside.n_draws)) for j in labels)
        columns.append([cell("random directions", "dim"), *cells])
    return table(columns, left={0, 1})


def _p(value: float, draws: int | None = None) -> str:
    """A p-value; with a ≤ where it is the smallest that so many draws can give."""
    floor = draws is not None and value <= 1 / (1 + draws)
    return f"{'≤ ' if floor else ''}{number(value)}"


def _naming_caption(result: Naming, n_shared: int) -> list[Text]:
    draws, seed = result.spec.draws, result.spec.seed
    lines = [
        f"p of the whole list {_p(result.p_list, draws)}: how often {len(result.ids)} random"
        f" tokens share a label that is as unlikely ({draws:,} draws, seed {seed})"
    ]
    if (beside := result.directions) is not None:
        settings = beside.settings
        lines.append(
            f"beside random directions p {_p(beside.p_familywise, beside.n_draws)}: how often their"
            f" nearest tokens do ({beside.n_draws:,} directions, {settings.similarity}, rows"
            f" {'centred' if settings.centered else 'as they are'}"
            f"{', one token a form' if settings.forms else ''})"
        )
    if n_shared > _MOST_LABELS:
        lines.append(f"{n_shared - _MOST_LABELS} more labels are shared by 3 tokens or more (--json)")
    what = [
        f"{len(result.labels):,} labels",
        f"{result.n:,} tokens of {result.provenance.model}",
        "• names the list",
        "␣ is a space",
    ]
    if result.left_out:
        what.insert(2, f"{len(result.left_out)} left out (zero, NaN or padding)")
    return [Text(line, style="dim") for line in [*lines, " · ".join(what)]]


@render.register
def _labels(result: LabelList, _width: int = WIDTH_WITHOUT_TERMINAL) -> RenderableType:
    columns: list[list[Text]] = [[] for _ in range(5)]
    for kind in result.kinds:
        _add_kind(columns, result, kind)
    caption = (
        f"{len(result.labels):,} labels of {result.n_tokens:,} tokens of {result.provenance.model}"
        " · a token may have many"
    )
    return Group(table(columns, left={0, 3, 4}), Text(caption, style="dim"))


def _add_kind(columns: list[list[Text]], result: LabelList, kind: str) -> None:
    """A heading, a row for each label of the kind, and an empty row: one table aligns all kinds."""
    rows = [j for j, label in enumerate(result.labels) if label.kind == kind]
    shown = rows if len(rows) <= _MOST_OF_A_KIND or len(result.kinds) == 1 else rows[:_SOME_OF_A_KIND]
    heads = [cell(kind, "bold"), *(cell(head, "dim") for head in ("tokens", "", "name", "source"))]
    for column, head in zip(columns, heads, strict=True):
        column.append(head)
    for j in shown:
        label, size = result.labels[j], int(result.sizes[j])
        columns[0].append(cell(anchor(crop(label.words, _WIDEST_WORDS))))
        columns[1].append(cell(f"{size:,}", "cyan"))
        columns[2].append(cell(percent(size / result.n_tokens)))
        columns[3].append(cell(anchor(crop(label.name, _WIDEST_WORDS))))
        columns[4].append(cell(label.source))
    rest = len(rows) - len(shown)
    more = [f"{rest:,} more: --kind {kind}", *[""] * 4]
    for line in ([more] if rest else []) + [[""] * 5]:
        for column, text in zip(columns, line, strict=True):
            column.append(cell(text, "dim"))


@render.register
def _members(result: LabelMembers, _width: int = WIDTH_WITHOUT_TERMINAL) -> RenderableType:
    tokens = [crop(result.vocabulary.visible(id), _WIDEST_TOKEN) for id in result.ids.tolist()]
    share = percent(result.size / result.n_tokens)
    rest = result.size - len(tokens)
    more = f" · {rest:,} more, by id, are not shown" if rest else ""
    return Group(
        Text(f"{result.label.words} ({result.label.name})", style="bold"),
        Text(),
        Text(_GAP.join(map(anchor, tokens))),
        Text(),
        Text(
            f"{result.size:,} of {result.n_tokens:,} tokens ({share}) of {result.provenance.model}"
            f" · {result.label.source}{more} · ␣ is a space",
            style="dim",
        ),
    )
