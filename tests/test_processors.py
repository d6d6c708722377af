"""Results and saved work are the same on every processor, as far as docs/definitions.md 2 says.

A processor is what OpenBLAS and NumPy take it for: they can be told to be older than it is.
"""

from __future__ import annotations

import importlib
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from tests.cases import case

pytest.importorskip("pyarrow")

ROOT = Path(__file__).parents[1]
SIMD = importlib.import_module("numpy._core._multiarray_umath")
FEATURES = [name for name in SIMD.__cpu_dispatch__ if SIMD.__cpu_features__[name]]
OLD = {"OPENBLAS_CORETYPE": "Prescott", "NPY_DISABLE_CPU_FEATURES": " ".join(FEATURES)}
OTHERS: list[dict[str, str]] = [
    {"OPENBLAS_CORETYPE": name} for name in ("Haswell", "Nehalem", "SkylakeX")
]


def on(processor: Mapping[str, str], asked: str, folder: Path) -> None:
    """Run :mod:`tests.processors` on a processor, or skip the test where there is no such."""
    path = os.pathsep.join([str(ROOT), str(ROOT / "src")])
    found = subprocess.run(
        [sys.executable, "-m", "tests.processors", asked, str(folder)],
        env={**os.environ, "PYTHONPATH": path, **processor},
        capture_output=True,
        text=True,
        check=False,
    )
    if found.returncode == -signal.SIGILL:
        pytest.skip(f"this processor is no {processor}")
    assert found.returncode == 0, found.stderr


def results(
    processor: Mapping[str, str], folder: Path, asked: str = "results"
) -> dict[str, npt.NDArray[Any]]:
    on(processor, asked, folder)
    with np.load(folder / f"{asked}.npz") as kept:
        return dict(kept)


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> dict[str, npt.NDArray[Any]]:
    return results({}, tmp_path_factory.mktemp("own"))


def compare(one: Mapping[str, npt.NDArray[Any]], other: Mapping[str, npt.NDArray[Any]]) -> None:
    """Same to the bit; near to 10⁻⁶; p of draws that are only near: two draws in a thousand."""
    if np.array_equal(one["kernel"], other["kernel"]):
        pytest.skip("both multiply in the same way")
    for name in one:
        how = name.split()[0]
        with case(name):
            if how == "same":
                np.testing.assert_array_equal(one[name], other[name])
            elif how == "near":
                np.testing.assert_allclose(one[name], other[name], rtol=0, atol=1e-6)
            elif how == "p":
                np.testing.assert_allclose(one[name], other[name], rtol=0, atol=2e-3)


@pytest.mark.slow
def test_results_are_the_same_on_an_old_processor(
    own: dict[str, npt.NDArray[Any]], tmp_path: Path
) -> None:
    compare(own, results(OLD, tmp_path))


@pytest.mark.slow
@pytest.mark.parametrize("processor", OTHERS, ids=lambda processor: processor["OPENBLAS_CORETYPE"])
def test_results_are_the_same_on_others(
    processor: dict[str, str], own: dict[str, npt.NDArray[Any]], tmp_path: Path
) -> None:
    compare(own, results(processor, tmp_path))


@pytest.mark.slow
def test_what_was_saved_on_one_processor_goes_on_on_another(tmp_path: Path) -> None:
    """And gives what one gives alone, of sums of tokens and of a computed null."""
    both, alone = tmp_path / "both", tmp_path / "alone"
    both.mkdir()
    alone.mkdir()
    on(OLD, "save", both)
    draws = list((both / "nulls").iterdir())
    found, whole = results({}, both, "go_on"), results({}, alone, "go_on")
    assert list((both / "nulls").iterdir()) == draws  # the null's draws were found there, not made anew
    np.testing.assert_array_equal(found["coherence"], whole["coherence"])
    assert found["survey: steps"].sum() == whole["survey: steps"].sum() - 60
    for name in whole:
        if name.startswith("p "):
            np.testing.assert_allclose(found[name], whole[name], rtol=0, atol=2e-3)
