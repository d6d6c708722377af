"""Many cases in one test, of which a failure names the one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest


@contextmanager
def case(what: object) -> Iterator[None]:
    """Whatever fails inside is told together with `what`."""
    try:
        yield
    except (Exception, pytest.fail.Exception) as error:
        raise AssertionError(f"case {what!r:.300}: {type(error).__name__}: {error}") from error
