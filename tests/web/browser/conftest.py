"""Real Chromium at a page of the bundled model; whatever it complains of is a failure.

Debian's ``chromium`` is looked for, or what the variable CHROMIUM names.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from typing import Any

import pytest

from tests.web.serving import Served, small_space
from tokensphere.sources.load import load
from tokensphere.web.session import Session

ARGUMENTS = ["--no-sandbox", "--disable-dev-shm-usage", "--force-color-profile=srgb"]


@pytest.fixture(scope="session")
def served() -> Iterator[Served]:
    """The page of the bundled model."""
    served = Served(Session(load()))
    yield served
    served.close()


@pytest.fixture(scope="session")
def small() -> Iterator[Served]:
    """The page of a small model with strange tokens."""
    served = Served(Session(small_space(), cache=False))
    yield served
    served.close()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """The browser."""
    from playwright.sync_api import sync_playwright

    path = os.environ.get("CHROMIUM") or shutil.which("chromium")
    assert path, "there is no chromium: apt-get install chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Any) -> Iterator[Any]:
    """A window of 1280 × 900; no error, no refused script and no other host when it closes."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.set_default_timeout(30_000)
    said: list[str] = []
    page.on("console", lambda one: said.append(one.text) if one.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda one: said.append(one.url) if not _own(one.url) else None)
    page.expected = []  # what a test means to happen
    yield page
    context.close()
    unexpected = [one for one in said if not any(part in one for part in page.expected)]
    assert not unexpected, unexpected


def _own(url: str) -> bool:
    return url.startswith(("http://127.0.0.1:", "data:", "blob:", "about:"))
