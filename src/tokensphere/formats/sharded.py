"""A model in several safetensors files, with the index that says which tensor is in which.

The index, ``model.safetensors.index.json``, lies beside them. Nothing but it is read until a tensor is
asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path, PurePosixPath, PureWindowsPath

import numpy as np
import numpy.typing as npt

from tokensphere.errors import FormatError, SourceError
from tokensphere.formats.files import damaged, json_object, read_bytes
from tokensphere.formats.safetensors import LONGEST_HEADER, SafetensorsFile
from tokensphere.formats.tensors import TensorFile, TensorInfo

Header = Callable[[str], Mapping[str, TensorInfo]]


def weight_map(raw: bytes, where: str) -> dict[str, str]:
    """Which tensor is in which file, from the bytes of an index.

    Raises
    ------
    FormatError
        it is no such index; `where` is its name in the message
    """
    table = json_object(raw, where, strict=True).get("weight_map")
    if not isinstance(table, dict) or not table:
        raise damaged(where, "has no 'weight_map' from tensors to files")
    return table


class ShardTensors(Mapping[str, TensorInfo]):
    """Names are known from the index; what else is known of a tensor takes the header of its file.

    Parameters
    ----------
    file_of : tensor -> file, as the index has it
    header : gives the tensors of a file
    where : name of the index, for messages
    """

    def __init__(self, file_of: Mapping[str, str], header: Header, where: str) -> None:
        self.file_of, self._header, self._where = file_of, header, where

    def __getitem__(self, name: str) -> TensorInfo:
        file = self.file_of[name]
        header = self._header(file)
        if name not in header:
            raise FormatError(f"{file} lacks tensor {name!r}, which {self._where} says it has")
        return header[name]

    def __contains__(self, name: object) -> bool:
        return name in self.file_of

    def __iter__(self) -> Iterator[str]:
        return iter(self.file_of)

    def __len__(self) -> int:
        return len(self.file_of)


class ShardedSafetensors(TensorFile):
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
        table = weight_map(read_bytes(self.path, most=LONGEST_HEADER), str(self.path))
        for shard in table.values():
            if not isinstance(shard, str) or not _is_plain(shard):
                raise FormatError(
                    f"{self.path} names {shard!r:.200}, which is no file of its own folder"
                )
        self._open: dict[str, SafetensorsFile] = {}
        self.tensors: ShardTensors = ShardTensors(
            table, lambda file_name: self._shard(file_name).tensors, self.path.name
        )

    def close(self) -> None:
        """Let go of the files; views of them that were given out stay valid."""
        for shard in self._open.values():
            shard.close()
        self._open.clear()

    def _shard(self, file_name: str) -> SafetensorsFile:
        if file_name not in self._open:
            path = self.path.parent / file_name
            if not path.is_file():
                raise SourceError(f"{path} is missing, which {self.path.name} names; download it, too")
            self._open[file_name] = SafetensorsFile(path)
        return self._open[file_name]

    def _file(self, name: str) -> SafetensorsFile:
        self.entry(name)
        return self._shard(self.tensors.file_of[name])

    def raw(self, name: str) -> npt.NDArray[np.uint8]:
        """The bytes of a tensor as stored, a read-only view of its file of shape (size,)."""
        return self._file(name).raw(name)

    def release(self, name: str) -> None:
        """See :meth:`TensorFile.release`."""
        self._file(name).release(name)


def _is_plain(name: str) -> bool:
    """Whether this is the name of a file and nothing else, on any system."""
    plain = PurePosixPath(name).name == name and PureWindowsPath(name).name == name
    return plain and name not in ("", ".", "..") and name.isprintable()
