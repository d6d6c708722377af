"""Where in a model a dictionary reads or writes: the layer, and in which space its vectors live."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Space = Literal["residual", "heads", "neurons", "unknown"]

_BLOCK = r"(?:[\w.]*\.)?(?:layers|h|blocks)[._]\d+"
# Patterns of whole names, as TransformerLens, Hugging Face's modules, sparsify and dictionary_learning
# spell them; the first that fits counts. ``residual`` is every place that has the dimensions of the
# residual stream: what attention and MLPs put out is added to it, what they are given is read from it.
_PLACES: tuple[tuple[str, Space], ...] = (
    (r".*\bhook_z|z|.*\.(?:self_attn|attn|attention)\.(?:[oc]_proj|out_proj|dense)\.input", "heads"),
    (r".*\bhook_(?:rot_)?[qkv]", "heads"),
    (r".*\bmlp\.hook_(?:pre|post|mid)", "neurons"),
    (r".*\.mlp\.(?:down_proj|c_proj|fc2|dense_4h_to_h)\.input", "neurons"),
    (
        r".*\bhook_(?:resid_(?:pre|mid|post)|(?:mlp|attn)_(?:in|out)|(?:pos_)?embed|normalized)",
        "residual",
    ),
    (r".*\b(?:mlp|attn)\.hook_(?:in|out)", "residual"),
    (r"(?:resid(?:_\w+)?|(?:mlp|attn|attention)(?:_in|_out)?)(?:_?(?:layer)?_?\d+)?", "residual"),
    (rf"{_BLOCK}(?:\.(?:mlp|attention|attn|self_attn))?(?:\.(?:in|out)put)?", "residual"),
    (rf"{_BLOCK}\.\w*(?:layer_?norm|ln_\d|norm)\w*(?:\.(?:in|out)put)?", "residual"),
    (r"(?:[\w.]*\.)?(?:embed_tokens|embed_in|wte|embedding|word_embeddings)(?:\.output)?", "residual"),
)
_LAYER = re.compile(r"(?:layers?|blocks|h|blk|l)[._]?(\d+)", re.IGNORECASE)


@dataclass(frozen=True)
class Place:
    """Where in a model.

    Attributes
    ----------
    hook : as the configuration, or a folder's name, says it
    layer : its number, if there is one
    space : ``"residual"`` for the residual stream and all that is added to it or read from it;
        ``"heads"`` for what attention heads put out before they are mixed; ``"neurons"`` for those of
        an MLP; ``"unknown"``
    """

    hook: str
    layer: int | None
    space: Space


def place_of(hook: str, layer: int | None = None) -> Place:
    """Where a hook point is.

    Parameters
    ----------
    hook : its name
    layer : if it is known from elsewhere

    Examples
    --------
    >>> place_of("blocks.8.hook_resid_pre")
    Place(hook='blocks.8.hook_resid_pre', layer=8, space='residual')
    >>> place_of("blocks.3.attn.hook_z").space, place_of("model.layers.12.self_attn.o_proj.input").layer
    ('heads', 12)
    """
    fits = (space for pattern, space in _PLACES if re.fullmatch(pattern, hook))
    space: Space = next(fits, "unknown")
    if layer is None and (found := _LAYER.search(hook)):
        layer = int(found[1])
    return Place(hook, layer, space)
