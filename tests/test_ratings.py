from __future__ import annotations

import base64
import contextlib
import json
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tokensphere as ts
from tests.analysis.rating.made import at_random, rated, ratings
from tests.cases import case
from tokensphere.ratings import MOST, parse_ratings, ratings_bytes, write_ratings

SPEC = ts.RatingSpec(lists=3, planted=2, k=4)


def small() -> ts.Ratings:
    return rated(ratings(SPEC), at_random(0.5, 1), count=5, rater="Änn")


def test_what_is_written_is_read(tmp_path: Path) -> None:
    for number, lists in enumerate([small(), ratings(SPEC).unrated(small().started), ratings()]):
        path = tmp_path / f"{number}.json"
        if not lists.started:
            lists = rated(lists, at_random(0.2, 0))
        write_ratings(lists, path)
        assert ts.read_ratings(path) == lists
        assert path.read_bytes() == ratings_bytes(lists) and path.read_text("utf-8").isascii()


def test_a_file_does_not_say_at_a_glance_what_a_rater_must_not_know() -> None:
    text = ratings_bytes(small()).decode()
    head, _, _ = text.partition('"sealed"')
    assert "verdicts" in head
    for word in ("urn", "chance\n", '"seed"', "coherence", "theme", "planted\n", "group "):
        assert word not in head, word
    told = json.loads(text)
    assert told["settings"]["chance"] == "wordless" and told["lists"][0].keys() == {"ids", "shown"}


def test_damage_ends_in_one_line_that_says_where() -> None:
    good = ratings_bytes(small())
    for cut in range(0, len(good) - 2, 97):
        with case(cut), pytest.raises(ts.FormatError):
            parse_ratings(good[:cut], "a.json")
    for change, match in _CHANGES:
        told = json.loads(good)
        change(told)
        with case(match), pytest.raises(ts.FormatError, match=match) as error:
            parse_ratings(json.dumps(told).encode(), "a.json")
        assert "a.json" in str(error.value) and "\n" not in str(error.value)


def _known(change: Callable[[Any], Any]) -> Callable[[Any], None]:
    def changed(told: dict[str, Any]) -> None:
        known = json.loads(zlib.decompress(base64.b64decode(told["sealed"])))
        change(known)
        told["sealed"] = base64.b64encode(zlib.compress(json.dumps(known).encode())).decode()

    return changed


def _put(*way: Any, to: Any) -> Callable[[Any], None]:
    def changed(told: Any) -> None:
        for step in way[:-1]:
            told = told[step]
        told[way[-1]] = to

    return changed


_BOMB = base64.b64encode(zlib.compress(b" " * (MOST + 1))).decode()
_CHANGES: list[tuple[Callable[[Any], None], str]] = [
    (_put("what", to="survey"), "holds no ratings"),
    (_put("schema", to=2), "another version"),
    (_put("settings", to={"lists": 3}), "settings are others"),
    (_put("settings", "lists", to=4), "its settings say 10"),
    (_put("settings", "lists", to=-1), "number of lists"),
    (_put("settings", "chance", to=[]), "unknown chance"),
    (_put("lists", 0, "ids", 0, to=3.5), "no whole number"),
    (_put("lists", 0, "ids", to=[1, 1, 2, 3]), "a token twice"),
    (_put("lists", 0, "ids", to=[1, 2, 3]), "not 4 ids"),
    (_put("lists", 0, "shown", 0, to="x"), r"others than.*\(SHA-256\)"),
    (_put("lists", 0, "shown", 0, to=5), "no text"),
    (_put("lists", 0, to=5), "list 1 is no list"),
    (_put("plan", to="0" * 64), "SHA-256"),
    (_put("key", "sha256", to="0" * 64), "SHA-256"),
    (_put("key", "sha256", to={}), "no text or number"),
    (_put("model", to={}), "of which model"),
    (_put("verdicts", 0, "share", to=1), "true or false"),
    (_put("verdicts", 0, "seconds", to=-1), "negative"),
    (_put("verdicts", 0, "seconds", to=10**400), "no finite number"),
    (_put("settings", "strays", to=10**400), "share of strays"),
    (_put("key", "shape", to="x" * 20_000), "no text or number"),
    (_put("verdicts", 0, to=[]), "no share"),
    (_put("verdicts", to=[{"share": True, "seconds": 1}] * 9), "9 verdicts on 8"),
    (_put("verdicts", to=[]), "nothing rated"),
    (_put("rater", to=None), "the rater"),
    (_put("rater", to="x" * 100), "100 characters"),
    (_put("started", to="yesterday"), "no date"),
    (_put("ended", to="2025-13-01T00:00:00Z"), "no date"),
    (_put("sealed", to="!"), "broken"),
    (_put("sealed", to=None), "missing"),
    (_put("sealed", to=_BOMB), "broken"),
    (_known(_put("urn", 0, to="urn")), "none of random"),
    (_known(_put("urn", to=["random"] * 8)), "urn random are not those"),
    (_known(_put("index", to=[0] * 8)), "not those"),
    (_known(_put("coherence", 0, to="0.5")), "no finite number"),
    (_known(_put("coherence", 0, to=0.123)), "SHA-256"),
    (_known(_put("words", to=[])), "of every list"),
    (_known(_put("seed", to=-1)), "the seed"),
]


def test_files_with_any_byte_changed_are_read_or_refused() -> None:
    good, rng = ratings_bytes(small()), np.random.default_rng(0)
    for _ in range(400):
        raw = bytearray(good)
        for at in rng.integers(len(raw), size=int(rng.integers(1, 4))):
            raw[at] = rng.integers(256)
        with contextlib.suppress(ts.FormatError):
            found = parse_ratings(bytes(raw), "a.json")
            assert found.plan == small().plan  # what was changed is no part of the lists


def test_what_is_no_json_is_no_ratings(tmp_path: Path) -> None:
    for raw in (b"", b"[]", b"# readme", b"\xff\xfe", b'{"a": NaN}', b"[" * 100_000):
        with case(raw[:9]), pytest.raises(ts.FormatError, match="holds no ratings"):
            parse_ratings(raw, "a.json")
    with pytest.raises(ts.SourceError, match="No such file"):
        ts.read_ratings(tmp_path / "none.json")
