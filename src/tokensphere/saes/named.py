"""What somebody types for a dictionary -> its vectors.

    FOLDER                            here, of a known layout, or with such folders in it
    owner/name:PATH                   of a repository of the Hub; PATH may have * for several
    owner/name@REVISION:PATH          of a branch, tag or commit
    https://huggingface.co/owner/name/tree/main/PATH, hf://owner/name/PATH
    sae:RELEASE/ID                    of the table of public releases; ID may have *

and after any of these an index, ``[8956]`` or ``[:100]``, for some of the features.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tokensphere.directions.choice import split_index
from tokensphere.errors import InputError, SourceError
from tokensphere.formats.files import at_home, exists
from tokensphere.saes import releases
from tokensphere.saes.find import VECTORS, Dictionary, Vectors, dictionaries, likely, missing_half
from tokensphere.saes.hub import HubShelf, keep_answer, kept_answer
from tokensphere.saes.layouts import LAYOUTS
from tokensphere.saes.shelf import LocalShelf, Shelf
from tokensphere.saes.source import SAESource, open_parts
from tokensphere.sources.cache import entries as cache
from tokensphere.sources.hub import client, shared
from tokensphere.sources.hub.names import parse
from tokensphere.sources.hub.ranges import Progress

_RELEASE = "sae:"
_REPOSITORY = re.compile(r"((?:[\w.-]+)/(?:[\w.-]+)(?:@[^:@\s]+)?):(.*)", re.ASCII | re.DOTALL)
_ADDRESS = re.compile(r"(?:https?|hf)://[^/\s]+/\S")  # "http://" is a token of many models
_RULES = 1  # of how dictionaries are found; raised whenever what the cache remembers would be wrong
_SHOWN = 6


@dataclass(frozen=True)
class _Meant:
    """What a name of dictionaries of the Hub means.

    Attributes
    ----------
    repo, revision : of the Hub
    paths : of folders or files in it, with ``*`` for anything; ``""`` for the whole
    model : of the table of releases, if it is from there
    """

    repo: str
    revision: str | None
    paths: tuple[str, ...]
    model: str | None = None


def open_sae(
    spec: str | Path,
    *,
    vectors: Vectors = "decoder",
    refresh: bool = False,
    progress: Progress | None = None,
) -> SAESource:
    """The vectors of a sparse autoencoder, transcoder or crosscoder, none of them read yet.

    Parameters
    ----------
    spec : a folder with one of a known layout, or with several in folders of it; ``owner/name:PATH`` of
        the Hub, also with ``*`` and as an address; ``sae:RELEASE/ID`` of the table of public releases.
        With an index at its end (``FOLDER[8956]``, ``owner/name:PATH[:100]``) only those features
    vectors : ``"decoder"``, what a feature writes, or ``"encoder"``, what it looks for
    refresh : ask the Hub what the revision is today, rather than take the commit in the cache
    progress : takes (bytes done, bytes in all) of what is fetched

    Returns
    -------
    SAESource
        a group for each dictionary; `model` is the model's name, if the files tell it

    Raises
    ------
    InputError
        there are no such features, no such release, or several dictionaries and none is named
    SourceError
        there is no such folder or repository, or no dictionary in it; or one whose vectors are no
        directions of the residual stream
    FormatError
        a file is damaged
    MissingExtraError
        PyTorch or ``huggingface_hub`` is needed and not installed
    """
    if vectors not in VECTORS:
        raise InputError(f"there are no vectors {vectors!r}; use {' or '.join(VECTORS)}")
    name, index = _split(str(spec))
    if not exists(at_home(name)) and (meant := _meant(name)):
        return _of_hub(meant, vectors, index, str(spec), progress, refresh=refresh)
    folder = at_home(name)
    if not exists(folder):
        raise SourceError(
            f"there is no folder {name!r:.200}; name one with a dictionary in it, a repository as"
            " owner/name:PATH, or a release as sae:RELEASE/ID"
        )
    if not folder.is_dir():
        raise SourceError(f"{name} is a file: its tensors are named as FILE:TENSOR")
    shelf = LocalShelf(folder)
    return _opened(shelf, _found(shelf, vectors, ("",)), vectors, index, str(spec))


def means_sae(spec: str) -> bool:
    """Whether somebody who types this means a dictionary: of the Hub, or a folder that holds one.

    A folder of another kind may be a model, whose tensors are directions.

    Raises
    ------
    SourceError
        it is a folder that holds half of one
    """
    name, _ = _split(spec)
    folder = at_home(name)
    if exists(folder):
        return folder.is_dir() and _holds(folder)
    if name.startswith(_RELEASE):
        return True
    before = _REPOSITORY.fullmatch(name)
    if before is not None:
        return parse(before[1]) is not None and not exists(at_home(before[1]))
    return _ADDRESS.match(name) is not None


def _holds(folder: Path) -> bool:
    """Whether a folder holds a dictionary.

    Raises
    ------
    SourceError
        it holds half of one
    """
    shelf = LocalShelf(folder)
    if dictionaries(shelf):
        return True
    if (lacks := missing_half(shelf)) is not None:
        raise SourceError(f"{folder} is no whole dictionary: {lacks}; download it, too")
    return False


def _split(spec: str) -> tuple[str, str | None]:
    """The name, and the index at its end."""
    return (spec, None) if exists(at_home(spec)) else split_index(spec)


def _meant(name: str) -> _Meant | None:
    """What a name means that is no folder here."""
    if name.startswith(_RELEASE):
        release, ids = releases.named(name.removeprefix(_RELEASE))
        return _Meant(release.repo, None, tuple(one.path for one in ids), release.model)
    if found := _REPOSITORY.fullmatch(name):
        named, path = parse(found[1]), found[2]
        return None if named is None else _Meant(named.repo, named.revision, (path.strip("/"),))
    if _ADDRESS.match(name):
        address = parse(name)
        if address is not None:
            return _Meant(address.repo, address.revision, (address.inside.strip("/"),))
    return None


def _of_hub(
    meant: _Meant,
    vectors: Vectors,
    index: str | None,
    name: str,
    progress: Progress | None,
    *,
    refresh: bool,
) -> SAESource:
    repo, revision = meant.repo, meant.revision
    cache.split_model(repo if revision is None else f"{repo}@{revision}")
    asked = f"sae {_RULES} {vectors} {' '.join(meant.paths)}"
    commit = None if refresh and not client.offline() else cache.resolve(repo, revision)
    found = kept_answer(repo, commit, asked) if commit else None
    snapshot = None if found or refresh else shared.find(repo, revision, commit)
    if snapshot is not None:
        local = LocalShelf(snapshot.path)
        if kept := [one for path in meant.paths for one in dictionaries(local, vectors, path)]:
            return _opened(local, _with_model(kept, meant), vectors, index, name)
    with HubShelf(repo, revision, commit, progress) as shelf:
        if found is None:
            _check_one(shelf, meant, name)
            found = _with_model(_found(shelf, vectors, meant.paths), meant)
            opened = _opened(shelf, found, vectors, index, name)
            keep_answer(shelf, revision, asked, found)
            return opened
        return _opened(shelf, found, vectors, index, name)


def _check_one(shelf: HubShelf, meant: _Meant, name: str) -> None:
    """Refuse to fetch many dictionaries that nobody asked for."""
    if len(meant.paths) > 1 or "*" in meant.paths[0]:
        return
    (path,) = meant.paths
    several = likely(shelf, path)
    if len(several) > 1:
        shown = ", ".join(several[:_SHOWN]) + (", …" if len(several) > _SHOWN else "")
        way = f"{shelf.repo}:{several[0]}"
        raise InputError(
            f"{name} has {len(several):,} dictionaries ({shown}); name one, as {way}, or all of them"
            f" with *, as '{shelf.repo}:{path + '/' if path else ''}*'"
        )


def _with_model(found: list[Dictionary], meant: _Meant) -> list[Dictionary]:
    """The same, with the table's model where the files tell none."""
    return [replace(one, model=one.model or meant.model) for one in found]


