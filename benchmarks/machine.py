"""What a timing depends on: the processor, and the versions of all that took part."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from pathlib import Path

PEERS = ("faiss-cpu", "scikit-learn", "scipy", "gensim", "torch", "gguf", "safetensors")


def describe() -> dict[str, str]:
    """Processor, cores, system, versions."""
    import numpy as np
    from threadpoolctl import threadpool_info

    from tokensphere.analysis.system import processor

    blas = [library for library in threadpool_info() if library["user_api"] == "blas"]
    versions = {name: _version(name) for name in PEERS}
    return {
        "processor": processor(),
        "cores": f"{_cores()} usable of {os.cpu_count()}",
        "memory": _memory(),
        "system": f"{platform.system()} {platform.machine()}, Python {platform.python_version()}",
        "NumPy": np.__version__,
        "BLAS": "; ".join(
            f"{_owner(library['filepath'])}: {library['internal_api']} {library['version']} "
            f"({library.get('architecture', '?')}, {library['num_threads']} threads)"
            for library in blas
        ),
        "tokensphere": _version("tokensphere"),
        "peers": ", ".join(f"{name} {version}" for name, version in versions.items()),
    }


def _owner(path: str) -> str:
    """The package whose wheel brought a library: wheels keep them in ``<package>.libs``."""
    folder = Path(path).parent.name
    return folder.removesuffix(".libs") if folder.endswith(".libs") else "system"


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _memory() -> str:
    try:
        return f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 1e9:.0f} GB"
    except (ValueError, OSError, AttributeError):
        return "unknown"
