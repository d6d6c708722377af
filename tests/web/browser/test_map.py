"""The map, as a person uses it."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest

import tokensphere as ts
from tests.web.serving import Served, small_space
from tokensphere.web.session import Session

pytestmark = pytest.mark.browser


def opened(page: Any, served: Served, query: str = "") -> Any:
    page.goto(served.address(f"/map?{query}"))
    page.wait_for_selector("#view[data-ready]")
    return page


def params(page: Any) -> dict[str, str]:
    return {name: values[-1] for name, values in parse_qs(urlsplit(page.url).query).items()}


def middle(page: Any) -> tuple[float, float]:
    box = page.locator(".over").bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def place_of(page: Any, points: Any, id: int) -> tuple[float, float]:
    """Where a token of a plane lies on the screen while the whole sphere is shown."""
    box = page.locator(".over").bounding_box()
    unit = min(box["width"], box["height"]) / 2.15
    x, y = middle(page)
    return x + float(points[id, 0]) * unit, y - float(points[id, 1]) * unit


def ink(page: Any) -> int:
    """How many pixels of the map are not its ground."""
    return int(
        page.evaluate("""() => {
        const canvas = document.querySelector(".points");
        const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
        const words = new Uint32Array(pixels.buffer);
        return words.reduce((sum, one) => sum + (one !== words[0]), 0);
    }""")
    )


def lasso(page: Any, corners: list[tuple[float, float]]) -> None:
    page.get_by_role("button", name="Lasso").click()
    page.mouse.move(*corners[0])
    page.mouse.down()
    for corner in corners[1:]:
        page.mouse.move(*corner, steps=5)
    page.mouse.up()


@pytest.fixture(scope="module")
def points() -> Any:
    return ts.plane_map(small_space(), ts.RandomDirections(16, 2)).points


def test_a_map_says_what_it_keeps(page: Any, served: Served) -> None:
    opened(page, served)
    want = ts.neighbors_kept(
        served.session.space, ts.plane_map(served.session.space, ts.RandomDirections(576, 2))
    ).text
    assert page.locator(".kept").inner_text() == f"{want[0].upper()}{want[1:]}."
    assert ink(page) > 5000
    whole = ink(page)
    page.get_by_role("button", name="Whole sphere").click()
    page.wait_for_timeout(100)
    assert ink(page) < whole / 3  # all tokens lie in a small ball
    assert params(page)["at"] == "0,0,2.15"


def test_pointing_names_a_token_and_a_click_marks_it(page: Any, small: Served, points: Any) -> None:
    opened(page, small, "at=0,0,2.15")
    id = int(np.argmax(np.linalg.norm(points, axis=1)))  # it has nobody near
    page.mouse.move(*place_of(page, points, id))
    shown = small.session.space.vocabulary.visible(id)
    page.wait_for_selector(".tip:not([hidden])")
    assert shown in page.locator(".tip").inner_text()
    page.mouse.click(*place_of(page, points, id))
    page.wait_for_selector(".marked")
    assert params(page)["mark"] == str(id)
    near = ts.nearest(small.session.space, id).ids[0].tolist()
    rows = page.locator(".marked tbody .token").all_inner_texts()
    assert rows == [small.session.space.vocabulary.visible(one) for one in near]
    page.locator(".marked tbody button").first.click()
    page.wait_for_url(f"**mark={near[0]}**")
    page.go_back()
    page.locator(".marked h2", has_text=shown).wait_for()


def test_a_link_opens_the_same_view(page: Any, small: Served) -> None:
    query = "kind=pca&centered=1&by=norm&at=0.1,0.1,0.8&mark=3&list=tokens: king&sel=1.2.3.4"
    opened(page, small, query)
    page.wait_for_selector(".chosen .regions:not(:empty)")
    before = page.locator(".over").evaluate("node => node.toDataURL()")
    assert page.locator(".marked h2").inner_text() == "␣woman"
    assert page.locator(".chosen h2").inner_text() == "4 tokens"
    page.reload()
    page.wait_for_selector("#view[data-ready]")
    page.wait_for_selector(".chosen .regions:not(:empty)")
    assert page.locator(".over").evaluate("node => node.toDataURL()") == before
    assert {**parse_qs(query)} == {name: [value] for name, value in params(page).items()}


def test_a_line_around_tokens_gives_their_card(page: Any, small: Served, points: Any) -> None:
    opened(page, small, "at=0,0,2.15")
    x, y = middle(page)
    corners = [(x - 90, y - 90), (x + 90, y - 80), (x + 60, y + 90), (x - 80, y + 70)]
    lasso(page, corners)
    page.wait_for_selector(".chosen .regions:not(:empty)")
    box = page.locator(".over").bounding_box()
    unit = min(box["width"], box["height"]) / 2.15
    from matplotlib.path import Path

    outline = Path([((cx - x) / unit, (y - cy) / unit) for cx, cy in corners])
    want = np.flatnonzero(outline.contains_points(points))
    assert page.locator(".chosen h2").inner_text() == f"{len(want)} tokens"
    card = page.locator(".chosen").inner_text()
    found = ts.selection(small.session.space, want.tolist(), draws=999)
    assert f"p {found.p:.2f}".rstrip("0") in card or f"p {found.p:.2g}" in card
    assert "alike by that choice" in card and "regions of this map" in card
    page.get_by_role("button", name="Choose none").click()
    page.wait_for_selector(".chosen", state="detached")
    assert "sel" not in params(page)


def test_everything_by_keys(page: Any, small: Served) -> None:
    opened(page, small)
    page.get_by_label("y", exact=True).focus()
    for _ in range(12):
        if page.evaluate("document.activeElement.className") == "over":
            break
        page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "over"
    page.keyboard.press("+")
    page.keyboard.press("ArrowRight")
    page.wait_for_url("**at=**")
    page.locator("#status", has_text="In the middle").wait_for()
    page.keyboard.press("Enter")
    page.wait_for_selector(".marked")
    page.keyboard.press("v")
    page.wait_for_selector(".chosen h2")
    page.keyboard.press("Escape")
    page.wait_for_selector(".chosen", state="detached")
    page.keyboard.press("0")
    page.wait_for_url(lambda url: "at=" not in url)


def test_a_group_of_the_legend_is_chosen(page: Any, small: Served) -> None:
    opened(page, small, "by=kind")
    page.locator(".legend button").first.click()
    page.wait_for_selector(".chosen h2")
    assert page.locator(".chosen h2").inner_text() == "400 tokens"


def test_other_maps_and_what_umap_needs(
    page: Any, small: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tokensphere.web.maps.has_umap", lambda: False)
    opened(page, small)
    page.locator(".settings select").first.select_option("pca")
    page.wait_for_selector("#view[data-map*=pca]")
    assert page.locator(".axes").is_hidden() and page.get_by_text("Whole sphere").is_hidden()
    page.locator(".settings select").first.select_option("umap")
    page.wait_for_selector(".offer .panel")
    assert "pip install 'tokensphere[umap]'" in page.locator(".offer").inner_text()


def test_an_axis_is_typed(page: Any, small: Served) -> None:
    opened(page, small)
    page.get_by_label("x", exact=True).fill(" king - man")
    page.keyboard.press("Enter")
    page.wait_for_url("**x=tokens**")
    page.wait_for_selector("#view[data-map*=king]")
    page.locator("#how summary").click()
    assert "plane_map" in page.locator("#ways").inner_text()
    page.expected.append("400")
    page.get_by_label("x", exact=True).fill("nosuchtoken")
    page.keyboard.press("Enter")
    page.wait_for_selector(".problem")
    assert "no token 'nosuchtoken'" in page.locator(".problem").inner_text()


def test_strange_tokens_are_but_text(page: Any, small: Served) -> None:
    strange = 96  # <b>bold</b>, and after it marks that turn the line
    opened(page, small, f"mark={strange}&sel={'.'.join(map(str, range(96, 105)))}")
    page.wait_for_selector(".chosen h2")
    assert page.locator(".marked h2").inner_text() == "<b>bold</b>"
    assert page.locator(".marked b, .chosen b").count() == 0


def test_the_picture_is_saved(page: Any, small: Served) -> None:
    opened(page, small, "by=norm&mark=3")
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save PNG").click()
    from matplotlib.image import imread

    with open(saved.value.path(), "rb") as file:  # noqa: PTH123
        picture = imread(io.BytesIO(file.read()))
    assert picture.shape[0] > 300 and len(np.unique(picture.reshape(-1, 4), axis=0)) > 20


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_small_windows_and_dark_ones(chromium: Any, small: Served, scheme: str) -> None:
    context = chromium.new_context(viewport={"width": 380, "height": 780}, color_scheme=scheme)
    page = opened(context.new_page(), small, "by=cluster&mark=3&sel=1.2.3.4")
    page.wait_for_selector(".chosen .regions:not(:empty)")
    assert page.evaluate("document.documentElement.scrollWidth") <= 380
    assert not page.locator(".settings").is_visible()  # what one can set does not push the map away
    page.locator(".controls summary").click()
    assert page.locator(".settings").is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 380
    ground = page.evaluate(
        """() => [...document.querySelector(".points").getContext("2d").getImageData(1, 1, 1, 1).data]"""
    )
    assert (sum(ground[:3]) > 600) == (scheme == "light")
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_checker_of_accessibility_finds_nothing_serious(page: Any, small: Served, scheme: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page.emulate_media(color_scheme=scheme)
    opened(page, small, "by=cluster&mark=3&sel=1.2.3.4&list=tokens: king")
    page.wait_for_selector(".chosen .regions:not(:empty)")
    for summary in page.locator(".map details summary").all():
        summary.click()
    serious = [
        (one["id"], [node["html"][:120] for node in one["nodes"][:3]])
        for one in Axe().run(page).response["violations"]
        if one["impact"] in ("serious", "critical")
    ]
    assert not serious, serious


@pytest.fixture(scope="module")
def many() -> Iterator[Served]:
    """262,144 tokens."""
    rows = np.random.default_rng(0).standard_normal((2**18, 8)).astype(np.float32)
    space = ts.EmbeddingSpace.from_arrays(rows, [f"t{i}" for i in range(2**18)], name="many")
    served = Served(Session(space, cache=False))
    yield served
    served.close()


@pytest.mark.slow
def test_a_map_of_262_144_tokens(page: Any, many: Served) -> None:
    page.set_default_timeout(120_000)
    opened(page, many, "by=norm")
    assert ink(page) > 100_000
    x, y = middle(page)
    page.mouse.move(x + 3, y + 2)
    page.wait_for_selector(".tip:not([hidden])")
    lasso(page, [(x - 20, y - 20), (x + 20, y - 20), (x + 20, y + 20), (x - 20, y + 20)])
    page.wait_for_selector(".chosen .regions:not(:empty)")
    assert int(page.locator(".chosen h2").inner_text().split()[0].replace(",", "")) > 500
