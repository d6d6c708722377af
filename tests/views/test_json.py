from __future__ import annotations

import json
from typing import Any

import pytest

import tokensphere as ts
from tests import small_model
from tokensphere.views import to_json


def test_one_object_with_the_version(small: ts.EmbeddingSpace) -> None:
    results: list[Any] = [
        ts.nearest(small, small_model.SCRIPT, k=40),
        ts.pair(small, 0, 1, n_pairs=100),
        ts.summarize(small),
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
