"""What somebody types for a dictionary -> its vectors.

FOLDER                       here, of a known layout, or with such folders in it
FOLDER[8956]                 one feature
"""

from __future__ import annotations

from pathlib import Path

from tokensphere.directions.choice import split_index
from tokensphere.errors import SourceError
from tokensphere.formats.files import at_home, exists
from tokensphere.saes.find import Dictionary, Vectors, dictionaries
from tokensphere.saes.layouts import LAYOUTS
from tokensphere.saes.shelf import LocalShelf, Shelf
from tokensphere.saes.source import SAESource, open_parts


def open_sae(spec: str | Path, *, vectors: Vectors = "decoder") -> SAESource:
    """The vectors of a sparse autoencoder, transcoder or crosscoder, none of them read yet.

    Parameters
    ----------
    spec : a folder with one of a known layout, or with several in folders of it; with an index at its
        end (``FOLDER[8956]``, ``FOLDER[:100]``) only those features
    vectors : ``"decoder"``, what a feature writes, or ``"encoder"``, what it looks for

    Returns
    -------
    SAESource
        a group for each dictionary; `model` is the model's name, if the files tell it

    Raises
    ------
    InputError
        there are no such features
    SourceError
        there is no such folder, or no dictionary in it; or one whose vectors are no directions of the
        residual stream
    FormatError
        a file is damaged
    MissingExtraError
        PyTorch is needed and not installed
    """
    name, index = _split(str(spec))
    folder = at_home(name)
    if not exists(folder):
        raise SourceError(f"there is no folder {name!r:.200}; name one with a dictionary in it")
    if not folder.is_dir():
        raise SourceError(f"{name} is a file: its tensors are named as FILE:TENSOR")
    shelf = LocalShelf(folder)
    found = dictionaries(shelf, vectors)
    if not found:
        known = ", ".join(dict.fromkeys(layout.name for layout in LAYOUTS))
        raise SourceError(
            f"{name} holds no dictionary of a known layout ({known}); name the tensor: FILE:TENSOR"
        )
    return _opened(shelf, found, index, str(spec))


def means_sae(spec: str) -> bool:
    """Whether somebody who types this means a dictionary: a folder that holds one of a known layout.

    A folder of another kind may be a model, whose tensors are directions.
    """
    folder = at_home(_split(spec)[0])
    if not exists(folder) or not folder.is_dir():
        return False
    return bool(dictionaries(LocalShelf(folder)))


def _split(spec: str) -> tuple[str, str | None]:
    """The name, and the index at its end."""
    return (spec, None) if exists(at_home(spec)) else split_index(spec)


def _opened(shelf: Shelf, found: list[Dictionary], index: str | None, name: str) -> SAESource:
    models = {one.model or one.told for one in found}
    if len(models) > 1:
        named = ", ".join(sorted(str(model) for model in models))
        raise SourceError(f"{name} holds dictionaries of several models ({named}); name one of them")
    notes = tuple(
        f"{one.path or one.file} does not say where in the model it is; its vectors are taken for"
        " directions of the residual stream"
        for one in found
        if one.place is None
    )
    return SAESource(name, found[0].model, open_parts(shelf, found, index), tuple(found), notes)
