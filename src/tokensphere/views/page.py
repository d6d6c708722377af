"""A page of HTML in one file: what it is made of, and where it may be; nothing of it is fetched."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from html import escape
from io import BytesIO
from pathlib import Path
from typing import Any

from tokensphere._version import __version__
from tokensphere.display import told
from tokensphere.errors import InputError, MissingExtraError
from tokensphere.formats.foreign import no_warnings
from tokensphere.formats.whole import check_writable, whole_file

# No script, no address: nothing that a name spells can become either.
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
_STYLE = """
:root { color-scheme: light dark }
body { font: 15px/1.45 system-ui, sans-serif; max-width: 78rem; margin: 2rem auto; padding: 0 1rem }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; margin: .6em 0 }
td, th { padding: .12em .6em; vertical-align: top } th { text-align: left }
thead { border-bottom: 1px solid #8888 } code { white-space: pre-wrap } .wide { overflow-x: auto }
img { max-width: 100%; background: #fff } h2 { margin-top: 2em }
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


def write_text(text: str, path: Path) -> None:
    """Write a page, whole or not at all.

    Raises
    ------
    InputError
        as :func:`check_page_path`
    """
    check_page_path(path)
    with whole_file(path) as file:
        file.write(text.encode("utf-8", "backslashreplace"))


def skeleton(title: str, body: str, style: str = "") -> str:
    """A whole page.

    Parameters
    ----------
    title : text
    body : HTML
    style : more of CSS
    """
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
        f"<title>{escape(told(title))}</title>"
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{_STYLE}{style}</style></head><body><main>{body}</main>"
        f"<footer><small>tokensphere {__version__}</small></footer></body></html>\n"
    )


def picture(draw: Callable[[], Any], says: str) -> str:
    """A figure as an image in the page itself; nothing where Matplotlib is not installed.

    Parameters
    ----------
    draw : makes the figure
    says : what it shows, for who does not see it
    """
    from tokensphere.views.figures.style import styled

    try:
        figure = draw()
    except MissingExtraError:
        return ""
    written = BytesIO()
    with no_warnings(), styled():
        figure.savefig(written, format="png")
    data = b64encode(written.getvalue()).decode("ascii")
    return f'<img alt="{escape(says)}" src="data:image/png;base64,{data}">'
