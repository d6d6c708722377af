"""Models beside each other -> one page of HTML: tables, picture, tokens; nothing of it is fetched."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Iterator
from html import escape
from io import BytesIO
from pathlib import Path
from typing import Any

from tokensphere._version import __version__
from tokensphere.analysis.compare.likeness import LISTED, Likeness
from tokensphere.analysis.compare.result import Comparison
from tokensphere.display import printable, visible
from tokensphere.errors import InputError, MissingExtraError
from tokensphere.formats.files import at_home
from tokensphere.formats.foreign import no_warnings
from tokensphere.formats.whole import check_writable, whole_file
from tokensphere.views.figures.compare import plot_comparison
from tokensphere.views.figures.style import styled
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
# No script, no address: what a token spells cannot become either.
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
_STYLE = """
:root { color-scheme: light dark }
body { font: 15px/1.45 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; margin: .6em 0 }
td, th { padding: .12em .6em; vertical-align: top } th { text-align: left }
thead { border-bottom: 1px solid #8888 } code { white-space: pre-wrap } .wide { overflow-x: auto }
img { max-width: 100%; background: #fff } h2 { margin-top: 2em } .same { text-decoration: underline }
"""


def check_page_path(path: Path) -> None:
    """Say before the work starts what would fail at its end.

    Raises
    ------
    InputError
        the name does not end in .html, or the file cannot be written there
    """
    if path.suffix.lower() not in (".html", ".htm"):
        raise InputError(f"cannot write a page to {path}: its name must end in .html")
    check_writable(path)


def write_page(result: Comparison, path: str | Path) -> None:
    """Write a comparison as a page, whole or not at all; see :meth:`.Comparison.page`."""
    where = at_home(path)
    check_page_path(where)
    text = html_page(result)
    with whole_file(where) as file:
        file.write(text.encode("utf-8", "backslashreplace"))


def html_page(result: Comparison) -> str:
    """The page."""
    title = f"{', '.join(map(_said, result.names))}: tokensphere compare"
    pairs = "".join(_pair(pair) for _, _, pair in result.each_pair() if pair.nearest is not None)
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{_STYLE}</style></head><body><main>"
        f'<div class="wide">{page(full_comparison(result, WIDTH))}</div>{_picture(result)}{pairs}</main>'
        f"<footer><small>tokensphere {__version__}</small></footer></body></html>\n"
    )


def _picture(result: Comparison) -> str:
    """The picture in the page itself; nothing where Matplotlib is not installed."""
    try:
        figure = plot_comparison(result)
    except MissingExtraError:
        return ""
    written = BytesIO()
    with no_warnings(), styled():
        figure.savefig(written, format="png")
    data = b64encode(written.getvalue()).decode("ascii")
    return f'<img alt="Rates, shared neighbours and correlations" src="data:image/png;base64,{data}">'


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
