"""``tokensphere compare``: what it prints and writes, and what it refuses in one line."""

from __future__ import annotations

import csv
import json
from io import StringIO
from pathlib import Path

import pytest

import tokensphere as ts
from tests import small_model
from tests.analysis.compare.models import TOKENS, N, model, rows, turned, two_models
from tests.cli.running import Command
from tests.views.test_html import Reader

COMPARE = Command("compare")
pytestmark = pytest.mark.usefixtures("few_pairs")


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two models in files."""
    folder = tmp_path_factory.mktemp("models")
    paths = [folder / "first.safetensors", folder / "second.safetensors"]
    for space, path in zip(two_models(), paths, strict=True):
        space.save(path)
    return paths


def test_all_that_it_prints_is_what_the_function_finds(two: list[Path]) -> None:
    record = COMPARE.record(*two, "-n", "100", "-k", "4", "--raw", "--seed", "2", "--lists", "60")
    spaces = [ts.load(path) for path in two]
    same = ts.compare(*spaces, n_directions=100, k=4, centered=False, seed=2, n_lists=60)
    assert {name: record[name] for name in ("models", "pairs", "settings")} == json.loads(
        json.dumps(same.to_dict())
    )
    plain = ts.compare(*spaces, n_directions=0, k=4, centered=False, seed=2, n_lists=60)
    text = COMPARE.good(*two, "-n", "0", "-k", "4", "--raw", "--seed", "2", "--lists", "60")
    assert text.rstrip("\n") == plain.report()
    low, high = same.pairs[0].nearest.overlap.interval  # type: ignore[union-attr]
    assert f"({100 * low:.1f}–{100 * high:.1f})" in text and "rows as they are" in text
    table = list(csv.DictReader(StringIO(COMPARE.good(*two, "-n", "0", "--csv"))))
    assert [row["model"] for row in table if row["figure"] == "tokens"] == [*same.names]
    assert not any(row["figure"].startswith("rate") for row in table)


def test_the_same_model_twice_is_the_same(two: list[Path]) -> None:
    (pair,) = COMPARE.record(two[0], two[0], "-n", "0")["pairs"]
    assert pair["rsa"]["value"] == pair["cka"]["value"] == pair["nearest"]["overlap"]["value"] == 1
    assert pair["rsa"]["interval_95"] == pair["nearest"]["overlap"]["interval_95"] == [1, 1]
    assert pair["models"][0] != pair["models"][1]


def test_three_models_have_a_row_for_every_two_and_more_with_full(
    two: list[Path], tmp_path: Path
) -> None:
    third = tmp_path / "third.safetensors"
    model(turned(rows(), 0.2), name="third").save(third)
    short, full = (COMPARE.good(*two, third, "-n", "0", *more) for more in ([], ["--full"]))
    assert short.count("\nMost alike: ") == 1 and "agree least" not in short and "--full" in short
    assert full.count("agrees least") == 3 and full.count("Procrustes distance  ") == 3
    assert len(short) < len(full) / 2


def test_the_page_is_whole_quiet_and_harmless(two: list[Path], tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    COMPARE.good(*two, "-n", "0", "--page", page)
    text = page.read_text(encoding="utf-8")
    reader = Reader(text.removeprefix("<!DOCTYPE html>").replace("<meta ", "<br "))
    assert not {"script", "link", "iframe", "form", "a"} & set(reader.tags)
    assert "default-src 'none'" in text and "http:" not in text and "https:" not in text
    assert small_model.SCRIPT.decode() in reader.text and small_model.NAME in reader.text
    spaces = [ts.load(path) for path in two]
    found = ts.compare(*spaces, n_directions=0).pairs[0]
    least = found.ends()["least_stable"].tolist()
    assert all(ts.visible(found.shared.tokens[id])[:30] in reader.text for id in least)
    assert text.count("data:image/png;base64,") == 1


def test_the_picture_is_drawn_for_every_kind_of_comparison(two: list[Path], tmp_path: Path) -> None:
    few = tmp_path / "few.safetensors"
    model(rows()[:60], TOKENS[:60], name="few").save(few)
    for number, (models, more) in enumerate(
        (([two[0], two[1], two[0]], ["-n", "100"]), ([two[0], few], ["-n", "0"]))
    ):
        path = tmp_path / f"{number}.svg"
        COMPARE.good(*models, *more, "--plot", path)
        assert path.stat().st_size > 5000
    said = COMPARE.good(two[0], few, "-n", "0")
    assert "share 60 tokens; it takes 100 or more" in said and f"{N}" in said


def test_mistakes_are_told_in_one_line(two: list[Path], tmp_path: Path) -> None:
    COMPARE.fails("name two or more", two[0])
    COMPARE.fails("MODEL")
    COMPARE.fails("nothing-here", two[0], tmp_path / "nothing-here")
    COMPARE.fails("or 0 for none", *two, "-n", "7")
    COMPARE.fails("must end in .html", *two, "--page", tmp_path / "page.txt")
    COMPARE.fails("holds one matrix", *two, "--matrix", "output")
    COMPARE.fails("tokens have a direction", *two, "-k", "500", "-n", "100")
    assert "takes 153 or more" in COMPARE.good(*two, "-k", "150", "-n", "0")
