"""An open file with tensors and a vocabulary -> EmbeddingSpace."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from tokensphere.arrays import Float32s
from tokensphere.errors import InputError, SourceError, check_choice
from tokensphere.formats.packed.bare import refuse_bare_codes
from tokensphere.formats.packed.view import UnpackedFile
from tokensphere.formats.tensors import TensorFile, digest
from tokensphere.geometry.lens import LENSES, Lens
from tokensphere.sources.layout.config import UNKNOWN, Config
from tokensphere.sources.layout.model2vec import of_rows, rows_of_tokens
from tokensphere.sources.layout.norm import fold_norm, folded_note, through_lens
from tokensphere.sources.layout.plausible import fit
from tokensphere.sources.layout.search import Found, Matrix, find_matrix, same_bytes
from tokensphere.space import EmbeddingSpace, Provenance
from tokensphere.vocabulary import Vocabulary

if TYPE_CHECKING:
    from tokensphere.sources.tokens.find import Side


@dataclass(frozen=True)
class Choice:
    """What of a model is wanted.

    Attributes
    ----------
    matrix : ``"input"`` (embedding) or ``"output"`` (unembedding)
    tensor : name of the tensor, which settles it
    fold_norm : multiply the output matrix by the weight of the final norm
    lens : ``"logit"`` or ``"transformerlens"``, which both do so, and the latter more
    """

    matrix: Matrix = "input"
    tensor: str | None = None
    fold_norm: bool = False
    lens: Lens | None = None

    def __post_init__(self) -> None:
        if self.matrix not in ("input", "output"):
            raise InputError(f"there is no matrix {self.matrix!r}; use 'input' or 'output'")
        if self.fold_norm and self.matrix != "output":
            raise InputError("the final norm belongs to the output matrix; use matrix 'output'")


def choose(
    matrix: Matrix | None = None,
    tensor: str | None = None,
    fold_norm: bool | None = None,
    lens: Lens | None = None,
) -> Choice:
    """What is wanted, where None is what the lens takes; without a lens the input as it is.

    Raises
    ------
    InputError
        the lens takes another matrix, or the norm where that is not wanted, or the other way round
    """
    if lens is not None:
        check_choice("lens", lens, LENSES)
    if lens in (None, "cosine"):
        if lens and fold_norm:
            raise InputError(
                "the lens 'cosine' takes rows as they are, so leave out fold_norm; or use lens 'logit'"
            )
        return Choice(matrix or "input", tensor, bool(fold_norm))
    if matrix not in (None, "output"):
        raise InputError(
            f"the lens {lens!r} is of the output matrix, and matrix {matrix!r} is asked for; leave out"
            " one of them"
        )
    if fold_norm is False:
        raise InputError(f"the lens {lens!r} folds the norm in; leave out fold_norm, or the lens")
    return Choice("output", tensor, True, lens)


def side_of(choice: Choice) -> Side:
    """Which vocabulary of a translation model the wanted matrix belongs to."""
    if choice.tensor is None:
        return "target" if choice.matrix == "output" else "source"
    target = any(part in choice.tensor for part in ("decoder", "lm_head", "projection"))
    return "target" if target else "source"


def assemble(
    file: TensorFile,
    vocabulary: Callable[[int], Vocabulary],
    choice: Choice,
    about: Provenance,
    config: Config = UNKNOWN,
) -> EmbeddingSpace:
    """The space of the chosen matrix.

    Parameters
    ----------
    file : open, with the tensors of a model
    vocabulary : function from the number of rows to the tokens
    choice : which matrix
    about : what is known of the model; the tensor and how it is stored are added. A SHA-256 is believed
        rather than computed, and notes stand in place of what the tensors tell about ties and scales
    config : what the model's configuration says

    Raises
    ------
    SourceError
        there is no such matrix, or no vocabulary for it; or it is packed in a way that cannot be read,
        or not of the size that the configuration says
    FormatError
        matrix and vocabulary do not fit
    """
    file = UnpackedFile(file, config.told)
    found = find_matrix(file.tensors, choice.matrix, tensor=choice.tensor, config=config)
    file.tensors.refuse(found.name, str(file.path))
    found = replace(found, notes=found.notes + _stored_twice(file, found, choice, config))
    norm = gain(file, found.norm) if choice.fold_norm and found.norm is not None else None
    about = replace(about, sha256=about.sha256 or digest_of(file, found.name))
    return join(file, found, file.matrix(found.name), vocabulary, choice, about, config, norm)


def digest_of(file: UnpackedFile, name: str) -> str:
    """SHA-256 of all that is stored of the rows of a matrix, in hexadecimal."""
    return digest(file, name, *of_rows(file.tensors, name))


def join(
    file: UnpackedFile,
    found: Found,
    rows: Float32s,
    vocabulary: Callable[[int], Vocabulary],
    choice: Choice,
    about: Provenance,
    config: Config,
    norm: Float32s | None,
) -> EmbeddingSpace:
    """The space of a matrix that was found and read.

    Parameters
    ----------
    file : open, with the matrix and the tensors that its values take
    found : which one it is
    rows : its values, shape (n, d)
    vocabulary, choice, about, config : as in :func:`assemble`
    norm : the weight of the final norm, if it is to be multiplied by, shape (d,)

    Raises
    ------
    SourceError, FormatError
        as in :func:`assemble`
    """
    what, given = f"tensor {found.name!r:.200} of {about.source}", choice.tensor is not None
    rows, shared = rows_of_tokens(file, found.name, rows)
    if file.tensors.packing(found.name) is None:
        refuse_bare_codes(file.tensors, found.name, rows, str(file.path))
    size = config if given or found.width is None else _by_norm(found, config)
    fitted = fit(rows, vocabulary, what, size, chosen=given)
    vectors, tokens = fitted.vectors, fitted.tokens
    notes = about.notes or (*found.notes, *shared, *tokens.notes)
    notes += (*filter(None, [file.note(found.name)]), *fitted.notes)
    vectors, done = seen_through(vectors, norm, choice, found, config, about.model)
    notes += done
    provenance = replace(
        about,
        tensor=found.name,
        matrix=choice.matrix,
        lens=choice.lens,
        dtype=file.tensors[found.name].dtype,
        notes=notes,
    )
    return EmbeddingSpace(vectors, tokens, provenance)


def seen_through(
    rows: Float32s, norm: Float32s | None, choice: Choice, found: Found, config: Config, model: str
) -> tuple[Float32s, tuple[str, ...]]:
    """The rows with the final norm in them, or as a lens has them, if that is chosen; notes of it."""
    if choice.lens is not None:
        return through_lens(rows, norm, found, config, choice.lens, model=model)
    if not choice.fold_norm:
        return rows, ()
    return fold_norm(rows, norm, found.layout, model=model), (folded_note(found),)


def _by_norm(found: Found, config: Config) -> Config:
    """The configuration with the width that the final norm has."""
    where = f"{config.where} and the tensors" if config.vocabularies else "the same model"
    widths = ((f"the length of {found.norm!r:.200}", found.width or 0),)
    return replace(config, widths=widths, where=where)


def _stored_twice(file: TensorFile, found: Found, choice: Choice, config: Config) -> tuple[str, ...]:
    """Says so if the other matrix is there, too, and holds the same bytes."""
    if found.tied or choice.tensor is not None:
        return ()
    other: Matrix = "input" if choice.matrix == "output" else "output"
    with suppress(SourceError):
        twin = find_matrix(file.tensors, other, config=config).name
        same = twin != found.name and same_bytes(file, found.name, twin)
        if same and file.beside(found.name) == file.beside(twin):
            return (f"input and output are tied: {twin!r} holds the same values",)
        if twin != found.name and config.tied:
            return (f"input and output are not one matrix: {twin!r} holds other values",)
    return ()


def gain(file: TensorFile, name: str) -> Float32s:
    """The weight of a norm, shape (d,), with the 1 that a flag beside it adds (CTranslate2's of Gemma).

    By ``layer_norm_use_residual`` of CTranslate2's ``LayerNormSpec`` it is 1 + weight; in other formats
    the layout says it, see :func:`.fold_norm`.
    """
    weight, flag = vector(file, name), f"{name.removesuffix('gamma')}layer_norm_use_residual"
    adds = flag in file.tensors and bool(file.raw(flag).any())
    return weight + np.float32(1) if adds else weight


def vector(file: TensorFile, name: str) -> Float32s:
    """A one-dimensional tensor as float32, shape (d,).

    Raises
    ------
    SourceError
        it has another shape, or is stored in a type that is not a plain number
    """
    tensor = file.entry(name)
    if len(tensor.shape) != 1 or not tensor.shape[0] or tensor.dtype not in _FLOATS:
        raise SourceError(
            f"tensor {name!r} of {file.path} is {tensor.dtype} of shape {tensor.shape};"
            f" a vector of type {', '.join(_FLOATS)} was expected"
        )
    return file.stored(name).float32()


_FLOATS = ("F64", "F32", "F16", "BF16", "float32", "float16", "bfloat16")
