"""A repository of the hub -> EmbeddingSpace, by way of the caches."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import cast

from tokensphere.arrays import Float32s
from tokensphere.errors import FormatError, InputError, MissingExtraError, SourceError
from tokensphere.formats.files import exists
from tokensphere.formats.packed.view import UnpackedFile
from tokensphere.formats.safetensors import SafetensorsFile
from tokensphere.sources.cache import entries as cache
from tokensphere.sources.hub import client as hub
from tokensphere.sources.hub import shared
from tokensphere.sources.hub.checked import is_sound
from tokensphere.sources.hub.names import Named
from tokensphere.sources.hub.ranges import Progress
from tokensphere.sources.layout.assemble import Choice, digest_of, join, side_of, vector
from tokensphere.sources.layout.config import read_config
from tokensphere.sources.layout.search import Found
from tokensphere.sources.local import load_snapshot
from tokensphere.sources.tokens.find import find_vocabulary
from tokensphere.space import EmbeddingSpace, Provenance


def load_hub(
    named: Named,
    revision: str | None,
    choice: Choice,
    vocabulary: Path | None = None,
    progress: Progress | None = None,
    *,
    refresh: bool = False,
) -> EmbeddingSpace:
    """The chosen matrix of a repository: from our cache, the Hub's shared one, or fetched.

    Raises
    ------
    InputError
        two revisions are named
    SourceError
        it cannot be had, or read
    """
    repo, inside = named.repo, "" if _OF_MODEL.fullmatch(named.inside) else named.inside
    if named.revision and revision and named.revision != revision:
        raise InputError(f"two revisions are named, {named.revision!r} and {revision!r}; give one")
    revision = revision if named.revision is None else named.revision
    cache.split_model(repo if revision is None else f"{repo}@{revision}")
    asks = refresh and not hub.offline()
    if not inside and not asks:
        entry = hub.held(repo, revision, choice)
        if entry is not None:
            return _sound_space(entry, choice, vocabulary)
    problem = None
    if not asks:
        snapshot = shared.find(repo, revision, cache.resolve(repo, revision))
        if snapshot is not None and exists(path := snapshot.path / inside):
            try:
                return load_snapshot(replace(snapshot, path=path), choice, vocabulary)
            except FormatError:
                raise
            except (SourceError, MissingExtraError) as error:  # it lacks what nobody asked for
                problem, revision = error, snapshot.commit  # from now on all is read of this commit
    if inside:
        raise problem or SourceError(_only_whole(repo, inside, revision))
    try:
        entry = hub.fetch(
            repo,
            revision,
            matrix=choice.matrix,
            tensor=choice.tensor,
            norm=choice.fold_norm,
            refresh=refresh,
            progress=progress,
        )
    except (SourceError, MissingExtraError) as error:
        if problem is None:
            raise
        raise SourceError(f"the Hub's cache is of no use: {problem}; and {error}") from error
    return _sound_space(entry, choice, vocabulary)


# Naming one of these is naming the model.
_OF_MODEL = re.compile(
    r"|model\.safetensors(\.index\.json)?|model-\d{5}-of-\d{5}\.safetensors|config\.json|README\.md"
)


def _only_whole(repo: str, inside: str, revision: str | None) -> str:
    at = f" --revision {revision}" if revision else ""
    return (
        f"of {repo} only the model itself is fetched, not {inside!r:.200}; download that with 'hf"
        f" download {repo} {inside}{at}', and name it again"
    )


def _sound_space(entry: cache.Entry, choice: Choice, vocabulary: Path | None) -> EmbeddingSpace:
    """The space of an entry; where its own files are damaged, the error says how to have them anew."""
    try:
        return _space(entry, choice, vocabulary)
    except SourceError as error:
        if vocabulary is not None or is_sound(entry):
            raise
        raise FormatError(
            f"what the cache has of {entry.repo} is damaged ({error}); fetch it anew: load it with"
            " refresh (--refresh)"
        ) from error


def _space(entry: cache.Entry, choice: Choice, vocabulary: Path | None) -> EmbeddingSpace:
    config = read_config(entry.path)
    found = entry.found or Found(entry.tensor, None, "", False, ())
    with UnpackedFile(SafetensorsFile(entry.tensor_file), config.told) as file:
        # The file itself, mapped, if it holds float32; converted otherwise.
        plain = file.tensors[found.name].dtype == "F32"
        return join(
            file,
            found,
            cast("Float32s", file.array(found.name)) if plain else file.matrix(found.name),
            lambda n: find_vocabulary(entry.path, n, given=vocabulary, side=side_of(choice)),
            choice,
            Provenance(
                model=entry.repo,
                source=f"hub: {entry.repo}",
                revision=entry.commit,
                sha256=digest_of(file, found.name) if entry.beside else entry.sha256,
                license=entry.license,
            ),
            config,
            _norm(entry) if choice.fold_norm else None,
        )


def _norm(entry: cache.Entry) -> Float32s | None:
    if entry.norm_file is None:
        return None
    with SafetensorsFile(entry.norm_file) as file:
        (name,) = file.tensors
        return vector(file, name)
