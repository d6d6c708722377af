"""The files among which dictionaries are looked for: of a folder here, or of a repository."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from tokensphere.errors import SourceError
from tokensphere.formats.files import read_bytes, system_told
from tokensphere.formats.recognise import recognise
from tokensphere.formats.tensors import TensorFile, TensorInfo

_LONGEST = 1 << 22  # bytes of a configuration
_MOST_FILES = 100_000
_TELLING = 5  # parts of a folder's path: a release, and folders in it for layer, width and sparsity


class Shelf(Protocol):
    """Files by their paths, with ``/`` between the parts, below one folder."""

    @property
    def name(self) -> str:
        """What messages call it."""

    @property
    def repo(self) -> str:
        """What people call it, which may tell the model: a repository's name, the end of a path."""

    @property
    def files(self) -> Sequence[str]:
        """All paths, sorted."""

    def has(self, file: str) -> bool:
        """Whether there is such a file; ``..`` leads above the folder, where that is known."""

    def small(self, file: str) -> bytes:
        """All of a small file."""

    def tensors(self, file: str) -> Mapping[str, TensorInfo]:
        """What tensors a file has."""

    def open(self, file: str, tensor: str) -> tuple[TensorFile, str]:
        """A file of tensors with this one in it, to be closed by whoever asks, and its name there."""


class LocalShelf:
    """The files in a folder on this machine.

    Parameters
    ----------
    folder : it exists

    Raises
    ------
    SourceError
        the folder cannot be read, or has too many files
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.name, self.repo = str(folder), "/".join(folder.resolve().parts[-_TELLING:])
        with system_told(f"cannot open {folder}"):
            found = (path for path in folder.rglob("*") if path.is_file())
            names = []
            for path in found:
                names.append(path.relative_to(folder).as_posix())
                if len(names) > _MOST_FILES:
                    raise SourceError(
                        f"{folder} has more than {_MOST_FILES:,} files; name a folder in it"
                    )
        self.files = sorted(names)

    def has(self, file: str) -> bool:
        """See `Shelf`."""
        return (self.folder.resolve() / file).is_file()

    def small(self, file: str) -> bytes:
        """See `Shelf`."""
        return read_bytes(self.folder.resolve() / file, most=_LONGEST)

    def tensors(self, file: str) -> Mapping[str, TensorInfo]:
        """See `Shelf`."""
        opened, _ = self.open(file, "")
        with opened:
            return dict(opened.tensors)

    def open(self, file: str, tensor: str) -> tuple[TensorFile, str]:
        """See `Shelf`."""
        path, known = recognise(self.folder / file)
        if known.reader is None:
            raise SourceError(f"{path} looks like {known.name}, which holds no dictionary")
        return known.open(path), tensor
