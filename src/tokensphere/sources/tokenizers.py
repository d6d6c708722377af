"""The files in which tokenizers keep their vocabulary -> :class:`~tokensphere.vocabulary.Vocabulary`.

What is read here is which token has which id, how it is spelled and of what kind it is; merges,
scores and all that is needed to cut a text into tokens are left alone. An id between others that no
token has is UNUSED and called ``<unused id 7>``, a row beyond the last token PADDING and called
``<padding id 7>``, so that no two of them look alike.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np

from tokensphere.errors import FormatError, SourceError
from tokensphere.sources.pieces import (
    Decode,
    byte_of,
    declared_decode,
    decode_plain,
    decode_sentencepiece,
    decode_wordpiece,
    guess_decode,
    is_unused,
    kind_by_spelling,
    sentencepiece_pieces,
    with_plain,
)
from tokensphere.vocabulary import Kind, Vocabulary, decode_byte_level

_MOST_HOLES = 65_536  # ids without a token that a file may have if nothing says how many rows there are


class _Draft:
    """A vocabulary in the making: tokens come with their ids, in any order."""

    def __init__(self, name: str, n_rows: int | None) -> None:
        self.name = name
        self.n_rows = n_rows
        self.pieces: dict[int, str] = {}
        self.kinds: dict[int, Kind] = {}

    def bad(self, problem: str) -> FormatError:
        return FormatError(f"{self.name} {problem}; download or convert it again")

    def text(self, piece: object) -> str:
        if not isinstance(piece, str):
            raise self.bad(f"has {_short(piece)} where a token is expected")
        return piece

    def id(self, piece: str, id: object) -> int:
        if type(id) is not int or id < 0:  # a bool is an int, too
            raise self.bad(f"gives the token {_short(piece)} the id {_short(id)}, not 0 or more")
        return id

    def add(self, piece: object, id: object, kind: Kind = Kind.NORMAL) -> None:
        """Put a token at an id that must be free."""
        text = self.text(piece)
        number = self.id(text, id)
        if self.pieces.setdefault(number, text) != text:
            raise self.bad(
                f"gives the id {number} to both {_short(self.pieces[number])} and {_short(text)}"
            )
        if kind != Kind.NORMAL:
            self.kinds[number] = kind

    def finish(self, decode: Decode) -> Vocabulary:
        size = max(self.pieces, default=-1) + 1
        if not size:
            raise self.bad("has no tokens")
        last = self.pieces[size - 1]
        if self.n_rows is not None and size > self.n_rows:
            raise _too_many(self.name, size, self.n_rows, last)
        if size - len(self.pieces) > max(_MOST_HOLES, len(self.pieces)):
            raise self.bad(
                f"gives {_short(last)} the id {_short(size - 1)}, but has only {len(self.pieces)} tokens"
            )
        if size == len(self.pieces):
            pieces = [self.pieces[id] for id in range(size)]
        else:
            pieces = [self.pieces.get(id, f"<unused id {id}>") for id in range(size)]
        self._check_characters(pieces)
        kinds = np.zeros(size, dtype=np.uint8)
        for id, kind in self.kinds.items():
            kinds[id] = kind
        if size > len(self.pieces):
            kinds[[id for id in range(size) if id not in self.pieces]] = Kind.UNUSED
        return Vocabulary(pieces, decode=decode, kinds=kinds)

    def _check_characters(self, pieces: list[str]) -> None:
        try:
            "".join(pieces).encode()
        except UnicodeEncodeError as error:
            lone = error.object[error.start]
            piece = next(piece for piece in pieces if lone in piece)
            raise self.bad(f"has half a character (a lone surrogate) in {_short(piece)}") from None


def _short(value: object) -> str:
    """The value for a message, never long; numbers of thousands of digits are not even written out."""
    if isinstance(value, int) and value.bit_length() > 128:
        return "a number of more than 38 digits"
    if isinstance(value, (dict, list)):
        return f"a {type(value).__name__} of {len(value)}"
    text = repr(value[:40] if isinstance(value, str) else value)
    return text if len(text) <= 60 else text[:57] + "…"


def _too_many(name: str, tokens: int, rows: int, last: str) -> FormatError:
    return FormatError(
        f"{name} has ids for {_short(tokens)} tokens (the last is {_short(last)}), but the matrix has"
        f" {rows} rows; take both from the same model"
    )


def _content(source: bytes | Path, name: str) -> tuple[bytes, str]:
    """The bytes of a file, and how messages name it."""
    if isinstance(source, bytes):
        return source, name
    try:
        return source.read_bytes(), str(source)
    except OSError as error:
        raise SourceError(f"cannot open {source}: {error.strerror or error}") from error


def _json(raw: bytes, draft: _Draft) -> Any:
    try:
        return json.loads(raw.decode("utf-8-sig"))
    except RecursionError:
        raise draft.bad("is nested too deeply") from None
    except ValueError as error:  # bad UTF-8, broken or cut JSON, numbers of thousands of digits
        raise draft.bad(f"is no complete JSON ({error})") from None


def _lines(raw: bytes, draft: _Draft) -> list[str]:
    """The lines of a file, split at newlines only: tokens hold every other kind of separator."""
    try:
        lines = raw.decode("utf-8").split("\n")
    except UnicodeDecodeError as error:
        raise draft.bad(f"is no text in UTF-8 ({error.reason} at byte {error.start})") from None
    if not lines[-1]:
        lines.pop()
        ended = lines
    else:
        ended = lines[:-1]
    if ended and all(line.endswith("\r") for line in ended):  # written on Windows
        lines = [line.removesuffix("\r") for line in lines]
    return lines


def _object(value: object, what: str, draft: _Draft) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise draft.bad(f"has {_short(value)} as its {what}, not an object")
    return value


def _list(value: object, what: str, draft: _Draft) -> list[Any]:
    if not isinstance(value, list):
        raise draft.bad(f"has {_short(value)} as its {what}, not a list")
    return value


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
    content, name = _content(raw, "tokenizer.json")
    draft = _Draft(name, n_rows)
    tokenizer = _object(_json(content, draft), "content", draft)
    model = _object(tokenizer.get("model"), "'model'", draft)
    kind = model.get("type") or _model_type(model)
    if kind not in ("BPE", "Unigram", "WordPiece", "WordLevel"):
        raise SourceError(
            f"{name} has a model of type {_short(kind)}; only BPE, Unigram, WordPiece and WordLevel"
            " can be read"
        )
    if kind == "Unigram":
        for id, entry in enumerate(_list(model.get("vocab"), "'vocab'", draft)):
            draft.add(entry[0] if isinstance(entry, list) and entry else entry, id)
    else:
        for piece, id in _object(model.get("vocab"), "'vocab'", draft).items():
            draft.add(piece, id)
    decode = declared_decode(tokenizer, kind)
    if decode not in (decode_byte_level, decode_wordpiece, decode_plain):
        draft.kinds |= {id: Kind.BYTE for id, p in draft.pieces.items() if byte_of(p) is not None}
    plain = _add_added(tokenizer.get("added_tokens") or [], draft)
    if decode is not decode_byte_level:  # which has a token for everything
        _mark_unknown(model, draft)
    draft.kinds |= {id: Kind.UNUSED for id, piece in draft.pieces.items() if is_unused(piece)}
    return draft.finish(with_plain(decode, plain) if decode is decode_byte_level else decode)


def _model_type(model: dict[str, Any]) -> str:
    """The type of a model in an old file that does not name it."""
    if isinstance(model.get("vocab"), list):
        return "Unigram"
    if "merges" in model:
        return "BPE"
    return "WordPiece" if "continuing_subword_prefix" in model else "WordLevel"


def _add_added(entries: object, draft: _Draft) -> set[str]:
    """Put the added tokens over those of the model; the contents of those that are not special."""
    seen: dict[int, str] = {}
    plain: set[str] = set()
    for entry in _list(entries, "'added_tokens'", draft):
        token = _object(entry, "added token", draft)
        piece = draft.text(token.get("content"))
        id = draft.id(piece, token.get("id"))
        if draft.n_rows is not None and id >= draft.n_rows and id not in draft.pieces:
            continue  # Gemma 3's <image_soft_token>: an image, for which the text model has no row
        if seen.setdefault(id, piece) != piece:
            raise draft.bad(f"gives the id {id} to both {_short(seen[id])} and {_short(piece)}")
        special = token.get("special") is True
        draft.pieces[id] = piece
        draft.kinds[id] = Kind.CONTROL if special else Kind.ADDED
        if not special:
            plain.add(piece)
    return plain


def _mark_unknown(model: dict[str, Any], draft: _Draft) -> None:
    id, piece = model.get("unk_id"), model.get("unk_token")
    if piece is None and type(id) is int and id in draft.pieces:
        draft.kinds[id] = Kind.UNKNOWN
    elif isinstance(piece, str):
        draft.kinds |= {id: Kind.UNKNOWN for id, known in draft.pieces.items() if known == piece}


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
    content, name = _content(raw, "vocab.json")
    draft = _Draft(name, n_rows)
    for piece, id in _object(_json(content, draft), "content", draft).items():
        draft.add(piece, id, kind_by_spelling(piece))
    decode = guess_decode(draft.pieces.values())
    if added is None:
        return _finish(draft, decode)
    extra, draft.name = _content(added, "added_tokens.json")
    tokens = _object(_json(extra, draft), "content", draft)
    for piece, id in tokens.items():
        draft.add(piece, id)
        draft.kinds[id] = kind_by_spelling(piece) or Kind.ADDED
    return _finish(draft, with_plain(decode, tokens) if decode is decode_byte_level else decode)


def _finish(draft: _Draft, decode: Decode) -> Vocabulary:
    """Finish a vocabulary of guessed spelling."""
    if decode is decode_sentencepiece:
        draft.kinds |= {id: Kind.BYTE for id, p in draft.pieces.items() if byte_of(p) is not None}
    return draft.finish(decode)


def _listed(pieces: Iterable[object], draft: _Draft, kind: Callable[[str], Kind] | None) -> _Draft:
    """The draft with tokens in the order of their ids."""
    for id, piece in enumerate(pieces):
        text = draft.text(piece)
        draft.add(text, id, kind(text) if kind else Kind.NORMAL)
    return draft


def read_vocab_txt(raw: bytes | Path) -> Vocabulary:
    """The vocabulary of a ``vocab.txt`` (WordPiece): a token a line, in the order of the ids.

    Raises
    ------
    SourceError, FormatError
        as :func:`read_tokenizer_json`
    """
    content, name = _content(raw, "vocab.txt")
    draft = _Draft(name, None)
    return _listed(_lines(content, draft), draft, kind_by_spelling).finish(decode_wordpiece)


def read_ctranslate2_vocabulary(raw: bytes | Path) -> Vocabulary:
    """The vocabulary of a CTranslate2 model: ``vocabulary.txt`` (a token a line) or ``.json`` (a list).

    The file does not say how its tokens are spelled; that is guessed from how they begin.

    Raises
    ------
    SourceError, FormatError
        as :func:`read_tokenizer_json`
    """
    content, name = _content(raw, "vocabulary")
    draft = _Draft(name, None)
    bare = content.strip() if isinstance(raw, bytes) else b""
    if name.endswith(".json") or (bare.startswith(b"[") and bare.endswith(b"]")):
        pieces = _list(_json(content, draft), "content", draft)
    else:
        pieces = _lines(content, draft)
    _listed(pieces, draft, kind_by_spelling)
    return _finish(draft, guess_decode(draft.pieces.values()))


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
    content, name = _content(path, "tokens")
    draft = _Draft(name, n_rows)
    if path.suffix.lower() == ".txt":
        lines = _lines(content, draft)
        if lines and len(lines[0]) > 1:
            lines[0] = lines[0].removeprefix("\ufeff")  # the mark that Windows puts before UTF-8
        return _listed(lines, draft, None).finish(decode_plain)
    tokens = _json(content, draft)
    if isinstance(tokens, list):
        return _listed(tokens, draft, None).finish(decode_plain)
    for piece, id in _object(tokens, "content", draft).items():
        draft.add(piece, id)
    return draft.finish(decode_plain)


def read_tokenizer_model(raw: bytes | Path) -> Vocabulary:
    """The vocabulary of a SentencePiece model, ``tokenizer.model``; needs no other package.

    Raises
    ------
    SourceError, FormatError
        as :func:`read_tokenizer_json`
    """
    content, name = _content(raw, "tokenizer.model")
    draft = _Draft(name, None)
    try:
        pieces = sentencepiece_pieces(content)
    except ValueError as error:
        raise FormatError(
            f"{name} is no complete SentencePiece model ({error}); use the model's tokenizer.json"
        ) from None
    for id, (piece, kind) in enumerate(pieces):
        draft.add(piece, id, Kind.UNUSED if is_unused(piece) else kind)
    return draft.finish(decode_sentencepiece)


def fit_to_rows(vocabulary: Vocabulary, n_rows: int) -> Vocabulary:
    """The vocabulary for a matrix of `n_rows` rows: those beyond its last token become PADDING.

    Raises
    ------
    FormatError
        there are more tokens than rows
    """
    size = len(vocabulary)
    if size > n_rows:
        raise _too_many("the vocabulary", size, n_rows, vocabulary.pieces[size - 1])
    if size == n_rows:
        return vocabulary
    pieces = [*vocabulary.pieces, *(f"<padding id {id}>" for id in range(size, n_rows))]
    kinds = np.full(n_rows, Kind.PADDING, dtype=np.uint8)
    kinds[:size] = vocabulary.kinds
    return Vocabulary(pieces, decode=vocabulary.decode, kinds=kinds)


def _read_vocab_json_of(path: Path, n_rows: int) -> Vocabulary:
    added = path.with_name("added_tokens.json")
    return read_vocab_json(path, n_rows, added=added if added.is_file() else None)


# Where a folder's vocabulary is looked for, the file that says most first.
_FILES: dict[str, Callable[[Path, int], Vocabulary]] = {
    "tokenizer.json": read_tokenizer_json,
    "vocab.json": _read_vocab_json_of,
    "vocabulary.json": lambda path, _: read_ctranslate2_vocabulary(path),
    "vocabulary.txt": lambda path, _: read_ctranslate2_vocabulary(path),
    "shared_vocabulary.json": lambda path, _: read_ctranslate2_vocabulary(path),
    "shared_vocabulary.txt": lambda path, _: read_ctranslate2_vocabulary(path),
    "vocab.txt": lambda path, _: read_vocab_txt(path),
    "tokenizer.model": lambda path, _: read_tokenizer_model(path),
}


def find_vocabulary(folder: Path, n_rows: int) -> Vocabulary:
    """The vocabulary in the folder of a model, made to fit its matrix.

    Parameters
    ----------
    folder : where ``tokenizer.json`` and the like are looked for; the first one there is taken
    n_rows : rows of the matrix

    Raises
    ------
    SourceError
        there is none
    FormatError
        the first one is damaged, or has more tokens than there are rows
    """
    for name, read in _FILES.items():
        path = folder / name
        if path.is_file():
            try:
                return fit_to_rows(read(path, n_rows), n_rows)
            except FormatError as error:
                if str(path) in str(error):
                    raise
                raise FormatError(f"{path}: {error}") from None
    raise SourceError(
        f"{folder} has no vocabulary (looked for {', '.join(_FILES)});"
        " put the model's tokenizer.json beside its weights"
    )
