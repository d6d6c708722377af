"""Names of lists, and labels -> tables for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType

from tokensphere.analysis.naming.labels import LabelList, LabelMembers
from tokensphere.analysis.naming.tokens import Naming
from tokensphere.display import told
from tokensphere.views.terminal.render import (
    Row,
    Table,
    Text,
    cell,
    cells,
    note,
    spaced,
    table,
    title,
    token_caption,
)
from tokensphere.views.text import FORMS, GAP, ROWS, number, p_text, percent, short, tokens_of

_MOST_LABELS = 10
_MOST_TOKENS = 40
_WIDEST_WORDS = 44
_WIDEST_TOKEN = 24
_LONGEST_NAME = 400
_MOST_OF_A_KIND, _SOME_OF_A_KIND = 200, 20  # a thousand lemmas would bury everything else


def naming(result: Naming, _width: int) -> RenderableType:
    """The tokens, what they have in common, and the labels of smallest p."""
    ids = result.ids.tolist()
    tokens = GAP.join(short(result.vocabulary.visible(id), _WIDEST_WORDS) for id in ids[:_MOST_TOKENS])
    if len(ids) > _MOST_TOKENS:
        tokens += f"{GAP}… and {len(ids) - _MOST_TOKENS:,} more"
    shown = result.ranked(3)
    labels = [_naming_table(result, shown[:_MOST_LABELS].tolist())] if len(shown) else []
    return spaced(
        [Text(tokens)], [title(told(result.text, _LONGEST_NAME))], labels, _notes(result, len(shown))
    )


def _naming_table(result: Naming, labels: Sequence[int]) -> Table:
    """The labels of smallest p; those that name the list are marked."""
    names = {theme.label.name: "≈" if theme.mark else "•" for theme in result.themes}
    beside = result.directions
    heads = ["", "label", "here", "everywhere", "p", "family-wise", "q"]
    rows = [cells(heads if beside is None else [*heads, "random directions"], "dim")]
    for j in labels:
        row = [
            cell(names.get(result.labels[j].name, " ")),
            cell(short(result.labels[j].words, _WIDEST_WORDS)),
            cell(f"{result.shared[j]}/{len(result.ids)}"),
            cell(percent(result.sizes[j] / result.n)),
            cell(_p(result.p[j])),
            cell(_p(result.p_familywise[j], result.spec.draws if result.drawn else None), "cyan"),
            cell(_p(result.q[j])),
        ]
        rows.append(row if beside is None else [*row, cell(_p(beside.p[j], beside.n_draws))])
    return table(rows, left={0, 1})


def _p(value: float, draws: int | None = None) -> str:
    """A p-value, of so many draws if it comes from draws."""
    return p_text(value, 0 if draws is None else 1 / (1 + draws), number)


def _notes(result: Naming, n_shared: int) -> Iterator[Text]:
    draws, seed = result.spec.draws, result.spec.seed
    if result.drawn:
        yield note(
            f"p of the whole list {_p(result.p_list, draws)}: how often {len(result.ids)} random"
            f" tokens share a label that is as unlikely ({draws:,} draws, seed {seed})"
        )
    else:
        yield note(
            f"p of the whole list {_p(result.p_list)}: at most so often {len(result.ids):,} random"
            f" tokens share a label that is as unlikely (Bonferroni over {len(result.labels):,} labels)"
        )
    if (beside := result.directions) is not None:
        settings = beside.settings
        how = ", ".join([settings.similarity, ROWS[settings.centered], *[FORMS] * settings.forms])
        yield note(
            f"beside random directions p {_p(beside.p_familywise, beside.n_draws)}: how often their"
            f" nearest tokens do ({beside.n_draws:,} directions, {how}); last column: how often"
            " they share that very label as often"
        )
    if n_shared > _MOST_LABELS:
        yield note(f"{n_shared - _MOST_LABELS} more labels are shared by 3 tokens or more (--json)")
    without = f"{len(result.left_out)} left out (zero, NaN or padding)" if result.left_out else ""
    tokens = tokens_of(result.n, result.provenance.model)
    legend = ["• names the list"] if not all(theme.mark for theme in result.themes) else []
    if any(theme.mark for theme in result.themes):
        legend.append("≈ does, too, but random directions' lists share something as unlikely")
    yield token_caption(f"{len(result.labels):,} labels", tokens, without, *legend)


def label_list(result: LabelList, _width: int) -> RenderableType:
    """All labels, kind by kind; one table aligns all kinds."""
    labels = f"{len(result.labels):,} labels"
    tokens = tokens_of(result.n_tokens, result.provenance.model)
    rows = [row for kind in result.kinds for row in _rows_of_kind(result, kind)]
    return Group(table(rows, left={0, 3, 4}), note(f"{labels} of {tokens} · a token may have many"))


def _rows_of_kind(result: LabelList, kind: str) -> Iterator[Row]:
    """A heading, a row for each label of the kind, and an empty row."""
    every = [j for j, label in enumerate(result.labels) if label.kind == kind]
    shown = every if len(every) <= _MOST_OF_A_KIND or len(result.kinds) == 1 else every[:_SOME_OF_A_KIND]
    shown_kind = short(kind, _WIDEST_TOKEN)
    yield [cell(shown_kind, "bold"), *cells(("tokens", "", "name", "source"), "dim")]
    for j in shown:
        label, size = result.labels[j], int(result.sizes[j])
        words, name = (short(text, _WIDEST_WORDS) for text in (label.words, label.name))
        yield [
            words,
            cell(f"{size:,}", "cyan"),
            percent(size / result.n_tokens),
            name,
            short(label.source, _WIDEST_WORDS),
        ]
    if rest := len(every) - len(shown):
        yield cells((f"{rest:,} more: --kind {shown_kind}", "", "", "", ""), "dim")
    yield [""] * 5


def label_members(result: LabelMembers, _width: int) -> RenderableType:
    """The tokens that have a label."""
    tokens = [short(result.vocabulary.visible(id), _WIDEST_TOKEN) for id in result.ids.tolist()]
    rest, share = result.size - len(tokens), percent(result.size / result.n_tokens)
    about = token_caption(
        f"{result.size:,} of {result.n_tokens:,} tokens ({share}) of {result.provenance.model}",
        short(result.label.source, _WIDEST_WORDS),
        f"{rest:,} more, by id, are not shown" if rest else "",
    )
    words, called = (short(text, _LONGEST_NAME) for text in (result.label.words, result.label.name))
    name = title(f"{words} ({called})")
    return spaced([name], [Text(GAP.join(tokens))], [about])
