"""What a file is that is not read, and what to do instead; one table.

People name what they have: weights of other frameworks, archives, a vocabulary, a program. To be told
what it is, and the next step, is worth more than "unknown format".
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from tokensphere.formats.words.archive import vectors_in


def _never(_start: bytes) -> bool:
    return False


def _begins(*magics: bytes) -> Callable[[bytes], bool]:
    return lambda start: start.startswith(magics)


@dataclass(frozen=True)
class Unread:
    """A kind of files that is not read.

    Attributes
    ----------
    what : what it is, in a few words
    instead : the next step
    content : whether the first bytes are of this kind
    names : endings of names (``*`` and ``?`` stand for others), where the content does not tell
    """

    what: str
    instead: str
    content: Callable[[bytes], bool] = _never
    names: tuple[str, ...] = ()

    def is_called(self, name: str) -> bool:
        """Whether a name has one of the endings."""
        return any(fnmatchcase(name.lower(), f"*{ending}") for ending in self.names)


_OTHER_WEIGHTS = "look for the model in safetensors or GGUF, or convert it"
_UNPACK = "unpack it and name what comes out"
_WEIGHTS_BESIDE = "name the file with the weights, or the folder that holds both"
_JSON = re.compile(rb'(\xef\xbb\xbf)?\s*(\{\s*"|\[\s*["\[{\d-])')
_ONNX_MAKERS = (b"pytorch", b"onnx", b"tf2onnx", b"keras2onnx", b"skl2onnx", b"optimum")


def _is_onnx(start: bytes) -> bool:
    """A small version in field 1, then the producer's name in field 2 of the protocol buffer."""
    name = start[4 : 4 + start[3]] if len(start) > 4 else b""
    return start[:1] == b"\x08" and start[2:3] == b"\x12" and name.startswith(_ONNX_MAKERS)


def _is_gensim(start: bytes) -> bool:
    return start[:1] == b"\x80" and b"gensim." in start[:512]


def _is_pickle(start: bytes) -> bool:
    return start[:1] == b"\x80" and start[1:2] in (b"\2", b"\3", b"\4", b"\5")


def _is_sentencepiece(start: bytes) -> bool:
    """Pieces, each a message in field 1 with its text in field 1; unknown and control tokens first."""
    return (
        start[:1] == b"\n"
        and start[2:3] == b"\n"
        and re.search(rb"<(unk|pad|s)>", start[:64]) is not None
    )


