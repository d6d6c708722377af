"""Make the table of public releases of dictionaries anew: src/tokensphere/data/saes.json.gz.

    pip download --no-deps sae-lens && unzip sae_lens-*.whl sae_lens/pretrained_saes.yaml
    python scripts/make_releases.py sae_lens/pretrained_saes.yaml "SAELens 6.54.12"

Of SAELens's table (MIT licence) it keeps what a release is called, where it lies, for which model, and
in which layout. Needs PyYAML.
"""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]

from tokensphere.saes.models import hub_name, of_repository

TARGET = Path(__file__).parents[1] / "src" / "tokensphere" / "data" / "saes.json.gz"


def rows_of(table: dict[str, Any]) -> list[list[Any]]:
    """For each release its name, repository, model, layout, and (id, path) of each dictionary."""
    rows = []
    for name, release in sorted(table.items()):
        layout = release.get("conversion_func") or "sae_lens"
        told = hub_name(release["model"])
        model = of_repository(release["repo_id"]) or told
        if model != told:
            print(f"{name}: for {model} by its repository, {told} by the table")
        if model is None:
            raise SystemExit(f"{name}: what is {release['model']!r}? Add it to saes/models.py")
        saes = [[one["id"], _path(one, layout)] for one in release["saes"]]
        kept = [[id, "" if path == id else path] for id, path in saes]
        rows.append([name, release["repo_id"], model, layout, kept])
    return rows


def _path(one: dict[str, Any], layout: str) -> str:
    """The path of a dictionary, where the table has a layer's number the file of its decoder."""
    if layout == "mntss_clt_layer_transcoder":
        return f"W_dec_{one['path']}.safetensors"
    return str(one["path"])


def main() -> None:
    """Write the table."""
    source, said = sys.argv[1:]
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    rows = rows_of(yaml.load(Path(source).read_text("utf-8"), Loader=loader))
    content = {"source": said, "releases": rows}
    raw = json.dumps(content, separators=(",", ":"), ensure_ascii=True).encode()
    TARGET.write_bytes(gzip.compress(raw, 9, mtime=0))
    count = sum(len(row[4]) for row in rows)
    print(f"{len(rows)} releases, {count:,} dictionaries: {TARGET.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
