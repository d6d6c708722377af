"""The files in which tokenizers keep their vocabulary -> :class:`~tokensphere.vocabulary.Vocabulary`.

What is read here is which token has which id, how it is spelled and of what kind it is; merges,
scores and all that is needed to cut a text into tokens are left alone.
"""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import Any

from tokensphere.errors import FormatError, SourceError
from tokensphere.sources.tokens import pieces as spelling
from tokensphere.sources.tokens.draft import Draft, short
from tokensphere.sources.tokens.sentencepiece import sentencepiece_pieces
from tokensphere.vocabulary import Kind, Vocabulary, decode_byte_level


def read_tokenizer_json(raw: bytes | Path, n_rows: int | None = None) -> Vocabulary:
    """The vocabulary of a ``tokenizer.json`` of the `tokenizers` library.

    Parameters
    ----------
    raw : its bytes, or its path
    n_rows : rows of the matrix, if known; no id may lie beyond

    Returns
    -------
    Vocabulary
        of as many tokens as the highest id asks for; special tokens are CONTROL, other added ones
        ADDED, reserved names (``[unused7]``) UNUSED, bytes of SentencePiece (``<0x0A>``) BYTE

    Raises
    ------
    SourceError
        it cannot be opened, or its model is of an unknown type
    FormatError
        it is damaged, contradicts itself, or has ids beyond `n_rows`; tokens that were added to the
        model's own and have no row are left out
    """
    draft = Draft(raw, "tokenizer.json", n_rows)
    tokenizer = draft.expect(dict, draft.json(), "content")
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
    return draft.finish(spelling.with_plain(decode, plain))


def _model_type(model: dict[str, Any]) -> str:
    """The type of a model in an old file that does not name it."""
    if isinstance(model.get("vocab"), list):
        return "Unigram"
    if "merges" in model:
        return "BPE"
    return "WordPiece" if "continuing_subword_prefix" in model else "WordLevel"


def _add_added(entries: object, draft: Draft) -> set[str]:
    """Put the added tokens over those of the model; the contents of those that are not special."""
    seen: dict[int, str] = {}
    for entry in draft.expect(list, entries, "'added_tokens'"):
        token = draft.expect(dict, entry, "added token")
        piece = draft.text(token.get("content"))
        id = draft.id(piece, token.get("id"))
        if draft.n_rows is not None and id >= draft.n_rows and id not in draft.pieces:
            continue  # Gemma 3's <image_soft_token>: an image, for which the text model has no row
        if seen.setdefault(id, piece) != piece:
            raise draft.bad(f"gives the id {id} to both {short(seen[id])} and {short(piece)}")
        draft.pieces[id] = piece
        draft.kinds[id] = Kind.CONTROL if token.get("special") is True else Kind.ADDED
    return {piece for id, piece in seen.items() if draft.kinds[id] == Kind.ADDED}


def _mark_unknown(model: dict[str, Any], draft: Draft) -> None:
    id, piece = model.get("unk_id"), model.get("unk_token")
    if piece is None and type(id) is int and id in draft.pieces:
        draft.kinds[id] = Kind.UNKNOWN
    elif isinstance(piece, str):
        draft.mark(Kind.UNKNOWN, lambda known: known == piece)


def read_vocab_json(
    raw: bytes | Path, n_rows: int | None = None, *, added: bytes | Path | None = None
) -> Vocabulary:
    """The vocabulary of a ``vocab.json`` (GPT-2, RoBERTa, Qwen, CLIP, …): an object of token -> id.

    Parameters
    ----------
    raw : its bytes, or its path
    n_rows : rows of the matrix, if known; no id may lie beyond
    added : an ``added_tokens.json`` of the same form, whose tokens are plain text

    Raises
    ------
    SourceError, FormatError
        as :func:`read_tokenizer_json`
    """
    draft = Draft(raw, "vocab.json", n_rows)
    draft.add_all(draft.expect(dict, draft.json(), "content").items(), spelling.kind_by_spelling)
    decode = spelling.guess_decode(draft.pieces.values())
    if added is not None:
        extra = Draft(added, "added_tokens.json")
        draft.name, tokens = extra.name, extra.expect(dict, extra.json(), "content")
        draft.add_all(tokens.items(), lambda piece: spelling.kind_by_spelling(piece) or Kind.ADDED)
        decode = spelling.with_plain(decode, tokens)
    return _finish(draft, decode)


