"""A repository of the hub -> EmbeddingSpace, by way of the cache."""

from __future__ import annotations

from pathlib import Path

from tokensphere.arrays import Float32s
from tokensphere.errors import InputError
from tokensphere.formats.safetensors import SafetensorsFile
from tokensphere.sources.cache import entries as cache
from tokensphere.sources.hub import client as hub
from tokensphere.sources.hub.ranges import Progress
from tokensphere.sources.layout.assemble import Choice, side_of, vector
from tokensphere.sources.layout.table import fold_norm
from tokensphere.sources.tokens.find import find_vocabulary
from tokensphere.space import EmbeddingSpace, Provenance


def load_hub(
    model: str,
    revision: str | None,
    choice: Choice,
    vocabulary: Path | None = None,
    progress: Progress | None = None,
    *,
    refresh: bool = False,
) -> EmbeddingSpace:
    """The chosen matrix of ``owner/name`` or ``owner/name@revision``; fetched if it is not in the cache.

    Raises
    ------
    InputError
        two revisions are named
    SourceError
        it cannot be had, or read
    """
    repo, named = cache.split_model(model)
    if named and revision and named != revision:
        raise InputError(f"two revisions are named, {named!r} and {revision!r}; give one")
    entry = hub.fetch(
        repo,
        named or revision,
        matrix=choice.matrix,
        tensor=choice.tensor,
        norm=choice.fold_norm,
        refresh=refresh,
        progress=progress,
    )
    vectors, found = _matrix(entry), entry.found
    notes = found.notes if found else ()
    if choice.fold_norm:
        layout = found.layout if found else ""
        vectors = fold_norm(vectors, _norm(entry), layout, model=repo)
        notes += ("columns multiplied by the final norm's weight",)
    tokens = find_vocabulary(entry.path, len(vectors), given=vocabulary, side=side_of(choice))
    notes += tokens.notes
    provenance = Provenance(
        model=repo,
        source=f"hub: {repo}",
        revision=entry.commit,
        tensor=entry.tensor,
        matrix=choice.matrix,
        dtype=entry.dtype,
        sha256=entry.sha256,
        license=entry.license,
        notes=notes,
    )
    return EmbeddingSpace(vectors, tokens, provenance)


def _matrix(entry: cache.Entry) -> Float32s:
    """The matrix as float32: the file itself, mapped, if it holds float32; converted otherwise."""
    with SafetensorsFile(entry.tensor_file) as file:
        (name,) = file.tensors
        if file.tensors[name].dtype == "F32":
            mapped: Float32s = file.array(name)
            return mapped
        return file.matrix(name)


def _norm(entry: cache.Entry) -> Float32s | None:
    if entry.norm_file is None:
        return None
    with SafetensorsFile(entry.norm_file) as file:
        (name,) = file.tensors
        return vector(file, name)
