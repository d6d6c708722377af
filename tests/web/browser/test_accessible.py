"""An accessibility checker (axe-core) finds nothing serious in any view, in light and in dark."""

from __future__ import annotations

from typing import Any

import pytest

from tests.web.browser.looking import until
from tests.web.serving import Served

pytestmark = pytest.mark.browser

VIEWS = {
    "/": "document.querySelectorAll('.card .shared').length === 3",
    "/?tokens=id:300": "document.querySelectorAll('.card .shared').length === 1",
    "/directions": "document.querySelector('main h1')",
    "/map": "document.querySelector('main h1')",
    "/survey": "document.querySelector('main h1')",
    "/rate": "document.querySelector('main h1')",
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", VIEWS)
def test_nothing_serious(page: Any, served: Served, path: str, scheme: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page.emulate_media(color_scheme=scheme)
    page.goto(served.address(path))
    until(page, f"Boolean({VIEWS[path]})", 60)
    page.wait_for_timeout(400)  # what fades in has its colours
    found = Axe().run(page).response["violations"]
    serious = [
        (one["id"], one["help"], [node["html"][:120] for node in one["nodes"][:3]])
        for one in found
        if one["impact"] in ("serious", "critical")
    ]
    assert not serious, serious