def _finish(draft: Draft, decode: spelling.Decode) -> Vocabulary:
    """Finish a vocabulary of guessed spelling."""
    if decode is spelling.decode_sentencepiece:
        draft.mark(Kind.BYTE, spelling.is_byte)
    return draft.finish(decode)


def read_vocab_txt(raw: bytes | Path) -> Vocabulary:
    """The vocabulary of a ``vocab.txt`` (WordPiece): a token a line, in the order of the ids.

    Raises
    ------
    SourceError, FormatError
        as :func:`read_tokenizer_json`
    """
    draft = Draft(raw, "vocab.txt")
    draft.add_all(zip(draft.lines(), count()), spelling.kind_by_spelling)
    return draft.finish(spelling.decode_wordpiece)


def read_ctranslate2_vocabulary(raw: bytes | Path) -> Vocabulary:
    """The vocabulary of a CTranslate2 model: ``vocabulary.txt`` (a token a line) or ``.json`` (a list).

    The file does not say how its tokens are spelled; that is guessed from how they begin.

    Raises
    ------
    SourceError, FormatError
        as :func:`read_tokenizer_json`
    """
    draft = Draft(raw, "vocabulary")
    bare = raw.strip() if isinstance(raw, bytes) else b""
    in_json = draft.name.endswith(".json") or (bare.startswith(b"[") and bare.endswith(b"]"))
    pieces = draft.expect(list, draft.json(), "content") if in_json else draft.lines()
    draft.add_all(zip(pieces, count()), spelling.kind_by_spelling)
    return _finish(draft, spelling.guess_decode(draft.pieces.values()))


def read_tokens_file(path: Path, n_rows: int | None = None) -> Vocabulary:
    """The tokens that a user gives for vectors of their own; each is exactly what is written.

    Parameters
    ----------
    path : ``.json`` with a list of tokens or an object of token -> id, or ``.txt`` with a token a
        line, spaces at both ends being part of it
    n_rows : rows of the matrix, if known; no id may lie beyond

    Raises
    ------
    SourceError
        it cannot be opened, or has another ending
    FormatError
        it is damaged, contradicts itself, or has ids beyond `n_rows`
    """
    if path.suffix.lower() not in (".json", ".txt"):
        raise SourceError(f"{path} is neither .json nor .txt; write one token a line to a .txt file")
    draft = Draft(path, "tokens", n_rows)
    in_lines = path.suffix.lower() == ".txt"
    tokens = draft.lines() if in_lines else draft.json()
    if in_lines and tokens and len(tokens[0]) > 1:
        tokens[0] = tokens[0].removeprefix("\ufeff")  # the mark that Windows puts before UTF-8
    listed = isinstance(tokens, list)
    draft.add_all(zip(tokens, count()) if listed else draft.expect(dict, tokens, "content").items())
    return draft.finish(spelling.decode_plain)


def read_tokenizer_model(raw: bytes | Path) -> Vocabulary:
    """The vocabulary of a SentencePiece model, ``tokenizer.model``; needs no other package.

    Raises
    ------
    SourceError, FormatError
        as :func:`read_tokenizer_json`
    """
    draft = Draft(raw, "tokenizer.model")
    try:
        pieces = sentencepiece_pieces(draft.raw)
    except ValueError as error:
        raise FormatError(
            f"{draft.name} is no complete SentencePiece model ({error}); use the model's tokenizer.json"
        ) from None
    for id, (piece, kind) in enumerate(pieces):
        draft.add(piece, id, Kind.UNUSED if spelling.is_unused(piece) else kind)
    return draft.finish(spelling.decode_sentencepiece)
