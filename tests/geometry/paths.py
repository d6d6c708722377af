"""Tests of the search that run on every path of it that this processor has."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import ModuleType
from typing import Any
from unittest.mock import patch

import pytest

from tokensphere.geometry import compiled, plain, prepared, search
from tokensphere.geometry.kernel import VARIABLE, survey

PATHS = [choice.name for choice in survey() if choice.usable]
_TINY: dict[ModuleType, dict[str, Any]] = {
    search: {"QUERIES_AT_ONCE": 16},
    plain: {"_ROWS": 8, "_FIRST": 8, "_PRODUCTS": 64, "_PENDING": 8, "_SETTLED": 4},
    compiled: {"_WORK": 1, "_SETTLED": 4, "_FEW": 0},
    prepared: {"_MANY": 1, "_SAMPLED": 5},
}


@pytest.fixture(scope="module", params=PATHS, autouse=True)
def kernel(request: pytest.FixtureRequest) -> Iterator[str]:
    """The path that is taken."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv(VARIABLE, request.param)
        yield request.param


@contextmanager
def planned(small: bool) -> Iterator[None]:
    """With pieces of a few rows and queries if they are to be `small`.

    Then rows are packed and moved for any number of queries.
    """
    with ExitStack() as stack:
        for module, sizes in _TINY.items() if small else ():
            stack.enter_context(patch.dict(vars(module), sizes))
        yield
