"""What computes here: versions, the processor, and which kernel searches and why."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from tokensphere._version import __version__
from tokensphere.analysis.result import Column, Result
from tokensphere.geometry.compute import available_threads
from tokensphere.geometry.kernel import Choice, survey
from tokensphere.records import record

_PACKAGES = ("scipy", "torch")  # found, but not imported: that takes seconds


@dataclass(frozen=True, eq=False, repr=False)
class System(Result):
    """What a result may take longer by, or a report of a fault needs.

    Attributes
    ----------
    python, platform : their versions, such as ``"3.13.0"`` and ``"Linux x86_64"``
    packages : the versions of NumPy, SciPy and PyTorch; None if one is not installed
    blas : of each library that multiplies for NumPy its name, version, architecture and threads (None
        where it does not say)
    processor : its name, as the system has it
    processors, usable : how many there are, and how many of them this process may use
    kernels : the code that can search, in the order in which it is preferred, and which is chosen
    cache : folder of the cache; None where there is no home for one
    """

    python: str
    platform: str
    packages: dict[str, str | None]
    blas: tuple[dict[str, str | int | None], ...]
    processor: str
    processors: int
    usable: int
    kernels: tuple[Choice, ...]
    cache: str | None

    @property
    def kernel(self) -> str:
        """The name of the one that searches."""
        return next(choice.name for choice in self.kernels if choice.chosen)

    def _in_short(self) -> str:
        return f"tokensphere {__version__}, Python {self.python}, {self.platform}, {self.kernel}"

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain dicts, lists, strings and numbers, ready for JSON."""
        kernels = [choice._asdict() for choice in self.kernels]
        return record(self) | {"kernel": self.kernel, "kernels": kernels}

    def columns(self) -> dict[str, Column]:
        """One row."""
        row = {
            "tokensphere": __version__,
            **record(self, "python", "platform"),
            **self.packages,
            **record(self, "processor", "processors", "usable", "kernel"),
        }
        return {name: [value] for name, value in row.items()}


def describe_system(cache: Path | None = None) -> System:
    """What computes here.

    Parameters
    ----------
    cache : folder of the cache, if there is a home for one

    Raises
    ------
    InputError
        ``TOKENSPHERE_KERNEL`` asks for what cannot run here
    """
    return System(
        python=platform.python_version(),
        platform=f"{platform.system()} {platform.machine()}",
        packages={"numpy": np.__version__, **{name: _version(name) for name in _PACKAGES}},
        blas=_blas(),
        processor=processor(),
        processors=os.cpu_count() or 1,
        usable=available_threads(),
        kernels=survey(),
        cache=None if cache is None else str(cache),
    )


def processor() -> str:
    """The processor's name, or else its kind."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return next(filter(None, [*names, platform.processor(), platform.machine()]), "unknown")


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _blas() -> tuple[dict[str, str | int | None], ...]:
    from threadpoolctl import threadpool_info

    found = [library for library in threadpool_info() if library["user_api"] == "blas"]
    if not found:  # one that threadpoolctl does not know, such as Accelerate
        built: Any = np.show_config(mode="dicts")
        blas = built.get("Build Dependencies", {}).get("blas", {})
        found = [{"internal_api": blas.get("name", "unknown"), "version": blas.get("version")}]
    names = {"internal_api": "name", "version": "version", "architecture": "architecture",
             "num_threads": "threads"}  # fmt: skip
    return tuple({called: one.get(name) for name, called in names.items()} for one in found)
