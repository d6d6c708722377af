"""Vocabularies in ``tokenizer.json``, the file of the `tokenizers` library."""

from __future__ import annotations

from typing import Any

from tokensphere.errors import SourceError
from tokensphere.sources.tokens import pieces as spelling
from tokensphere.sources.tokens.beside import Beside, add_beside
from tokensphere.sources.tokens.draft import Draft, short
from tokensphere.vocabulary import Kind, Vocabulary, decode_byte_level


def read_tokenizer(draft: Draft, tokenizer: dict[str, Any], beside: Beside) -> Vocabulary:
    """The vocabulary of a ``tokenizer.json``.

    Raises
    ------
    SourceError
        its model is of a type that is not known
    FormatError
        it contradicts itself, or has ids beyond the rows
    """
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
        draft.kinds |= {id: Kind.UNKNOWN for id, known in draft.pieces.items() if known == piece}
