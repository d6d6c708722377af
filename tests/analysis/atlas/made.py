"""Atlases of models whose rates are known."""

from __future__ import annotations

from typing import Any

import numpy as np

from tokensphere.analysis.atlas.facts import ModelFacts
from tokensphere.analysis.atlas.result import Atlas, AtlasModel, Rates
from tokensphere.analysis.atlas.state import AtlasState, ModelState, Working
from tokensphere.statistics.intervals import wilson
from tokensphere.statistics.own_null import Beyond

SETTINGS: dict[str, Any] = {
    "schema": 1, "survey": 1, "seed": 0, "block": 1000, "k": 10, "surrogate": "blockwise",
    "surrogate_seed": 0, "surrogates": 19,
}  # fmt: skip
BY = {
    "host": "a", "pid": 1, "tokensphere": "0.1.0", "kernel": "avx2", "numpy": "2.4.6",
    "python": "3.12.1", "seconds": 30.0, "cpu_seconds": 50.0,
}  # fmt: skip


def rates(rate: float, directions: int = 2000) -> Rates:
    def beyond(share: float) -> Beyond:
        return Beyond(0.05, 0.05, share, wilson(share, directions / 1.3))

    half = beyond(rate / 2 + 0.025)
    return Rates(directions, half, beyond(rate), half, 0.11, 0.08, 4.2, 0.13)


def facts(title: str, tokens: int, width: int, effective: float, cosine: float) -> ModelFacts:
    return ModelFacts(title, None, "input", "float32", tokens, tokens + 2, width, cosine, effective, 1.5,
                      0.2, "0" * 32)  # fmt: skip


def model(
    title: str, rate: float | None, number: int = 0, *, control: str | None = None, asked: int = 2000,
    done: int = 2000, by: dict[str, Any] | None = None, failed: str | None = None, **tags: str,
) -> AtlasModel:  # fmt: skip
    known = None if failed and rate is None else facts(
        title, 30_000 + 4_000 * number, 384 + 64 * number, 90.5 + number, 0.1 + 0.01 * number
    )  # fmt: skip
    found = None if rate is None else rates(rate, done)
    who = {} if rate is None else {"000000000000-1000": {**BY, **(by or {})}}
    return AtlasModel(f"{title}-{number}", title, control, tags, asked, known, found, failed, who)


def atlas(models: int, controls: int = 0, seed: int = 0, **more: Any) -> Atlas:
    """Rates of 10 to 30 % that grow with the width; controls about 5 %."""
    rng = np.random.default_rng(seed)
    made = []
    for i in range(models):
        rate = 0.1 + 0.2 * (i + rng.uniform()) / models
        made.append(model(f"maker/model-{i:03}", rate, i, family="abc"[i % 3], **more))
    for i in range(controls):
        rate = 0.05 + 0.004 * rng.standard_normal()
        made.append(model(f"maker/model-{i:03}, gaussian", rate, i, control="gaussian"))
    return Atlas.of(SETTINGS, made)


def some() -> Atlas:
    """One of each kind: finished, begun, failed, failed on the way, not begun, controls."""
    return Atlas.of(
        SETTINGS,
        [
            *atlas(5, 2).models,
            model("begun", 0.2, 9, done=1000, by={"kernel": "numpy"}, steps="7"),
            model("broken", 0.21, 9, done=1000, failed="not enough memory for it"),
            model("gone", None, 9, failed="there is no such model"),
            model("open", None, 9),
        ],
    )


def state() -> AtlasState:
    """One model in each state."""
    models = (
        ModelState("a", "a-1", 2, 2, None), ModelState("b", "b-1", 1, 2, None),
        ModelState("c", "c-1", 0, 2, None), ModelState("d", "d-1", 1, 2, "it is gone"),
    )  # fmt: skip
    return AtlasState(SETTINGS, models, (Working("b-1.000000001000-1000", "a machine", 12),))