UNREAD = (
    Unread(
        "a file of Keras or TensorFlow (HDF5)",
        "look for the model in safetensors, or save it so: transformers'"
        " from_pretrained(…, from_tf=True).save_pretrained(…)",
        _begins(b"\x89HDF\r\n\x1a\n"),
        (".h5", ".hdf5", ".keras"),
    ),
    Unread(
        "fastText's own binary file",
        "name the .vec that comes with it, or write one: gensim's"
        " load_facebook_vectors(…).save_word2vec_format(…)",
        _begins((793712314).to_bytes(4, "little")),
        (".ftz",),
    ),
    Unread(
        "a model in ggml's format from before GGUF",
        "look for it in GGUF, or convert it with llama.cpp's convert_llama_ggml_to_gguf.py",
        _begins(b"lmgg", b"fmgg", b"tjgg", b"algg", b"nsgg"),
        (".ggml", ".ggmlv3"),
    ),
    Unread(
        "gensim's own file (a pickle, which could run any program)",
        "in gensim: KeyedVectors.load(…).save_word2vec_format('vectors.txt') (of a .model its .wv), and"
        " name that; or pass what was loaded to EmbeddingSpace.from_gensim",
        _is_gensim,
        (".kv", ".wordvectors"),
    ),
    Unread(
        "a pickle of Python, which is not loaded, for it could run any program",
        "save the arrays with numpy.savez or as safetensors",
        _is_pickle,
        (".pkl", ".pickle"),
    ),
    Unread("a 7-Zip archive", _UNPACK, _begins(b"7z\xbc\xaf\x27\x1c"), (".7z",)),
    Unread("a RAR archive", _UNPACK, _begins(b"Rar!\x1a\x07"), (".rar",)),
    Unread("a file compressed with Zstandard", _UNPACK, _begins(b"\x28\xb5\x2f\xfd"), (".zst",)),
    Unread("a file compressed with LZ4", _UNPACK, _begins(b"\x04\x22\x4d\x18"), (".lz4",)),
    Unread(
        "a tar archive",
        _UNPACK,
        lambda start: start[257:262] == b"ustar",
        (".tar", ".tgz", ".tbz2", ".txz", ".nemo", ".tar.gz", ".tar.bz2", ".tar.xz"),
    ),
    Unread("a model in ONNX", "name the model that it was made from", _is_onnx, (".onnx", ".onnx_data")),
    Unread(
        "a model of TensorFlow Lite", _OTHER_WEIGHTS, lambda start: start[4:8] == b"TFL3", (".tflite",)
    ),
    Unread("a TensorFlow SavedModel or graph", _OTHER_WEIGHTS, names=(".pb",)),
    Unread(
        "part of a TensorFlow checkpoint",
        _OTHER_WEIGHTS,
        names=(".ckpt*.index", ".ckpt*.meta", ".data-?????-of-?????"),
    ),
    Unread(
        "a file of Flax (msgpack)",
        "look for the model in safetensors, or save it so: transformers'"
        " from_pretrained(…, from_flax=True).save_pretrained(…)",
        names=(".msgpack",),
    ),
    Unread("a Core ML model", "name the model that it was made from", names=(".mlmodel", ".mlpackage")),
    Unread(
        "a file of PaddlePaddle",
        _OTHER_WEIGHTS,
        _is_pickle,
        (".pdparams", ".pdopt", ".pdmodel", ".pdiparams"),
    ),
    Unread(
        "a TensorRT engine",
        "name the model that it was made from",
        _begins(b"ftrt"),
        (".engine", ".plan", ".trt"),
    ),
    Unread(
        "a table in Parquet or Arrow",
        "save its vectors and words with numpy.savez(…, vectors=…, tokens=…)",
        _begins(b"PAR1", b"ARROW1", b"FEA1"),
        (".parquet", ".arrow", ".feather"),
    ),
    Unread(
        "a data base of SQLite",
        "save its vectors and words with numpy.savez(…, vectors=…, tokens=…)",
        _begins(b"SQLite format 3\0"),
        (".db", ".sqlite", ".magnitude"),
    ),
    Unread(
        "a program",
        "a llamafile holds a GGUF file: unpack it (unzip), and name that",
        _begins(b"\x7fELF", b"MZ\x90\0", b"MZqFpD", b"\xcf\xfa\xed\xfe"),
        (".llamafile", ".exe"),
    ),
    Unread(
        "a picture or document",
        "name the model itself",
        _begins(b"\x89PNG\r\n", b"\xff\xd8\xff", b"GIF8", b"%PDF-"),
        (".png", ".jpg", ".jpeg", ".pdf"),
    ),
    Unread("a list of merges, without embeddings", _WEIGHTS_BESIDE, _begins(b"#version: 0.")),
    Unread("a vocabulary of SentencePiece, without embeddings", _WEIGHTS_BESIDE, _is_sentencepiece),
    Unread(
        "JSON, such as a configuration or vocabulary, without embeddings",
        _WEIGHTS_BESIDE,
        lambda start: _JSON.match(start) is not None,
        (".json", ".jsonl"),
    ),
    Unread(
        "XML, perhaps a server's refusal in place of the file",
        "download it again",
        _begins(b"<?xml"),
        (".xml",),
    ),
    Unread(
        "a table of comma- or tab-separated values",
        "write a word and its numbers with spaces between, one word a line, or use"
        " numpy.savez(…, vectors=…, tokens=…)",
        names=(".csv", ".tsv"),
    ),
    Unread("text", _WEIGHTS_BESIDE, names=(".md", ".yaml", ".yml", ".toml", ".py", ".tiktoken")),
)


def by_content(start: bytes, name: str = "") -> Unread | None:
    """The kind that the first bytes of a file are of, the one of several that fits its name; or None."""
    kinds = [kind for kind in UNREAD if kind.content(start)]
    return next((kind for kind in kinds if kind.is_called(name)), kinds[0] if kinds else None)


def by_name(name: str) -> Unread | None:
    """The kind that the ending of a name tells, or None."""
    return next((kind for kind in UNREAD if kind.is_called(name)), None)


def archive(path: Path) -> Unread | None:
    """What a zip archive is that is neither PyTorch's nor NumPy's; None if it cannot be read."""
    with suppress(Exception), zipfile.ZipFile(path) as opened:
        names = [name for name in opened.namelist() if not name.endswith("/")]
        if any(name.endswith("constants.pkl") for name in names):
            return Unread(
                "a program of TorchScript, not weights alone",
                "save the weights: torch.jit.load(…).state_dict(), then torch.save",
            )
        if any(name.endswith(".weights.h5") for name in names):
            return UNREAD[0]
        if len(names) != 1:
            return _several(path, names)
    return None


def _several(path: Path, names: list[str]) -> Unread:
    """An archive of several files, of which not one alone can be word vectors."""
    vectors = vectors_in(path)
    if len(vectors) < 2:
        listed = _some([f"{name!r:.60}" for name in names])
        return Unread(f"a zip archive of {len(names)} files ({listed})", _UNPACK)
    shown = [f"{name!r:.60}" + (f" ({d} dimensions)" if d else "") for name, d in vectors.items()]
    return Unread(
        f"a zip archive of {len(vectors)} files of word vectors: {_some(shown)}",
        f"unpack one of them and name that: unzip {path.name} {next(iter(vectors))}",
    )


def _some(names: list[str]) -> str:
    return ", ".join(names[:4]) + (", …" if len(names) > 4 else "")


def in_folder(folder: Path) -> str:
    """What a folder without a model has in its place, to end a message; empty if nothing is known."""
    for entry in sorted(folder.iterdir()):
        kind = by_name(entry.name)
        if kind is not None and kind.what not in _BESIDE:
            return f"; its {entry.name} is {kind.what}: {kind.instead}"
    return ""


_BESIDE = {kind.what for kind in UNREAD if kind.instead == _WEIGHTS_BESIDE}  # what any model has, too
