from __future__ import annotations

from pathlib import Path

import pytest

import tokensphere as ts
from tests import small_model


@pytest.fixture(scope="session")
def bundled() -> ts.EmbeddingSpace:
    return ts.load()


@pytest.fixture(scope="session")
def small_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_model.write(tmp_path_factory.mktemp("models") / "small.gguf")


@pytest.fixture(scope="session")
def small(small_path: Path) -> ts.EmbeddingSpace:
    return ts.load(small_path)
