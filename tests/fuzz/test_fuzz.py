"""A part of the run in the package's text, and that it finds what it looks for."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.fuzz.mutate import damaged
from tests.fuzz.run import run
from tests.fuzz.seeds import SEEDS, Seed, shares
from tokensphere.errors import FormatError


def _asks(folder: Path) -> Callable[[], object]:
    (folder / "file").write_bytes(b"0" * 64)
    return lambda: None


def _of(act: Callable[[], object]) -> Seed:
    def make(folder: Path) -> Callable[[], object]:
        _asks(folder)
        return act

    return Seed("made", make)


def _refuse() -> None:
    raise FormatError("damaged; fetch it again")


class _TwoLinesError(FormatError):
    def __str__(self) -> str:
        return "damaged\nand more"


def _two_lines() -> None:
    raise _TwoLinesError


def _traceback() -> None:
    raise KeyError("key")


@pytest.mark.parametrize(
    ("act", "result"),
    [
        (lambda: None, "read"),
        (_refuse, "refused"),
        (_two_lines, "failed"),
        (_traceback, "failed"),
        (lambda: time.sleep(30), "failed"),
        (lambda: np.ones(1 << 27), "failed"),
        (lambda: os._exit(3), "failed"),
        (lambda: np.float32(1e38) * np.float32(10), "failed"),  # a warning
    ],
)
def test_what_is_no_clean_error_fails(act: Callable[[], object], result: str) -> None:
    outcome = run(_of(act), range(2), memory=1 << 28, seconds=0.2)
    assert dict(outcome.counts) == {result: 2}
    assert len(outcome.failures) == (2 if result == "failed" else 0)


def test_damage_is_the_same_again_and_nearly_always_damage() -> None:
    whole = b'{"a": [1, 2, {"b": "text"}], "c": null}'
    many = [damaged(whole, np.random.default_rng(number)) for number in range(100)]
    assert many == [damaged(whole, np.random.default_rng(number)) for number in range(100)]
    assert len(set(many)) > 80 and many.count(whole) < 5


@pytest.mark.slow
def test_a_part_of_the_run() -> None:
    few = [seed for seed in SEEDS if not seed.kind.startswith("model:")]
    few += [seed for at, seed in enumerate(SEEDS) if seed.kind.startswith("model:") and at % 8 == 0]
    failures = [
        (outcome.kind, *failure)
        for seed, n in zip(few, shares(few, 1000), strict=True)
        for outcome in [run(seed, range(n))]
        for failure in outcome.failures
    ]
    assert failures == []
