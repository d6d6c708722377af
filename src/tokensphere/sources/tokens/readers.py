"""The files in which tokenizers keep their vocabulary -> :class:`~tokensphere.vocabulary.Vocabulary`.

A file is taken for what its content says; its name decides only what a damaged one was meant to be:

================= ============================================================================
content           what it is
================= ============================================================================
JSON              an object with a `model` (``tokenizer.json``) or with `config` and a list
                  `vocab` (``tekken.json``), of token -> id (``vocab.json``), or a list of tokens
SentencePiece     a message of Protocol Buffers
lines             base64 and rank (tiktoken); id, literal and length (RWKV); or a token a line
================= ============================================================================

What is read is which token has which id, how it is spelled and of what kind it is; merges, scores and
all that is needed to cut a text into tokens are left alone.
"""

from __future__ import annotations

import re
from itertools import count
from pathlib import Path
from typing import Any

from tokensphere.errors import FormatError, SourceError
from tokensphere.sources.tokens import pieces as spelling
from tokensphere.sources.tokens.beside import NOTHING, Beside, add_beside
from tokensphere.sources.tokens.bytewise import (
    RWKV_LINE,
    fill_rwkv,
    fill_tekken,
    fill_tiktoken,
    is_tiktoken,
)
from tokensphere.sources.tokens.draft import Draft, short
from tokensphere.sources.tokens.fairseq import UNKNOWN_SHIFTS, shift_of
from tokensphere.sources.tokens.lines import tokens_in_lines
from tokensphere.sources.tokens.sentencepiece import sentencepiece_pieces
from tokensphere.vocabulary import Kind, Vocabulary, decode_byte_level

