"""The files in which tokenizers keep their vocabulary -> :class:`~tokensphere.vocabulary.Vocabulary`.

A file is taken for what its content says; its name decides only what a damaged one was meant to be:

================= ============================================================================
content           what it is
================= ============================================================================
JSON              an object with a `model` (``tokenizer.json``) or with `config` and a list
                  `vocab` (``tekken.json``), with a list `vocab` and `stop_words`
                  (sentence-transformers), of token -> id (``vocab.json``), or a list of tokens
SentencePiece     a message of Protocol Buffers
lines             base64 and rank (tiktoken); id, literal and length (RWKV); a token and a number
                  (:mod:`~tokensphere.sources.tokens.numbered`); or a token a line
================= ============================================================================

What is read is which token has which id, how it is spelled and of what kind it is; merges, scores and
all that is needed to cut a text into tokens are left alone.
"""

from __future__ import annotations

import re
from collections import Counter
from itertools import count
from operator import itemgetter
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
from tokensphere.sources.tokens.lines import refuse_no_list, tokens_in_lines
from tokensphere.sources.tokens.numbered import Numbered, fill_fairseq, numbered
from tokensphere.sources.tokens.sentencepiece import sentencepiece_pieces
from tokensphere.sources.tokens.tokenizer_json import read_tokenizer
from tokensphere.vocabulary import Kind, Vocabulary, decode_byte_level

_JSON = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:\{\s*[\"}]|\[\s*[\"\]])")
_NONE = object()
_FAIRSEQ = ("sentencepiece.bpe.model", "sentencepiece.bpe.vocab")  # fairseq's names
_CONFIGURED = ("added_tokens_decoder", "tokenizer_class", "model_type", "unk_token", "class_name")


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
        refuse_no_list(draft)
        if (listed := numbered(draft)) is None:
            if draft.name.endswith("dict.txt") and not exact:  # jieba's, or that of labels
                raise SourceError(
                    f"{draft.name} has no count after each token, as fairseq's has; give the file with"
                    " the model's tokens"
                )
            return _read_list(draft, tokens_in_lines(draft), beside, exact)
        decode = _fill_numbered(draft, listed, beside, exact)
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
        return read_tokenizer(draft, content, beside)
    if isinstance(content.get("vocab"), list) and isinstance(content.get("config"), dict):
        fill_tekken(draft, content)
        return _finish(draft, decode_byte_level, beside)
    if isinstance(content.get("vocab"), list) and "stop_words" in content:
        _fill_words(draft, content["vocab"])
        return _finish(draft, spelling.decode_plain, NOTHING)
    if any(isinstance(content.get(key), (str, dict)) for key in _CONFIGURED):
        raise SourceError(
            f"{draft.name} is a configuration and has no vocabulary; give the model's tokenizer.json"
        )
    if draft.name.endswith("tokenizer.json"):
        draft.expect(dict, content.get("model"), "'model'")
    ids = [id for id in content.values() if type(id) is int]
    if ids and min(ids) >= max(1, len(content)):
        raise SourceError(
            f"{draft.name} has no tokens for the ids 0 to {short(min(ids) - 1)}, so it only adds to a"
            " vocabulary; give that (tokenizer.json, vocab.json), with this file beside it"
        )
    spelled = _spelled(list(content), exact)
    draft.add_all(content.items(), spelled=spelled)
    return _finish(draft, _guessed(draft, exact), beside)


def _fill_words(draft: Draft, words: list[Any]) -> None:
    """The words of sentence-transformers' ``WordEmbeddings``, of which row 0 is for padding.

    A word that came twice was dropped from the list when the model was saved, but not its row.
    """
    if draft.n_rows not in (None, len(words)):
        raise SourceError(
            f"{draft.name} has {len(words):,} words, but the matrix has {draft.n_rows} rows: words that"
            " came twice have lost their place, so that the rows of others are not known; name the file"
            " of word vectors that the model was made from"
        )
    draft.add_all(zip(words, count()))
    if words[:1] == ["PADDING_TOKEN"]:
        draft.kinds[0] = Kind.CONTROL


def _fill_numbered(draft: Draft, listed: Numbered, beside: Beside, exact: bool) -> spelling.Decode:
    """Tokens of a list with numbers."""
    if listed.kind == "scores":
        kinds = [
            Kind.BYTE if spelling.is_byte(piece) else spelling.kind_by_spelling(piece)
            for piece in listed.tokens
        ]
        return _fill_pieces(draft, list(zip(listed.tokens, kinds, strict=True)), beside)
    if listed.kind == "counts":
        fill_fairseq(draft, listed, [token.id for token in beside.added])
    else:
        ids = (int(number) for number in listed.numbers)
        draft.add_all(zip(listed.tokens, ids, strict=True), spelled=_spelled(listed.tokens, exact))
    return _guessed(draft, exact)


def _spelled(pieces: list[Any], exact: bool) -> bool:
    """Whether the kinds of bare tokens are told by their spelling; they are not if these are exact."""
    texts = [piece for piece in pieces if isinstance(piece, str)] if exact else []
    return not exact or _spelling(texts, exact) is not spelling.decode_plain


def _spelling(pieces: list[str], exact: bool) -> spelling.Decode:
    """How bare tokens are spelled: a mark that hardly any bears is a letter like others."""
    begins = Counter(map(itemgetter(slice(2)), pieces))
    marked = sum(
        count for begin, count in begins.items()
        if begin == "##" or (len(begin) == 2 and begin[0] in ("Ġ", spelling.SPACE))
    )  # fmt: skip
    if marked * 20 < len(pieces) or (exact and marked < 2):
        return spelling.decode_plain
    return spelling.guess_decode(pieces)


def _guessed(draft: Draft, exact: bool) -> spelling.Decode:
    decode = _spelling(list(draft.pieces.values()), exact)
    if decode is spelling.decode_sentencepiece:
        draft.mark(Kind.BYTE, spelling.is_byte)
    return decode


def _read_list(draft: Draft, tokens: list[Any], beside: Beside, exact: bool) -> Vocabulary:
    draft.add_all(zip(tokens, count()), spelled=_spelled(tokens, exact))
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
    """Pieces of a SentencePiece model."""
    try:
        pieces = sentencepiece_pieces(draft.raw)
    except ValueError as error:
        raise FormatError(
            f"{draft.name} is no complete SentencePiece model ({error}); use the model's tokenizer.json"
        ) from None
    return _fill_pieces(draft, pieces, beside)


def _fill_pieces(draft: Draft, pieces: list[tuple[str, Kind]], beside: Beside) -> spelling.Decode:
    """SentencePiece's pieces, under the ids that the model's family gives them."""
    shift = shift_of(beside.families)
    odd = next((name for name in beside.families if name in UNKNOWN_SHIFTS), None)
    if shift is None and (
        odd or draft.name.endswith(("sentencepiece.bpe.model", "sentencepiece.bpe.vocab"))
    ):
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
