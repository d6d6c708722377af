"""A file or folder on this machine -> EmbeddingSpace: what is it, and who reads it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from tokensphere.errors import InputError, SourceError
from tokensphere.formats.tensors import TensorFile
from tokensphere.sources.layout.assemble import Choice, assemble
from tokensphere.sources.layout.config import read_config
from tokensphere.space import EmbeddingSpace
from tokensphere.vocabulary import Vocabulary

# Where a folder holds several of these, the first is taken.
_IN_FOLDER = (
    "model.safetensors",
    "model.safetensors.index.json",
    "model.bin",
    "pytorch_model.bin",
)
_SAVED = ("embedding", "about", "token_ends", "piece_ends")  # what only a space saved by us has
_CT2_VOCABULARY = ("vocabulary", "shared_vocabulary")
_ANY_IN_FOLDER = ("*.safetensors", "*.gguf")


@dataclass(frozen=True)
class Format:
    """A format of files: how it is recognised, and who reads it."""

    name: str
    recognises: Callable[[Path, bytes], bool]
    load: Callable[[Path, Choice, Path | None], EmbeddingSpace]


def load_path(path: Path, choice: Choice, vocabulary: Path | None = None) -> EmbeddingSpace:
    """The chosen matrix of the model in a file or folder.

    Parameters
    ----------
    path : exists
    choice : which matrix
    vocabulary : a file with the tokens, in place of what belongs to the model

    Raises
    ------
    SourceError
        the format is unknown, or the file cannot be read
    """
    file, known = recognise(path)
    return known.load(file, choice, vocabulary)


def recognise(path: Path) -> tuple[Path, Format]:
    """The file itself, or that of the model in a folder, and its format.

    Raises
    ------
    SourceError
        the format is unknown, or there is no such file
    """
    file = _model_file(path) if path.is_dir() else path
    if not file.is_file():  # a pipe or device would be waited for without end
        raise SourceError(f"{file} is neither a regular file nor a folder; name one of those")
    try:
        with file.open("rb") as opened:
            start = opened.read(64)
    except OSError as error:
        raise SourceError(f"cannot open {file}: {error.strerror or error}") from error
    if not start:
        raise SourceError(f"{file} is empty; download it again")
    for known in FORMATS:
        if known.recognises(file, start):
            return file, known
    raise SourceError(
        f"{file} is of no known format; known are {', '.join(known.name for known in FORMATS)}"
    )


def _model_file(folder: Path) -> Path:
    for name in _IN_FOLDER:
        if (folder / name).is_file():
            return folder / name
    for pattern in _ANY_IN_FOLDER:
        found = sorted(file for file in folder.glob(pattern) if file.is_file())
        if len(found) == 1:
            return found[0]
        if found:
            names = ", ".join(file.name for file in found[:5])
            raise SourceError(f"{folder} holds several models ({names}); name one of the files")
    raise SourceError(
        f"{folder} holds no model (looked for {', '.join((*_IN_FOLDER, *_ANY_IN_FOLDER))})"
    )


def _tokens(path: Path, vocabulary: Path | None) -> Callable[[int], Vocabulary]:
    """Where the tokens of the model in `path` come from."""
    from tokensphere.sources.tokens.find import find_vocabulary, fit_to_rows
    from tokensphere.sources.tokens.readers import read_tokens_file

    if vocabulary is None:
        return lambda n: find_vocabulary(path.parent, n)
    return lambda n: fit_to_rows(read_tokens_file(vocabulary, n), n)


def _name(path: Path) -> str:
    """What results call the model: a file with a telling name, or else its folder."""
    telling = path.name not in _IN_FOLDER
    return path.stem if telling else path.absolute().parent.name


def _load_tensors(
    opened: AbstractContextManager[TensorFile],
    path: Path,
    choice: Choice,
    tokens: Callable[[int], Vocabulary],
) -> EmbeddingSpace:
    with opened as file:
        return assemble(
            file,
            tokens,
            choice,
            model=_name(path),
            source=str(path),
            config=read_config(path.parent),
        )


def _load_safetensors(path: Path, choice: Choice, vocabulary: Path | None) -> EmbeddingSpace:
    from tokensphere.formats.safetensors import SafetensorsFile
    from tokensphere.sources.saved import load_saved

    file = SafetensorsFile(path)
    if all(name in file.tensors for name in _SAVED):
        file.close()
        _only_whole(path, choice, vocabulary)
        return load_saved(path)
    return _load_tensors(file, path, choice, _tokens(path, vocabulary))


def _load_sharded(path: Path, choice: Choice, vocabulary: Path | None) -> EmbeddingSpace:
    from tokensphere.formats.sharded import ShardedSafetensors

    return _load_tensors(ShardedSafetensors(path), path, choice, _tokens(path, vocabulary))


def _load_gguf(path: Path, choice: Choice, vocabulary: Path | None) -> EmbeddingSpace:
    from tokensphere.sources.gguf import load_gguf

    tokens = None if vocabulary is None else _tokens(path, vocabulary)
    return load_gguf(path, choice, vocabulary=tokens)


def _load_ctranslate2(path: Path, choice: Choice, vocabulary: Path | None) -> EmbeddingSpace:
    from tokensphere.formats.ctranslate2 import CTranslate2File
    from tokensphere.sources.tokens.find import fit_to_rows
    from tokensphere.sources.tokens.readers import read_ctranslate2_vocabulary

    if vocabulary is None:
        # Whisper's tokenizer.json lacks the 1,501 time stamps that CTranslate2's own list has.
        beside = [path.with_name(f"{stem}.{end}") for stem in _CT2_VOCABULARY for end in ("json", "txt")]
        vocabulary = next((file for file in beside if file.is_file()), None)
        if vocabulary is not None:
            tokens = read_ctranslate2_vocabulary(vocabulary)
            return _load_tensors(CTranslate2File(path), path, choice, lambda n: fit_to_rows(tokens, n))
    return _load_tensors(CTranslate2File(path), path, choice, _tokens(path, vocabulary))


def _load_torch(path: Path, choice: Choice, vocabulary: Path | None) -> EmbeddingSpace:
    from tokensphere.formats.torch import TorchFile

    return _load_tensors(TorchFile(path), path, choice, _tokens(path, vocabulary))


def _load_arrays(path: Path, choice: Choice, vocabulary: Path | None) -> EmbeddingSpace:
    from tokensphere.sources.arrays import load_arrays

    _only_whole(path, choice, None)
    return load_arrays(path, vocabulary)


def _load_word_vectors(path: Path, choice: Choice, vocabulary: Path | None) -> EmbeddingSpace:
    from tokensphere.sources.wordvectors import load_word_vectors

    _only_whole(path, choice, vocabulary)
    return load_word_vectors(path)


def _only_whole(path: Path, choice: Choice, vocabulary: Path | None) -> None:
    """Refuse options that a file with one matrix and its own tokens has no use for."""
    if choice != Choice() or vocabulary is not None:
        raise InputError(f"{path} holds one matrix: leave out matrix, tensor, fold_norm and vocabulary")


def _is_gguf(path: Path, start: bytes) -> bool:
    return path.suffix.lower() == ".gguf" or start[:4] == b"GGUF"


def _is_safetensors(path: Path, start: bytes) -> bool:
    length = int.from_bytes(start[:8], "little")
    return path.suffix.lower() == ".safetensors" or (start[8:9] == b"{" and 2 <= length <= 100_000_000)


def _is_ctranslate2(_path: Path, start: bytes) -> bool:
    """A small version number, then the length and the name of a "…Spec"."""
    version, length = int.from_bytes(start[:4], "little"), int.from_bytes(start[4:6], "little")
    name = start[6 : 6 + length].rstrip(b"\0")
    return version < 256 and 4 < length < 58 and name.endswith(b"Spec")


def _is_torch(path: Path, start: bytes) -> bool:
    zipped = start.startswith(b"PK\x03\x04")
    pickled = start[:1] == b"\x80" and start[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05")
    return path.suffix.lower() in (".bin", ".pt", ".pth", ".ckpt") and (zipped or pickled)


def _is_numpy(path: Path, start: bytes) -> bool:
    return path.suffix.lower() in (".npy", ".npz") or start[:6] == b"\x93NUMPY"


FORMATS = (
    Format("GGUF", _is_gguf, _load_gguf),
    Format("safetensors", _is_safetensors, _load_safetensors),
    Format("an index of safetensors", lambda path, _: path.name.endswith(".index.json"), _load_sharded),
    Format("CTranslate2 (model.bin)", _is_ctranslate2, _load_ctranslate2),
    Format("PyTorch (.bin, .pt)", _is_torch, _load_torch),
    Format("NumPy (.npy, .npz)", _is_numpy, _load_arrays),
    Format(
        "word vectors (.txt, .vec, .bin)",
        lambda path, _: path.suffix.lower() in (".txt", ".vec", ".bin", ".gz", ".w2v"),
        _load_word_vectors,
    ),
)  # fmt: skip
