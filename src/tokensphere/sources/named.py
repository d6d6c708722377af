"""A name that a user types -> EmbeddingSpace: a file, a folder, Ollama's or the Hub's models."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from difflib import get_close_matches
from itertools import islice
from pathlib import Path

from tokensphere.errors import InputError, SourceError
from tokensphere.formats.files import at_home, check_regular, exists, why_absent
from tokensphere.sources import bundled, ollama
from tokensphere.sources.hub import names as hub_names
from tokensphere.sources.hub import shared
from tokensphere.sources.layout.assemble import Choice
from tokensphere.space import EmbeddingSpace


def load_named(
    model: str | Path,
    choice: Choice,
    vocabulary: str | Path | None,
    revision: str | None,
    progress: Callable[[int, int], None] | None,
    *,
    refresh: bool,
) -> EmbeddingSpace:
    """The model of any name but the bundled one's; see :func:`tokensphere.load`."""
    tokens = at_home(vocabulary) if vocabulary else None
    if tokens is not None:
        check_regular(tokens, "cannot read the vocabulary {}")
    name = str(model)
    path = at_home(_without_scheme(name))
    if exists(path):
        return _load_path(path, choice, tokens, revision)
    name = name.strip()
    if name.startswith(ollama.PREFIX):
        return _load_ollama(name, choice, tokens, revision)
    named = hub_names.parse(name) or _in_shared_cache(name)
    if named is None:
        raise SourceError(
            f"there is no file or folder {str(model)!r:.200}; {_meant(name, path)}name one that is"
            f" there, a repository owner/name, or {bundled.NAME!r} (bundled)"
        )
    from tokensphere.sources.hub.space import load_hub

    return load_hub(named, revision, choice, tokens, progress, refresh=refresh)


def _without_scheme(model: str) -> str:
    """The path of a ``file://`` address; anything else as it is."""
    if not model.startswith("file://"):
        return model
    from urllib.request import url2pathname  # which loads ssl, email and more

    return url2pathname(model.removeprefix("file://").removeprefix("localhost"))


def _load_path(path: Path, choice: Choice, tokens: Path | None, revision: str | None) -> EmbeddingSpace:
    from tokensphere.sources.local import load_path, load_snapshot

    if _is_empty(path):
        raise SourceError(
            f"{path} is empty and holds no model (no model.safetensors, no .gguf file); name another"
            f" folder{_repository(str(path))}"
        )
    snapshot = shared.of_path(path, revision)
    if snapshot is not None:
        return load_snapshot(snapshot, choice, tokens)
    if revision is not None:
        raise InputError(f"{path} is on this machine, so it has no revision {revision!r}")
    return load_path(path, choice, tokens)


def _is_empty(path: Path) -> bool:
    with suppress(OSError):
        return path.is_dir() and not any(path.iterdir())
    return False


def _repository(name: str) -> str:
    """How to name the repository that a folder of this machine stands in front of."""
    with suppress(InputError):
        if named := hub_names.parse(name):
            return f", or the repository of that name: hf://{named.repo}"
    return ""


def _load_ollama(name: str, choice: Choice, tokens: Path | None, revision: str | None) -> EmbeddingSpace:
    if revision is not None:
        raise InputError(f"{name} has tags rather than revisions: write ollama:name:tag")
    from tokensphere.sources.local import load_path

    pulled = ollama.find(name)
    return load_path(pulled.file, choice, tokens).named(f"{ollama.PREFIX}{pulled.name}", pulled.digest)


def _in_shared_cache(name: str) -> hub_names.Named | None:
    """Another old name without an owner, if the Hub's own cache has it."""
    repo, at, revision = name.partition("@")
    return hub_names.Named(repo, revision if at else None) if repo in shared.names() else None


def _meant(name: str, path: Path) -> str:
    """What was perhaps meant by a name that is nothing."""
    if why := why_absent(path):
        return why
    known = [bundled.NAME, *hub_names.OLD_NAMES, *shared.names()]
    known += [f"{ollama.PREFIX}{one}" for one in ollama.names()]
    with suppress(OSError, ValueError):
        known += [str(path.parent / other.name) for other in islice(path.parent.iterdir(), _MOST_FILES)]
    wanted = [name, str(path), f"{ollama.PREFIX}{name}"]
    alike = [one for each in wanted for one in get_close_matches(each[:300], known, 1, cutoff=0.8)]
    return f"did you mean {alike[0]!r:.200}? otherwise " if alike else ""


_MOST_FILES = 1000  # of a folder that are compared with a name
