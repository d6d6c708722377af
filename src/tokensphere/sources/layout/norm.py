"""The norm before the output: its weight in the output matrix, and what it does beside (its kind).

A LayerNorm subtracts the mean of what it is given and an RMSNorm does not. Which of them a model has is
known of its type, or its file says it; its names do not, and nor do the names of the small number under
the root (``layer_norm_epsilon`` of T5 and Mamba is an RMSNorm's, ``rms_norm_eps`` of Phi-3.5-MoE a
LayerNorm's).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tokensphere.arrays import Float32s
from tokensphere.errors import InputError, SourceError
from tokensphere.geometry.lens import Lens, subtract_means
from tokensphere.sources.layout.config import Config
from tokensphere.sources.layout.search import Found
from tokensphere.sources.layout.table import LAYOUTS, Layout, Norm


def fold_norm(
    matrix: npt.NDArray[np.float32],
    norm_weight: npt.NDArray[np.float32] | None,
    layout: str,
    *,
    model: str = "the model",
) -> npt.NDArray[np.float32]:
    """The output matrix with the final norm's weight in its columns.

    What a hidden state is multiplied by after it was normalised belongs as well to the matrix: with the
    weight folded in, a row is the direction in which its token is read from the normalised state. The
    bias of the norm and the subtraction of the mean, where a model has them, are left out.

    Parameters
    ----------
    matrix : float32 array of shape (n, d)
    norm_weight : float32 array of shape (d,); None if the model has none that is known
    layout : name of the layout; some store their weight less one
    model : what messages call it

    Returns
    -------
    float32 array of shape (n, d), a new one

    Raises
    ------
    SourceError
        there is no weight
    InputError
        the weight has another length than the rows, or no layout has that name
    """
    if norm_weight is None:
        raise SourceError(
            f"{model} has no final norm that is known, so its weight cannot be folded in;"
            " load the matrix without fold_norm or lens"
        )
    if matrix.ndim != 2 or norm_weight.shape != matrix.shape[1:]:
        raise InputError(
            f"the norm's weight has the shape {norm_weight.shape}, not that of a row, {matrix.shape[1:]}"
        )
    known = next((known for known in LAYOUTS if known.name == layout), None)
    if known is None:
        raise InputError(
            f"there is no layout {layout!r}; there are {', '.join(k.name for k in LAYOUTS)}"
        )
    weight = norm_weight.astype(np.float32) + np.float32(known.norm_plus_one)
    return matrix * weight


def through_lens(
    matrix: Float32s,
    norm_weight: Float32s | None,
    found: Found,
    config: Config,
    lens: Lens,
    *,
    model: str = "the model",
) -> tuple[Float32s, tuple[str, ...]]:
    """The output matrix as a lens has it, and notes of what was done to it.

    ``logit`` folds the final norm's weight in. ``transformerlens`` is ``W_U`` as
    ``HookedTransformer.from_pretrained`` makes it, transposed: ``fold_ln`` folds the weight in and, of a
    LayerNorm, subtracts each token's mean; ``center_unembed`` subtracts the mean of all tokens, unless
    the logits are capped (``load_and_process_state_dict`` of TransformerLens 2; in version 4
    ``enable_compatibility_mode``, to the same values).

    Parameters
    ----------
    matrix : float32 array of shape (n, d), not changed
    norm_weight : float32 array of shape (d,); None if the model has none that is known
    found : the matrix and its norm
    config : what is known of the model
    lens : ``"logit"`` or ``"transformerlens"``
    model : what messages call it

    Returns
    -------
    float32 array of shape (n, d), a new one, and the notes

    Raises
    ------
    SourceError
        the norm, or its kind, is not known; more layers stand before the output; for
        ``transformerlens`` the model is a mixture of experts, which its versions treat differently
    """
    layout = _layout_of(found)
    if layout is not None and layout.head and layout.head[0] != "decoder.":
        raise SourceError(
            f"{model} has more than a norm before its output ({layout.head[0]}…), so no lens shows what"
            " a direction of its layers adds to the logits; use matrix 'output' and no lens"
        )
    kind = norm_kind(found, config, model=model) if norm_weight is not None else None
    folded = fold_norm(matrix, norm_weight, found.layout, model=model)
    notes = [folded_note(found)]
    if lens == "transformerlens":
        if config.experts:
            raise SourceError(
                f"{model} is a mixture of experts, whose norms TransformerLens 2 leaves and 4 folds; use"
                " lens 'logit', or matrix 'output' with similarity 'dot' for the norm left out"
            )
        subtract_means(folded, of_rows=kind == "LayerNorm", of_columns=not config.capped)
        if kind == "LayerNorm":
            notes.append("each row less the mean of its entries (the norm is a LayerNorm)")
        notes += [] if config.capped else ["less the mean of all rows"]
    return folded, tuple(notes)


def folded_note(found: Found) -> str:
    """What a reader of results learns of the folding."""
    return f"columns multiplied by the final norm's weight {found.norm!r}"


def norm_kind(found: Found, config: Config, *, model: str = "the model") -> Norm:
    """Which norm stands before the output, where that is known.

    Known is what a model type has (the table), what GGUF's metadata call the small number under the
    root, and that a norm with a bias in a file of no type is a LayerNorm.

    Raises
    ------
    SourceError
        nothing says it, or two things contradict each other
    """
    layout = _layout_of(found)
    told = config.norm or (layout.kind_of(config.model_type) if layout else None)
    if told == "RMSNorm" and found.norm_bias:
        raise SourceError(
            f"nothing is certain of the final norm of {model}: it is said to be an RMSNorm, but"
            f" {found.norm!r:.200} has a bias; use matrix 'output' with fold_norm and similarity 'dot'"
        )
    if told is None and found.norm_bias and layout and not (layout.model_types or config.model_type):
        told = "LayerNorm"
    if told is None:
        raise SourceError(
            f"nothing says whether the final norm of {model} is a LayerNorm or an RMSNorm"
            f"{_why_unknown(layout, config)}; use matrix 'output' with fold_norm and similarity 'dot',"
            " which goes by the names of the tensors"
        )
    return told


def _why_unknown(layout: Layout | None, config: Config) -> str:
    if layout is not None and layout.name == "GGUF":
        return f" ({config.where} have neither or both of layer_norm_epsilon and layer_norm_rms_epsilon)"
    if config.model_type:
        return f" (it is not known of model type {config.model_type!r:.60})"
    return " (no config.json with a model_type lies beside it)"


def _layout_of(found: Found) -> Layout | None:
    return next((known for known in LAYOUTS if known.name == found.layout), None)