def _found(shelf: Shelf, vectors: Vectors, paths: Sequence[str]) -> list[Dictionary]:
    """The dictionaries of a shelf, at least one."""
    found = [one for path in paths for one in dictionaries(shelf, vectors, path)]
    if found:
        return found
    (path, *_) = paths
    where = shelf.name if not path else f"{shelf.name}, {path!r:.100},"
    if path and not any(file.startswith(path.split("*", maxsplit=1)[0]) for file in shelf.files):
        have = likely(shelf)[:_SHOWN]
        there = f"; it has {', '.join(have)}, …" if have else ""
        raise SourceError(f"{shelf.name} has nothing called {path!r:.100}{there}")
    known = ", ".join(dict.fromkeys(layout.name for layout in LAYOUTS))
    raise SourceError(
        f"{where} holds no dictionary of a known layout ({known}); name the tensor of a file that is"
        " here: FILE:TENSOR"
    )


def _opened(
    shelf: Shelf, found: Sequence[Dictionary], vectors: Vectors, index: str | None, name: str
) -> SAESource:
    models = {one.model or one.told for one in found}
    if len(models) > 1:
        named = ", ".join(sorted(str(model) for model in models))
        raise SourceError(f"{name} holds dictionaries of several models ({named}); name one of them")
    notes = tuple(
        f"{one.path or one.file} does not say where in the model it is; its vectors are taken for"
        " directions of the residual stream"
        for one in found
        if one.place is None
    )
    parts = open_parts(shelf, found, vectors, index)
    return SAESource(name, found[0].model, parts, tuple(found), notes, vectors)