_JSON = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:\{\s*[\"}]|\[\s*[\"\]])")
_NONE = object()
_CONFIGURED = ("added_tokens_decoder", "tokenizer_class", "model_type")


def read_vocabulary(
    source: bytes | Path,
    n_rows: int | None = None,
    *,
    name: str = "the vocabulary",
    beside: Beside = NOTHING,
    exact: bool = False,
) -> Vocabulary:
    """The vocabulary in a file, whatever it is.

    Parameters
    ----------
    source : its bytes, or its path
    n_rows : rows of the matrix, if known; only added tokens may lie beyond, and are left out
    name : what messages call a file that came as bytes
    beside : what other files add to it
    exact : a list of tokens, or an object of token -> id, is exactly what is written, unless a
        twentieth of it begins as a tokenizer's pieces do (``Ġthe``, ``▁the``, ``##ing``)

    Returns
    -------
    Vocabulary
        of as many tokens as the highest id asks for; special tokens are CONTROL, other added ones
        ADDED, reserved names (``[unused7]``) UNUSED, bytes of SentencePiece (``<0x0A>``) BYTE

    Raises
    ------
    SourceError
        it cannot be opened, or holds something else
    FormatError
        it is damaged, contradicts itself, or has ids beyond `n_rows`
    """
    draft = Draft(source, name, n_rows)
    raw = draft.raw
    if (found := _json(draft)) is not _NONE:
        return _read_json(draft, found, beside, exact)
    if _is_sentencepiece(draft):
        decode = _fill_sentencepiece(draft, beside)
    elif is_tiktoken(raw):
        fill_tiktoken(draft, beside.families)
        decode = decode_byte_level
    elif RWKV_LINE.fullmatch(raw.partition(b"\n")[0].rstrip(b"\r")):
        fill_rwkv(draft)
        decode = decode_byte_level
    else:
        return _read_list(draft, tokens_in_lines(draft), beside, exact)
    return _finish(draft, decode, beside)


def _finish(draft: Draft, decode: spelling.Decode, beside: Beside) -> Vocabulary:
    plain = add_beside(draft, beside.added)
    return draft.finish(spelling.with_plain(decode, plain))


def _json(draft: Draft) -> Any:
    """What JSON the file holds, or `_NONE`: the first tokens of a list may only look like it."""
    if draft.name.lower().endswith(".json"):
        return draft.json()
    if not _JSON.match(draft.raw):
        return _NONE
    try:
        return draft.json()
    except FormatError:
        if draft.raw.lstrip()[:1] == b"{" and b"\n" not in draft.raw.strip()[:4096]:
            raise  # one long line
        return _NONE


def _read_json(draft: Draft, found: Any, beside: Beside, exact: bool) -> Vocabulary:
    if isinstance(found, list):
        return _read_list(draft, found, beside, exact)
    content = draft.expect(dict, found, "content")
    if isinstance(content.get("model"), dict):
        return _read_tokenizer(draft, content, beside)
    if isinstance(content.get("vocab"), list) and isinstance(content.get("config"), dict):
        fill_tekken(draft, content)
        return _finish(draft, decode_byte_level, beside)
    if draft.name.endswith("tokenizer.json"):
        draft.expect(dict, content.get("model"), "'model'")
    if any(isinstance(content.get(key), (str, dict)) for key in _CONFIGURED):
        raise SourceError(
            f"{draft.name} is a configuration and has no vocabulary; give the model's tokenizer.json"
        )
    kind_of = _kinds_of(list(content), exact)
    draft.add_all(content.items(), kind_of)
    return _finish(draft, _guessed(draft, exact), beside)


def _kinds_of(pieces: list[Any], exact: bool) -> Any:
    """How the kinds of bare tokens are told: by their spelling, unless they are exact."""
    texts = [piece for piece in pieces if isinstance(piece, str)]
    if exact and _spelling(texts, exact) is spelling.decode_plain:
        return lambda _: Kind.NORMAL
    return spelling.kind_by_spelling


def _spelling(pieces: list[str], exact: bool) -> spelling.Decode:
    """How bare tokens are spelled: a mark that hardly any bears is a letter like others."""
    marks = ("Ġ", spelling.SPACE, "##")
    marked = [piece for piece in pieces if len(piece) > 1 and piece.startswith(marks)]
    if len(marked) * 20 < len(pieces) or (exact and len(marked) < 2):
        return spelling.decode_plain
    return spelling.guess_decode(pieces)


def _guessed(draft: Draft, exact: bool) -> spelling.Decode:
    decode = _spelling(list(draft.pieces.values()), exact)
    if decode is spelling.decode_sentencepiece:
        draft.mark(Kind.BYTE, spelling.is_byte)
    return decode


def _read_list(draft: Draft, tokens: list[Any], beside: Beside, exact: bool) -> Vocabulary:
    draft.add_all(zip(tokens, count()), _kinds_of(tokens, exact))
    return _finish(draft, _guessed(draft, exact), beside)


def _is_sentencepiece(draft: Draft) -> bool:
    """Whether the file is, or was meant to be, a SentencePiece model."""
    raw = draft.raw
    if raw[:1] != b"\n":
        return draft.name.endswith((".model", ".spm")) and not is_tiktoken(raw)
    try:
        sentencepiece_pieces(raw)
    except ValueError:
        return any(byte in raw[:4096] for byte in (0, 1, 2, 3, 4, 5, 6))
    return True


def _fill_sentencepiece(draft: Draft, beside: Beside) -> spelling.Decode:
    """Pieces of a SentencePiece model, under the ids that the model's family gives them."""
    try:
        pieces = sentencepiece_pieces(draft.raw)
    except ValueError as error:
        raise FormatError(
            f"{draft.name} is no complete SentencePiece model ({error}); use the model's tokenizer.json"
        ) from None
    shift = shift_of(beside.families)
    odd = next((name for name in beside.families if name in UNKNOWN_SHIFTS), None)
    if shift is None and (odd or draft.name.endswith("sentencepiece.bpe.model")):
        of = f"of {odd!r} " if odd else "of fairseq's kind "
        raise SourceError(
            f"{draft.name} {of}does not say the ids of its pieces by itself; put the model's"
            " tokenizer.json (or its config.json and tokenizer_config.json) beside it"
        )
    before, skip, after = (shift.first, shift.skip, shift.last) if shift else ((), 0, ())
    special = [(piece, spelling.kind_by_spelling(piece) or Kind.CONTROL) for piece in before]
    ends = [(piece, Kind.CONTROL) for piece in after]
    for id, (piece, kind) in enumerate([*special, *pieces[skip:], *ends]):
        draft.add(piece, id, Kind.UNUSED if spelling.is_unused(piece) else kind)
    return spelling.decode_sentencepiece


def _read_tokenizer(draft: Draft, tokenizer: dict[str, Any], beside: Beside) -> Vocabulary:
    """The vocabulary of a ``tokenizer.json`` of the `tokenizers` library."""
    model = draft.expect(dict, tokenizer.get("model"), "'model'")
    kind = model.get("type") or _model_type(model)
    if kind not in ("BPE", "Unigram", "WordPiece", "WordLevel"):
        raise SourceError(
            f"{draft.name} has a model of type {short(kind)}; only BPE, Unigram, WordPiece and WordLevel"
            " can be read"
        )
    if kind == "Unigram":
        for id, entry in enumerate(draft.expect(list, model.get("vocab"), "'vocab'")):
            draft.add(entry[0] if isinstance(entry, list) and entry else entry, id)
    else:
        draft.add_all(draft.expect(dict, model.get("vocab"), "'vocab'").items())
    decode = spelling.declared_decode(tokenizer, kind)
    if decode not in (decode_byte_level, spelling.decode_wordpiece, spelling.decode_plain):
        draft.mark(Kind.BYTE, spelling.is_byte)
    plain = _add_added(tokenizer.get("added_tokens") or [], draft)
    if decode is not decode_byte_level:  # which has a token for everything
        _mark_unknown(model, draft)
    draft.mark(Kind.UNUSED, spelling.is_unused)
    plain |= add_beside(draft, beside.added, complete=True)
    return draft.finish(spelling.with_plain(decode, plain))


def _model_type(model: dict[str, Any]) -> str:
    """The type of a model in an old file that does not name it."""
    if isinstance(model.get("vocab"), list):
        return "Unigram"
    if "merges" in model:
        return "BPE"
    return "WordPiece" if "continuing_subword_prefix" in model else "WordLevel"


def _add_added(entries: object, draft: Draft) -> set[str]:
    """Add the added tokens to those of the model; the contents of those that are not special.

    The model is believed where both have an id: the `tokenizers` library moves the other token.
    """
    seen: dict[int, str] = {}
    for entry in draft.expect(list, entries, "'added_tokens'"):
        token = draft.expect(dict, entry, "added token")
        piece = draft.text(token.get("content"))
        id = draft.id(piece, token.get("id"))
        if seen.setdefault(id, piece) != piece:
            raise draft.bad(f"gives the id {id} to both {short(seen[id])} and {short(piece)}")
        if (own := draft.pieces.setdefault(id, piece)) != piece:
            draft.said.append(f"id {id} is {short(own)} in its model, {short(piece)} among those added")
            continue
        draft.kinds[id] = Kind.CONTROL if token.get("special") is True else Kind.ADDED
    return {piece for id, piece in seen.items() if draft.kinds.get(id) == Kind.ADDED}


def _mark_unknown(model: dict[str, Any], draft: Draft) -> None:
    id, piece = model.get("unk_id"), model.get("unk_token")
    if piece is None and type(id) is int and id in draft.pieces:
        draft.kinds[id] = Kind.UNKNOWN
    elif isinstance(piece, str):
        draft.mark(Kind.UNKNOWN, lambda known: known == piece)
