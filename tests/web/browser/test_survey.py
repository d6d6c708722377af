"""The survey's view in a browser: begun, stopped, gone on with; its bars, parts, claims and links."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.web.browser.looking import until
from tests.web.serving import Served, small_space
from tokensphere.analysis.survey.job import SurrogateSpec, SurveyJob
from tokensphere.geometry.directions import RandomDirections
from tokensphere.geometry.similarity import SearchSettings
from tokensphere.run import go_on
from tokensphere.web.session import Given, Session

pytestmark = pytest.mark.browser
ASKED = "n=300&k=5&seed=2"
PHONE = {"width": 380, "height": 800}


@pytest.fixture(scope="module")
def surveyed() -> Iterator[Served]:
    """A page of a small model where one survey is there already."""
    served = Served(Session(small_space(), cache=False))
    yield served
    served.close()


def at(page: Any, served: Served, query: str = "") -> Any:
    page.goto(served.address(f"/survey?{query}" if query else "/survey"))
    return page


def begun(page: Any, served: Served, query: str = ASKED) -> Any:
    """A page where the survey is there."""
    at(page, served, query)
    page.wait_for_selector(".answer .figures, button.main:visible")
    if page.locator("button.main:visible").count():
        page.click("button.main:visible")
    page.wait_for_selector(".answer .figures")
    return page


def test_from_nothing_to_the_lists_of_a_bar_by_mouse(page: Any, surveyed: Served) -> None:
    """As a person does: start, read the answer, click a bar, open a list's card, and come back."""
    at(page, surveyed)
    page.get_by_label("directions").fill("300")
    page.get_by_label("length").select_option("5")
    page.get_by_label("seed").fill("2")
    page.get_by_label("seed").press("Tab")
    page.wait_for_url(re.compile("seed=2"))
    page.get_by_role("button", name="Start").click()
    answer = page.locator(".answer .sentence")
    answer.wait_for()
    assert answer.inner_text().startswith("Of 300 random directions, ")
    assert "the post guessed 20 %" in answer.inner_text()
    assert page.locator(".answer .value").nth(1).inner_text() == "5.0 %"
    assert page.locator("table.rates tbody tr").count() == 5
    # rates of four kinds at three lengths, each with its whisker
    assert page.locator("svg .whisker").count() == 4 * 3 * 3
    bars = page.locator("svg .bar")
    said = [bars.nth(i).get_attribute("aria-label") for i in range(bars.count())]
    counts = [int(re.search(r": ([\d,]+) list", one).group(1)) for one in said]  # type: ignore[union-attr]
    assert sum(counts) == 300
    most = counts.index(max(counts))
    bars.nth(most).click()
    page.wait_for_url(re.compile(f"bin={most}"))
    page.wait_for_selector(f"#lists-of-survey:has-text('{counts[most]} lists with T from')")
    assert page.locator(".compact").count() == min(counts[most], 12)
    assert bars.nth(most).get_attribute("aria-pressed") == "true"
    if counts[most] > 12:
        page.get_by_role("link", name="Show more").click()
        until(page, f"document.querySelectorAll('.compact').length == {min(counts[most], 24)}")
    first = page.locator(".compact a").first
    name = first.inner_text()
    tokens = page.locator(".compact").first.locator(".token").all_inner_texts()
    first.click()
    page.wait_for_selector(".card table.tokens")
    assert page.locator(".card .token").all_inner_texts()[:5] == tokens
    assert name.removeprefix("seed 2, index ") in page.locator(".card h2").inner_text()
    page.go_back()
    page.wait_for_selector(".compact")
    assert f"bin={most}" in page.url


def test_a_link_opens_the_same_and_the_command_is_the_command_line_s(
    page: Any, surveyed: Served
) -> None:
    begun(page, surveyed)
    page.locator("svg .bar").nth(3).click()
    page.wait_for_selector("#lists-of-survey:has-text('with T from')")
    title, lists = (
        page.locator("#lists-of-survey").inner_text(),
        page.locator(".compact").all_inner_texts(),
    )
    link = page.url
    other = page.context.new_page()
    other.goto(link)
    other.wait_for_selector(f"#lists-of-survey:has-text('{title}')")
    assert other.locator(".compact").all_inner_texts() == lists
    other.locator("#how summary").click()
    ways = other.locator("#ways").inner_text()
    assert "tokensphere survey -n 300 --seed 2 -k 5 --save survey.parquet" in ways
    assert "ts.survey(" in ways


