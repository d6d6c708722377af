"""A model in several files: an index says which tensor is in which, or the files' names count them.

The index, ``model.safetensors.index.json`` or ``pytorch_model.bin.index.json``, lies beside them.
Nothing but it is read until a tensor is asked for. Without an index the names must do
(``model-00001-of-00003.safetensors``): then all of the files have to be there. One such file is never
taken for a model: what it lacks, another may have.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath, PureWindowsPath

import numpy as np
import numpy.typing as npt

from tokensphere.errors import FormatError, SourceError
from tokensphere.formats.files import damaged, json_object, opened, read_bytes
from tokensphere.formats.parts import parts_beside
from tokensphere.formats.safetensors import LONGEST_HEADER, SafetensorsFile
from tokensphere.formats.tensors import TensorFile, TensorInfo
from tokensphere.formats.torch import TorchFile

Header = Callable[[str], Mapping[str, TensorInfo]]
_SLICE = re.compile(r"consolidated\.\d\d\.pth")


def index_beside(path: Path) -> Path | None:
    """The index in a file's folder that says that this is one of a model's files; None if there is none.

    Raises
    ------
    FormatError
        it has the file's name, but is no index
    """
    quoted = f'"{path.name}"'.encode("utf-8", "surrogateescape")
    for index in sorted(path.parent.glob("*.index*.json")):
        if index.is_file() and quoted in (raw := read_bytes(index, most=LONGEST_HEADER)):
            if path.name in weight_map(raw, str(index)).values():
                return index
    return None


def open_safetensors(path: Path) -> TensorFile:
    """The tensors of a safetensors file, or those of the whole model if it is one of several files."""
    return _whole(path) or SafetensorsFile(path)


def open_torch(path: Path) -> TensorFile:
    """The tensors of a PyTorch file, or those of the whole model if it is one of several files."""
    if _SLICE.fullmatch(path.name):
        return _unsliced(path)
    return _whole(path) or TorchFile(path)


def _unsliced(path: Path) -> TorchFile:
    """Meta's own ``consolidated.00.pth``, if it is whole: of several each has a part of every matrix.

    Whether columns or rows of a matrix are spread differs between versions of Llama
    (transformers' ``convert_llama_weights_to_hf.py``), and nothing in the files tells.
    """
    several = len([file for file in path.parent.iterdir() if _SLICE.fullmatch(file.name)])
    file = TorchFile(path)
    norm, rows = (file.tensors.get(f"{name}.weight") for name in ("norm", "tok_embeddings"))
    fits = norm is None or rows is None or norm.shape[-1:] == rows.shape[-1:]
    if several == 1 and path.name == "consolidated.00.pth" and fits:
        return file
    file.close()
    raise SourceError(
        f"{path} is one of several files of Llama's original weights, each of which has a part of every"
        " matrix; use the model's version in safetensors"
    )


def _whole(path: Path) -> TensorFile | None:
    index = index_beside(path)
    if index is not None:
        return ShardedFile(index)
    parts = parts_beside(path)
    return ShardedFile(parts[0], parts) if len(parts) > 1 else None


def _open_one(path: Path) -> SafetensorsFile | TorchFile:
    """One of a model's files, of the format that its content says."""
    with opened(path) as file:
        is_safetensors = file.read(9)[8:] == b"{"
    return SafetensorsFile(path) if is_safetensors else TorchFile(path)


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
    for shard in table.values():
        if not isinstance(shard, str) or not _is_plain(shard):
            raise FormatError(f"{where} names {shard!r:.200}, which is no file of its own folder")
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


class ShardedFile(TensorFile):
    """The files of one model, safetensors or PyTorch's, each opened when a tensor of it is asked for.

    Parameters
    ----------
    path : the index
    parts : the files themselves, where there is no index and `path` is one of them

    Attributes
    ----------
    path : Path of the index, or of the first file
    tensors : mapping of name -> `TensorInfo`; with an index its names are known without opening a file

    Raises
    ------
    SourceError
        the index or, later, one of its files cannot be opened
    FormatError
        the index is damaged, or names a file outside its own folder; or two files have the same tensor
    """

    def __init__(self, path: str | Path, parts: Sequence[Path] = ()) -> None:
        self.path = Path(path)
        self._open: dict[str, SafetensorsFile | TorchFile] = {}
        if parts:
            table = self._tables(parts)
        else:
            table = weight_map(read_bytes(self.path, most=LONGEST_HEADER), str(self.path))
        self.tensors: ShardTensors = ShardTensors(
            table, lambda file_name: self._shard(file_name).tensors, self.path.name
        )

    def _tables(self, parts: Sequence[Path]) -> dict[str, str]:
        """Which tensor is in which of several files, from their headers."""
        table: dict[str, str] = {}
        try:
            for part in parts:
                for name in self._shard(part.name).tensors:
                    if name in table:
                        both = f"and {part.name} both have {name!r:.200}"
                        raise damaged(self.path.parent / table[name], both)
                    table[name] = part.name
        except BaseException:
            self.close()
            raise
        return table

    def close(self) -> None:
        """Let go of the files; views of them that were given out stay valid."""
        for shard in self._open.values():
            shard.close()
        self._open.clear()

    def _shard(self, file_name: str) -> SafetensorsFile | TorchFile:
        if file_name not in self._open:
            path = self.path.parent / file_name
            if not path.is_file():
                raise SourceError(f"{path} is missing, which {self.path.name} names; download it, too")
            self._open[file_name] = _open_one(path)
        return self._open[file_name]

    def _file(self, name: str) -> SafetensorsFile | TorchFile:
        self.entry(name)
        return self._shard(self.tensors.file_of[name])

    def raw(self, name: str) -> npt.NDArray[np.uint8]:
        """The bytes of a tensor as stored, of shape (size,); where it can be, a view of its file."""
        return self._file(name).raw(name)

    def release(self, name: str) -> None:
        """See :meth:`TensorFile.release`."""
        self._file(name).release(name)


def _is_plain(name: str) -> bool:
    """Whether this is the name of a file and nothing else, on any system."""
    plain = PurePosixPath(name).name == name and PureWindowsPath(name).name == name
    return plain and name not in ("", ".", "..") and name.isprintable()
