"""The formats of files: how each is told from the others, and who reads it; one table.

What a file is, is told by its first bytes and its content. Only where these do not settle it (a damaged
file, a text whose first line could be anything) its name's ending says which format it is meant to be,
so that the reader of that format can say what is wrong with it.

A new format is a file in this folder and an entry in `FORMATS`.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from tokensphere.errors import FormatError, SourceError
from tokensphere.formats import unread
from tokensphere.formats.compressed import compression, content_of
from tokensphere.formats.files import opened
from tokensphere.formats.folder import model_file
from tokensphere.formats.tensors import TensorFile
from tokensphere.formats.words.archive import only_vectors
from tokensphere.formats.words.begin import begins_word_vectors

_START = 2**16  # bytes that tell what a file is
_ZIP = b"PK\x03\x04"
_OLD_TORCH = bytes.fromhex("6cfc9c46f9206aa85019")  # the number with which PyTorch's pickles began


@dataclass(frozen=True)
class Format:
    """A format of files.

    Attributes
    ----------
    name : in messages
    recognises : takes a file and its first bytes, and says whether the content is of this format
    suffixes : endings of names that decide where no content did
    reader : ``module:class`` of this package that opens such a file; None if it has no named tensors
    """

    name: str
    recognises: Callable[[Path, bytes], bool]
    suffixes: tuple[str, ...]
    reader: str | None

    def open(self, path: Path) -> TensorFile:
        """The tensors of a file; the format must have a `reader`."""
        module, _, name = (self.reader or "").partition(":")
        file: TensorFile = getattr(import_module(f"tokensphere.{module}"), name)(path)
        return file


def recognise(path: Path) -> tuple[Path, Format]:
    """The file itself, or that of the model in a folder, and its format.

    Raises
    ------
    SourceError
        the format is unknown, or there is no such file
    """
    file = model_file(path) if path.is_dir() else path
    with opened(file) as content:
        start = content.read(_START)
    if not start:
        raise SourceError(f"{file} is empty; download it again")
    found = _of_content(file, start)
    if found is not None:
        return file, found
    other = unread.by_content(start, file.name) or _packed(file, start)
    name = file.name.lower()
    meant = next((known for known in FORMATS if name.endswith(known.suffixes)), None)
    if other is None and meant is not None:
        return file, meant
    if other := other or unread.by_name(name):
        raise SourceError(f"{file} is {other.what}; {other.instead}")
    names = ", ".join(known.name for known in FORMATS)
    raise SourceError(f"{file} is of no known format; known are {names}")


def _of_content(file: Path, start: bytes) -> Format | None:
    return next((known for known in FORMATS if known.recognises(file, start)), None)


def _packed(file: Path, start: bytes) -> unread.Unread | None:
    """What a compressed file is, if it is certainly not word vectors."""
    kind = compression(start)
    if kind == "zip" and (several := unread.archive(file)):
        return several
    inside = _inside(file) if kind else b""
    found = unread.by_content(inside) or next(
        (known for known in FORMATS[:-1] if known.recognises(file, inside)), None
    )
    if found is None:
        return None
    what = found.what if isinstance(found, unread.Unread) else found.name
    return unread.Unread(f"compressed ({kind}); inside is {what}", "unpack it and name what comes out")


def _inside(file: Path) -> bytes:
    """The first bytes in a compressed file; nothing if it is damaged."""
    try:
        with content_of(file) as content:
            return content.read(_START)
    except FormatError:
        return b""


def _is_safetensors(_path: Path, start: bytes) -> bool:
    """The length of a header, and the header's first character."""
    return start[8:9] == b"{" and 2 <= int.from_bytes(start[:8], "little") <= 100_000_000


def _is_index(_path: Path, start: bytes) -> bool:
    """A JSON object; what follows the map of weights can be millions of bytes away."""
    return start.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"{" and b'"weight_map"' in start


def _is_ctranslate2(_path: Path, start: bytes) -> bool:
    """A small version number, then the length and the name of a "…Spec"."""
    version, length = int.from_bytes(start[:4], "little"), int.from_bytes(start[4:6], "little")
    name = start[6 : 6 + length].rstrip(b"\0")
    return version < 256 and 4 < length < 58 and name.endswith(b"Spec")


def _is_torch(path: Path, start: bytes) -> bool:
    old = start[:1] == b"\x80" and _OLD_TORCH in start[:32]
    members = _members(path, start)
    script = any(name.endswith("/constants.pkl") for name in members)  # TorchScript: code, too
    return old or (not script and any(name.endswith("/data.pkl") for name in members))


def _is_numpy(path: Path, start: bytes) -> bool:
    return start[:6] == b"\x93NUMPY" or any(name.endswith(".npy") for name in _members(path, start))


def _members(path: Path, start: bytes) -> list[str]:
    """The names in an archive; of one that is cut short the first, which stands in the first bytes."""
    if not start.startswith(_ZIP):
        return []
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.namelist()
    except Exception:  # zipfile meets damage with half a dozen kinds of errors
        length = int.from_bytes(start[26:28], "little")
        return [start[30 : 30 + length].decode("utf-8", "replace")]


def _is_word_vectors(path: Path, start: bytes) -> bool:
    """A first line with two counts, or with a word and numbers; compressed or not."""
    kind = compression(start)
    if kind == "zip":
        return only_vectors(path) is not None
    if kind:
        start = _inside(path)
        if not start:
            return True  # damaged; whoever reads it says so
    return begins_word_vectors(start)


_WORD_VECTORS = (".txt", ".vec", ".bin", ".gz", ".w2v", ".bz2", ".xz", ".zip")
FORMATS = (
    Format("GGUF", lambda _, start: start[:4] == b"GGUF", (".gguf",), "formats.gguf.split:open_gguf"),
    Format("safetensors", _is_safetensors, (".safetensors",), "formats.sharded:open_safetensors"),
    Format("an index of safetensors", _is_index, (".index.json",), "formats.sharded:ShardedFile"),
    Format("CTranslate2 (model.bin)", _is_ctranslate2, (), "formats.ctranslate2:CTranslate2File"),
    Format("PyTorch (.bin, .pt)", _is_torch, (".pt", ".pth", ".ckpt"), "formats.sharded:open_torch"),
    Format("NumPy (.npy, .npz)", _is_numpy, (".npy", ".npz"), "formats.numpy:open_numpy"),
    Format("word vectors (.txt, .vec, .bin)", _is_word_vectors, _WORD_VECTORS, None),
)  # fmt: skip
