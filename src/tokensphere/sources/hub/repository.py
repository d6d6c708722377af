"""The files of one commit of a repository: which there are, and the tensors in them, unread.

Knows URLs and headers, but neither the cache nor how a revision is resolved.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence, ValuesView
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache, partial
from typing import Any

from tokensphere.errors import FormatError, SourceError
from tokensphere.formats.files import json_object
from tokensphere.formats.folder import first_module, models_of
from tokensphere.formats.parts import parts_in
from tokensphere.formats.safetensors import LENGTH_BYTES, header_length, parse_header
from tokensphere.formats.sharded import ShardTensors, weight_map
from tokensphere.formats.tensors import TensorInfo
from tokensphere.sources.hub.attempts import together
from tokensphere.sources.hub.checked import check_vocabulary
from tokensphere.sources.hub.http import Connection
from tokensphere.sources.hub.ranges import Progress, Range, Write, fetch_whole
from tokensphere.sources.layout.config import UNKNOWN, Config, config_of
from tokensphere.sources.tokens.beside import BESIDE
from tokensphere.sources.tokens.find import LOOKED_FOR, names_to_fetch

_MODEL, _INDEX = "model.safetensors", "model.safetensors.index.json"
_MODULES = "modules.json"  # of sentence-transformers
_SAFETENSORS = (".safetensors", ".safetensors.index.json")
_LONGEST = 1 << 28  # bytes of a vocabulary or an index; the largest known have a tenth of that
_PARTS = 8
_ADVICE = {
    ("*.gguf",): "download one with 'hf download {repo} {file}' and give the path of that file",
    (
        "*pytorch_model*.bin",
        "*.pt",
        "*.pth",
    ): "such a file is a pickle; look for a version in safetensors, often '{repo}@refs/pr/1'",
    ("*.h5", "*.msgpack"): "look for a version of the model in safetensors",
    ("*.onnx", "*openvino_*"): "look for the model that it was made from",
}


@dataclass(frozen=True)
class Repository:
    """One commit of a repository.

    Attributes
    ----------
    name, commit, license : of the repository; the license if it is stated
    files : name -> bytes, or None as long as the hub does not say
    url_of : name of a file -> where to get it
    hub : who asks, and how
    versions : name -> what answers said of the file's version, see `Range`
    stop : set when one of several requests failed, or the user wants to stop; then no more is asked
    """

    name: str
    commit: str
    license: str | None
    files: dict[str, int | None]
    url_of: Callable[[str], str]
    hub: Connection
    versions: dict[str, dict[str, str]] = field(default_factory=dict)
    stop: threading.Event = field(default_factory=threading.Event)

    def whole(self, file: str) -> bytes:
        """All of a small file."""
        what, size = f"{file} of {self.name}", self.files.get(file)
        return fetch_whole(self.hub, what, self.url_of(file), limit=_LONGEST, size=size)

    def read(self, file: str, span: range, write: Write, progress: Progress | None = None) -> int:
        """A range of a file, see :class:`~tokensphere.sources.hub.ranges.Range`; the file's length."""
        what, known = f"{file} of {self.name}", self.files.get(file)
        version, url = self.versions.setdefault(file, {}), self.url_of(file)
        total = Range(self.hub, what, url, span, write, known, progress, version, self.stop).fetch()
        self.files[file] = total  # every other answer must say the same
        return total

    def header(self, file: str) -> dict[str, TensorInfo]:
        """What tensors a safetensors file has.

        Raises
        ------
        SourceError
            it cannot be had
        FormatError
            it is no safetensors file
        """
        where, start, raw = f"{file} of {self.name}", bytearray(), bytearray()
        total = self.read(file, range(LENGTH_BYTES), partial(put, start))
        stop = LENGTH_BYTES + header_length(bytes(start), total, where)
        self.read(file, range(LENGTH_BYTES, stop), partial(put, raw))
        return parse_header(bytes(raw), total - stop, where)

    def config(self, folder: str) -> Config:
        """What ``config.json`` says; nothing if there is none."""
        file = self._beside(folder, "config.json")
        if file is None:
            return UNKNOWN
        return config_of(json_object(self.whole(file), f"{file} of {self.name}"))

    def adapter(self, folder: str) -> dict[str, Any]:
        """The object in ``adapter_config.json``; nothing if there is none."""
        file = self._beside(folder, "adapter_config.json")
        return {} if file is None else json_object(self.whole(file), f"{file} of {self.name}")

    def _beside(self, folder: str, name: str) -> str | None:
        return next((path for path in (folder + name, name) if path in self.files), None)

    def vocabulary_files(self, folder: str) -> list[str]:
        """The files that say what the rows stand for, those beside the model first."""
        for where in dict.fromkeys((folder, "")):
            here = [file.removeprefix(where) for file in self.files if file.startswith(where)]
            if names := names_to_fetch(here):
                paths = (self._beside(folder, name) for name in dict.fromkeys((*names, *BESIDE)))
                return [path for path in paths if path is not None]
        raise SourceError(
            f"{self.name} has no vocabulary (looked for {LOOKED_FOR}); it has {self._listed()}"
        )

    def vocabulary(self, files: Sequence[str]) -> dict[str, bytes]:
        """The content of these files by name without folder, if it is what such files have.

        Raises
        ------
        SourceError
            one cannot be had, or another thing comes in its place
        FormatError
            one is damaged
        """
        content = {file.rpartition("/")[2]: self.whole(file) for file in files}
        check_vocabulary(content, self.name)
        return content

    def model_file(self) -> str:
        """The safetensors file, or the index of several."""
        everywhere = [file for file in self.files if file.endswith(_SAFETENSORS)]
        found = self._models(everywhere, "")
        if not found and (module := self._first_module()):
            found = self._models(everywhere, module)
        found = found or everywhere
        if not found:
            raise SourceError(f"{self.name} has no safetensors; it has {self._listed()}{self._advice()}")
        if len(found) > 1:
            more = ", …" if len(found) > 6 else ""
            raise SourceError(
                f"{self.name} has several models in safetensors ({', '.join(found[:6])}{more}) and none"
                f" is called {_MODEL}; download one and give its path"
            )
        return found[0]

    def _models(self, files: list[str], folder: str) -> list[str]:
        """The models among those of these files that lie in a folder (``""``, ``"0_Transformer/"``)."""
        names = [file.removeprefix(folder) for file in files if file.startswith(folder)]
        here = [name for name in names if "/" not in name]
        return [folder + name for name in models_of(here, self.name)]

    def _first_module(self) -> str | None:
        path = first_module(self.whole(_MODULES)) if _MODULES in self.files else None
        return f"{path}/" if path else None

    def _listed(self) -> str:
        names = sorted(file for file in self.files if not file.startswith("."))
        return (", ".join(names[:8]) + (", …" if len(names) > 8 else "")) or "no files at all"

    def _advice(self) -> str:
        for patterns, advice in _ADVICE.items():
            files = [file for file in sorted(self.files) if any(fnmatchcase(file, p) for p in patterns)]
            for file in files[:1]:
                return ": " + advice.format(repo=self.name, file=file)
        return ": use another repository of that model"


