"""How the cache is shown."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import tokensphere as ts
from tokensphere.views.terminal.cache import cache_json, cache_table

ROOT = Path("some folder") / "cache"


@dataclass(frozen=True)
class Entry:
    repo: str = "openai-community/gpt2"
    commit: str = "0123456789abcdef" * 2 + "01234567"
    tensor: str = "wte.weight"
    dtype: str = "F32"
    shape: tuple[int, ...] = (50257, 768)
    size: int = 154_389_504
    sha256: str = "ab" * 32
    date: str = "2026-01-02T03:04:05+00:00"


LONG = Entry(repo="o/a-much-longer-name", tensor="language_model.x", dtype="BF16", size=1_500_000_000)


def test_nothing() -> None:
    assert cache_table(ROOT, []) == f"nothing in {ROOT}"
    assert json.loads(cache_json(ROOT, []))["entries"] == []


def test_columns_are_aligned_and_sizes_add_up() -> None:
    text = cache_table(ROOT, [Entry(), LONG])
    head, first, second, blank, total = text.split("\n")
    for title, cells in (
        ("commit", ("0123456789ab", "0123456789ab")),
        ("tensor", ("wte.weight", "language_model.x")),
        ("stored as", ("F32", "BF16")),
        ("shape", ("50,257 × 768", "50,257 × 768")),
        ("MB", ("154.4", "1,500.0")),
        ("fetched", ("2026-01-02", "2026-01-02")),
    ):
        at = head.index(title)
        for line, cell in zip((first, second), cells, strict=True):
            assert line[at:].startswith(cell) and line[at - 2 : at] == "  "
    assert first.startswith("openai-community/gpt2 ") and second.startswith("o/a-much-longer-name ")
    assert blank == "" and total == f"1,654.4 MB in {ROOT}"
    assert all(line == line.rstrip() for line in text.split("\n"))


def test_json_has_everything_in_full() -> None:
    record = json.loads(cache_json(ROOT, [Entry(), LONG]))
    assert record["tokensphere"] == ts.__version__ and record["path"] == str(ROOT)
    assert record["entries"][0] == {
        "model": Entry.repo,
        "commit": Entry.commit,
        "tensor": "wte.weight",
        "dtype": "F32",
        "shape": [50257, 768],
        "bytes_on_disk": 154_389_504,
        "sha256": "ab" * 32,
        "fetched": Entry.date,
    }
    assert [entry["model"] for entry in record["entries"]] == [Entry.repo, LONG.repo]


@dataclass(frozen=True)
class Computed:
    name: str = "nulls"
    what: str = "draws of random lists"
    files: int = 1_234
    size: int = 2_500_000


def test_what_was_computed_stands_below_and_counts() -> None:
    labels = Computed("labels", "labels of vocabularies", 1, 100_000)
    alone = cache_table(ROOT, [Entry()])
    text = cache_table(ROOT, [Entry()], [Computed(), labels])
    fetched, computed, total = text.split("\n\n")
    assert fetched == alone.split("\n\n")[0] and total == f"157.0 MB in {ROOT}"
    head, first, second = computed.split("\n")
    for title, cells in (
        ("files", ("1,234", "1")),
        ("MB", ("2.5", "0.1")),
        ("what it is", ("draws of random lists", "labels of vocabularies")),
    ):
        for line, cell in zip((first, second), cells, strict=True):
            assert line[head.index(title) :].startswith(cell)
    assert cache_table(ROOT, [], [Computed()]).startswith("computed  ")
    record = json.loads(cache_json(ROOT, [], computed=[Computed()]))
    assert record["computed"] == [{"name": "nulls", "files": 1234, "bytes_on_disk": 2_500_000}]
