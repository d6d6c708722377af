"""What a user names -> EmbeddingSpace: the bundled model, a file, a folder, or a repository of a hub."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tokensphere.errors import InputError, SourceError
from tokensphere.formats.files import at_home, exists
from tokensphere.sources import bundled
from tokensphere.sources.layout.assemble import Choice
from tokensphere.sources.layout.search import Matrix
from tokensphere.space import EmbeddingSpace

Progress = Callable[[int, int], None]


def load(
    model: str | Path | None = None,
    *,
    matrix: Matrix = "input",
    revision: str | None = None,
    tensor: str | None = None,
    vocabulary: str | Path | None = None,
    fold_norm: bool = False,
    refresh: bool = False,
    progress: Progress | None = None,
) -> EmbeddingSpace:
    """Load a model's token embeddings.

    Parameters
    ----------
    model : str or path, optional
        the bundled model's name (also the default); a file (safetensors or its index, GGUF, npy,
        npz, word2vec, GloVe, CTranslate2's ``model.bin``, PyTorch, a saved space); the folder of a
        model; or a repository ``owner/name`` or ``owner/name@revision`` of the Hugging Face Hub, of
        which only the matrix is fetched, once
    matrix : ``"input"`` (embedding) or ``"output"`` (unembedding)
    revision : branch, tag or commit of a repository
    tensor : name of the tensor, where the layout is unknown or another one is wanted
    vocabulary : file with the tokens of an npy or npz file, or in place of a model's own
    fold_norm : multiply the output matrix by the weight of the final norm
    refresh : ask the hub what the revision is today; otherwise a model that is in the cache stays
        the commit that it was
    progress : takes (bytes done, bytes in all) while a repository's matrix is fetched

    Raises
    ------
    InputError
        the options contradict each other
    SourceError
        there is no such model, or it cannot be read
    MissingExtraError
        it takes an optional dependency that is not installed

    Examples
    --------
    >>> load().shape
    (49152, 576)
    """
    choice = Choice(matrix, tensor, fold_norm)
    if not isinstance(model, (str, Path, type(None))):
        raise InputError(f"a model is a name or a path, not {type(model).__name__}")
    if model is None or str(model) == bundled.NAME:
        if tensor or vocabulary or revision or fold_norm:
            raise InputError(
                f"{bundled.NAME} (bundled) has one tensor, its own vocabulary and no norm;"
                " leave out tensor, vocabulary, revision and fold_norm, or name a model"
            )
        return bundled.load_bundled(matrix)
    path, tokens = at_home(model), at_home(vocabulary) if vocabulary else None
    if tokens is not None and not exists(tokens):
        raise SourceError(f"there is no file {str(vocabulary)!r:.200} with a vocabulary")
    if exists(path):
        if revision is not None:
            raise InputError(f"{path} is on this machine, so it has no revision {revision!r}")
        from tokensphere.sources.local import load_path

        return load_path(path, choice, tokens)
    if _looks_local(str(model)):
        raise SourceError(
            f"there is no file or folder {str(model)!r:.200}; name one that is there, a repository"
            f" owner/name, or {bundled.NAME!r} (bundled)"
        )
    from tokensphere.sources.hub.space import load_hub

    return load_hub(str(model), revision, choice, tokens, progress, refresh=refresh)


def _looks_local(model: str) -> bool:
    """Whether `model` can only be meant as a file: it is no ``owner/name``."""
    bare = model.partition("@")[0]
    return bare.count("/") != 1 or bare.startswith((".", "~", "/")) or bare.endswith(_SUFFIXES)


_SUFFIXES = (
    ".gguf", ".safetensors", ".npy", ".npz", ".bin", ".txt", ".vec", ".json", ".pt", ".pth", ".gz", "/",
)  # fmt: skip
