"""The explorer in a headless Chromium: from the command to a page that can be used, and a new list.

``usable`` is from the start of the process until three lists stand on the page, in a browser that is
running already; ``list`` is from the click on *Draw again* until the new lists are on the page.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import numpy as np

from benchmarks.explorer_map import _chromium
from benchmarks.explorer_map import run as run_map
from benchmarks.report import Table, verdict

_CLICKS = 20
_LISTS = "document.querySelectorAll('.cards .card table').length === 3"
_MEASURES = "performance.getEntriesByName('list').map((one) => one.duration)"


def run(rounds: int, *, quick: bool = False) -> Iterator[Table]:
    """The start page of the bundled model, and maps."""
    yield _start(max(rounds, 1))
    yield from run_map(rounds, quick=quick)


def _start(rounds: int) -> Table:
    from playwright.sync_api import sync_playwright

    from tests.web.browser.conftest import ARGUMENTS

    answers, usable, clicks = list[float](), list[float](), list[float]()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_chromium(), args=ARGUMENTS)
        for _ in range(rounds + 1):  # the first warms the system's caches
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            begun = time.perf_counter()
            process, address = _explorer()
            answers.append(time.perf_counter() - begun)
            page.goto(address)
            _wait(page, _LISTS)
            usable.append(time.perf_counter() - begun)
            time.sleep(2)  # chance is drawn meanwhile
            for number in range(2, _CLICKS + 2):
                page.get_by_role("button", name="Draw again").click()
                _wait(page, f"{_MEASURES}.length >= {number}")
                time.sleep(0.2)
            clicks += page.evaluate(_MEASURES)[1:]
            page.close()
            process.kill()
            process.wait()
        browser.close()
    seconds, click = usable[1:], clicks[_CLICKS:]
    rows = [
        ("its address is printed", _spread(answers[1:], "s"), ""),
        ("three lists are on the page", _spread(seconds, "s"), _met(seconds, 1.0, "s")),
        ("new lists after a click", _spread(click, "ms"), _met(click, 50, "ms")),
    ]  # fmt: skip
    note = "From the command on, and from the click on; median (least–largest). Bundled model."
    return Table("explorer: the start page", ("until", "time", "target"), rows, (note,))


def _explorer() -> tuple[subprocess.Popen[str], str]:
    command = [sys.executable, "-m", "tokensphere", "explore", "--no-browser", "--json", "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    return process, str(json.loads(process.stdout.readline())["address"])


def _wait(page: Any, expression: str) -> None:
    while not page.evaluate(expression):
        time.sleep(0.004)


def _spread(values: list[float], unit: str) -> str:
    digits = 2 if unit == "s" else 0
    low, middle, high = (f"{one:.{digits}f}" for one in np.quantile(values, (0, 0.5, 1)))
    return f"{middle} {unit} ({low}–{high})"


def _met(values: list[float], target: float, unit: str) -> str:
    return verdict(float(np.median(values)), target, at_least=False, unit=f" {unit}")
