"""A model in several safetensors files, with the index that says which tensor is in which.

The index, ``model.safetensors.index.json``, lies beside them. Nothing but it is read until a tensor is
asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

import numpy as np
import numpy.typing as npt

from tokensphere.errors import FormatError, SourceError
from tokensphere.formats.mapped import Closing
from tokensphere.formats.safetensors import (
    AGAIN,
    LONGEST_HEADER,
    SafetensorsFile,
    TensorInfo,
    json_object,
    require_tensor,
)


class ShardedSafetensors(Closing):
    """The safetensors files that an index names, each opened when one of its tensors is asked for.

    Attributes
    ----------
    path : Path of the index
    tensors : mapping of name -> `TensorInfo`; its names are known without opening a file

    Raises
    ------
    SourceError
        the index or, later, one of its files cannot be opened
    FormatError
        the index is damaged, or names a file outside its own folder
    """

    def __init__(self, index_path: str | Path) -> None:
        self.path = Path(index_path)
        try:
            size = self.path.stat().st_size
            if size > LONGEST_HEADER:
                raise FormatError(f"{self.path} has {size:,} bytes, too many for an index of tensors")
            raw = self.path.read_bytes()
        except OSError as error:
            raise SourceError(f"cannot open {self.path}: {error.strerror or error}") from error
        weight_map = json_object(raw, str(self.path)).get("weight_map")
        if not isinstance(weight_map, dict) or not weight_map:
            raise FormatError(f"{self.path} has no 'weight_map' from tensors to files; {AGAIN}")
        for shard in weight_map.values():
            if not isinstance(shard, str) or not _is_plain(shard):
                raise FormatError(
                    f"{self.path} names {shard!r:.200}, which is no file of its own folder"
                )
        self._shard_of: dict[str, str] = weight_map
        self._open: dict[str, SafetensorsFile] = {}
        self.tensors: Mapping[str, TensorInfo] = _ShardedTensors(self._shard_of, self._shard)

    def close(self) -> None:
        """Let go of the files; views of them that were given out stay valid."""
        for shard in self._open.values():
            shard.close()
        self._open.clear()

    def _shard(self, name: str) -> SafetensorsFile:
        file_name = require_tensor(self._shard_of, name, self.path)
        if file_name not in self._open:
            path = self.path.parent / file_name
            if not path.is_file():
                raise SourceError(f"{path} is missing, which {self.path.name} names; download it, too")
            self._open[file_name] = SafetensorsFile(path)
        shard = self._open[file_name]
        if name not in shard.tensors:
            raise FormatError(f"{shard.path} lacks tensor {name!r}, which {self.path.name} says it has")
        return shard

    def raw(self, name: str) -> npt.NDArray[np.uint8]:
        """The bytes of a tensor as stored, a read-only view of its file of shape (size,)."""
        return self._shard(name).raw(name)

    def release(self, name: str) -> None:
        """See :meth:`SafetensorsFile.release`."""
        self._shard(name).release(name)

    def stored_array(self, name: str) -> npt.NDArray[Any]:
        """See :meth:`SafetensorsFile.stored_array`."""
        return self._shard(name).stored_array(name)

    def matrix(self, name: str) -> npt.NDArray[np.float32]:
        """See :meth:`SafetensorsFile.matrix`."""
        return self._shard(name).matrix(name)


class _ShardedTensors(Mapping[str, TensorInfo]):
    """Names are known from the index; what else is known of a tensor takes its file."""

    def __init__(self, names: Mapping[str, str], shard: Callable[[str], SafetensorsFile]) -> None:
        self._names, self._shard = names, shard

    def __getitem__(self, name: str) -> TensorInfo:
        if name not in self._names:
            raise KeyError(name)
        return self._shard(name).tensors[name]

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def _is_plain(name: str) -> bool:
    """Whether this is the name of a file and nothing else, on any system."""
    plain = PurePosixPath(name).name == name and PureWindowsPath(name).name == name
    return plain and name not in ("", ".", "..") and name.isprintable()
