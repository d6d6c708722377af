"""A GGUF file -> EmbeddingSpace: which tensor, which tokens, of which kinds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tokensphere.errors import SourceError
from tokensphere.formats.gguf.reader import GGUFFile
from tokensphere.formats.gguf.split import SplitGGUF, open_gguf, whole_name
from tokensphere.sources.layout.adapter import is_adapter, refuse_changes
from tokensphere.sources.layout.assemble import Choice, assemble
from tokensphere.sources.layout.config import Config
from tokensphere.sources.layout.table import Norm
from tokensphere.sources.tokens.fit import fit_to_rows
from tokensphere.sources.tokens.gguf import gguf_vocabulary
from tokensphere.space import EmbeddingSpace, Provenance
from tokensphere.vocabulary import Vocabulary

EMBEDDING = "token_embd.weight"
SHA256_KEY = "tokensphere.tensor.sha256"


def load_gguf(
    path: str | Path,
    choice: Choice | None = None,
    *,
    vocabulary: Callable[[int], Vocabulary] | None = None,
    model: str | None = None,
    source: str | None = None,
    trusted: bool = False,
) -> EmbeddingSpace:
    """The embedding or unembedding of a GGUF file.

    Parameters
    ----------
    path : the file
    choice : which matrix; by default the embedding
    vocabulary : function from the number of rows to the tokens, in place of the file's own
    model, source : how results name them; by default from the file's metadata and path
    trusted : take the tensor's SHA-256 from the file's metadata instead of computing it

    Raises
    ------
    SourceError
        the file cannot be read, or lacks the matrix or a vocabulary
    """
    with open_gguf(path) as file:
        if is_adapter(file.tensors):
            refuse_changes(file.tensors, choice or Choice(), {})
        _refuse_heads_of_encoders(file, choice or Choice())
        text = {
            key: value.encode("utf-8", "backslashreplace").decode()
            for key, value in file.metadata.items()
            if isinstance(value, str)
        }
        about = Provenance(
            model or text.get("general.name") or whole_name(Path(path)),
            source or str(path),
            revision=text.get("tokensphere.source.revision"),
            license=text.get("general.license"),
            sha256=text.get(SHA256_KEY) if trusted else None,
            notes=tuple(text[key] for key in sorted(text) if key.startswith("tokensphere.note.")),
        )
        own = "" if trusted else "the file's own"
        tokens = vocabulary or (lambda n: fit_to_rows(gguf_vocabulary(file, own), n))
        return assemble(file, tokens, choice or Choice(), about, _config(file))


def _config(file: GGUFFile | SplitGGUF) -> Config:
    """What the metadata say of the matrix and its norm: the keys of the file's architecture."""

    def value_of(end: str) -> Any:
        return file.metadata.get(f"{file.metadata.get('general.architecture')}.{end}")

    def said(end: str) -> tuple[tuple[str, int], ...]:
        key = f"{file.metadata.get('general.architecture')}.{end}"
        value = file.metadata.get(key)
        return ((key, value),) if type(value) is int and value > 0 else ()

    widths = said("embedding_length") + said("embedding_length_out")
    kinds: list[Norm] = [
        kind for end, kind in _NORMS.items() if isinstance(value_of(f"attention.{end}"), float)
    ]
    cap = value_of("final_logit_softcapping")
    return Config(
        widths=widths,
        vocabularies=said("vocab_size"),
        where="its metadata",
        norm=kinds[0] if len(kinds) == 1 else None,
        experts=any(count > 1 for _, count in said("expert_count")),
        capped=isinstance(cap, float) and cap > 0,
    )


_NORMS: dict[str, Norm] = {"layer_norm_epsilon": "LayerNorm", "layer_norm_rms_epsilon": "RMSNorm"}


def _refuse_heads_of_encoders(file: GGUFFile | SplitGGUF, choice: Choice) -> None:
    """llama.cpp lets ``token_embd`` serve for an output that is not there; encoders have no output."""
    if choice.matrix != "output" or choice.tensor is not None or "output.weight" in file.tensors:
        return
    kind = file.metadata.get("general.architecture")
    if not isinstance(kind, str):
        raise SourceError(
            f"{file.path} has no tensor 'output.weight', and does not say of which architecture it is;"
            " use matrix 'input'"
        )
    causal = file.metadata.get(f"{kind}.attention.causal", True)
    if "bert" in kind or "encoder" in kind or causal is False or f"{kind}.pooling_type" in file.metadata:
        raise SourceError(
            f"{file.path} is an encoder (architecture {kind!r:.60}), which has no output matrix; use"
            " matrix 'input'"
        )
