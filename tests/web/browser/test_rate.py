"""Ratings from start to result, as a person would; and what went over the network meanwhile."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

import tokensphere as ts
from tests.web.serving import Served
from tokensphere.ratings import read_ratings
from tokensphere.web.lists import shown_token
from tokensphere.web.rate import rating_files

pytestmark = pytest.mark.browser

LISTS, PLANTED = 5, 3
TOTAL = 2 * LISTS + PLANTED


def begin(page: Any, small: Served, k: int = 5, rater: str = "") -> str:
    """New ratings; their name."""
    page.goto(small.address("/rate"))
    page.get_by_label("lists of random directions").fill(str(LISTS))
    page.get_by_label("planted lists", exact=True).fill(str(PLANTED))
    page.get_by_label("your name").fill(rater)
    page.get_by_text("How lists are made").click()
    page.get_by_label("tokens of a list").fill(str(k))
    page.get_by_role("button", name="Begin").click()
    at(page, 1)
    return str(page.url.partition("session=")[2])


def at(page: Any, number: int) -> None:
    page.get_by_role("heading", name=f"List {number} of {TOTAL}", exact=True).wait_for()


def rate_all(page: Any, first: int = 1) -> None:
    for number in range(first, TOTAL + 1):
        at(page, number)
        page.keyboard.press("1" if number % 3 == 0 else "0")
    page.get_by_role("heading", name="All lists are rated").wait_for()


def test_from_start_to_result_and_no_urn_is_told_before(
    page: Any, small: Served, tmp_path: Path
) -> None:
    replies: list[Any] = []
    page.on("response", lambda reply: replies.append(reply) if "/api/" in reply.url else None)
    session = begin(page, small, rater="Ann <b>")
    rate_all(page)
    before = [(urlsplit(reply.url).path, reply.url, reply.text()) for reply in replies]
    page.get_by_role("button", name="See what came of it").click()
    page.get_by_role("img", name="Rates: random").wait_for()

    lists = rating_files(small.session).get(session)
    sent = [json.loads(text) for path, _, text in before if path in _OF_LISTS]
    assert len(sent) == TOTAL + 1
    for number, (reply, one) in enumerate(zip(sent, lists.lists, strict=False)):
        tokens = [shown_token(small.session.space.vocabulary, id) for id in one.ids]
        place = {"total": TOTAL, "ended": False, "share": None, "at": number, "rated": number}
        assert reply == {**place, "tokens": tokens}
    told = "".join(
        url + text for path, url, text in before if path not in ("/api/rate/sessions", *_OF_LISTS)
    )
    for secret in (str(lists.seed), lists.plan, "planted", "urn", "coheren", "theme"):
        assert secret not in told, secret

    result = ts.judge_ratings(lists)
    random = result.rates["random"]
    assert random is not None and lists.rater == "Ann <b>"
    text = page.locator("main").inner_text()
    assert f"{100 * random.share:.1f} %" in text and "perhaps 20 % of the time" in text
    assert "Ann <b>" in text and str(lists.seed) in text
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save the ratings (JSON)").click()
    saved.value.save_as(tmp_path / "a.json")
    assert read_ratings(tmp_path / "a.json") == lists
    with page.expect_download() as plan:
        page.get_by_role("button", name="Save the plan").click()
    plan.value.save_as(tmp_path / "plan.json")

    # Somebody else opens the plan, and rates the same lists.
    page.goto(small.address("/rate"))
    page.get_by_label("Open a file of ratings").set_input_files(tmp_path / "plan.json")
    at(page, 1)
    other = page.url.partition("session=")[2]
    assert other != session
    page.keyboard.press("1")
    at(page, 2)
    assert rating_files(small.session).get(other).plan == lists.plan


_OF_LISTS = ("/api/rate/list", "/api/rate/verdict")


def test_keys_alone_back_undo_pause_and_later(page: Any, small: Served) -> None:
    session = begin(page, small)
    for number, key in enumerate("1001", 1):
        at(page, number)
        page.keyboard.press(key)
    at(page, 5)
    page.keyboard.press("Backspace")
    at(page, 4)
    assert page.get_by_role("button", name="Yes").get_attribute("aria-pressed") == "true"
    assert page.url.endswith("&at=3")
    page.keyboard.press("ArrowLeft")
    at(page, 3)
    page.keyboard.press("1")  # changes what was said of the third
    at(page, 4)
    page.keyboard.press("u")  # takes back the last, of the fourth
    at(page, 4)
    page.get_by_role("button", name="Yes", pressed=False).wait_for()
    page.keyboard.press("p")
    page.get_by_text("Paused: no time is counted.").first.wait_for()
    assert not page.locator(".rated-list").is_visible()
    page.keyboard.press("1")  # nothing is rated that cannot be seen
    page.keyboard.press("p")
    page.locator(".rated-list").wait_for(state="visible")
    kept = rating_files(small.session).get(session)
    assert [one.share for one in kept.verdicts] == [True, False, True]

    page.get_by_role("link", name="Later").click()
    row = page.get_by_role("row").filter(has=page.locator(f'a[href*="{session}"]'))
    assert f"3 of {TOTAL}" in row.inner_text()
    row.get_by_role("link", name="Go on").click()
    at(page, 4)
    page.reload()
    at(page, 4)
    page.get_by_role("button", name="End here").click()
    page.get_by_role("button", name=f"End with {TOTAL - 3} not rated?").click()
    page.get_by_text(f"Ended after 3 of {TOTAL} lists").wait_for()
    page.go_back()
    page.go_forward()
    page.get_by_text(f"Ended after 3 of {TOTAL} lists").wait_for()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_at_380_pixels_nothing_is_cut_and_nothing_jumps(page: Any, small: Served, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": 380, "height": 900})
    begin(page, small, k=12)
    places = set()
    for number in range(1, TOTAL + 1):
        at(page, number)
        places.add(page.get_by_role("button", name="Yes").bounding_box()["y"])
        assert _fits(page)
        page.keyboard.press("0")
    assert len(places) == 1
    page.get_by_role("button", name="See what came of it").click()
    page.get_by_role("img", name="Rates: random").wait_for()
    page.get_by_text("lists with their urns").click()
    assert _fits(page)
    page.goto(small.address("/rate"))
    page.get_by_role("button", name="Begin").wait_for()
    page.get_by_role("link", name="Result").first.wait_for()
    assert _fits(page)


def _fits(page: Any) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_an_accessibility_checker_finds_nothing_serious(page: Any, small: Served, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)
    begin(page, small)
    assert not serious(page)
    page.keyboard.press("1")
    at(page, 2)
    page.keyboard.press("p")
    assert not serious(page)
    page.keyboard.press("p")
    page.get_by_role("button", name="End here").click()
    page.get_by_role("button", name="End with").click()
    page.get_by_role("img", name="Rates: ").wait_for()
    page.get_by_text("lists with their urns").click()
    assert not serious(page)
    page.get_by_role("link", name="All ratings").click()
    page.get_by_role("link", name="Result").first.wait_for()
    assert not serious(page)


def serious(page: Any) -> list[Any]:
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page).response["violations"]
    return [
        (one["id"], one["help"], [node["html"][:120] for node in one["nodes"][:3]])
        for one in found
        if one["impact"] in ("serious", "critical")
    ]


def test_what_is_wrong_is_said_in_one_line(page: Any, small: Served, tmp_path: Path) -> None:
    page.expected = ["400"]
    page.goto(small.address("/rate"))
    (tmp_path / "bad.json").write_text('{"what": "<img src=x onerror=alert(1)>"}')
    page.get_by_label("Open a file of ratings").set_input_files(tmp_path / "bad.json")
    page.get_by_role("alert").filter(has_text="bad.json holds no ratings").wait_for()
    page.goto(small.address("/rate?session=0123456789abcdef"))
    page.get_by_role("alert").filter(has_text="there are no ratings").wait_for()
    page.get_by_role("link", name="All ratings").click()
    page.get_by_label("tokens of a list").wait_for(state="attached")
    page.get_by_text("How lists are made").click()
    page.get_by_label("tokens of a list").fill("60")
    page.get_by_role("button", name="Begin").click()
    page.get_by_role("alert").filter(has_text="no list can be planted").wait_for()


def test_ratings_are_removed_when_it_is_meant(page: Any, small: Served) -> None:
    session = begin(page, small)
    page.goto(small.address("/rate"))
    row = page.get_by_role("row").filter(has=page.locator(f'a[href*="{session}"]'))
    row.get_by_role("button", name="Remove").click()
    assert session in rating_files(small.session).names()
    row.get_by_role("button", name="Remove for good?").click()
    row.wait_for(state="detached")
    assert session not in rating_files(small.session).names()
