"""Messages for a page, which is told nothing of where files lie."""

from __future__ import annotations

import re

_FOLDERS = re.compile(
    r"""(?<![\w:/.])(?:/(?:[^/\s:'"]+/)+|[A-Za-z]:\\(?:[^\\\s:'"]+\\)+)([^/\\\s:'"]+)"""
)


def without_paths(text: str) -> str:
    """A message without the folders of this machine.

    Examples
    --------
    >>> without_paths("/home/ann/models/probe.npy holds 3 vectors; see a/b and https://c.d/e/f")
    'probe.npy holds 3 vectors; see a/b and https://c.d/e/f'
    """
    return _FOLDERS.sub(r"\1", text)
