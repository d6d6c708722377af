"""The cache that every program shares which uses the Hub; it is read here, never written.

    $HF_HUB_CACHE, or $HF_HOME/hub, or ~/.cache/huggingface/hub
        models--owner--name/refs/main               the commit that a branch was
        models--owner--name/snapshots/<commit>/…    the files of a commit, mostly links
        models--owner--name/blobs/…                 what they link to

A snapshot has the files that somebody asked for, which need not be all.
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tokensphere.errors import SourceError
from tokensphere.sources.hub.names import OLD_NAMES

_COMMIT = re.compile(r"[0-9a-f]{40}")
_PREFIX, _MAIN = "models--", "main"
_OTHER_KINDS = ("datasets--", "spaces--")


@dataclass(frozen=True)
class Snapshot:
    """A commit of a repository in the shared cache.

    Attributes
    ----------
    repo, commit : of the Hub
    path : the snapshot's folder, or a file in it
    """

    repo: str
    commit: str
    path: Path


def root() -> Path:
    """The folder of the shared cache, which need not exist."""
    for name in ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"):
        if value := os.environ.get(name):
            return _expanded(value)
    if home := os.environ.get("HF_HOME"):
        return _expanded(home) / "hub"
    return _expanded(os.environ.get("XDG_CACHE_HOME") or "~/.cache") / "huggingface" / "hub"


def _expanded(path: str) -> Path:
    return Path(os.path.expandvars(os.path.expanduser(path)))  # noqa: PTH111  as huggingface_hub


def find(repo: str, revision: str | None = None, commit: str | None = None) -> Snapshot | None:
    """The snapshot of a repository, or None.

    Parameters
    ----------
    repo : ``owner/name``; an old name without owner is looked for, too
    revision : branch, tag or commit; by default ``main``
    commit : the commit that is wanted, if it is known
    """
    old = next((name for name, new in OLD_NAMES.items() if new == repo), None)
    for name in (repo, *([old] if old else [])):
        folder = root() / (_PREFIX + name.replace("/", "--"))
        found = commit or _commit_of(folder, revision or _MAIN)
        if found and (folder / "snapshots" / found).is_dir():
            return Snapshot(repo, found, folder / "snapshots" / found)
    return None


def _commit_of(folder: Path, revision: str) -> str | None:
    """The commit that a branch, tag or commit was when somebody last asked for it."""
    if _COMMIT.fullmatch(revision):
        return revision
    if ".." in revision.split("/") or revision.startswith("/"):
        return None
    with suppress(OSError, ValueError):
        commit = (folder / "refs" / revision).read_text("utf-8").strip()
        return commit if _COMMIT.fullmatch(commit) else None
    return None


def names() -> list[str]:
    """The models in the shared cache."""
    return _models_in(root())


def _models_in(folder: Path) -> list[str]:
    with suppress(OSError):
        return sorted(map(_repo_of, filter(Path.is_dir, folder.glob(_PREFIX + "*"))))
    return []


def _repo_of(folder: Path) -> str:
    return folder.name.removeprefix(_PREFIX).replace("--", "/")


def of_path(path: Path, revision: str | None = None) -> Snapshot | None:
    """What a path means that is in such a cache; None if it is elsewhere.

    A repository's folder means its ``main`` (or `revision`), or else its only snapshot; a blob means the
    file that links to it.

    Raises
    ------
    SourceError
        it is a folder of several models, or has no such revision
    """
    full = Path(os.path.abspath(path))  # noqa: PTH100  links stay, for a blob has no name
    for at, folder in enumerate((full, *full.parents)):
        if folder.name.startswith(_PREFIX) and (folder / "snapshots").is_dir():
            below = full.parts[len(full.parts) - at :]
            return _within(folder, below, revision)
        if folder.name.startswith(_OTHER_KINDS) and (folder / "snapshots").is_dir():
            raise SourceError(
                f"{path} is a data set or Space in the Hub's cache, not a model; name a model"
            )
    for folder in (full, full / "hub"):
        if found := _models_in(folder):
            listed = ", ".join(found[:5]) + (", …" if len(found) > 5 else "")
            raise SourceError(
                f"{path} holds the Hub's cache of {len(found)} models ({listed}); name one"
            )
    return None


def _within(folder: Path, below: tuple[str, ...], revision: str | None) -> Snapshot | None:
    repo, snapshots = _repo_of(folder), folder / "snapshots"
    repo = OLD_NAMES.get(repo, repo)
    if len(below) > 1 and below[0] == "snapshots":
        return Snapshot(repo, below[1], folder.joinpath(*below))
    if len(below) == 2 and below[0] == "blobs":
        blob = folder.joinpath(*below)
        for link in sorted(snapshots.glob("*/*")):
            with suppress(OSError):
                if link.samefile(blob):
                    return Snapshot(repo, link.parent.name, link)
        return None
    if below and below != ("snapshots",):
        return None
    commit = _commit_of(folder, revision or _MAIN)
    present = sorted(found.name for found in snapshots.iterdir() if found.is_dir())
    if revision is None and len(present) == 1:
        commit = commit if commit in present else present[0]
    if commit not in present:
        listed = ", ".join(present[:5]) or "none"
        raise SourceError(
            f"{folder} has no snapshot of {revision or _MAIN!r}; it has {listed}: name one of those as"
            f" revision, or fetch {repo} anew"
        )
    return Snapshot(repo, commit, snapshots / commit)
