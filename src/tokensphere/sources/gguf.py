"""A GGUF file -> EmbeddingSpace: which tensor, which tokens, of which kinds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tokensphere.errors import FormatError, SourceError
from tokensphere.formats.gguf.reader import GGUFFile
from tokensphere.formats.gguf.split import SplitGGUF, open_gguf, whole_name
from tokensphere.sources.layout.assemble import Choice, assemble
from tokensphere.sources.layout.config import Config
from tokensphere.sources.tokens import pieces as spelling
from tokensphere.sources.tokens.find import fit_to_rows
from tokensphere.space import EmbeddingSpace, Provenance
from tokensphere.vocabulary import HOLE, Kind, Vocabulary, decode_byte_level

EMBEDDING = "token_embd.weight"
SHA256_KEY = "tokensphere.tensor.sha256"

# Values of ``tokenizer.ggml.model``. RWKV's and PLaMo's own kinds are spelled differently again.
_SPELLINGS: dict[str, spelling.Decode] = {
    "gpt2": decode_byte_level,
    **dict.fromkeys(("llama", "gemma4", "replit", "t5"), spelling.decode_sentencepiece),
    "bert": spelling.decode_wordpiece,
}


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
        tokens = vocabulary or (lambda n: fit_to_rows(_vocabulary(file, own), n))
        return assemble(file, tokens, choice or Choice(), about, _config(file))


def _config(file: GGUFFile | SplitGGUF) -> Config:
    """What the metadata say of the size of the matrix: the keys of the file's architecture."""

    def said(end: str) -> tuple[tuple[str, int], ...]:
        key = f"{file.metadata.get('general.architecture')}.{end}"
        value = file.metadata.get(key)
        return ((key, value),) if type(value) is int and value > 0 else ()

    widths = said("embedding_length") + said("embedding_length_out")
    return Config(widths=widths, vocabularies=said("vocab_size"), where="its metadata")


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


def _vocabulary(file: GGUFFile | SplitGGUF, source: str) -> Vocabulary:
    pieces = file.metadata.get("tokenizer.ggml.tokens")
    if not isinstance(pieces, list) or not all(isinstance(piece, str) for piece in pieces):
        raise SourceError(f"{file.path} has no vocabulary (no 'tokenizer.ggml.tokens')")
    model = file.metadata.get("tokenizer.ggml.model")
    if not isinstance(model, str) or model not in _SPELLINGS:
        raise SourceError(
            f"{file.path} has a tokenizer of the kind {model!r};"
            f" only {', '.join(map(repr, _SPELLINGS))} can be read"
        )
    decode = _SPELLINGS[model]
    kinds = _kinds(file, len(pieces))
    if decode is spelling.decode_wordpiece:
        pieces = [
            piece if kind == Kind.CONTROL else spelling.undo_phantom_space(piece)
            for piece, kind in zip(pieces, kinds, strict=True)
        ]
    _refine_kinds(pieces, kinds, has_bytes=decode is spelling.decode_sentencepiece)
    added = {pieces[id] for id in np.flatnonzero(kinds == Kind.ADDED)}
    pieces = _without_padding(pieces, kinds)
    return Vocabulary(pieces, decode=spelling.with_plain(decode, added), kinds=kinds, source=source)


def _kinds(file: GGUFFile | SplitGGUF, n: int) -> npt.NDArray[np.uint8]:
    types = file.metadata.get("tokenizer.ggml.token_type")
    if types is None:
        return np.zeros(n, dtype=np.uint8)
    if not isinstance(types, np.ndarray) or types.dtype.kind not in "iu" or len(types) != n:
        raise FormatError(f"{file.path} does not give each of its {n} tokens one type")
    table = np.zeros(256, dtype=np.uint8)
    table[[*spelling.SENTENCEPIECE_KINDS]] = [*spelling.SENTENCEPIECE_KINDS.values()]
    return table[np.clip(types, 0, 255).astype(np.intp)]


def _refine_kinds(pieces: list[str], kinds: npt.NDArray[np.uint8], *, has_bytes: bool) -> None:
    """Set apart, in place, what converters call normal, control or added: bytes and reserved names."""
    for id, piece in enumerate(pieces):
        if piece[:1] not in ("<", "[", ">"):
            continue
        if spelling.is_unused(piece):
            kinds[id] = Kind.UNUSED
        elif has_bytes and kinds[id] == Kind.NORMAL and spelling.is_byte(piece):
            kinds[id] = Kind.BYTE


def _without_padding(pieces: list[str], kinds: npt.NDArray[np.uint8]) -> list[str]:
    """Pieces with what ``[PAD7]`` is, by which llama.cpp's converter fills ids without a token.

    Those at the end are padding, as in the model that was converted; their kinds are set in place.
    """
    empty = [piece == f"[PAD{id}]" for id, piece in enumerate(pieces)]
    last = max((id for id, gap in enumerate(empty) if not gap), default=-1)
    pieces = list(pieces)
    for id in np.flatnonzero(empty).tolist():
        kinds[id] = Kind.PADDING if id > last else Kind.UNUSED
        pieces[id] = f"<padding id {id}>" if id > last else f"{HOLE}{id}>"
    return pieces