class RemoteTensors(ShardTensors):
    """The tensors of a repository by name; a file's header is fetched when one of them is asked for.

    Raises
    ------
    SourceError
        there are no safetensors, or they cannot be had
    FormatError
        header or index are damaged
    """

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        file = repository.model_file()
        head, slash, _ = file.rpartition("/")
        self.folder = head + slash
        self._read = cache(self._read_header)
        file_of = self._index(file) if file.endswith(".json") else self._files_of(file)
        super().__init__(file_of, self._read, f"{file} of {repository.name}")

    def _files_of(self, file: str) -> dict[str, str]:
        """Which tensor is where, of a file that may be one of several, as an index or its name says."""
        index = f"{self.folder}{_INDEX}"
        if index in self._repository.files:
            shards = self._index(index)
            if file in shards.values():
                return shards
        names = [name for name in self._repository.files if name.startswith(self.folder)]
        parts = parts_in(names, file, self._repository.name)
        return {name: part for part in parts for name in self._read(part)}

    def _index(self, file: str) -> dict[str, str]:
        where = f"{file} of {self._repository.name}"
        table = weight_map(self._repository.whole(file), where)
        return {name: f"{self.folder}{shard}" for name, shard in table.items()}

    def _read_header(self, file: str) -> dict[str, TensorInfo]:
        if file not in self._repository.files:
            raise FormatError(f"{self._repository.name} lacks {file[:200]!r}, which its index names")
        return self._repository.header(file)

    def values(self) -> ValuesView[TensorInfo]:
        """All tensors; fetches the headers of all files, several at a time."""
        files = dict.fromkeys(self.file_of.values())
        together([partial(self._read, file) for file in files], _PARTS, self._repository.stop)
        return super().values()

    def fetch_all(
        self, parts: Sequence[TensorInfo], write: Write, progress: Progress | None = None
    ) -> None:
        """The bytes of several tensors one after another, as :meth:`fetch` has those of one."""
        start, total = 0, sum(part.size for part in parts)
        for part in filter(lambda part: part.size, parts):
            self.fetch(part.name, _after(start, write), progress and _of_all(start, total, progress))
            start += part.size

    def fetch(self, name: str, write: Write, progress: Progress | None = None) -> None:
        """The bytes of a tensor, by calls of write(offset, bytes) from several threads."""
        info, file = self[name], self.file_of[name]
        span = range(info.offset, info.offset + info.size)
        self._repository.read(file, span, write, progress)


def _after(start: int, write: Write) -> Write:
    return lambda at, content: write(start + at, content)


def _of_all(start: int, total: int, progress: Progress) -> Progress:
    return lambda done, _: progress(start + done, total)


def put(content: bytearray, at: int, part: bytes) -> None:
    """Write into `content`, which grows as bytes arrive, not as a header claims."""
    if len(content) < at + len(part):
        content.extend(bytes(at + len(part) - len(content)))
    content[at : at + len(part)] = part
