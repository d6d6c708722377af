"""Models beside each other -> one page of HTML: tables, picture, tokens; nothing of it is fetched."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape
from typing import Any

from tokensphere.analysis.compare.likeness import LISTED, Likeness
from tokensphere.analysis.compare.result import Comparison
from tokensphere.display import printable, visible
from tokensphere.views.figures.compare import plot_comparison
from tokensphere.views.page import picture, skeleton
from tokensphere.views.pages import WIDTH, page
from tokensphere.views.terminal.compare import full_comparison
from tokensphere.views.text import crop

_WIDEST = 40  # columns of a token
_NEAR = 8  # neighbours of a token
_TITLES = {
    "most_stable": "neighbours agree most",
    "least_stable": "neighbours agree least",
    "moved_most": "moved most (least cosine after the rotation)",
}
_STYLE = ".same { text-decoration: underline }\n"


def html_page(result: Comparison) -> str:
    """The page."""
    title = f"{', '.join(result.names)}: tokensphere compare"
    pairs = "".join(_pair(pair) for _, _, pair in result.each_pair() if pair.nearest is not None)
    shown = picture(lambda: plot_comparison(result), "Rates, shared neighbours and correlations")
    body = f'<div class="wide">{page(full_comparison(result, WIDTH))}</div>{shown}{pairs}'
    return skeleton(title, body, _STYLE)


def _pair(pair: Likeness) -> str:
    """Lists of the tokens of two models, with what each is near to in both."""
    ends, parts = pair.ends(), []
    for words in (True, False):
        for name, head in _TITLES.items():
            ids = ends[f"{name}_words" if words else name].tolist()
            if ids:
                which = "English words" if words else "all tokens"
                parts.append(f"<details{' open' * words}><summary>{which}: {head}</summary>"
                             f"{_list(pair, ids)}</details>")  # fmt: skip
    heads = " and ".join(map(_said, pair.models))
    note = f"{LISTED} tokens each; underlined: a neighbour in both models; ␣ is a space."
    return f"<h2><bdi>{heads}</bdi></h2><p>{note}</p>{''.join(parts)}"


def _list(pair: Likeness, ids: Iterable[int]) -> str:
    heads = "".join(f"<th><bdi>near it in {_said(name)}</bdi></th>" for name in pair.models)
    rows = "".join(f"<tr>{''.join(_cells(pair, id))}</tr>" for id in ids)
    head = f"<tr><th>token</th><th>same</th><th>cosine</th>{heads}</tr>"
    return f'<div class="wide"><table dir="ltr"><thead>{head}</thead><tbody>{rows}</tbody></table></div>'


def _cells(pair: Likeness, id: int) -> Iterator[str]:
    near, cosine = pair.neighbors(id), float(pair.cosines[id])
    yield f"<td>{_token(pair, id)}</td>"
    both: set[Any] = set() if near is None else {*near[0]} & {*near[1]}
    yield f"<td>{'' if near is None else len(both)}</td>"
    yield f"<td>{'' if cosine != cosine else f'{cosine:.2f}'}</td>"
    for ids in near or ([], []):
        tokens = (
            f'<span class="same">{_token(pair, one)}</span>' if one in both else _token(pair, one)
            for one in ids[:_NEAR]
        )  # fmt: skip
        yield f"<td>{' '.join(tokens)}</td>"


def _token(pair: Likeness, id: int) -> str:
    return f"<bdi><code>{_said(visible(pair.shared.tokens[id]))}</code></bdi>"


def _said(text: str) -> str:
    return escape(crop(printable(text), _WIDEST))
