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


_HEAD = ("model", "commit", "tensor", "stored as", "shape", "MB", "fetched")


def cache_table(root: Path, entries: Sequence[CacheEntry]) -> str:
    """A line for each entry, columns aligned; the cache's folder below."""
    if not entries:
        return f"nothing in {root}"
    rows = [_HEAD] + [_row(entry) for entry in entries]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    padded = [[text.ljust(width) for text, width in zip(row, widths, strict=True)] for row in rows]
    lines = ["  ".join(row) for row in padded]
    total = sum(entry.size for entry in entries) / 1e6
    return "\n".join([*(line.rstrip() for line in lines), "", f"{total:,.1f} MB in {root}"])


def _row(entry: CacheEntry) -> tuple[str, ...]:
    shape = " × ".join(f"{axis:,}" for axis in entry.shape)
    megabytes = f"{entry.size / 1e6:,.1f}"
    return (entry.repo, entry.commit[:12], entry.tensor, entry.dtype, shape, megabytes, entry.date[:10])


def cache_json(
    root: Path, entries: Sequence[CacheEntry], sizes: Mapping[tuple[str, str, str], int] | None = None
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
    record = {"tokensphere": __version__, "path": str(root), "entries": records}
    return json.dumps(record, ensure_ascii=False, indent=2)


def _size(entry: CacheEntry, sizes: Mapping[tuple[str, str, str], int] | None) -> int:
    return entry.size if sizes is None else sizes[entry.repo, entry.commit, entry.tensor]
