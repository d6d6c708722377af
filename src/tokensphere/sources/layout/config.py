"""What matters here of a model's ``config.json``, wherever it comes from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tokensphere.formats.files import is_there, json_object, read_bytes
from tokensphere.formats.packed.told import Told
from tokensphere.sources.layout.table import Norm, is_known

_LONGEST = 2**24
# How the families call the length of a token's row: those with a shorter one for tokens than for hidden
# states have both words (ALBERT, ELECTRA: embedding_size; OPT-350m: word_embed_proj_dim; RemBERT).
_WIDTHS = (
    "hidden_size", "n_embd", "d_model", "embedding_size", "word_embed_proj_dim", "n_embed", "dim",
    "model_dim", "emb_dim", "embed_dim", "embedding_dim", "d_embed", "input_embedding_size",
    "output_embedding_size", "embedding_length",
)  # fmt: skip
_VOCABULARY = ("vocab_size", "decoder_vocab_size", "padded_vocab_size")
_QUANTISED = ("quantization", "quantization_config", "compression_config")
# Parts of a model that have no tokens, or say nothing of their matrices.
_OTHERS = (
    "vision", "image", "audio", "quant", "compression", "rope", "projector", "vq", "codec", "qformer",
    "perceiver", "resampler",
)  # fmt: skip
# How the part of a model that has the tokens is called in a larger one's configuration.
_TEXT = ("text", "llm", "language", "lm_config", "decoder", "thinker")
_DEEPEST = 3
_EXPERTS = (
    "num_local_experts", "num_experts", "n_routed_experts", "moe_num_experts", "num_routed_experts",
)  # fmt: skip
_CAP = "final_logit_softcapping"


@dataclass(frozen=True)
class Config:
    """What a model's configuration says; None or nothing where it does not say it.

    Attributes
    ----------
    model_type : the family
    tied : whether input and output matrix are one
    widths : the family's words for the length of a row -> their values; several where the model has
        parts, or a shorter row for tokens than for hidden states
    vocabularies : words for the number of tokens -> their values
    quantization : how matrices are packed
    where : what the configuration is called in messages
    norm : the kind of the model's norms, where the configuration itself says it
    experts : the model is a mixture of experts
    capped : the logits are squeezed into a range at last, which keeps their order
    """

    model_type: str | None = None
    tied: bool | None = None
    widths: tuple[tuple[str, int], ...] = ()
    vocabularies: tuple[tuple[str, int], ...] = ()
    quantization: Mapping[str, Any] = field(default_factory=dict, hash=False)
    where: str = "config.json"
    norm: Norm | None = None
    experts: bool = False
    capped: bool = False

    @property
    def told(self) -> Told:
        """What it says of packed matrices."""
        widths = frozenset(value for _, value in self.widths)
        return Told(self.quantization, widths, one_scale=self.model_type == "model2vec")


UNKNOWN = Config()


def config_of(found: Mapping[str, Any]) -> Config:
    """What the object in a ``config.json`` says, or its text part where a model has several.

    Of ties the text part has the last word, as in transformers' ``get_text_config(decoder=True)``; it
    is of the type that counts if the whole is of none whose layout is known.
    """
    texts = [part for before, part in _parts(found) if any(word in before for word in _TEXT)]
    ties = [part.get("tie_word_embeddings") for part in (*texts, found)]
    tied = next((said for said in ties if isinstance(said, bool)), None)
    types = [part.get("model_type") for part in (found, *texts)]
    known = [said for said in types if isinstance(said, str) and is_known(said)]
    model_type = known[0] if known else types[0]
    said = (found.get(word) for word in _QUANTISED)
    inside = (part.get(word) for _, part in _parts(found) for word in _QUANTISED)
    packed = [value for value in (*said, *inside) if isinstance(value, dict) and value]
    return Config(
        model_type if isinstance(model_type, str) else None,
        tied,
        _counts(found, _WIDTHS),
        _counts(found, _VOCABULARY),
        packed[0] if packed else {},
        experts=any(count > 1 for _, count in _counts(found, _EXPERTS)),
        capped=any(_is_cap(part.get(_CAP)) for _, part in _parts(found)),
    )


def _is_cap(value: Any) -> bool:
    return isinstance(value, (int, float)) and value > 0


def _parts(found: Mapping[str, Any], before: str = "", depth: int = 0) -> Iterator[tuple[str, Any]]:
    """The object, and those in it that may be of a model with tokens; with their names and a dot."""
    yield before, found
    for key, value in found.items():
        if isinstance(value, dict) and depth < _DEEPEST and not any(word in key for word in _OTHERS):
            yield from _parts(value, f"{before}{key}.", depth + 1)


def _counts(found: Mapping[str, Any], words: tuple[str, ...]) -> tuple[tuple[str, int], ...]:
    """The positive whole numbers under any of these words; each number once, under its first."""
    named: dict[int, str] = {}
    for before, part in _parts(found):
        for word in words:
            value = part.get(word)
            if type(value) is int and value > 0:
                named.setdefault(value, before + word)
    return tuple((word, value) for value, word in named.items())


def read_config(folder: Path) -> Config:
    """What ``config.json`` of `folder` says; nothing if there is none.

    Raises
    ------
    SourceError
        it cannot be opened
    FormatError
        it is not a JSON object
    """
    path = folder / "config.json"
    if not is_there(path):
        return UNKNOWN
    return config_of(json_object(read_bytes(path, most=_LONGEST), str(path)))
