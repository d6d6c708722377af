"""A repository of the Hugging Face Hub -> an entry in the cache, fetching little more than the matrix.

The library ``huggingface_hub`` (an extra) resolves the revision and knows endpoint, token, proxy and
whether we are offline. Of a safetensors file the header is read, then the bytes of the one tensor; of a
model in several files, only the file with that tensor is touched. Models in the cache need neither the
library nor the network.
"""

from __future__ import annotations

import os
from functools import partial
from typing import Any

from tokensphere._version import __version__
from tokensphere.errors import InputError, SourceError, how_to_install
from tokensphere.formats.foreign import one_line, optional
from tokensphere.formats.packed.bare import scale_beside
from tokensphere.formats.packed.view import UnpackedTensors
from tokensphere.sources.cache import entries as cache
from tokensphere.sources.cache import writer as cache_writer
from tokensphere.sources.hub import http
from tokensphere.sources.hub.attempts import PassingError, Patience, persist
from tokensphere.sources.hub.checked import is_sound, let_go
from tokensphere.sources.hub.ranges import Progress
from tokensphere.sources.hub.repository import RemoteTensors, Repository, put
from tokensphere.sources.layout.adapter import is_adapter, refuse_changes
from tokensphere.sources.layout.assemble import Choice
from tokensphere.sources.layout.model2vec import of_rows
from tokensphere.sources.layout.search import Found, Matrix, find_matrix

_PATIENCE = Patience()
_MOST_NORM = 1 << 24  # bytes; a norm has one value for each dimension
_TRUE = {"1", "ON", "YES", "TRUE"}  # as huggingface_hub reads its variables


def fetch(
    repo: str,
    revision: str | None = None,
    *,
    matrix: Matrix = "input",
    tensor: str | None = None,
    norm: bool = False,
    refresh: bool = False,
    progress: Progress | None = None,
    patience: Patience = _PATIENCE,
) -> cache.Entry:
    """The cache's entry of a matrix of a model, fetched if it is not there.

    Parameters
    ----------
    repo, revision : the repository, and a branch, tag or commit; by default ``main``
    matrix, tensor : see :func:`~tokensphere.sources.layout.search.find_matrix`
    norm : the weight of the final norm is wanted, too, if the model has one
    refresh : ask the hub what the revision is today, rather than take the commit in the cache
    progress : takes (bytes done, bytes in all) of the tensor
    patience : how often and how long to try

    Returns
    -------
    cache.Entry
        with `found`, which says how the tensor was chosen

    Raises
    ------
    InputError
        that is no name of a repository
    MissingExtraError
        it has to be fetched, and ``huggingface_hub`` is not installed
    SourceError
        it cannot be had; the cache is as before
    """
    choice = Choice(matrix, tensor, norm)
    entry = held(repo, revision, choice)
    if entry is not None and (not refresh or offline()):
        return entry
    if offline():
        raise SourceError(
            f"{repo} ({_wanted(matrix, tensor, norm)}) is not in the cache {cache.cache_root()}, and"
            " HF_HUB_OFFLINE forbids to fetch it; unset that, or use a model that is there"
        )
    # What the cache holds of a model stays one commit until a refresh.
    pinned = None if refresh else cache.resolve(repo, revision)
    repository = open_repository(repo, pinned or revision, patience)
    entry = cache.find(repo, repository.commit, matrix=matrix, tensor=tensor)
    if refresh and entry is not None and not is_sound(entry):
        let_go(entry)
        entry = None
    found = entry.found if entry else None
    if entry is None or found is None or not _enough(entry, norm):
        entry, found = _download(repository, revision, choice, progress)
    cache_writer.record(repo, revision, repository.commit, found, matrix=matrix, tensor=tensor)
    return cache.find(repo, repository.commit, matrix=matrix, tensor=tensor) or entry


def held(repo: str, revision: str | None, choice: Choice) -> cache.Entry | None:
    """The cache's entry with all that is wanted, or None; asks nobody."""
    entry = cache.find(repo, revision, matrix=choice.matrix, tensor=choice.tensor)
    return entry if entry is not None and _enough(entry, choice.fold_norm) else None


def _enough(entry: cache.Entry, norm: bool) -> bool:
    """Whether the entry has all that is wanted."""
    has_norm = entry.found is not None and entry.found.norm is not None
    return not (norm and has_norm and entry.norm_file is None)


def _wanted(matrix: str, tensor: str | None, norm: bool) -> str:
    what = f"tensor {tensor!r}" if tensor else f"{matrix} matrix"
    return f"{what} and final norm" if norm else what


def offline() -> bool:
    """Whether HF_HUB_OFFLINE is set, now or when ``huggingface_hub`` was imported."""
    value = os.environ.get("HF_HUB_OFFLINE") or os.environ.get("TRANSFORMERS_OFFLINE") or ""
    return value.upper() in _TRUE


