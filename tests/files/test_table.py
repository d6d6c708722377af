"""The table of what is read: every case gives the right rows, or the right refusal."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import numpy as np
import pytest

import tokensphere as ts
from tests import files
from tests.files.case import Case
from tokensphere.errors import TokensphereError

MODULES = sorted(found.name for found in iter_modules(files.__path__) if found.name.startswith("of_"))
CASES: list[Case] = [case for name in MODULES for case in import_module(f"tests.files.{name}").CASES]


@pytest.fixture(autouse=True)
def nowhere_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No cache, no hub, no home but empty ones."""
    for name in ("TOKENSPHERE_CACHE", "HF_HOME", "HOME"):
        monkeypatch.setenv(name, str(tmp_path / "elsewhere" / name))
    for name in ("HF_HUB_CACHE", "OLLAMA_MODELS", "TOKENSPHERE_MODEL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")


@pytest.mark.parametrize("case", CASES, ids=[case.what for case in CASES])
def test_it_is_read_or_refused(case: Case, tmp_path: Path) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    want = case.make(folder)
    if case.refused:
        with pytest.raises(TokensphereError, match=case.refused) as caught:
            ts.load(want.model, **want.options)
        assert "\n" not in str(caught.value)
        return
    space = ts.load(want.model, **want.options)
    rows = np.asarray(want.rows, dtype=np.float64)
    assert space.vectors.dtype == np.float32 and space.vectors.shape == rows.shape
    np.testing.assert_allclose(
        space.vectors, rows, rtol=0, atol=want.tolerance * float(np.abs(rows).max(initial=0))
    )
    if want.tokens is not None:
        assert list(space.vocabulary.pieces) == list(want.tokens)
    assert re.search(want.note, "; ".join(space.provenance.notes))


def test_no_two_cases_are_called_the_same() -> None:
    names = [case.what for case in CASES]
    assert len(set(names)) == len(names)
    assert all(case.source for case in CASES)


def test_the_page_has_all_cases() -> None:
    from tests.files.__main__ import page

    there = Path(__file__).parents[2] / "docs" / "what-is-read.md"
    assert there.read_text(encoding="utf-8") == page()
