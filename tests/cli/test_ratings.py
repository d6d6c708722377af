from __future__ import annotations

from pathlib import Path

import pytest

import tokensphere as ts
from tests.analysis.rating.made import at_random, rated, ratings
from tests.cli.running import Command
from tokensphere.ratings import write_ratings

RUN = Command("ratings")


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    paths = []
    for number, name in enumerate(("Ann", "\x1b[31mBob\u202e")):
        paths.append(tmp_path / f"{number}.json")
        write_ratings(rated(ratings(), at_random(0.4, number), rater=name), paths[-1])
    return paths


def test_one_rater(files: list[Path]) -> None:
    text = RUN.good(files[0])
    result = ts.judge_ratings(ts.read_ratings(files[0]))
    random = result.rates["random"]
    assert random is not None and f"{100 * random.share:.1f} %" in text
    assert "perhaps 20 % of the time" in text and "Ann, 2025-01-02" in text and "seed 3" in text
    told = RUN.record(files[0])["raters"][0]
    assert told["rates"]["random"]["count"] == random.count and told["name"] == "Ann"


def test_two_raters(files: list[Path]) -> None:
    text = RUN.good(*files)
    found = ts.compare_ratings([ts.read_ratings(path) for path in files])
    together = found.same[0].together
    assert together is not None and f"α {together.alpha:.2f}" in " ".join(text.split())
    assert "\x1b" not in text and "\u202e" not in text and "Ann" in text
    assert RUN.record(*files)["same_lists"][0]["together"]["alpha"] == together.alpha


def test_raters_of_other_lists(files: list[Path], tmp_path: Path) -> None:
    other = tmp_path / "other.json"
    write_ratings(rated(ratings(seed=4), at_random(0.4, 1)), other)
    text = RUN.good(files[0], other)
    assert "No two of them rated the same lists" in text and "other " in text


def test_what_cannot_be_read_or_compared(files: list[Path], tmp_path: Path) -> None:
    RUN.fails("No such file", tmp_path / "none.json")
    RUN.fails("the same ratings", files[0], files[0])
    RUN.fails("Missing argument")
    (tmp_path / "bad.json").write_bytes(files[0].read_bytes()[:-300])
    RUN.fails("bad.json", tmp_path / "bad.json")
    write_ratings(
        ratings().unrated("2025-01-02T03:04:05+00:00").said(0, True, 1), tmp_path / "open.json"
    )
    RUN.fails("1 of 48 lists are rated, and the ratings not ended", tmp_path / "open.json")
