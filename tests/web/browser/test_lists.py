"""The start page, by clicking and typing as a person would."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.web.browser.looking import until
from tests.web.serving import Served

pytestmark = pytest.mark.browser


def wait_for_lists(page: Any, count: int = 3) -> None:
    until(page, f"document.querySelectorAll('.cards .card table').length === {count}")


def titles(page: Any) -> list[str]:
    found: list[str] = page.locator(".card h2").all_inner_texts()
    return found


def test_draw_again_back_and_forward(page: Any, served: Served) -> None:
    page.goto(served.address())
    wait_for_lists(page)
    assert titles(page) == [f"seed 0, index {i}" for i in range(3)]
    assert page.locator(".card").first.locator(".token").first.inner_text() == "measure"
    assert page.get_by_role("button", name="the lists before").is_disabled()
    page.get_by_role("button", name="Draw again").click()
    until(page, "document.querySelector('.card h2').textContent === 'seed 0, index 3'")
    assert "index=3" in page.url and "secret" not in page.url
    page.get_by_role("button", name="the lists before").click()
    until(page, "document.querySelector('.card h2').textContent === 'seed 0, index 0'")
    page.go_back()
    until(page, "document.querySelector('.card h2').textContent === 'seed 0, index 3'")


def test_what_the_first_lists_need_is_asked_for_once_and_at_once(page: Any, served: Served) -> None:
    """No module waits for another, and the questions to the server do not wait for the modules."""
    page.goto(served.address())
    wait_for_lists(page)
    entries = "performance.getEntriesByType('resource').map((one) => new URL(one.name).pathname)"
    fetched = [name for name in page.evaluate(entries) if name.endswith((".js", ".css"))]
    ahead = page.eval_on_selector_all(
        "link[rel=modulepreload]", "all => all.map((one) => one.getAttribute('href'))"
    )
    assert sorted(fetched) == sorted(["/styles.css", *ahead])
    asked = [name for name in page.evaluate(entries) if name in ("/api/info", "/api/lists")]
    assert sorted(asked) == ["/api/info", "/api/lists"]
    begun = "performance.getEntriesByType('resource').find((one) => one.name.includes('/api/lists'))"
    usable = page.evaluate("performance.getEntriesByName('usable')[0].startTime")
    assert page.evaluate(f"{begun}.startTime") < usable


def test_every_list_stands_beside_chance(page: Any, served: Served) -> None:
    page.goto(served.address())
    until(page, "document.querySelectorAll('.card .shared').length === 3", 60)
    card = page.locator(".card").first
    assert card.locator("svg.curve").count() == 2
    assert "More alike than 91 % of lists in a vocabulary with no words" in card.inner_text()
    assert "7 of 10 are forms of “measure”" in card.inner_text()
    assert card.locator("svg.curve").first.get_attribute("aria-label").startswith("How alike")


def test_a_link_opens_the_same_view(page: Any, served: Served) -> None:
    page.goto(served.address("/?seed=5&index=7&n=1&k=5&centered=1"))
    wait_for_lists(page, 1)
    first = page.locator(".card").inner_text()
    page.goto(served.address("/map"))
    page.goto(served.address("/?seed=5&index=7&n=1&k=5&centered=1"))
    wait_for_lists(page, 1)
    assert titles(page) == ["seed 5, index 7"]
    assert page.locator(".card .token").count() == 5
    assert first.split("\n")[:6] == page.locator(".card").inner_text().split("\n")[:6]
    page.locator("#how summary").click()
    assert (
        "tokensphere random -n 1 --seed 5 --first 7 -k 5 --centered"
        in page.locator("#ways").inner_text()
    )


def test_settings_change_the_lists(page: Any, served: Served) -> None:
    page.goto(served.address())
    wait_for_lists(page)
    page.get_by_label("length").select_option("20")
    until(page, "document.querySelectorAll('.card .token').length === 60")
    page.get_by_label("rows").select_option("1")
    until(page, "new URL(location).searchParams.get('centered') === '1'")
    page.get_by_label("near by").select_option("euclidean")
    until(page, "document.querySelectorAll('.card .token').length === 60")
    assert "similarity=euclidean" in page.url


def test_a_sum_is_typed_with_completion_by_keyboard_alone(page: Any, served: Served) -> None:
    page.goto(served.address())
    wait_for_lists(page)
    box = page.get_by_label("A token or a sum of tokens")
    box.focus()
    page.keyboard.type(" kin")
    page.wait_for_selector("[role=listbox] [role=option]")
    options = page.locator("[role=option]").all_inner_texts()
    assert options and all(one.lower().lstrip("␣").startswith("kin") for one in options)
    page.keyboard.press("Escape")
    box.fill("")
    page.keyboard.type(" king - man + woman")
    page.keyboard.press("Enter")
    wait_for_lists(page, 1)
    until(page, "document.querySelector('.card h2').textContent.includes('king')")
    assert titles(page) == ["␣king + ␣woman − ␣man"]
    assert page.locator(".card .token").first.inner_text() == "␣queen"


def test_a_token_that_is_clicked_shows_its_neighbours(page: Any, served: Served) -> None:
    page.goto(served.address())
    wait_for_lists(page)
    page.locator(".card").nth(1).locator(".token-button").first.click()
    wait_for_lists(page, 1)
    assert titles(page) == ["␣markets"]
    page.wait_for_selector(".verdict", timeout=60_000)


def test_a_file_is_chosen_and_numbers_are_pasted(page: Any, served: Served, tmp_path: Path) -> None:
    vector = np.random.default_rng(0).normal(size=576)
    np.save(tmp_path / "probe.npy", vector)
    page.goto(served.address())
    wait_for_lists(page)
    page.get_by_role("button", name="A vector of your own").click()
    page.locator("input[type=file]").set_input_files(tmp_path / "probe.npy")
    wait_for_lists(page, 1)
    chosen = page.locator(".card .token").all_inner_texts()
    page.goto(served.address())
    wait_for_lists(page)
    page.get_by_role("button", name="A vector of your own").click()
    page.get_by_label("Numbers of a vector").fill(" ".join(map(repr, vector.tolist())))
    page.get_by_role("button", name="Look at it").click()
    wait_for_lists(page, 1)
    assert page.locator(".card .token").all_inner_texts() == chosen


def test_what_is_wrong_is_told_in_one_line(page: Any, served: Served) -> None:
    page.expected = ["400"]
    page.goto(served.address("/?tokens=nosuchword"))
    alert = page.get_by_role("alert")
    alert.wait_for()
    assert "no token 'nosuchword'" in alert.inner_text() and "\n" not in alert.inner_text()


def test_without_the_secret_the_page_says_what_to_do(page: Any, served: Served) -> None:
    page.expected = ["403"]
    page.goto(f"http://127.0.0.1:{served.door.port}/")
    page.get_by_role("alert").wait_for()
    assert "open the address that the command printed" in page.get_by_role("alert").inner_text()


def test_strange_tokens_stay_text(page: Any, small: Served) -> None:
    page.goto(small.address("/?n=3&k=200&index=40"))
    wait_for_lists(page)
    shown = page.locator(".card .token").all_inner_texts()
    assert "<b>bold</b>" in shown and r"\u202eevil" in shown and r"\x1b[31m" in shown
    assert page.locator(".card b").count() == 0
    assert "\u202e" not in page.content() and "\x1b" not in page.content()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_both_themes_can_be_read(page: Any, served: Served, scheme: str) -> None:
    """Contrast of text with its ground of 4.5 or more (WCAG 2.1, 1.4.3)."""
    page.emulate_media(color_scheme=scheme)
    page.goto(served.address())
    wait_for_lists(page)
    for selector in (".lead", ".card .token", ".card td.soft", "#views a", "button.main"):
        text, ground = page.evaluate(
            """selector => {
              const node = document.querySelector(selector);
              let at = node;
              const bare = () => getComputedStyle(at).backgroundColor === 'rgba(0, 0, 0, 0)';
              while (bare() && at.parentElement) at = at.parentElement;
              return [getComputedStyle(node).color, getComputedStyle(at).backgroundColor];
            }""",
            selector,
        )
        assert contrast(text, ground) >= 4.5, (selector, text, ground)


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(color: str) -> float:
    channels = [int(part) / 255 for part in re.findall(r"\d+", color)[:3]]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def test_the_theme_is_chosen_by_hand_and_kept(page: Any, served: Served) -> None:
    page.goto(served.address())
    wait_for_lists(page)
    page.locator("#theme").click()
    page.locator("#theme").click()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    page.reload()
    wait_for_lists(page)
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"


def test_it_works_at_380_pixels(page: Any, served: Served) -> None:
    page.set_viewport_size({"width": 380, "height": 800})
    page.goto(served.address())
    until(page, "document.querySelectorAll('.card .shared').length === 3", 60)
    assert page.evaluate("document.documentElement.scrollWidth") <= 380


def test_nothing_jumps_when_chance_comes(page: Any, served: Served) -> None:
    page.goto(served.address("/?index=300"))
    wait_for_lists(page)
    before = page.locator(".card .token").first.bounding_box()
    until(page, "document.querySelectorAll('.card .shared').length === 3", 60)
    assert page.locator(".card .token").first.bounding_box() == before


def test_the_keys_draw(page: Any, served: Served) -> None:
    page.goto(served.address())
    wait_for_lists(page)
    page.keyboard.press("n")
    until(page, "document.querySelector('.card h2').textContent === 'seed 0, index 3'")
    page.keyboard.press("ArrowLeft")
    until(page, "document.querySelector('.card h2').textContent === 'seed 0, index 0'")


def test_in_a_frame_of_another_site_it_works_without_cookies(
    chromium: Any, bundled: Any, tmp_path: Path
) -> None:
    """As in a notebook: the secret stands in the fragment, and goes as a header."""
    frame = bundled.explore(height=700)
    try:
        html = tmp_path / "notebook.html"
        html.write_text(f"<!doctype html><title>n</title>{frame._repr_html_()}")
        context = chromium.new_context(viewport={"width": 1100, "height": 800})
        page = context.new_page()
        page.goto(html.as_uri())
        inside = page.frame_locator("iframe")
        inside.locator(".card table").nth(2).wait_for(timeout=30_000)
        assert inside.locator(".card h2").first.inner_text() == "seed 0, index 0"
        context.close()
    finally:
        frame.close()


def test_a_card_is_copied_as_text_and_saved_as_a_picture(page: Any, served: Served) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(served.address())
    until(page, "document.querySelectorAll('.card .shared').length === 3", 60)
    card = page.locator(".card").first
    card.get_by_role("button", name="Copy as text").click()
    until(page, "document.querySelector('.copies button').textContent === 'Copied'")
    text = page.evaluate("navigator.clipboard.readText()")
    assert text.startswith("seed 0, index 0\n  1  measure") and "vocabulary with no words" in text
    with page.expect_download() as saved:
        card.get_by_role("button", name="Save SVG").click()
    picture = Path(saved.value.path()).read_text()
    assert saved.value.suggested_filename == "seed-0-index-0.svg"
    assert picture.count("<text") >= 33 and "measure" in picture and "var(" not in picture
    with page.expect_download() as saved:
        card.get_by_role("button", name="Save PNG").click()
    assert Path(saved.value.path()).read_bytes().startswith(b"\x89PNG")
