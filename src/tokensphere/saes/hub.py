"""A repository of the Hub as a shelf: what is asked of a file is fetched, the vectors into the cache."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from functools import cached_property
from pathlib import Path
from typing import Self

import numpy as np

from tokensphere.errors import FormatError, SourceError
from tokensphere.formats.files import Closing
from tokensphere.formats.floats import NUMPY_DTYPES
from tokensphere.formats.foreign import damage_told
from tokensphere.formats.numpy import NpzFile
from tokensphere.formats.safetensors import SafetensorsFile
from tokensphere.formats.tensors import TensorFile, TensorInfo
from tokensphere.formats.torch import TorchFile
from tokensphere.saes.find import Dictionary
from tokensphere.sources.cache import entries as cache
from tokensphere.sources.cache import writer as cache_writer
from tokensphere.sources.hub import client
from tokensphere.sources.hub.partial import PartialCopy
from tokensphere.sources.hub.ranges import Progress
from tokensphere.sources.hub.repository import Repository

_AT_ONCE = 1 << 22
_NUMPY = {np.dtype(code).newbyteorder("<").str: name for name, code in NUMPY_DTYPES.items()}
_TURNED = ", first axis fastest"
Write = Callable[[int, bytes], object]


class HubShelf(Closing):
    """The files of one commit of a repository; asks the Hub only for what the cache does not have.

    Parameters
    ----------
    repo, revision : the repository, and a branch, tag or commit; by default ``main``
    commit : the commit that is wanted, if the cache knows it
    progress : takes (bytes done, bytes in all) of what is fetched
    """

    def __init__(
        self, repo: str, revision: str | None, commit: str | None, progress: Progress | None = None
    ) -> None:
        self.repo = self.name = repo
        self._revision, self._commit, self._progress = revision, commit, progress
        self._small: dict[str, bytes] = {}
        self._copies: dict[str, PartialCopy] = {}
        self._tensors: dict[str, Mapping[str, TensorInfo]] = {}
        self._held = ExitStack()

    def __enter__(self) -> Self:
        return self

    def close(self) -> None:
        """Remove what was fetched only to look at it."""
        self._held.close()
        self._copies.clear()

    @cached_property
    def _repository(self) -> Repository:
        """What the Hub has of the commit."""
        if client.offline():
            raise SourceError(
                f"{self.repo} is not in the cache {cache.cache_root()}, and HF_HUB_OFFLINE forbids to"
                " fetch it; unset that, or use a dictionary that is there"
            )
        return client.open_repository(self.repo, self._commit or self._revision)

    @property
    def commit(self) -> str:
        """The commit."""
        return self._commit or self._repository.commit

    @cached_property
    def files(self) -> Sequence[str]:
        """All paths, sorted."""
        return sorted(self._repository.files)

    def has(self, file: str) -> bool:
        """See `Shelf`."""
        return file in self._repository.files

    def small(self, file: str) -> bytes:
        """See `Shelf`."""
        if file not in self._small:
            self._small[file] = self._repository.whole(file)
        return self._small[file]

    def tensors(self, file: str) -> Mapping[str, TensorInfo]:
        """See `Shelf`; of safetensors and archives only headers are fetched, of a pickle all."""
        if file not in self._tensors:
            if file.endswith(".safetensors"):
                self._tensors[file] = self._repository.header(file)
            else:
                with self._copied(file) as copy:
                    self._tensors[file] = dict(copy.tensors)
        return self._tensors[file]

    def open(self, file: str, tensor: str) -> tuple[TensorFile, str]:
        """See `Shelf`; the tensor's bytes are fetched, if the cache does not have them."""
        name = f"{file}:{tensor}"
        entry = cache.kept(self.repo, self.commit, name)
        if entry is None:
            entry = self._fetch(file, tensor, name)
        return SafetensorsFile(entry.tensor_file), name

    def _fetch(self, file: str, tensor: str, name: str) -> cache.Entry:
        info, fill = self._way(file, tensor)
        return cache_writer.store(
            self.repo,
            self._revision,
            self.commit,
            tensor=name,
            dtype=info.dtype,
            shape=info.shape,
            size=info.size,
            fill=fill,
            license=self._repository.license,
        )

    def _way(self, file: str, tensor: str) -> tuple[TensorInfo, Callable[[Write], object]]:
        """What a tensor is in the cache, and what writes its bytes."""
        info = self.tensors(file)[tensor]
        if file.endswith(".safetensors"):
            span = range(info.offset, info.offset + info.size)
            return info, lambda write: self._repository.read(file, span, write, self._progress)
        if file.endswith(".npz"):
            dtype = _NUMPY.get(info.dtype.removesuffix(_TURNED))
            if dtype is None:
                raise FormatError(
                    f"{tensor} in {file} of {self.repo} is stored as {info.dtype}, which is not kept;"
                    " download the file and name its folder"
                )
            kept = TensorInfo(tensor, info.shape, dtype, 0, info.size)
            return kept, lambda write: self._inflate(file, tensor, info, write)
        with self._copied(file) as copy:
            raw = copy.raw(tensor)
        kept = TensorInfo(tensor, info.shape, info.dtype, 0, raw.size)
        return kept, lambda write: write(0, raw.tobytes())

    def _copied(self, file: str) -> TensorFile:
        """A copy here of what a file has in front, or of all of a pickle."""
        copy = self._copies.get(file)
        if copy is None:
            folder = self._held.enter_context(cache_writer.new_draft())
            copy = PartialCopy(self._repository, file, folder / Path(file).name)
            if file.endswith(".npz"):
                copy.fill_headers()
            else:
                copy.fill_all(self._progress)
            self._copies[file] = copy
        return (NpzFile if file.endswith(".npz") else TorchFile)(copy.path)

    def _inflate(self, file: str, tensor: str, info: TensorInfo, write: Write) -> None:
        """Write the values of a member of an archive, stored or deflated; its CRC-32 is compared."""
        copy, member = self._copies[file], f"{tensor}.npy"
        copy.fill_member(member, self._progress)
        if info.dtype.endswith(_TURNED):
            with NpzFile(copy.path) as archive_of_arrays:
                write(0, archive_of_arrays.array(tensor).tobytes())
            return
        told = damage_told(f"{member} in {file} of {self.repo} is damaged", "try again")
        at = -info.offset  # before the values stands the array's header
        with told, zipfile.ZipFile(copy.path) as archive, archive.open(member) as content:
            while part := content.read(_AT_ONCE):
                begin = max(0, -at)
                if begin < len(part):
                    write(at + begin, part[begin:])
                at += len(part)


def kept_answer(repo: str, commit: str, asked: str) -> list[Dictionary] | None:
    """The dictionaries that were found before for a question; None if nobody asked, or it is damaged."""
    with suppress(*_UNSOUND):
        facts = json.loads(cache.read_text(_answer_file(repo, commit, asked)) or "")
        return [Dictionary.from_dict(one) for one in facts] or None
    return None


_UNSOUND = (ValueError, TypeError, KeyError, AttributeError, StopIteration, RecursionError)


def keep_answer(shelf: HubShelf, revision: str | None, asked: str, found: Sequence[Dictionary]) -> None:
    """Remember what was found."""
    file = _answer_file(shelf.repo, shelf.commit, asked)
    facts = [one.to_dict() for one in found]
    cache_writer.record_answer(shelf.repo, revision, shelf.commit, file, facts)


def _answer_file(repo: str, commit: str, asked: str) -> Path:
    return cache.repository_folder(repo) / commit / f"@{cache.safe_name(asked)}"
