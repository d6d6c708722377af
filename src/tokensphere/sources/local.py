"""A file or folder on this machine -> EmbeddingSpace.

What a file is, :mod:`tokensphere.formats.recognise` tells. A format of plain tensors needs nothing
here: its tensors are searched for the matrix, and the tokens lie beside it. Those that are more, or
other, than tensors have a loader of their own.
"""

from __future__ import annotations

from pathlib import Path

from tokensphere.errors import InputError
from tokensphere.formats.folder import IN_FOLDER
from tokensphere.formats.parts import part_of
from tokensphere.formats.recognise import recognise
from tokensphere.sources.arrays import load_arrays, load_word_vectors
from tokensphere.sources.gguf import load_gguf
from tokensphere.sources.hub.shared import Snapshot
from tokensphere.sources.layout.adapter import refuse_adapter
from tokensphere.sources.layout.assemble import Choice, assemble, side_of
from tokensphere.sources.layout.config import read_config
from tokensphere.sources.saved import load_saved
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
    # Whisper's tokenizer.json lacks the 1,501 time stamps that CTranslate2's own list has.
    list_first = known.name.startswith("CTranslate2")

    def tokens(n: int) -> Vocabulary:
        return find_vocabulary(
            file.parent, n, given=vocabulary, list_first=list_first, side=side_of(choice)
        )

    if known.name == "GGUF":
        return load_gguf(file, choice, vocabulary=tokens if vocabulary else None)
    if known.name.startswith("NumPy"):
        _only_whole(file, choice)
        return load_arrays(file, vocabulary)
    if known.name.startswith("word vectors"):
        _only_whole(file, choice, vocabulary)
        return load_word_vectors(file)
    with known.open(file) as tensors:
        if known.name == "safetensors" and all(name in tensors.tensors for name in _SAVED):
            _only_whole(file, choice, vocabulary)
            return load_saved(file)
        refuse_adapter(tensors.tensors, choice, file.parent)
        # A file with a telling name is called by that, another by its folder.
        file = tensors.path
        untelling = file.name in IN_FOLDER or part_of(file.name)
        name = file.absolute().parent.name if untelling else file.stem
        return assemble(tensors, tokens, choice, Provenance(name, str(file)), read_config(file.parent))


def load_snapshot(snapshot: Snapshot, choice: Choice, vocabulary: Path | None = None) -> EmbeddingSpace:
    """The same of a snapshot in the Hub's shared cache, called by its repository and commit."""
    space = load_path(snapshot.path, choice, vocabulary)
    return space.named(snapshot.repo, snapshot.commit)


def _only_whole(path: Path, choice: Choice, vocabulary: Path | None = None) -> None:
    """Refuse options that a file with one matrix and its own tokens has no use for."""
    if choice != Choice() or vocabulary is not None:
        raise InputError(
            f"{path} holds one matrix: leave out matrix, tensor, fold_norm, lens and vocabulary"
        )
