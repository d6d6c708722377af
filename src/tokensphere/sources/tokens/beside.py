"""What lies beside a vocabulary and adds to it: tokens added after training, the model's family."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tokensphere.errors import FormatError
from tokensphere.formats.files import damaged, is_there, json_object, read_bytes
from tokensphere.sources.tokens.draft import Draft, short
from tokensphere.sources.tokens.pieces import is_unused, kind_by_spelling
from tokensphere.vocabulary import Kind

ADDED, TOKENIZER_CONFIG, CONFIG = "added_tokens.json", "tokenizer_config.json", "config.json"
BESIDE = (ADDED, TOKENIZER_CONFIG, CONFIG)
_LONGEST = 1 << 26  # bytes


@dataclass(frozen=True)
class Added:
    """A token that a file beside the vocabulary adds."""

    file: str
    id: object
    piece: object
    special: bool


@dataclass(frozen=True)
class Beside:
    """What the files beside a vocabulary say.

    Attributes
    ----------
    families : the tokenizer's class without ``Fast``, and the model's type, in small letters
    added : the tokens of ``added_tokens.json`` and of ``tokenizer_config.json``'s
        ``added_tokens_decoder``
    """

    families: tuple[str, ...] = ()
    added: tuple[Added, ...] = ()


NOTHING = Beside()


def read_beside(folder: Path) -> Beside:
    """What the files in `folder` add to its vocabulary.

    Raises
    ------
    SourceError
        one of them cannot be opened
    FormatError
        one of them is no JSON object
    """
    tokenizer, model = _object(folder / TOKENIZER_CONFIG), _object(folder / CONFIG)
    named = (tokenizer.get("tokenizer_class"), model.get("tokenizer_class"), model.get("model_type"))
    families = [name.removesuffix("Fast").lower() for name in named if isinstance(name, str)]
    added = [Added(ADDED, id, piece, False) for piece, id in _object(folder / ADDED).items()]
    decoder = tokenizer.get("added_tokens_decoder") or {}
    if not isinstance(decoder, dict):
        raise damaged(folder / TOKENIZER_CONFIG, f"has {short(decoder)} as its 'added_tokens_decoder'")
    return Beside(tuple(families), (*added, *_decoder(decoder)))


def _object(path: Path) -> dict[str, Any]:
    return json_object(read_bytes(path, most=_LONGEST), str(path)) if is_there(path) else {}


def _decoder(entries: dict[str, Any]) -> Iterator[Added]:
    for key, entry in entries.items():
        piece = entry.get("content") if isinstance(entry, dict) else entry
        special = isinstance(entry, dict) and entry.get("special") is True
        id = int(key) if key.isascii() and key.isdigit() and len(key) < 19 else key
        yield Added(TOKENIZER_CONFIG, id, piece, special)


def add_beside(draft: Draft, added: Iterable[Added], *, complete: bool = False) -> set[str]:
    """Put added tokens into a vocabulary; gives those that are text (not special).

    Parameters
    ----------
    draft : with the tokens of the vocabulary's own file
    added : see :class:`Beside`
    complete : that file names its added tokens itself (a ``tokenizer.json``), and is believed where
        another disagrees; a model's bare vocabulary is not, as in transformers' slow tokenizers

    Raises
    ------
    FormatError
        a token is none, its id is none, or two files give an id to different tokens
    """
    added = list(added)
    known = set(draft.pieces.values()) if complete and added else set()
    came: dict[str, int] = {}
    plain: set[str] = set()
    seen: dict[int, str] = {}
    for token in added:
        where = f"{token.file} beside {draft.name}"
        piece, id = _checked(token, where)
        own = draft.pieces.get(id)
        if seen.setdefault(id, piece) != piece:
            both = f"{short(seen[id])} and {short(piece)}"
            raise FormatError(f"{where} gives the id {id} to both {both}; download them again")
        if own is not None and own != piece:
            if token.file == ADDED:
                raise damaged(where, f"gives the id {id} to both {short(own)} and {short(piece)}")
            draft.said.append(f"id {id} is {short(own)} there, {short(piece)} in {token.file}")
            if complete:
                continue
        if own is None and piece in known:
            continue  # transformers finds it by its text, at the id that it has
        if own is None:
            came[token.file] = came.get(token.file, 0) + 1
        draft.pieces[id] = piece
        if own is None or own != piece or token.special:
            draft.kinds[id] = _kind(piece, token.special)
        if draft.kinds.get(id) == Kind.ADDED:
            plain.add(piece)
    draft.said += [f"{count:,} added by {file}" for file, count in came.items()]
    return plain


def _kind(piece: str, special: bool) -> Kind:
    if is_unused(piece):
        return Kind.UNUSED
    return Kind.CONTROL if special else kind_by_spelling(piece) or Kind.ADDED


def _checked(token: Added, where: str) -> tuple[str, int]:
    if not isinstance(token.piece, str):
        raise damaged(where, f"has {short(token.piece)} where a token is expected")
    if type(token.id) is not int or token.id < 0:
        raise damaged(where, f"gives the token {short(token.piece)} the id {short(token.id)}")
    return token.piece, token.id
