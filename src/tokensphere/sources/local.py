"""A file or folder on this machine -> EmbeddingSpace.

What a file is, :mod:`tokensphere.formats.recognise` tells. A format of plain tensors needs nothing
here: its tensors are searched for the matrix, and the tokens lie beside it. Those that are more, or
other, than tensors have a loader of their own.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tokensphere.errors import InputError
from tokensphere.formats.recognise import IN_FOLDER, Format, recognise
from tokensphere.sources.layout.assemble import Choice, assemble
from tokensphere.sources.layout.config import read_config
from tokensphere.sources.tokens.find import find_vocabulary
from tokensphere.space import EmbeddingSpace, Provenance
from tokensphere.vocabulary import Vocabulary

_SAVED = ("embedding", "about", "token_ends", "piece_ends")  # what only a space saved by us has


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
    load = _LOADERS.get(known.name, _load_tensors)
    return load(file, known, choice, vocabulary)


def _load_tensors(path: Path, known: Format, choice: Choice, vocabulary: Path | None) -> EmbeddingSpace:
    with known.open(path) as file:
        tokens, about = _tokens(path, known, vocabulary), Provenance(_name(path), str(path))
        return assemble(file, tokens, choice, about, read_config(path.parent))


def _tokens(path: Path, known: Format, vocabulary: Path | None) -> Callable[[int], Vocabulary]:
    """Where the tokens of the model in `path` come from."""
    # Whisper's tokenizer.json lacks the 1,501 time stamps that CTranslate2's own list has.
    list_first = known.name.startswith("CTranslate2")
    return lambda n: find_vocabulary(path.parent, n, given=vocabulary, list_first=list_first)


def _name(path: Path) -> str:
    """What results call the model: a file with a telling name, or else its folder."""
    telling = path.name not in IN_FOLDER
    return path.stem if telling else path.absolute().parent.name


def _load_safetensors(
    path: Path, known: Format, choice: Choice, vocabulary: Path | None
) -> EmbeddingSpace:
    with known.open(path) as file:
        is_saved = all(name in file.tensors for name in _SAVED)
    if not is_saved:
        return _load_tensors(path, known, choice, vocabulary)
    from tokensphere.sources.saved import load_saved

    _only_whole(path, choice, vocabulary)
    return load_saved(path)


def _load_gguf(path: Path, known: Format, choice: Choice, vocabulary: Path | None) -> EmbeddingSpace:
    from tokensphere.sources.gguf import load_gguf

    own = vocabulary is None
    return load_gguf(path, choice, vocabulary=None if own else _tokens(path, known, vocabulary))


def _load_arrays(path: Path, _known: Format, choice: Choice, vocabulary: Path | None) -> EmbeddingSpace:
    from tokensphere.sources.arrays import load_arrays

    _only_whole(path, choice, None)
    return load_arrays(path, vocabulary)


def _load_word_vectors(
    path: Path, _known: Format, choice: Choice, vocabulary: Path | None
) -> EmbeddingSpace:
    from tokensphere.sources.arrays import load_word_vectors

    _only_whole(path, choice, vocabulary)
    return load_word_vectors(path)


def _only_whole(path: Path, choice: Choice, vocabulary: Path | None) -> None:
    """Refuse options that a file with one matrix and its own tokens has no use for."""
    if choice != Choice() or vocabulary is not None:
        raise InputError(f"{path} holds one matrix: leave out matrix, tensor, fold_norm and vocabulary")


# By the names in the table of formats.
_LOADERS: dict[str, Callable[[Path, Format, Choice, Path | None], EmbeddingSpace]] = {
    "GGUF": _load_gguf,
    "safetensors": _load_safetensors,
    "NumPy (.npy, .npz)": _load_arrays,
    "word vectors (.txt, .vec, .bin)": _load_word_vectors,
}
