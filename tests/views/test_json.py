from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise, product
from typing import Any

import pytest

import tokensphere as ts
from tests import small_model
from tokensphere.analysis.naming.lists import name_lists
from tokensphere.analysis.naming.neighbors import NamedNeighbors, name_neighbors
from tokensphere.views import json_in_parts, text_in_parts, to_json, to_text


def test_one_object_with_the_version(small: ts.EmbeddingSpace) -> None:
    results: list[Any] = [
        ts.nearest(small, small_model.SCRIPT, k=40),
        ts.pair(small, 0, 1, n_pairs=100),
        ts.info(small),
    ]
    for result in results:
        text = to_json(result)
        record = json.loads(text)
        assert record.pop("tokensphere") == ts.__version__
        assert record == json.loads(json.dumps(result.to_dict()))
        assert not text.endswith("\n")
        assert text.isascii()


def test_what_json_cannot_hold_is_refused() -> None:
    class Bad:
        def to_dict(self) -> dict[str, float]:
            return {"x": float("nan")}

    with pytest.raises(ValueError, match="not JSON compliant"):
        to_json(Bad())


def test_parts_in_turn_are_the_whole(small: ts.EmbeddingSpace) -> None:
    """However the directions are cut into parts: as text, in colour, and as JSON; with names, too."""
    whole = ts.nearest(small, ts.RandomDirections(small_model.D, 9), k=12)
    named = name_neighbors(small, whole, n_random_directions=0, naming=ts.NamingSpec(99))

    def cut(result: Any, at: list[int]) -> Iterator[Any]:
        for low, high in pairwise([0, *at, 9]):
            part = replace(
                whole, ids=whole.ids[low:high], similarity=whole.similarity[low:high],
                names=whole.names[low:high],
            )  # fmt: skip
            names = name_lists(named.names.counter, part.ids, named.names.spec)
            yield part if result is whole else NamedNeighbors(part, names)

    for result, at in product([whole, named], [[], [1], [4, 5], [2, 8]]):
        assert "".join(json_in_parts(cut(result, at))) == to_json(result) + "\n"
        for width, color in product([20, 60, 100, 300], [False, True]):
            text = "".join(text_in_parts(cut(result, at), width=width, color=color))
            assert text == to_text(result, width=width, color=color) + "\n"
