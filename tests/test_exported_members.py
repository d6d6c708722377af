from __future__ import annotations

import importlib
import inspect
import subprocess
import sys

import pytest

import tokensphere
from tests.cases import case
from tokensphere import errors


def test_all_is_sorted_and_complete() -> None:
    exceptions = {
        name
        for name, value in vars(errors).items()
        if inspect.isclass(value) and issubclass(value, errors.TokensphereError)
    }
    assert tokensphere.__all__ == sorted(tokensphere.__all__)
    assert set(tokensphere.__all__) == set(tokensphere._WHERE) | exceptions | {"__version__"}
    assert dir(tokensphere) == tokensphere.__all__


PUBLIC = sorted(set(tokensphere.__all__) - {"__version__"})


def test_public_names_can_be_imported_and_are_documented() -> None:
    importlib.import_module("tokensphere.cli")
    importlib.import_module("tokensphere.views")  # what is imported first must not matter
    for name in PUBLIC:
        value = getattr(tokensphere, name)
        where = tokensphere._WHERE.get(name, "errors")
        module = importlib.import_module(f"tokensphere.{where}")
        with case(name):
            assert value.__name__ == name
            assert inspect.getdoc(value) and value.__doc__
            assert vars(module)[name] is value
            assert value.__module__ == module.__name__


def test_public_methods_are_documented() -> None:
    for name in PUBLIC:
        value = getattr(tokensphere, name)
        if not inspect.isclass(value) or issubclass(value, Exception):
            continue
        for member, attribute in vars(value).items():
            if not member.startswith("_") and (
                inspect.isroutine(attribute) or isinstance(attribute, property)
            ):
                assert inspect.getdoc(attribute), f"{name}.{member}"


def test_no_public_name_is_one_that_pytest_collects() -> None:
    assert not [name for name in PUBLIC if name.startswith(("test_", "Test"))]


def test_unknown_names_are_attribute_errors() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nearst'"):
        tokensphere.nearst  # noqa: B018


def test_importing_the_package_costs_nothing() -> None:
    code = "import sys, tokensphere; print(sorted({'numpy', 'rich', 'click'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_tree_of_errors() -> None:
    assert issubclass(tokensphere.InputError, ValueError)
    assert issubclass(tokensphere.UnknownTokenError, KeyError)
    assert issubclass(tokensphere.FormatError, tokensphere.SourceError)
    assert issubclass(tokensphere.MissingExtraError, ImportError)
    assert str(tokensphere.UnknownTokenError("no 'x'")) == "no 'x'"
