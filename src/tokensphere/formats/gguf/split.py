"""A GGUF model in several files, as llama.cpp's ``gguf-split`` writes them.

The first has the metadata; the tensors are spread. Each says which of how many it is (``split.no``
from 0, ``split.count``), and how many tensors there are in all (``split.tensors.count``). Which files
they are, their names say: ``name-00001-of-00003.gguf``. All of them have to be there, as for llama.cpp
(``llama-model-loader.cpp``).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tokensphere.errors import SourceError
from tokensphere.formats.files import damaged
from tokensphere.formats.gguf.reader import GGUFFile
from tokensphere.formats.parts import part_of, parts_beside
from tokensphere.formats.stored import Stored
from tokensphere.formats.tensors import TensorFile

NUMBER, COUNT, TENSORS = "split.no", "split.count", "split.tensors.count"


class SplitGGUF(TensorFile):
    """The files of one model.

    Parameters
    ----------
    parts : the paths, in order

    Attributes
    ----------
    path : the first file
    metadata : that of the first file
    tensors : of all the files

    Raises
    ------
    SourceError
        one of them cannot be opened
    FormatError
        one of them is damaged, or they contradict each other
    """

    def __init__(self, parts: list[Path]) -> None:
        self.path = parts[0]
        self._files: list[GGUFFile] = []
        self._file_of: dict[str, GGUFFile] = {}
        try:
            for number, part in enumerate(parts):
                self._add(GGUFFile(part), number, len(parts))
        except BaseException:
            self.close()
            raise
        self.metadata: dict[str, Any] = self._files[0].metadata
        self.tensors = {name: file.tensors[name] for name, file in self._file_of.items()}
        claimed = _number(self._files[0], TENSORS, len(self.tensors))
        if claimed != len(self.tensors):
            self.close()
            problem = f"claims {claimed} tensors in all, but its files have {len(self.tensors)}"
            raise damaged(self.path, problem)

    def _add(self, file: GGUFFile, number: int, count: int) -> None:
        self._files.append(file)
        said = _number(file, NUMBER, number), _number(file, COUNT, count)
        if said != (number, count):
            raise damaged(
                file.path,
                f"is file {number + 1} of {count} by its name, but split.no {said[0]} of"
                f" {said[1]} by its content",
            )
        for name in file.tensors:
            if name in self._file_of:
                raise damaged(self._file_of[name].path, f"and {file.path.name} both have {name!r:.200}")
            self._file_of[name] = file

    def close(self) -> None:
        """Let go of the files; views of them that were given out stay valid."""
        for file in self._files:
            file.close()

    def raw(self, name: str) -> npt.NDArray[np.uint8]:
        """The bytes of a tensor as stored, a read-only view of its file of shape (size,)."""
        self.entry(name)
        return self._file_of[name].raw(name)

    def stored(self, name: str) -> Stored:
        """See :meth:`GGUFFile.stored`."""
        self.entry(name)
        return self._file_of[name].stored(name)

    def release(self, name: str) -> None:
        """See :meth:`TensorFile.release`."""
        self.entry(name)
        self._file_of[name].release(name)


def open_gguf(path: str | Path) -> GGUFFile | SplitGGUF:
    """A GGUF file, or the whole model if the file is one of several.

    Raises
    ------
    SourceError
        a file is missing, or the file's name does not say which the others are
    FormatError
        a file is damaged, or they contradict each other
    """
    path = Path(path)
    parts = parts_beside(path)
    if len(parts) > 1:
        return SplitGGUF(parts)
    file = GGUFFile(path)
    count = _number(file, COUNT, 1)
    if count not in (0, 1):
        number = _number(file, NUMBER, 0)
        file.close()
        raise SourceError(
            f"{path} is file {number + 1} of {count} of a model, but its name does not say which"
            " are the others; put them all in one folder under names like model-00001-of-00002.gguf"
        )
    return file


def _number(file: GGUFFile, key: str, default: int) -> int:
    value = file.metadata.get(key, default)
    if not isinstance(value, int):
        file.close()
        raise damaged(file.path, f"has a {key!r} that is no whole number")
    return value


def whole_name(path: Path) -> str:
    """The name of a file without its ending, and without the count of its parts."""
    part = part_of(path.name)
    return part.before[:-1] if part else path.stem
