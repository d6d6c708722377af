from __future__ import annotations

import json
import platform
from pathlib import Path

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from tokensphere.analysis.system import describe_system, processor
from tokensphere.geometry.compute import available_threads
from tokensphere.geometry.kernel import Choice
from tokensphere.views import to_text


def test_what_is_told_is_so() -> None:
    told = describe_system(Path("kept"))
    assert told.python == platform.python_version() and told.cache == "kept"
    assert told.packages["numpy"] == np.__version__
    assert 1 <= told.usable == available_threads() <= told.processors
    assert told.processor == processor() != ""
    assert json.loads(json.dumps(told.to_dict()))["kernel"] == told.kernel
    assert told.to_frame()["kernel"].tolist() == [told.kernel]


def test_the_threads_of_the_blas_are_those_that_it_has_now() -> None:
    if describe_system().blas[0]["threads"] is None:
        pytest.skip("a BLAS that threadpoolctl does not know")
    with threadpool_limits(1, "blas"):
        assert [blas["threads"] for blas in describe_system().blas if blas["threads"] != 1] == []
    assert describe_system().blas[0]["name"]


def test_a_package_that_is_missing_and_a_blas_that_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tokensphere.analysis.system._PACKAGES", ("scipy", "no-such-package"))
    monkeypatch.setattr("threadpoolctl.threadpool_info", list)
    told = describe_system()
    assert told.packages["no-such-package"] is None and told.packages["scipy"]
    built = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    assert told.blas == (
        {"name": built["name"], "version": built["version"], "architecture": None, "threads": None},
    )


def test_kernels_stand_in_the_order_of_preference_with_their_reasons(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kernels = (
        Choice("amx", "tiles", False, "the processor has no AMX tiles", False),
        Choice("avx2", "float32", True, "the best here", True),
        Choice("numpy", "NumPy's product", True, "always there", False),
    )
    monkeypatch.setattr("tokensphere.analysis.system.survey", lambda: kernels)
    told = describe_system()
    assert told.kernel == "avx2"
    lines = [" ".join(line.split()) for line in to_text(told).splitlines()]
    first = lines.index("kernel amx, tiles: the processor has no AMX tiles")
    assert lines[first + 1 : first + 3] == [
        "avx2, float32: searches, the best here",
        "numpy, NumPy's product: always there",
    ]
