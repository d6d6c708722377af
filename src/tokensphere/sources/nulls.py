"""Draws of a null on disk: ``<cache>/nulls/<SHA-256 of the key>.npz``.

A file holds its key, which is compared, and named arrays. It is written aside and renamed, so there is
never half a file. Draws can always be made again: a file that is damaged is as good as none, and a
folder that cannot be written is a slower run, not an error.
"""

from __future__ import annotations

import contextlib
import json
import os
import uuid
import zipfile
import zlib
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tokensphere.sources.cache import cache_root

_KEY = "key.json"  # the key, and which arrays there are
# What NumPy and zipfile raise for files that are not what they seem; every member has a CRC-32, so
# arrays that are read at all are those that were written.
_DAMAGED = (
    OSError, ValueError, KeyError, EOFError, TypeError, SyntaxError, MemoryError, NotImplementedError,
    RuntimeError, zipfile.BadZipFile, zlib.error,
)  # fmt: skip


class NullFiles:
    """A store of draws, see ``tokensphere.analysis.naming_draws``.

    Parameters
    ----------
    folder : by default ``nulls`` in the cache's folder; made when something is put there
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = cache_root() / "nulls" if folder is None else folder

    def path(self, key: Mapping[str, Any]) -> Path:
        """The file for a key: a flat dict of what JSON can hold."""
        return self.folder / f"{sha256(_text(key)).hexdigest()}.npz"

    def get(self, key: Mapping[str, Any]) -> dict[str, npt.NDArray[Any]] | None:
        """The arrays under this key; None if there are none, or the file is damaged."""
        try:
            with self.path(key).open("rb") as file, zipfile.ZipFile(file) as members:
                about = json.loads(members.read(_KEY))
                if about["key"] != dict(key):
                    return None
                return {name: _read(members, f"{name}.npy") for name in about["arrays"]}
        except _DAMAGED:
            return None

    def put(self, key: Mapping[str, Any], draws: Mapping[str, npt.NDArray[Any]]) -> None:
        """Keep arrays under this key; silently not, where the disk does not let us."""
        path = self.path(key)
        aside = path.with_name(f"{path.name}.{uuid.uuid4().hex}")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with aside.open("wb") as file, zipfile.ZipFile(file, "w") as members:
                members.writestr(_KEY, json.dumps({"key": dict(key), "arrays": sorted(draws)}))
                for name, array in draws.items():
                    with members.open(f"{name}.npy", "w", force_zip64=True) as member:
                        np.lib.format.write_array(member, np.asarray(array), allow_pickle=False)
            os.replace(aside, path)
        except OSError:
            pass
        finally:
            with contextlib.suppress(OSError):
                aside.unlink(missing_ok=True)


def _read(members: zipfile.ZipFile, name: str) -> npt.NDArray[Any]:
    with members.open(name) as member:
        array: npt.NDArray[Any] = np.lib.format.read_array(member, allow_pickle=False)
        if member.read(1):  # reaching the end is what makes zipfile compare the CRC-32
            raise ValueError("more bytes than the array has")
        return array


def _text(key: Mapping[str, Any]) -> bytes:
    return json.dumps(dict(key), sort_keys=True, ensure_ascii=True).encode()
