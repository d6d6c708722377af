from __future__ import annotations

import inspect
from itertools import product

import pytest

from tests.cases import case, every


def test_a_failure_names_its_case() -> None:
    for wrong in (AssertionError, ValueError, KeyboardInterrupt):
        with pytest.raises(wrong) as caught, case(outer=1), case(n=3, name="x"):
            raise wrong
        assert caught.value.__notes__ == ["in the case n = 3, name = 'x'", "in the case outer = 1"]
    with pytest.raises(pytest.fail.Exception) as missed, case(n=4), pytest.raises(ValueError):
        pass
    assert missed.value.__notes__ == ["in the case n = 4"]


def test_every_goes_through_all_cases_and_leaves_fixtures_to_pytest() -> None:
    seen: list[tuple[object, ...]] = []

    @every("letter", "ab")
    @every(("n", "square"), [(2, 4), (3, 9)])
    def check(letter: str, n: int, square: int, fixture: str) -> None:
        seen.append((letter, n, fixture))
        assert n * n == square

    assert list(inspect.signature(check).parameters) == ["fixture"]
    check(fixture="given")
    assert seen == [(letter, n, "given") for letter, n in product("ab", (2, 3))]

    @every("n", [1, 5, 2])
    def fails(n: int) -> None:
        assert n < 5

    with pytest.raises(AssertionError) as caught:
        fails()
    assert caught.value.__notes__ == ["in the case n = 5"]