def open_repository(
    repo: str, revision: str | None = None, patience: Patience = _PATIENCE
) -> Repository:
    """Resolve the revision to a commit, and learn which files there are.

    Raises
    ------
    InputError, SourceError, MissingExtraError
        as :func:`fetch`
    """
    cache.split_model(repo)
    library, constants, errors, utils = _libraries(repo)
    about = {"library_name": "tokensphere", "library_version": __version__}
    api = library.HfApi(**about)
    client = utils.get_session()
    what = f"{repo}@{revision}" if revision else repo

    def ask() -> tuple[Any, dict[str, str]]:
        try:  # a token may have to be refreshed first, so the headers may need the network, too
            found = api.model_info(
                repo, revision=revision, files_metadata=True, timeout=patience.timeout
            )
            return found, utils.build_hf_headers(**about)
        except errors.HfHubHTTPError as error:
            raise http.refusal(what, error.response.status_code, error.response.headers) from error
        except errors.HFValidationError as error:
            raise InputError(f"{repo!r} is no repository of a hub; write owner/name") from error
        except http.client_errors(client, "TransportError") as error:
            raise PassingError(http.no_connection(constants.ENDPOINT, error)) from error
        except http.client_errors(client, "HTTPError", "InvalidURL") as error:
            raise http.no_connection(constants.ENDPOINT, error) from error
        except Exception as error:  # a foreign library at work on an answer that may be anything
            raise SourceError(
                f"{constants.ENDPOINT} does not answer as a hub does"
                f" ({one_line(f'{type(error).__name__}: {error}')}); check HF_ENDPOINT and the proxy"
            ) from error

    info, headers = persist(ask, patience)
    licenses = [tag.partition(":")[2] for tag in info.tags or () if tag.startswith("license:")]
    return Repository(
        name=repo,
        commit=cache_writer.check_commit(str(info.sha)),
        files={file.rfilename: file.size for file in info.siblings or ()},
        license=licenses[0] if licenses else None,
        url_of=lambda name: library.hf_hub_url(repo, name, revision=str(info.sha)),
        hub=http.Connection(client, headers, patience),
    )


def _libraries(repo: str) -> list[Any]:
    """huggingface_hub, and what of it has no public name at its top."""
    missing = f"to fetch {repo} takes huggingface_hub 1.0 or later: {how_to_install('hub')}"
    parts = ("", ".constants", ".errors", ".utils")
    try:
        return [optional(f"huggingface_hub{part}", missing) for part in parts]
    except ValueError as error:  # it reads its variables when it is imported
        raise SourceError(
            f"huggingface_hub does not start ({one_line(error)}); check HF_ENDPOINT and its other"
            " variables, which begin with HF_"
        ) from error


def _download(
    repository: Repository, revision: str | None, choice: Choice, progress: Progress | None
) -> tuple[cache.Entry, Found]:
    """Find the tensor and fetch what the cache lacks of it."""
    tensors = RemoteTensors(repository)
    if is_adapter(tensors):  # before what else it lacks: a tokenizer, as a rule
        refuse_changes(tensors, choice, repository.adapter(tensors.folder))
    vocabulary = repository.vocabulary_files(tensors.folder)
    config = repository.config(tensors.folder)
    unpacked = UnpackedTensors(tensors, config.told)
    found = find_matrix(unpacked, choice.matrix, tensor=choice.tensor, config=config)
    unpacked.refuse(found.name, repository.name)
    entry = cache.kept(repository.name, repository.commit, found.name)
    if entry is None:
        info, *beside = parts = [tensors[name] for name in _parts(unpacked, found.name)]
        entry = cache_writer.store(
            repository.name,
            revision,
            repository.commit,
            tensor=info.name,
            dtype=info.dtype,
            shape=info.shape,
            size=info.size,
            fill=lambda write: tensors.fetch_all(parts, write, progress),
            beside=beside,
            files=repository.vocabulary(vocabulary),
            license=repository.license,
        )
    if choice.fold_norm and found.norm is not None and entry.norm_file is None:
        _add_norm(entry, tensors, found.norm)
    return entry, found


def _parts(tensors: UnpackedTensors, name: str) -> list[str]:
    """The tensors that the rows of a matrix take, the one with its values first."""
    packing, scale = tensors.packing(name), scale_beside(tensors, name)
    own = packing.tensors if packing else (name, scale) if scale else (name,)
    return [*own, *of_rows(tensors, name)]


def _add_norm(entry: cache.Entry, tensors: RemoteTensors, name: str) -> None:
    info = tensors[name]
    if info.size > _MOST_NORM:
        raise SourceError(f"the final norm {name!r} of {entry.repo} has {info.size:,} bytes, too many")
    content = bytearray()
    tensors.fetch(name, partial(put, content))
    cache_writer.store_norm(entry, info, bytes(content))
