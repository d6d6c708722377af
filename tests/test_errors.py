"""Checks of arguments say what is wrong, what was expected, and nothing of other values."""

from __future__ import annotations

import shutil
import sys

import numpy as np
import pytest

from tests.cases import case
from tokensphere.errors import InputError, check_choice, check_whole, how_to_install


def test_whole_numbers_from_the_least_on_pass() -> None:
    for value in (3, 4, np.int64(3), np.uint8(200), 10**30):
        with case(value=value):
            check_whole("k", value, 3)
    check_whole("the seed", 0)
    check_whole("k", 10, 3, 10)
    with pytest.raises(InputError, match="k is 11, but can be 10 at most"):
        check_whole("k", 11, 3, 10)


def test_anything_else_is_told_with_its_name_and_the_least() -> None:
    for value in (2, -1, np.int64(2), 3.0, "3", None, True, np.float32(4), [4], float("nan"), b"4"):
        expected = "k is .*, but must be a whole number, 3 or more"
        with case(value=value), pytest.raises(InputError, match=expected):
            check_whole("k", value, 3)
    with pytest.raises(InputError) as caught:
        check_whole("k", "x" * 10_000)
    assert len(str(caught.value)) < 150


def test_choices() -> None:
    check_choice("null", "b", ("a", "b"))
    for name in ("c", "", "A", None, 1):
        with case(name=name), pytest.raises(InputError, match=r"unknown null .*: use one of a, b$"):
            check_choice("null", name, iter(("a", "b")))
    with pytest.raises(InputError) as caught:
        check_choice("null", "x" * 10_000, ("a",))
    assert len(str(caught.value)) < 200


def test_an_extra_is_installed_into_the_python_that_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """By its own pip, by its name where another's comes first on the path, by uv where it has none."""
    monkeypatch.setattr(sys, "executable", "/an environment/bin/python")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: name)
    monkeypatch.setattr(shutil, "which", lambda name: f"/an environment/bin/{name}")
    assert how_to_install("plot") == "pip install 'tokensphere[plot]'"
    for elsewhere in ("/usr/bin/pip", None):
        monkeypatch.setattr(shutil, "which", lambda name, pip=elsewhere: pip)
        expected = "'/an environment/bin/python' -m pip install 'tokensphere[plot]'"
        assert how_to_install("plot") == expected
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    expected = "uv pip install 'tokensphere[plot]' --python '/an environment/bin/python'"
    assert how_to_install("plot") == expected
