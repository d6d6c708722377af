"""The vocabulary in a GGUF file's metadata: pieces and types, spelled by the kind of tokenizer."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tokensphere.errors import FormatError, SourceError
from tokensphere.formats.gguf.reader import GGUFFile
from tokensphere.formats.gguf.split import SplitGGUF
from tokensphere.sources.tokens import pieces as spelling
from tokensphere.vocabulary import HOLE, Kind, Vocabulary, decode_byte_level

# Values of ``tokenizer.ggml.model``. RWKV's and PLaMo's own kinds are spelled differently again.
_SPELLINGS: dict[str, spelling.Decode] = {
    "gpt2": decode_byte_level,
    **dict.fromkeys(("llama", "gemma4", "replit", "t5"), spelling.decode_sentencepiece),
    "bert": spelling.decode_wordpiece,
}


def gguf_vocabulary(file: GGUFFile | SplitGGUF, source: str) -> Vocabulary:
    """The tokens in the metadata of an open file; `source` is what the vocabulary's notes call them.

    Raises
    ------
    SourceError
        there are none, or the kind of tokenizer is not known
    FormatError
        their types do not fit
    """
    pieces = file.metadata.get("tokenizer.ggml.tokens")
    if not isinstance(pieces, list) or set(map(type, pieces)) - {str}:
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
    # Those that may be no text begin with a bracket.
    bracketed = [id for id, piece in enumerate(pieces) if piece[:1] in spelling.BRACKETS]
    _refine_kinds(pieces, bracketed, kinds, has_bytes=decode is spelling.decode_sentencepiece)
    added = {pieces[id] for id in np.flatnonzero(kinds == Kind.ADDED)}
    pieces = _without_padding(pieces, bracketed, kinds)
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


def _refine_kinds(
    pieces: list[str], bracketed: list[int], kinds: npt.NDArray[np.uint8], *, has_bytes: bool
) -> None:
    """Set apart, in place, what converters call normal, control or added: bytes and reserved names."""
    for id in bracketed:
        piece = pieces[id]
        if spelling.is_unused(piece):
            kinds[id] = Kind.UNUSED
        elif has_bytes and kinds[id] == Kind.NORMAL and spelling.is_byte(piece):
            kinds[id] = Kind.BYTE


def _without_padding(pieces: list[str], bracketed: list[int], kinds: npt.NDArray[np.uint8]) -> list[str]:
    """Pieces with what ``[PAD7]`` is, by which llama.cpp's converter fills ids without a token.

    Those at the end are padding, as in the model that was converted; their kinds are set in place.
    """
    empty = [id for id in bracketed if pieces[id] == f"[PAD{id}]"]
    last = len(pieces) - 1
    for id in reversed(empty):
        last -= id == last
    pieces = list(pieces)
    for id in empty:
        kinds[id] = Kind.PADDING if id > last else Kind.UNUSED
        pieces[id] = f"<padding id {id}>" if id > last else f"{HOLE}{id}>"
    return pieces
