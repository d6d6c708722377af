"""What a user names -> EmbeddingSpace: the bundled model, or whatever else there is."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from tokensphere.above import ask
from tokensphere.errors import InputError, SourceError
from tokensphere.geometry.lens import Lens
from tokensphere.sources import bundled
from tokensphere.sources.layout.assemble import choose
from tokensphere.sources.layout.search import Matrix
from tokensphere.space import EmbeddingSpace

Progress = Callable[[int, int], None]


def load(
    model: str | Path | None = None,
    *,
    matrix: Matrix | None = None,
    revision: str | None = None,
    tensor: str | None = None,
    vocabulary: str | Path | None = None,
    fold_norm: bool | None = None,
    lens: Lens | None = None,
    refresh: bool = False,
    progress: Progress | bool | None = None,
) -> EmbeddingSpace:
    """Load a model's token embeddings.

    Parameters
    ----------
    model : str or path, optional
        the bundled model's name (also the default); a file (safetensors or its index, GGUF, npy,
        npz, word2vec, GloVe, CTranslate2's ``model.bin``, PyTorch, a saved space); the folder of a
        model; ``ollama:name``; or a repository of the Hugging Face Hub: ``owner/name``,
        ``owner/name@revision``, its address, or an old name such as ``gpt2``. Of a repository that
        is in no cache only the matrix is fetched, once
    matrix : ``"input"`` (embedding) or ``"output"`` (unembedding); by default that of the lens, without
        one the input
    revision : branch, tag or commit of a repository
    tensor : name of the tensor, where the layout is unknown or another one is wanted
    vocabulary : file with the tokens of an npy or npz file, or in place of a model's own
    fold_norm : multiply the output matrix by the weight of the final norm
    lens : which list a direction has. ``"cosine"``, the default: by the cosine with the rows as stored.
        ``"logit"``: by the dot product of the direction, at unit length, with the output matrix, the
        final norm's weight folded in. ``"transformerlens"``: the same with that library's ``W_U``, which
        lacks some means (docs/direction-tests.md)
    refresh : ask the hub what the revision is today; otherwise a model that is in the cache stays
        the commit that it was
    progress : takes (bytes done, bytes in all) while a repository's matrix is fetched; True shows a
        bar

    Raises
    ------
    InputError
        the options contradict each other, or the lens
    SourceError
        there is no such model, or it cannot be read
    MissingExtraError
        it takes an optional dependency that is not installed

    Examples
    --------
    >>> load().shape
    (49152, 576)
    """
    choice = choose(matrix, tensor, fold_norm, lens)
    _check_types(model, revision, tensor, vocabulary)
    if model is None or str(model) == bundled.NAME:
        if tensor or vocabulary or revision:
            raise InputError(
                f"{bundled.NAME} (bundled) has one tensor and its own vocabulary; leave out tensor,"
                " vocabulary and revision, or name a model"
            )
        return bundled.load_bundled(choice)
    from tokensphere.sources.named import load_named  # late: the bundled model needs none of it

    try:
        with _watched(progress, str(model)) as show_bytes:
            return load_named(model, choice, vocabulary, revision, show_bytes, refresh=refresh)
    except OSError as error:  # wherever a folder on the way may not be read
        what = error.filename or model
        raise SourceError(f"cannot read {what}: {error.strerror or error}; make it readable") from error


def _watched(progress: Progress | bool | None, model: str) -> AbstractContextManager[Progress | None]:
    """Who is told of the bytes that are fetched."""
    if isinstance(progress, bool):
        bar: AbstractContextManager[Progress | None] = (
            ask("fetching", model) if progress else nullcontext()
        )
        return bar
    return nullcontext(progress)


def _check_types(model: object, revision: object, tensor: object, vocabulary: object) -> None:
    if not isinstance(model, (str, Path, type(None))):
        raise InputError(f"a model is a name or a path, not {type(model).__name__}")
    if isinstance(model, str) and not model.strip():  # "" would be the folder that one is in
        raise InputError("the model's name is empty; name a model, or '.' for the folder you are in")
    for what, given in (("revision", revision), ("tensor", tensor)):
        if not isinstance(given, (str, type(None))):
            raise InputError(f"a {what} is a name, not {type(given).__name__}; write it in quotes")
    if not isinstance(vocabulary, (str, Path, type(None))):
        raise InputError(f"a vocabulary is a file's name or path, not {type(vocabulary).__name__}")
