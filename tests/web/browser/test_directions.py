"""The directions view in a real browser, as a person uses it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tokensphere as ts
from tests.web.browser.looking import until
from tests.web.serving import STRANGE, WORDS, Served, small_space
from tokensphere.web.session import Given, Session

expect = pytest.importorskip("playwright.sync_api").expect

pytestmark = pytest.mark.browser
pytest.importorskip("pyarrow")

SPACE = small_space()
MANY = 100_000
ASKED = "nulls=900&k=5"


def matrix() -> Any:
    """The middles of kinds of words, noise, and one that is no direction."""
    kinds = [SPACE.vectors[i : i + 6].mean(axis=0) for i in range(0, len(WORDS), 6)]
    noise = np.random.default_rng(3).normal(size=(51, 16))
    return np.concatenate([kinds, noise, np.zeros((1, 16))])


def given() -> ts.Directions:
    """60 in 3 layers, with names that a page must not take for anything else."""
    names = [f"blk.{i // 20}.W[{i % 20}]" for i in range(60)]
    names[1], names[2] = "<img src=x onerror=alert(1)>", "\u202eevil"
    made = ts.make_directions(SPACE, matrix()).called(names)
    return made.grouped([f"blk.{i // 20}.W" for i in range(60)])


@pytest.fixture
def served() -> Iterator[Served]:
    """The page of a small model with 60 directions."""
    opened = Given(directions=given(), directions_from="/home/ann/sae.gguf:blk.*.W")
    served = Served(Session(SPACE, opened, cache=False))
    yield served
    served.close()


@pytest.fixture(scope="module")
def many() -> Iterator[Served]:
    """The same with 100,000 directions."""
    rows = np.random.default_rng(4).normal(size=(MANY, 16)).astype(np.float32)
    served = Served(Session(SPACE, Given(directions=ts.make_directions(SPACE, rows)), cache=False))
    yield served
    served.close()


def open_view(page: Any, served: Served, query: str = "") -> None:
    page.goto(served.address())
    page.goto(f"http://127.0.0.1:{served.door.port}/directions?{query}")
    page.locator(".grid-body .grid-row .token").first.wait_for()


def run_test(page: Any) -> None:
    page.get_by_role("button", name="Run the test").click()
    page.locator(".chip").first.wait_for()
    page.locator(".grid-body .cell.verdict").first.wait_for()


def names(page: Any) -> list[str]:
    found: list[str] = page.locator(".grid-body .grid-row .cell.name").all_inner_texts()
    return found


def counts(page: Any, text: str, seconds: float = 30) -> None:
    """Wait until so many rows are told of."""
    expect(page.locator(".counts")).to_have_text(re.compile(text), timeout=1000 * seconds)


def total(page: Any) -> int:
    return int(page.locator(".counts").inner_text().split(" ")[0].replace(",", ""))


def test_the_test_is_run_and_the_table_is_filtered_by_clicking(page: Any, served: Served) -> None:
    open_view(page, served, ASKED)
    assert page.locator("h1").inner_text() == "sae.gguf:blk.*.W"
    assert total(page) == 60 and "/home" not in page.content()
    assert page.locator(".grid-body .grid-row").first.locator(".token").count() == 5
    run_test(page)
    meaning = page.locator(".chip.meaning")
    many = int(meaning.locator("strong").inner_text())
    assert many >= 6
    meaning.click()
    counts(page, f"^{many} of 60")
    assert "verdict=meaning" in page.url
    assert set(page.locator(".grid-body .cell.verdict").all_inner_texts()) == {"meaning"}
    page.get_by_role("button", name="clear").click()
    counts(page, "^60 dir")
    page.locator("svg.shares [data-group='blk.1.W'] .hit").click()
    counts(page, "^20 of 60")
    assert page.locator("select[name=group]").input_value() == "blk.1.W"
    page.get_by_role("button", name="clear").click()
    page.get_by_label("find").fill("paris")
    counts(page, "^[1-9][0-9]? of 60")
    rows = "[...document.querySelectorAll('.grid-body .cell.tokens')]"
    until(page, f"{rows}.length && {rows}.every((one) => one.textContent.includes('aris'))")


def test_heads_sort_and_a_link_opens_the_same_view(page: Any, served: Served) -> None:
    open_view(page, served, ASKED)
    run_test(page)
    page.get_by_role("button", name="effect").click()
    page.locator("[role=columnheader][aria-sort=descending]", has_text="effect").wait_for()
    effects = [
        float(text.replace("−", "-"))
        for text in page.locator(".grid-body .cell.number:nth-child(5)").all_inner_texts()[:20]
    ]
    assert effects == sorted(effects, reverse=True)
    first = names(page)[0]
    page.locator(".grid-body .grid-row").first.click()
    page.locator(".one .comparison").first.wait_for()
    address = page.url
    page.goto("about:blank")
    page.goto(address)
    page.locator(".one .comparison").first.wait_for()
    assert names(page)[0] == first
    assert page.locator(".one h2").inner_text() == first.replace("\n", "")


def test_a_card_has_both_ends_curves_and_siblings(page: Any, served: Served) -> None:
    open_view(page, served, ASKED)
    run_test(page)
    page.goto(re.sub(r"\?.*", f"?{ASKED}&row=3", page.url))
    card = page.locator(".one")
    card.locator(".siblings td").first.wait_for()
    assert card.locator("h2").inner_text() == "blk.0.W[3]"
    ends = card.locator(".ends section")
    assert ends.count() == 2
    for place in (0, 1):
        assert ends.nth(place).locator("svg.curve").count() == 4
        assert ends.nth(place).locator("table.tokens tbody tr").count() == 5
    assert card.locator(".verdict strong").first.inner_text() == "Meaning"
    label = card.locator("svg.curve").first.get_attribute("aria-label")
    assert "effect" in label and " p " in label and " q " in label
    sibling = card.locator(".siblings button").first
    name = sibling.inner_text()
    sibling.click()
    expect(card.locator("h2")).to_have_text(name)
    page.keyboard.press("Escape")
    page.locator(".one").wait_for(state="hidden")
    assert "row=" not in page.url


def test_everything_by_keyboard_alone(page: Any, served: Served) -> None:
    open_view(page, served, ASKED)
    run_test(page)
    grid = page.get_by_role("grid", name="Directions")
    grid.focus()
    assert grid.get_attribute("aria-rowcount") == "61"

    def active() -> int:
        id = grid.get_attribute("aria-activedescendant")
        return int(page.locator(f"#{id}").get_attribute("aria-rowindex")) - 2

    for key, place in (("ArrowDown", 1), ("ArrowDown", 2), ("ArrowUp", 1), ("End", 59), ("Home", 0)):
        page.keyboard.press(key)
        assert active() == place, key
    page.keyboard.press("PageDown")
    down = active()
    assert down > 5
    page.keyboard.press("PageUp")
    assert active() == 0
    page.keyboard.press("End")
    assert "untestable" not in page.url
    page.locator(f"#{grid.get_attribute('aria-activedescendant')} em").wait_for()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    page.locator(".one .comparison").first.wait_for()
    assert page.evaluate("document.activeElement.closest('.one') !== null")
    page.keyboard.press("Escape")
    page.locator(".one").wait_for(state="hidden")
    assert page.evaluate("document.activeElement.getAttribute('role')") == "grid"


def test_a_hundred_thousand_rows_of_which_a_few_are_in_the_page(page: Any, many: Served) -> None:
    open_view(page, many, "k=5")
    grid = page.locator(".grid")
    assert grid.get_attribute("aria-rowcount") == str(MANY + 1) and total(page) == MANY
    for share in (0.31, 0.77, 1, 0):
        page.evaluate(
            """(share) => {
            const grid = document.querySelector('.grid');
            grid.scrollTop = share * grid.scrollHeight;
        }""",
            share,
        )
        want = min(max(round(share * MANY), 5), MANY)
        row = page.locator(f".grid-body [aria-rowindex='{want}'] .token").first
        row.wait_for()
        assert page.locator(".grid-body .grid-row").count() < 60
    grid.focus()
    page.keyboard.press("End")
    expect(grid).to_have_attribute("aria-activedescendant", re.compile(f"-{MANY - 1}$"))
    last = page.locator(".grid-body .grid-row", has_text=f"vector[{MANY - 1}]")
    last.locator(".token").first.wait_for()
    frames = page.evaluate(_SCROLL)
    assert sorted(frames)[len(frames) // 2] < 34, frames  # of 16.7 where nothing else runs


_SCROLL = """async () => {
  const grid = document.querySelector('.grid');
  const took = [];
  let last = performance.now();
  grid.scrollTop = 0;
  for (let i = 0; i < 90; i += 1) {
    grid.scrollTop += 120;
    await new Promise(requestAnimationFrame);
    const now = performance.now();
    took.push(now - last);
    last = now;
  }
  return took;
}"""


def test_it_is_stopped_and_goes_on(page: Any, many: Served) -> None:
    open_view(page, many, "k=5&nulls=1000")
    page.get_by_role("button", name="Run the test").click()
    expect(page.locator(".working")).to_contain_text("of 100,000 directions")
    page.get_by_role("button", name="Stop").click()
    page.get_by_role("button", name="Go on").wait_for()
    counts(page, "tested of 100,000")
    assert 0 < total(page) < MANY
    page.locator(".grid-body .cell.verdict").first.wait_for()
    page.get_by_role("button", name="Go on").click()
    counts(page, "^100,000 directions$", 120)


def test_what_is_filtered_is_saved(page: Any, served: Served, tmp_path: Path) -> None:
    open_view(page, served, ASKED)
    run_test(page)
    page.locator("select[name=group]").select_option("blk.2.W")
    counts(page, "^20 of 60")
    for kind in ("CSV", "Parquet", "JSON"):
        name = f"directions.{kind.lower()}"
        with page.expect_download() as waiting:
            page.get_by_role("button", name=kind, exact=True).click()
        assert waiting.value.suggested_filename == name
        waiting.value.save_as(tmp_path / name)
    assert len((tmp_path / "directions.csv").read_text().splitlines()) == 21
    assert len(json.loads((tmp_path / "directions.json").read_text())["results"]) == 19
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Save the whole test").click()
    assert waiting.value.suggested_filename == "result.parquet"


def test_a_file_that_is_dropped_is_looked_at(page: Any, small: Served, tmp_path: Path) -> None:
    page.goto(small.address())
    page.goto(f"http://127.0.0.1:{small.door.port}/directions")
    page.get_by_text("tokensphere explore --directions").first.wait_for()
    np.save(tmp_path / "probes.npy", matrix()[:9])
    page.locator(".drop-directions input[type=file]").set_input_files(tmp_path / "probes.npy")
    page.locator(".grid-body .grid-row .token").first.wait_for()
    assert total(page) == 9 and "given=" in page.url
    page.locator(".grid-body .grid-row").nth(4).click()
    page.locator(".one table.tokens td").first.wait_for()
    (tmp_path / "bad.npy").write_bytes(b"nothing")
    page.expected.append("400")
    page.locator(".drop-directions input[type=file]").set_input_files(tmp_path / "bad.npy")
    page.locator(".problem").first.wait_for()
    assert "\n" not in page.locator(".problem").first.inner_text()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_checker_of_accessibility_finds_nothing_serious(
    page: Any, served: Served, scheme: str
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page.emulate_media(color_scheme=scheme)
    open_view(page, served, ASKED)
    for step in ("names", "tested", "one"):
        if step == "tested":
            run_test(page)
        if step == "one":
            page.locator(".grid-body .grid-row").nth(2).click()
            page.locator(".one .siblings td").first.wait_for()
        found = Axe().run(page).response["violations"]
        serious = [
            (one["id"], one["help"], [node["html"][:150] for node in one["nodes"][:3]])
            for one in found
            if one["impact"] in ("serious", "critical")
        ]
        assert not serious, (step, serious)


def test_strange_names_and_tokens_are_text(page: Any, served: Served) -> None:
    open_view(page, served, ASKED)
    text = page.locator(".grid-body").inner_text().replace("\n", "")
    assert "<img src=x onerror=alert(1)>" in text and "\\u202eevil" in text
    assert page.locator(".grid-body img").count() == 0
    assert all(one not in page.content() for one in STRANGE if one == "\u202eevil")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_at_380_pixels_nothing_is_wider_than_the_window(
    chromium: Any, served: Served, scheme: str
) -> None:
    context = chromium.new_context(viewport={"width": 380, "height": 800}, color_scheme=scheme)
    page = context.new_page()
    open_view(page, served, ASKED)
    run_test(page)
    page.locator(".grid-body .grid-row").nth(2).click()
    page.locator(".one .siblings td").first.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 380
    heights = page.evaluate(
        "[...document.querySelectorAll('.grid-body .grid-row')].map((r) => r.offsetHeight)"
    )
    assert set(heights) == {92}
    context.close()
