"""The files that the page is made of, in fewer requests: its styles as one, its modules named ahead.

A module's imports are known only when it has come, so a browser would fetch a page's modules level by
level; what ``index.html`` loads is read from the files, and told in its head.
"""

from __future__ import annotations

import re
from importlib import resources

File = tuple[bytes, str]  # content and kind

_KINDS = {
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
    "png": "image/png",
}
_PAGE, _STYLES = "index.html", "styles.css"
_STYLE = re.compile(rb'<link rel="stylesheet" href="/([\w.-]+)">\n')
_SCRIPT = re.compile(rb'<script\b[^>]* src="/([\w.-]+)"')
_IMPORT = re.compile(rb'^(?:import|export)\b(?:[^";]*?\bfrom)?\s*"\./([\w.-]+)"', re.MULTILINE)


def page_files() -> dict[str, File]:
    """All that is served of the page: name -> content and kind; nothing else is read from the disk."""
    folder = resources.files("tokensphere.web") / "static"
    names = sorted(one.name for one in folder.iterdir() if one.name.rpartition(".")[2] in _KINDS)
    contents = {name: (folder / name).read_bytes() for name in names}
    page = contents[_PAGE]
    links = list(_STYLE.finditer(page))
    contents[_STYLES] = b"\n".join(contents[link[1].decode()] for link in links)
    head = [f'<link rel="stylesheet" href="/{_STYLES}">\n']
    head += [f'<link rel="modulepreload" href="/{name}">\n' for name in modules_of(contents)]
    contents[_PAGE] = page[: links[0].start()] + "".join(head).encode() + page[links[-1].end() :]
    return {name: (content, _KINDS[name.rpartition(".")[2]]) for name, content in contents.items()}


def modules_of(contents: dict[str, bytes]) -> list[str]:
    """The scripts of ``index.html`` and what they import, and so on; without what is imported later."""
    found = [name.decode() for name in _SCRIPT.findall(contents[_PAGE])]
    for name in found:  # which grows meanwhile
        imported = [one.decode() for one in _IMPORT.findall(contents[name])]
        found += [one for one in dict.fromkeys(imported) if one not in found]
    return found
