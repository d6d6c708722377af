"""The cache -> a table for a terminal, or JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from tokensphere._version import __version__


class CacheEntry(Protocol):
    """What is shown of an entry of the cache."""

    @property
    def repo(self) -> str:
        """Repository."""

    @property
    def commit(self) -> str:
        """Commit of the repository."""

    @property
    def tensor(self) -> str:
        """Name of the tensor."""

    @property
    def dtype(self) -> str:
        """How its values are stored."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Tokens and dimensions."""

    @property
    def size(self) -> int:
        """Bytes on disk, vocabulary included."""

    @property
    def sha256(self) -> str:
        """Of the tensor's bytes."""

    @property
    def date(self) -> str:
        """When it was fetched."""


class KeptArrays(Protocol):
    """What is shown of a folder of arrays that were computed once."""

    @property
    def name(self) -> str:
        """Of the folder."""

    @property
    def what(self) -> str:
        """What it holds, in words."""

    @property
    def files(self) -> int:
        """How many there are."""

    @property
    def size(self) -> int:
        """Bytes on disk."""


_HEAD = ("model", "commit", "tensor", "stored as", "shape", "MB", "fetched")
_COMPUTED_HEAD = ("computed", "files", "MB", "what it is")


def cache_table(root: Path, entries: Sequence[CacheEntry], computed: Sequence[KeptArrays] = ()) -> str:
    """A line for each entry, columns aligned; then what was computed; the cache's folder below."""
    if not entries and not computed:
        return f"nothing in {root}"
    blocks = []
    if entries:
        blocks.append(_aligned([_HEAD, *map(_row, entries)]))
    if computed:
        blocks.append(_aligned([_COMPUTED_HEAD, *map(_computed_row, computed)]))
    sizes = [entry.size for entry in entries] + [kept.size for kept in computed]
    return "\n\n".join([*blocks, f"{sum(sizes) / 1e6:,.1f} MB in {root}"])


def _aligned(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    padded = [[text.ljust(width) for text, width in zip(row, widths, strict=True)] for row in rows]
    return "\n".join("  ".join(row).rstrip() for row in padded)


def _row(entry: CacheEntry) -> tuple[str, ...]:
    shape = " × ".join(f"{axis:,}" for axis in entry.shape)
    megabytes = f"{entry.size / 1e6:,.1f}"
    return (entry.repo, entry.commit[:12], entry.tensor, entry.dtype, shape, megabytes, entry.date[:10])


def _computed_row(kept: KeptArrays) -> tuple[str, ...]:
    return (kept.name, f"{kept.files:,}", f"{kept.size / 1e6:,.1f}", kept.what)


def cache_json(
    root: Path,
    entries: Sequence[CacheEntry],
    sizes: Mapping[tuple[str, str, str], int] | None = None,
    computed: Sequence[KeptArrays] = (),
) -> str:
    """The cache's folder and its entries as one JSON object.

    `sizes` are the bytes on disk by (model, commit, tensor), for entries that are no longer there.
    """
    records: list[dict[str, Any]] = [
        {
            "model": entry.repo,
            "commit": entry.commit,
            "tensor": entry.tensor,
            "dtype": entry.dtype,
            "shape": list(entry.shape),
            "bytes_on_disk": _size(entry, sizes),
            "sha256": entry.sha256,
            "fetched": entry.date,
        }
        for entry in entries
    ]
    record = {
        "tokensphere": __version__,
        "path": str(root),
        "entries": records,
        "computed": [
            {"name": kept.name, "files": kept.files, "bytes_on_disk": kept.size} for kept in computed
        ],
    }
    return json.dumps(record, ensure_ascii=False, indent=2)


def _size(entry: CacheEntry, sizes: Mapping[tuple[str, str, str], int] | None) -> int:
    return entry.size if sizes is None else sizes[entry.repo, entry.commit, entry.tensor]
