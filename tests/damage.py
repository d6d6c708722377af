"""Damaged files: a reader reads them, or refuses them with one line; nothing else may happen."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from tests.cases import case
from tokensphere.errors import TokensphereError


def changed(
    whole: bytes, rng: np.random.Generator, *likely: int, low: int = 0, high: int | None = None
) -> bytes:
    """One to three bytes in low … high − 1 changed, to one of `likely` or to any."""
    content = bytearray(whole)
    for _ in range(int(rng.integers(1, 4))):
        at = int(rng.integers(low, high or len(content)))
        content[at] = int(rng.choice([*likely, int(rng.integers(256))]))
    return bytes(content)


def read_or_refused(read: Callable[[bytes], object], files: Iterable[bytes]) -> None:
    """Some are read, some are refused, in one line each."""
    came_through = refused = 0
    for number, content in enumerate(files):
        with case(number=number):
            try:
                read(content)
                came_through += 1
            except TokensphereError as error:
                assert "\n" not in str(error)
                refused += 1
    assert came_through and refused