def test_with_keys_alone(page: Any, surveyed: Served) -> None:
    """Start by Enter in the form, the bars by arrows, their lists by Enter."""
    at(page, surveyed, "n=120&k=5&seed=7")
    directions = page.get_by_label("directions")
    directions.wait_for()
    directions.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(".answer .figures")
    bars = page.locator("svg .bar")
    assert page.locator("svg .bar[tabindex='0']").count() == 1  # one stop for Tab
    page.locator("svg .bar[tabindex='0']").focus()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.dataset.at") == "2"
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("bin=1"))
    assert page.evaluate("document.activeElement.dataset.at") == "1"
    assert bars.nth(1).get_attribute("aria-pressed") == "true"
    page.keyboard.press("End")
    assert page.evaluate("document.activeElement.dataset.at") == str(bars.count() - 1)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Its lists"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "lists-of-survey"


def test_it_is_stopped_and_goes_on(page: Any, surveyed: Served) -> None:
    at(page, surveyed, "n=20000&k=5&surrogates=99&seed=9")
    page.get_by_role("button", name="Start").click()
    until(page, "document.querySelector('.working-on progress').value > 256")
    assert page.evaluate("document.activeElement.textContent") == "Stop"
    said = page.locator(".working-on p").first.inner_text()
    assert re.match(r"\d+ %, \d+ s\. ", said)
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Go on").wait_for()
    assert "of 20,000 directions" in page.locator(".answer").inner_text()
    assert page.locator(".answer .sentence").inner_text().startswith("Of ")
    page.get_by_label("directions").fill("200")
    page.get_by_label("vocabularies with no words").select_option("19")
    page.get_by_role("button", name="Go on").wait_for()
    page.get_by_role("button", name="Go on").click()
    until(
        page,
        "document.querySelector('.answer .sentence')?.textContent.startsWith('Of 200 random directions')"
        " && !document.querySelector('form button.main:not([hidden])')",
    )


def test_what_they_share_and_hubs(page: Any, surveyed: Served) -> None:
    begun(page, surveyed)
    page.get_by_role("link", name="What they share").click()
    page.get_by_role("button", name="Find out").click()
    page.wait_for_selector(".sentence:has-text('share meaning or grammar')")
    assert "names=1" in page.url and "part=shared" in page.url
    assert page.locator("svg .chance-mark").count() == page.locator("table.small tbody tr").count() - (
        page.locator("table.bars tbody tr").count()
    )
    page.get_by_role("link", name="How often").click()
    page.wait_for_selector(".compact")
    assert page.locator(".shares:has-text('They share:')").count() > 0
    page.get_by_role("link", name="Hubs").click()
    page.wait_for_selector(".hub-line")
    assert page.locator("polyline.hub-line").count() == 3 and page.locator("table.bars").count() == 3
    page.locator("table.bars a").first.click()
    page.wait_for_selector(".card")
    assert "tokens=id" in page.url


def test_the_six_claims(page: Any, surveyed: Served) -> None:
    """Measured step by step, each with a verdict and a picture; kept when one comes back."""
    at(page, surveyed, "part=claims&directions=400&clusters=4,8&worlds=3&k=5")
    page.get_by_role("button", name="Measure").click()
    page.wait_for_selector(".claim")
    assert page.locator(".claim").count() == 6
    for claim in page.locator(".claim").all():
        assert claim.locator(".verdict-badge").inner_text() in (
            "holds", "holds for any vocabulary", "holds without words, too", "fails", "cannot tell",
        )  # fmt: skip
        assert claim.locator("dd").count() == 2
    assert page.locator(".claim svg").count() == 5  # the small model has no ' alt'
    page.get_by_role("link", name="Hubs").click()
    page.get_by_role("link", name="Six claims").click()
    assert page.locator(".claim").count() == 6
    page.locator("#how summary").click()
    command = "tokensphere geometry -n 400 -k 5 --clusters 4,8 --surrogates 3"
    assert command in page.locator("#ways").inner_text()


def test_a_survey_that_was_given(page: Any, tmp_path: Path) -> None:
    """It is opened at once with its own settings, and gone on with in its file."""
    path, space = tmp_path / "mine.parquet", small_space()
    search = SearchSettings(7, centered=True)
    job = SurveyJob(
        space, RandomDirections(16, 150, seed=5), search=search, surrogate=SurrogateSpec(count=19)
    )
    go_on(job, save=path)
    served = Served(Session(space, Given(survey=path), cache=False))
    try:
        at(page, served)
        page.wait_for_selector(".sentence:has-text('Of 150 random directions')")
        form = page.locator("form.settings").inner_text()
        assert "seed 5, 7 tokens, rows centred" in form and str(tmp_path) not in page.content()
        page.get_by_label("directions").fill("200")
        page.keyboard.press("Tab")
        page.get_by_role("button", name="Go on").click()
        page.wait_for_selector(".sentence:has-text('Of 200 random directions')")
        page.get_by_role("link", name="another survey").click()
        page.get_by_role("button", name="Start").wait_for()
    finally:
        served.close()


