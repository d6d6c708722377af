"""Arrays that were computed once, on disk: ``<cache>/<folder>/<SHA-256 of the key>.npz``.

In ``nulls`` the draws of a null, in ``labels`` the labels of a vocabulary, in ``surrogates`` the
blocks of rows that surrogates are drawn from, in ``claims`` what was measured of the post's, in
``maps`` pictures of vocabularies. A file holds its key, which is compared, and named arrays. It is
written aside and renamed, so there is never half a file. All of it can be made again: a file that is
damaged is as good as none, and a folder that cannot be written is a slower run, not an error. In
``surveys`` lie tables that :mod:`tokensphere.run` keeps.
"""

from __future__ import annotations

import contextlib
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any
from zipfile import ZipInfo  # of no date: some clocks are before the first that ZIP knows

import numpy as np
import numpy.typing as npt

from tokensphere.errors import InputError
from tokensphere.formats.compressed import open_member
from tokensphere.formats.files import system_told
from tokensphere.formats.numpy import read_member
from tokensphere.formats.whole import whole_file
from tokensphere.sources.cache.entries import cache_root

# What the folders in the cache hold, for people.
FOLDERS = {
    "nulls": "draws of random lists and directions",
    "labels": "labels of vocabularies",
    "surrogates": "blocks of rows that vocabularies with no words are drawn from",
    "surveys": "surveys that were begun on a page",
    "claims": "claims that were measured on a page",
    "maps": "maps of vocabularies, and the neighbours they are made from",
}
_KEY = "key.json"  # the key, and of each array the SHA-256


class NullFiles:
    """A store of draws, see ``tokensphere.statistics.draws``.

    Parameters
    ----------
    folder : by default ``nulls`` in the cache's folder; made when something is put there
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = cache_root() / "nulls" if folder is None else folder

    def path(self, key: Mapping[str, Any]) -> Path:
        """The file for a key: a flat dict of what JSON can hold."""
        text = json.dumps(dict(key), sort_keys=True, ensure_ascii=True)
        return self.folder / f"{sha256(text.encode()).hexdigest()}.npz"

    def get(self, key: Mapping[str, Any]) -> dict[str, npt.NDArray[Any]] | None:
        """The arrays under this key; None if there are none, or the file is damaged."""
        # NumPy and zipfile raise a dozen kinds of errors for files that are not what they seem.
        with contextlib.suppress(Exception):
            path = self.path(key)
            with path.open("rb") as file, zipfile.ZipFile(file) as members:
                about = json.loads(open_member(members, members.getinfo(_KEY), path).read())
                if about["key"] != dict(key):
                    return None
                entries = {name: members.getinfo(f"{name}.npy") for name in about["sha256"]}
                found = {name: read_member(members, entry, path) for name, entry in entries.items()}
                return found if _digests(found) == about["sha256"] else None
        return None

    def put(self, key: Mapping[str, Any], draws: Mapping[str, npt.NDArray[Any]]) -> None:
        """Keep arrays under this key; silently not, where the disk does not let us."""
        with contextlib.suppress(OSError, InputError):
            self.folder.mkdir(parents=True, exist_ok=True)
            with (
                whole_file(self.path(key), durable=False) as file,
                zipfile.ZipFile(file, "w") as members,
            ):
                members.writestr(
                    ZipInfo(_KEY), json.dumps({"key": dict(key), "sha256": _digests(draws)})
                )
                for name, array in draws.items():
                    with members.open(ZipInfo(f"{name}.npy"), "w", force_zip64=True) as member:
                        np.lib.format.write_array(member, np.asarray(array), allow_pickle=False)


def _digests(arrays: Mapping[str, npt.NDArray[Any]]) -> dict[str, str]:
    """Of each array the SHA-256 of its type, shape and bytes."""
    found = {}
    for name, array in arrays.items():
        hasher = sha256(f"{array.dtype.str} {array.shape}".encode())
        hasher.update(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)
        found[name] = hasher.hexdigest()
    return found


@dataclass(frozen=True)
class Kept:
    """What a folder of arrays takes on disk.

    Attributes
    ----------
    name : of the folder, a key of `FOLDERS`
    files : how many there are
    size : bytes on disk
    """

    name: str
    files: int
    size: int

    @property
    def what(self) -> str:
        """What they hold, in words."""
        return FOLDERS[self.name]


def kept_arrays() -> list[Kept]:
    """The folders of arrays in the cache that are not empty."""
    return [kept for kept in map(_kept, FOLDERS) if kept.files]


def remove_arrays(name: str) -> Kept:
    """Empty one of `FOLDERS`; what was in it.

    Raises
    ------
    SourceError
        a file cannot be removed
    """
    kept = _kept(name)
    for path in _files(name):
        with system_told(f"cannot remove {path}", "remove the folder by hand"):
            path.unlink(missing_ok=True)
    return kept


def _files(name: str) -> list[Path]:
    """All files of a folder, those that a killed process left half written, too."""
    folder = cache_root() / name
    return sorted([*folder.glob("*.npz*"), *folder.glob("*.parquet*")])


def _kept(name: str) -> Kept:
    sizes = []
    for path in _files(name):
        with contextlib.suppress(OSError):  # gone meanwhile
            sizes.append(path.stat().st_size)
    return Kept(name, len(sizes), sum(sizes))
