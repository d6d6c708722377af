"""The map in a headless Chromium: its first picture, its pictures a second, and the card of a set.

``draw`` is what the processor takes for one picture, by the page's own module on 1,200 × 800 pixels;
``interval`` is from picture to picture while somebody moves and zooms, which the screen holds at 16.7 ms
or more. The card of a set is from the end of the line around it until the card stands on the page.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

import tokensphere as ts
from benchmarks.report import Table, verdict
from tokensphere.web.session import Session

SIZES = (49_152, 262_144)
_CHOSEN = 5_000
_FRAMES = 60
_DRAW = """async ([n, colored]) => {
  const {Scene} = await import("/map-draw.js");
  const canvas = document.createElement("canvas");
  Object.assign(canvas.style, {position: "fixed", left: 0, top: 0, width: "1200px", height: "800px"});
  document.body.append(canvas);
  const scene = new Scene(canvas);
  const points = new Float32Array(2 * n);
  const normal = () => Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(6.2832 * Math.random());
  for (let i = 0; i < 2 * n; i += 1) points[i] = normal();
  scene.setPoints(points);
  scene.fit = {x: 0, y: 0, width: 9};
  scene.view = {...scene.fit};
  if (colored) scene.setColors(Uint32Array.from({length: n}, (_, i) => 0xff000000 + i));
  scene.resize();
  const times = [];
  for (let i = 0; i < 40; i += 1) {
    scene.view = {x: 0.001 * i, y: 0, width: 9 - 0.1 * i};
    const before = performance.now();
    scene.draw();
    times.push(performance.now() - before);
  }
  canvas.remove();
  return times;
}"""
_MOVE = """async (frames) => {
  const over = document.querySelector(".over");
  const box = over.getBoundingClientRect();
  const at = (x, y) => ({clientX: box.left + x, clientY: box.top + y, bubbles: true, cancelable: true});
  const times = [];
  let last = await new Promise(requestAnimationFrame);
  for (let i = 0; i < frames; i += 1) {
    const deltaY = i < frames / 2 ? -60 : 60;
    over.dispatchEvent(new WheelEvent("wheel", {...at(200 + 4 * i, 300), deltaY}));
    const now = await new Promise(requestAnimationFrame);
    times.push(now - last);
    last = now;
  }
  return times;
}"""
_MEASURES = "name => performance.getEntriesByName(name).map((one) => one.duration)"


def run(rounds: int, *, quick: bool = False) -> Iterator[Table]:
    """The bundled model's map, and one of 262,144 tokens."""
    from playwright.sync_api import sync_playwright

    from tests.web.browser.conftest import ARGUMENTS
    from tests.web.serving import Served

    rows = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_chromium(), args=ARGUMENTS)
        for n in SIZES[:1] if quick else SIZES:
            served = Served(Session(_space(n)))
            try:
                rows.append(_row(browser, served, n, max(rounds, 1)))
            finally:
                served.close()
        browser.close()
    columns = (
        "tokens", "first picture ms", "target", "draw, counted ms", "draw, coloured ms", "interval ms",
        "p95", "target", f"card of {_CHOSEN:,} ms", "target",
    )  # fmt: skip
    yield Table(
        "explorer: the map",
        columns,
        rows,
        ("first picture: from the visit of the view on; median of rounds. Headless, no graphics card.",),
    )


def _space(n: int) -> ts.EmbeddingSpace:
    bundled = ts.load()
    if n == len(bundled):
        return bundled
    rows = np.random.default_rng(0).standard_normal((n, bundled.shape[1]), dtype=np.float32)
    return ts.EmbeddingSpace.from_arrays(rows, [f" t{i}" for i in range(n)], name=f"{n:,} random rows")


def _row(browser: Any, served: Any, n: int, rounds: int) -> tuple[object, ...]:
    first, cards = [], []
    for _ in range(rounds):
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.goto(served.address("/map"))
        page.wait_for_selector("#view[data-ready]", timeout=300_000)
        first += page.evaluate(_MEASURES, "map first frame")
        counted, colored = (page.evaluate(_DRAW, [n, one]) for one in (False, True))
        moved = page.evaluate(_MOVE, _FRAMES)
        cards.append(_card(page, n))
        page.close()
    interval, slow = float(np.median(moved)), float(np.quantile(moved, 0.95))
    picture, card = float(np.median(first)), float(np.median(cards))
    return (
        f"{n:,}", f"{picture:.0f}", verdict(picture, 1000, at_least=False),
        f"{np.median(counted):.1f}", f"{np.median(colored):.1f}", f"{interval:.1f}", f"{slow:.1f}",
        verdict(interval, 33.4, at_least=False), f"{card:.0f}", verdict(card, 300, at_least=False),
    )  # fmt: skip


def _card(page: Any, n: int) -> float:
    """Draw a line around about 5,000 tokens: how long until their card is there."""
    page.get_by_role("button", name="All tokens").click()
    page.get_by_role("button", name="Lasso").click()
    box = page.locator(".over").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    # A disc about the middle of a normal cloud whose rim is at about 4.2 sd holds 1 − exp(−r²/2).
    radius = min(box["width"], box["height"]) / 2.1 / 4.4 * np.sqrt(-2 * np.log(1 - _CHOSEN / n))
    before = len(page.evaluate(_MEASURES, "map card"))
    for number, angle in enumerate(np.linspace(0, 2 * np.pi, 24)):
        page.mouse.move(x + radius * np.cos(angle), y + radius * np.sin(angle))
        if not number:
            page.mouse.down()
    page.mouse.up()
    page.wait_for_selector(".chosen .regions:not(:empty)", timeout=120_000)
    return float(page.evaluate(_MEASURES, "map card")[before:][-1])


def _chromium() -> str:
    import os
    import shutil

    path = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if path is None:
        raise SystemExit("there is no chromium: apt-get install chromium")
    return path