def test_with_99_vocabularies_both_levels_can_be_looked_at(page: Any, surveyed: Served) -> None:
    begun(page, surveyed, "n=100&k=5&surrogates=99")
    caption = page.locator("table.rates caption")
    assert "p ≤ 0.05" in caption.inner_text()
    page.get_by_role("link", name="lists with p ≤ 0.01").click()
    page.wait_for_selector("table.rates caption:has-text('p ≤ 0.01')")
    assert page.locator("table.rates tr").last.locator("td").first.inner_text() == "1.0"
    assert "level=1" in page.url


def test_pictures_are_saved_and_stand_alone(page: Any, surveyed: Served, tmp_path: Path) -> None:
    """An SVG that needs no style sheet, and a PNG of twice its size."""
    begun(page, surveyed)
    section = page.locator("section:has(.bar)").first
    for name, kind in (("Save SVG", "svg"), ("Save PNG", "png")):
        with page.expect_download() as download:
            section.get_by_role("button", name=name).click()
        assert download.value.suggested_filename == f"survey-histogram.{kind}"
        download.value.save_as(tmp_path / f"a.{kind}")
    tree = ElementTree.parse(tmp_path / "a.svg").getroot()
    bars = [one for one in tree.iter() if one.get("class") == "list-bar"]
    assert len(bars) == page.locator("svg .bar").count()
    assert all((one.get("fill") or "").startswith("rgb") for one in bars)
    texts = [one for one in tree.iter() if one.tag.endswith("}text")]
    assert texts and all(one.get("font-size") == "11px" for one in texts)
    width = int.from_bytes((tmp_path / "a.png").read_bytes()[16:20], "big")
    assert width == 2 * int(float(tree.get("width") or 0))


def test_what_is_wrong_is_said_in_one_line(page: Any, surveyed: Served) -> None:
    page.expected.append("400")
    at(page, surveyed, "n=5")
    problem = page.locator("[role=alert]")
    problem.wait_for()
    assert problem.inner_text() == "n is 5, but must lie between 100 and 100,000"
    page.get_by_label("directions").fill("100")
    page.get_by_label("directions").press("Tab")
    page.get_by_role("button", name="Start").wait_for()
    assert page.locator("[role=alert]").count() == 0


def test_on_a_phone_and_in_the_dark(page: Any, surveyed: Served) -> None:
    """Nothing is wider than the window in any part, and the page does not jump when bars are chosen."""
    page.set_viewport_size(PHONE)
    page.emulate_media(color_scheme="dark")
    begun(page, surveyed)
    for part in ("rates", "shared", "hubs", "claims"):
        at(page, surveyed, f"{ASKED}&part={part}")
        page.wait_for_selector(".part > *")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    begun(page, surveyed)
    bar = page.locator("svg .bar").nth(2)
    bar.scroll_into_view_if_needed()
    before = bar.bounding_box()
    bar.click()
    page.wait_for_url(re.compile("bin=2"))
    after = page.locator("svg .bar").nth(2).bounding_box()
    assert before == after


def test_strange_tokens_do_no_harm(page: Any, surveyed: Served) -> None:
    """Markup is text, and right-to-left words stay in their place."""
    begun(page, surveyed, f"{ASKED}&part=hubs")
    begun(page, surveyed)
    assert page.locator("main b").count() == 0
    tokens = page.locator(".compact bdi code.token")
    assert tokens.count() > 0 and tokens.count() == page.locator(".compact code").count()
    assert not any("\u202e" in text or "\x1b" in text for text in tokens.all_inner_texts())


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_an_accessibility_checker_finds_nothing(page: Any, surveyed: Served, scheme: str) -> None:
    from axe_playwright_python.sync_playwright import Axe
    from playwright.sync_api import TimeoutError as TooLateError

    page.emulate_media(color_scheme=scheme)
    begun(page, surveyed, f"{ASKED}&part=shared")
    page.wait_for_selector(".part .panel")
    with suppress(TooLateError):  # it has been found out, or the button goes while that arrives
        page.get_by_role("button", name="Find out").click(timeout=3000)
    claims = "part=claims&directions=100&clusters=4&worlds=2&k=5"
    for query, there in {
        f"{ASKED}&names=1&part=shared": "table.bars",
        f"{ASKED}&names=1&bin=2": "#lists-of-survey:has-text('with T from')",
        f"{ASKED}&part=hubs": "svg .hub-line",
        claims: ".claims:not(:empty), button.main:visible",
    }.items():
        at(page, surveyed, query)
        page.wait_for_selector(there)
        if query == claims and page.locator("button.main:visible").count():
            page.click("button.main:visible")
            page.wait_for_selector(".claim")
        found = Axe().run(page).response["violations"]
        assert not [(one["id"], one["nodes"][0]["html"][:200]) for one in found], query
