from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from threadpoolctl import threadpool_limits

import tokensphere as ts
from tests import small_model

# What a terminal or another runner of tests says of itself is nothing that results may depend on.
for _name in ("COLUMNS", "LINES", "NO_COLOR", "TOKENSPHERE_MODEL"):
    os.environ.pop(_name, None)
# Nor on the models that whoever runs them has.
for _name in ("HF_HUB_CACHE", "OLLAMA_MODELS"):
    os.environ[_name] = str(Path(os.devnull) / "none")
# Each worker would compile every test again, and each process that a test starts the whole package.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False


def pytest_collection_finish() -> None:
    """What has been collected lives as long as the tests do; garbage is looked for elsewhere."""
    gc.freeze()


@pytest.fixture(scope="session")
def bundled() -> ts.EmbeddingSpace:
    return ts.load()


@pytest.fixture(scope="session")
def small_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_model.write(tmp_path_factory.mktemp("models") / "small.gguf")


@pytest.fixture(scope="session")
def small(small_path: Path) -> ts.EmbeddingSpace:
    return ts.load(small_path)


@pytest.fixture
def one_blas_thread() -> Iterator[None]:
    """For many small products of a naive loop: threads that wait for each other take longer."""
    with threadpool_limits(1, "blas"):
        yield


@pytest.fixture(scope="module")
def few_pairs() -> Iterator[None]:
    """Surveys of small spaces look at 5,000 random pairs for the limit of `alike`, not at 100,000."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tokensphere.analysis.survey.job._PAIRS", 5000)
        yield
