"""Loading a model for its units: fetched by one process of many, and let go of when it is done."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path

from tokensphere.atlas.claims import claim
from tokensphere.atlas.controls import control_of
from tokensphere.atlas.models import Model
from tokensphere.errors import InputError, SourceError
from tokensphere.formats.files import at_home, exists, system_told
from tokensphere.sources.cache.entries import cache_root, entries, repository_folder, safe_name
from tokensphere.sources.load import load
from tokensphere.space import EmbeddingSpace

_POLL = 1.0  # seconds between two looks whether another process has fetched it


def load_model(model: Model, revision: str | None = None) -> tuple[EmbeddingSpace, bool]:
    """A model's space, and whether this process has fetched it.

    Of several processes on one cache, on whatever machines, one fetches and the others wait.

    Parameters
    ----------
    model : which
    revision : commit that it was when its facts were found; None the first time

    Raises
    ------
    TokensphereError
        it cannot be had or read
    """
    loaded = dict(model.loaded)
    if revision is not None and is_fetched(model):
        loaded["revision"] = revision
    if not is_fetched(model) or _held(model):
        return _controlled(load(model.name, **loaded), model), False
    path = cache_root() / "fetching"
    with system_told(f"cannot write to the cache {cache_root()}", "make room, or set TOKENSPHERE_CACHE"):
        path.mkdir(parents=True, exist_ok=True)
    while True:
        with claim(path / safe_name(model.name)) as ours:
            if ours:
                before = _kept()
                space = load(model.name, **loaded)
                return _controlled(space, model), bool(_kept() - before)
        time.sleep(_POLL)


def release(name: str, commit: str) -> None:
    """Remove what the cache has of a commit of a repository; nothing if it has none."""
    from tokensphere.sources.cache.writer import remove
    from tokensphere.sources.hub.names import parse

    with suppress(InputError, SourceError):
        named = parse(name)
        if named is not None:
            remove(f"{named.repo}@{commit}")


def is_fetched(model: Model) -> bool:
    """Whether a model comes from the network: it is neither here nor the bundled one."""
    from tokensphere.sources.hub import names

    if exists(at_home(model.name)):
        return False
    with suppress(InputError):
        return names.parse(model.name) is not None
    return False


def _held(model: Model) -> bool:
    """Whether the cache has a matrix of the repository; then the one that is wanted, most likely."""
    from tokensphere.sources.hub import names

    named = names.parse(model.name)
    folder = None if named is None else repository_folder(named.repo)
    return folder is not None and any(folder.glob("*/*/entry.json"))


def _kept() -> set[Path]:
    return {entry.path for entry in entries()}


def _controlled(space: EmbeddingSpace, model: Model) -> EmbeddingSpace:
    return space if model.control is None else control_of(space, model.control)
