"""Room on the disk: models that were fetched for an atlas are let go of when they are done."""

from __future__ import annotations

import json
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from tokensphere.atlas.fetch import release
from tokensphere.atlas.folder import Folder
from tokensphere.atlas.models import Model
from tokensphere.errors import FormatError
from tokensphere.formats.whole import whole_file
from tokensphere.sources.cache.entries import cache_root


def note_fetched(folder: Folder, model: Model, commit: str | None) -> None:
    """Remember that a model was fetched for the atlas, into the cache of this process."""
    if commit is not None:
        with whole_file(_note(folder, model.id)) as file:
            file.write(json.dumps({"commit": commit}).encode())


def release_done(folder: Folder, keep: int) -> list[str]:
    """Remove from the cache what was fetched for the atlas and is done, all but the last `keep`.

    Returns
    -------
    ids of the models that were removed
    """
    done: list[tuple[float, str]] = []
    for path in (folder.path / "models").iterdir():  # no file is read of each, for there are many models
        with suppress(OSError):
            when = _note(folder, path.name).stat().st_mtime
            if folder.joined(path.name).is_file() or folder.failure(path.name):
                done.append((when, path.name))
    gone = [id for _, id in sorted(done)[: max(0, len(done) - keep)]]
    if not gone:
        return []
    asked = {one.model.id: one for one in folder.models()}
    over = {id for id in asked if folder.joined(id).is_file() or folder.failure(id)}
    needed = {one.model.name for id, one in asked.items() if id not in over}
    for id in gone:
        if asked[id].model.name not in needed:
            with suppress(OSError, ValueError, KeyError, FormatError):
                commit = str(json.loads(_note(folder, id).read_bytes())["commit"])
                _note(folder, id).unlink()
                release(asked[id].model.name, commit)
    return gone


def _note(folder: Folder, model: str) -> Path:
    cache = sha256(str(cache_root().absolute()).encode()).hexdigest()[:8]
    return folder.of(model) / f"fetched-{cache}.json"
