"""The cache -> a table for a terminal, or JSON."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from tokensphere._version import __version__
from tokensphere.display import told
from tokensphere.views.csv import csv_lines
from tokensphere.views.text import crop

# Views know no cache: an entry is what has the attributes of sources.cache.entries.Entry, a folder of
# arrays what has those of sources.cache.arrays.Kept.
Entry = Any
Kept = Any
_WIDEST = 80
_HEAD = ("model", "commit", "tensor", "stored as", "shape", "MB", "fetched")
_COMPUTED_HEAD = ("computed", "files", "MB", "what it is")


def cache_table(root: Path, entries: Sequence[Entry], computed: Sequence[Kept] = ()) -> str:
    """A line for each entry, columns aligned; then what was computed; the cache's folder below."""
    if not entries and not computed:
        return f"nothing in {told(str(root))}"
    blocks = []
    if entries:
        blocks.append(aligned([_HEAD, *map(_row, entries)]))
    if computed:
        blocks.append(aligned([_COMPUTED_HEAD, *map(_computed_row, computed)]))
    size = sum(one.size for one in (*entries, *computed))
    return "\n\n".join([*blocks, f"{_megabytes(size)} MB in {told(str(root))}"])


def aligned(rows: Sequence[Sequence[str]], right: Collection[int] = ()) -> str:
    """Rows with aligned columns, those in `right` on their right side."""
    rows = [[crop(text, _WIDEST) for text in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    padded = [
        [
            text.rjust(width) if at in right else text.ljust(width)
            for at, (text, width) in enumerate(zip(row, widths, strict=True))
        ]
        for row in rows
    ]
    return "\n".join("  ".join(row).rstrip() for row in padded)


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.1f}"


def _row(entry: Entry) -> tuple[str, ...]:
    shape, size = " × ".join(f"{axis:,}" for axis in entry.shape), _megabytes(entry.size)
    return (entry.repo, entry.commit[:12], entry.tensor, entry.dtype, shape, size, entry.date[:10])


def _computed_row(kept: Kept) -> tuple[str, ...]:
    return (kept.name, f"{kept.files:,}", _megabytes(kept.size), kept.what)


def cache_csv(entries: Sequence[Entry], computed: Sequence[Kept]) -> str:
    """A line for each entry, and for each folder of what was computed, which has no commit or tensor."""
    heads = ("what", "model", "commit", "tensor", "dtype", "shape", "bytes_on_disk", "sha256", "fetched")
    nothing = [None] * 4
    fetched = (
        ("fetched", of.repo, of.commit, of.tensor, of.dtype, of.shape, of.size, of.sha256, of.date)
        for of in entries
    )
    made = (("computed", of.name, *nothing, of.size, None, None) for of in computed)
    return csv_lines(heads, [*fetched, *made])


def cache_json(
    root: Path,
    entries: Sequence[Entry],
    sizes: Mapping[tuple[str, str, str], int] | None = None,
    computed: Sequence[Kept] = (),
) -> str:
    """The cache's folder and its entries as one JSON object.

    `sizes` are the bytes on disk by (model, commit, tensor), for entries that are no longer there.
    """
    record = {
        "tokensphere": __version__,
        "path": str(root),
        "entries": [
            {
                "model": entry.repo,
                "commit": entry.commit,
                "tensor": entry.tensor,
                "dtype": entry.dtype,
                "shape": list(entry.shape),
                "bytes_on_disk": sizes[entry.repo, entry.commit, entry.tensor] if sizes else entry.size,
                "sha256": entry.sha256,
                "fetched": entry.date,
            }
            for entry in entries
        ],
        "computed": [
            {"name": kept.name, "files": kept.files, "bytes_on_disk": kept.size} for kept in computed
        ],
    }
    return json.dumps(record, indent=2)
