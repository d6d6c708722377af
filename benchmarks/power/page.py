"""What was found, as tables of a page and as a picture."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks.power.measure import LABEL, NEARNESS, T
from benchmarks.power.study import LEVEL, MEANING, PLANTED, SUMS, UNRELATED, WORDS, Found

_SHOWN_FROM = 0.01
_SIMILARITY = "centred cosine"
_PANELS = (  # statistic, null, title
    (NEARNESS, "isotropic", f"mean similarity, p < {LEVEL:g}"),
    (T, "isotropic", f"T, p < {LEVEL:g}"),
    (LABEL, "isotropic", f"label p, p < {LEVEL:g}"),
    (MEANING, "isotropic", "verdict “meaning”"),
    (MEANING, SUMS, f"the same beside “{SUMS}”"),
)
_MARK = "<!-- below: written by the command -->"


def tables(found: list[Found]) -> str:
    """One table for each null, in Markdown."""
    lines: list[str] = []
    for null in dict.fromkeys(one.null for one in found):
        of_null = [one for one in found if one.null == null]
        by = "{:.0f} tokens" if null == SUMS else "cosine {:g}"
        heads = ["similarity", "statistic", "mean", "false finds", "of words"]
        heads += [] if null == SUMS else ["of words, cosine 1"]
        heads += [by.format(column) for column in of_null[0].columns]
        lines += [f"### Null: {null}", "", "| " + " | ".join(heads) + " |"]
        lines.append("|---|---|" + "--:|" * (len(heads) - 2))
        lines += [_line(one) for one in of_null if one.mean() >= _SHOWN_FROM]
        few = sum(one.mean() < _SHOWN_FROM for one in of_null)
        if few:
            lines += ["", f"{few} more combinations find less than {100 * _SHOWN_FROM:g} % on average."]
        lines.append("")
    return "\n".join(lines)


def _line(one: Found) -> str:
    cells = [one.similarity, one.statistic, f"**{100 * one.mean():.1f} %**"]
    cells += [f"{100 * one.mean(kind):.1f} %" for kind in (UNRELATED, WORDS)]
    if one.null != SUMS:
        cells.append(f"{100 * one.shares[WORDS][0]:.1f} %")
    cells += [f"{100 * share:.0f} %" for share in one.shares[PLANTED]]
    return f"| {' | '.join(cells)} |"


def write(path: Path, command: str, about: str, found: list[Found]) -> None:
    """Replace what stands below the mark of a page."""
    page = path.read_text(encoding="utf-8").partition(_MARK)[0]
    page += f"{_MARK}\n\n`{command}`, {about}\n\n{tables(found)}"
    path.write_text(page, encoding="utf-8")


def draw(found: list[Found], path: Path) -> None:
    """What is found of planted and of unrelated tokens, by statistic; centred cosine."""
    from tokensphere.views.figures.canvas import drawing, figure_of
    from tokensphere.views.figures.layout import legend_below

    by = {(one.null, one.statistic): one for one in found if one.similarity == _SIMILARITY}
    path.parent.mkdir(parents=True, exist_ok=True)
    with drawing(path, 9, 5.6, "AABBCC;DDDEEE") as axes:
        for ax, (statistic, null, title) in zip(axes, _PANELS, strict=True):
            _panel(ax, by[null, statistic], title)
        legend_below(figure_of(axes[0]), *axes[0].get_legend_handles_labels())


def _panel(ax: Any, one: Found, title: str) -> None:
    from tokensphere.views.figures.style import LINES, MARKS, SECOND, WHITE

    for kind, line, mark in zip((PLANTED, WORDS, UNRELATED), LINES, MARKS, strict=False):
        shares = [100 * share for share in one.shares[kind]]
        ax.plot(one.columns, shares, label="of one label" if kind == PLANTED else kind,
                **{**SECOND, **mark, **line, "mfc": WHITE, "markersize": 5})  # fmt: skip
    ax.set_title(title, loc="left")
    ax.set_xlabel("tokens" if one.null == SUMS else "cosine with the tokens' mean")
    ax.set_ylabel("found (%)")
    if one.null == SUMS:
        ax.set_xticks(one.columns)
    ax.set_ylim(-3, 103)
