"""The tokens of a model: ids, exact bytes, text, kinds and forms.

A tokenizer's files write tokens in some spelling of their own (``Ġ`` for a space in byte-level
vocabularies, for one). Such a *piece* is kept as it is; what the token stands for is its *bytes*.
How a token is shown on screen is the business of :mod:`tokensphere.display`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import IntEnum
from functools import cached_property
from hashlib import sha256
from typing import Any

import numpy as np
import numpy.typing as npt

from tokensphere.display import parse_visible, visible
from tokensphere.errors import InputError, UnknownTokenError

Token = str | bytes | int  # how a token is named: its text, bytes or id


class Kind(IntEnum):
    """What a row of the embedding stands for."""

    NORMAL = 0
    BYTE = 1  # one byte that is no text by itself
    CONTROL = 2  # special tokens: begin of text, padding, chat marks, …
    ADDED = 3  # text added to the vocabulary after training
    UNUSED = 4  # reserved by the tokenizer
    UNKNOWN = 5  # what stands for anything that has no token
    PADDING = 6  # a row beyond the vocabulary: no token at all


class Vocabulary:
    """The tokens of a model, in the order of their ids.

    Parameters
    ----------
    pieces : sequence of n str
        the tokens as the tokenizer's own file spells them
    decode : function from a piece to the bytes that it stands for
        used for the kinds NORMAL, BYTE and ADDED; other kinds are their piece in UTF-8
    kinds : uint8 array of shape (n,), optional
        see :class:`Kind`; all NORMAL by default
    source : where the tokens were read, in words
    """

    def __init__(
        self,
        pieces: Sequence[str],
        *,
        decode: Callable[[str], bytes] = str.encode,
        kinds: npt.NDArray[np.uint8] | None = None,
        source: str = "",
    ) -> None:
        self.pieces = pieces
        self.decode = decode
        self.source = source
        self.kinds = np.zeros(len(pieces), dtype=np.uint8) if kinds is None else kinds
        if len(self.kinds) != len(pieces):
            raise InputError(f"{len(pieces)} tokens, but {len(self.kinds)} kinds of tokens")

    def __len__(self) -> int:
        return len(self.pieces)

    def token(self, id: int) -> bytes:
        """The exact bytes of a token."""
        if int(self.kinds[id]) in _DECODED:
            return self.decode(self.pieces[id])
        return as_bytes(self.pieces[id])

    def text(self, id: int) -> str | None:
        """The token as text, or None if its bytes are not valid UTF-8 by themselves."""
        return as_text(self.token(id))

    def record(self, id: int) -> dict[str, Any]:
        """A token for machines: its id, its text (None if not valid UTF-8) and its exact bytes."""
        return {"id": id, "token": self.text(id), "bytes": self.token(id).hex()}

    def visible(self, id: int) -> str:
        """The token as shown on screen."""
        return visible(self.token(id))

    def kind_counts(self) -> dict[str, int]:
        """How many rows there are of each kind, kinds with none left out."""
        counts = np.bincount(self.kinds, minlength=len(Kind))
        return {kind.name.lower(): int(counts[kind]) for kind in Kind if counts[kind]}

    @property
    def notes(self) -> tuple[str, ...]:
        """Where the tokens were read, and how many rows have none; nothing if that is not known."""
        if not self.source:
            return ()
        padding = self.kinds == Kind.PADDING
        holes = self.kinds == Kind.UNUSED
        bare = int(padding.sum()) + sum(
            self.pieces[id].startswith(HOLE) for id in np.flatnonzero(holes).tolist()
        )
        rows = f", {bare:,} row{'s' if bare > 1 else ''} without a token" if bare else ""
        return (f"tokens: {self.source}{rows}",)

    @cached_property
    def tokens(self) -> list[bytes]:
        """The exact bytes of all tokens."""
        kinds = self.kinds.tolist()
        return [
            self.decode(piece) if kind in _DECODED else as_bytes(piece)
            for piece, kind in zip(self.pieces, kinds, strict=True)
        ]

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the bytes and kinds of all tokens, in hexadecimal."""
        lengths = np.array([len(token) for token in self.tokens], dtype="<i8")
        hasher = sha256(lengths.tobytes())
        hasher.update(b"".join(self.tokens))
        hasher.update(np.asarray(self.kinds, dtype=np.uint8).tobytes())
        return hasher.hexdigest()

    @cached_property
    def _ids(self) -> dict[bytes, int]:
        """Bytes -> id; where several tokens have the same bytes, a normal one, then the lowest id."""
        backwards = range(len(self) - 1, -1, -1)  # what is set last, stays
        ids = dict(zip(reversed(self.tokens), backwards, strict=True))
        if len(ids) < len(self):
            normal = np.flatnonzero(self.kinds == Kind.NORMAL)[::-1].tolist()
            ids.update((self.tokens[id], id) for id in normal)
        return ids

    def __contains__(self, token: object) -> bool:
        return isinstance(token, (str, bytes)) and as_bytes(token) in self._ids

    def id(self, token: str | bytes | int) -> int:
        """The id of a token.

        Parameters
        ----------
        token : str, bytes or int
            the exact token (a leading space is part of it); or an id; or, where no token reads
            like that, a token as shown on screen (``␣Paris``), as tokenizers spell it (``ĠParis``,
            ``▁Paris``), or ``id:1234``

        Raises
        ------
        UnknownTokenError
            with the tokens that come nearest
        """
        if isinstance(token, (int, np.integer)) and not isinstance(token, bool):
            return self._check_id(int(token))
        if not isinstance(token, (str, bytes)):
            raise InputError(f"a token is a text, bytes or an id, not {type(token).__name__}")
        found = self.find(token)
        if found is None:
            if isinstance(token, str) and _ID.fullmatch(token):
                return self._check_id(int(token[3:]))
            raise UnknownTokenError(self.why_unknown(token))
        return found

    def find(self, token: str | bytes) -> int | None:
        """The id of a token that is named in one of the ways of :meth:`id`, or None."""
        found = self._ids.get(as_bytes(token))
        if found is not None or isinstance(token, bytes):
            return found
        if _ID.fullmatch(token):
            id = int(token[3:])
            return id if id < len(self) else None
        ways = [parse_visible(token)]
        if token.startswith(_SPACES):
            ways += [decode_byte_level(token), as_bytes(token.replace(token[0], " "))]
        return next((self._ids[way] for way in ways if way in self._ids), None)

    def _check_id(self, id: int) -> int:
        if not 0 <= id < len(self):
            raise UnknownTokenError(
                f"no token has the id {id}: ids go from 0 to {len(self) - 1} in this vocabulary"
            )
        return id

    def why_unknown(self, token: str | bytes) -> str:
        """That there is no such token, and which come nearest."""
        name = visible(as_bytes(token))
        near = ", ".join(f"'{visible(t)}'" for t in self.suggestions(token))
        hint = f"did you mean {near}?" if near else "it may be split into several tokens"
        return f"the vocabulary has no token '{name}' ({len(self)} tokens); {hint}"

    def suggestions(self, token: str | bytes, limit: int = 5) -> list[bytes]:
        """Tokens that exist and look like `token`: other spacing or case, then near spellings."""
        text = as_bytes(token).decode("utf-8", "replace")
        bare = text.strip()
        cased = dict.fromkeys([bare, bare.lower(), bare.capitalize(), bare.upper()])
        found = [(lead + word).encode() for lead in (" ", "") for word in cased if word]
        found = [candidate for candidate in found if candidate in self._ids]
        if bare and len(found) < limit:
            same_length = range(max(1, len(bare) - 2), len(bare) + 3)
            words = {
                t.decode("utf-8", "ignore").strip(): t
                for t in reversed(self.tokens)
                if len(t.strip()) in same_length
            }
            from difflib import get_close_matches

            close = get_close_matches(bare, words, n=limit, cutoff=0.75)
            found += [words[word] for word in close]
        return list(dict.fromkeys(found))[:limit]

    @cached_property
    def forms(self) -> npt.NDArray[np.intp]:
        """For each token the number of its form, shape (n,): tokens of equal number differ only in
        case and in white space around them. Tokens that are not valid UTF-8 are each their own form.
        """
        numbers: dict[str | bytes, int] = {}
        forms = np.empty(len(self), dtype=np.intp)
        for id, token in enumerate(self.tokens):
            text = as_text(token)
            form = token if text is None else text.strip().casefold()
            forms[id] = numbers.setdefault(form, len(numbers))
        return forms


_DECODED = frozenset(int(kind) for kind in (Kind.NORMAL, Kind.BYTE, Kind.ADDED))


HOLE = "<unused id "  # how the piece of an id begins that no token has
_SPACES = ("Ġ", "▁")  # how tokenizers spell a space, byte-level ones and SentencePiece
_ID = re.compile(r"id:[0-9]{1,18}")


def as_bytes(token: str | bytes) -> bytes:
    """A token in UTF-8; a byte that was no UTF-8 when it was read (PEP 383) as that byte."""
    if isinstance(token, bytes):
        return token
    try:
        return token.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # a lone surrogate that stands for no byte
        return token.encode("utf-8", "surrogatepass")


def as_text(token: bytes) -> str | None:
    """A token as text, or None if it is not valid UTF-8 by itself."""
    try:
        return token.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _byte_level_table() -> dict[int, int]:
    """The characters by which GPT-2's tokenizer writes the 256 bytes, as its authors chose them.

    Printable characters of Latin-1 stand for themselves, all others for 256, 257, … in turn
    (Radford et al. 2019, ``encoder.py``).
    """
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in printable]
    return {byte: byte for byte in printable} | {256 + i: byte for i, byte in enumerate(others)}


_BYTE_LEVEL = _byte_level_table()
# Characters of Latin-1 that stand for no byte become one that Latin-1 lacks.
_BYTES = dict.fromkeys(range(256), 0xFFFF) | _BYTE_LEVEL


def decode_byte_level(piece: str) -> bytes:
    r"""The bytes that a piece of a byte-level vocabulary stands for.

    A piece with a character outside that alphabet was added as plain text: it is its own UTF-8.

    Examples
    --------
    >>> decode_byte_level("ĠParis"), decode_byte_level("âĢ")
    (b' Paris', b'\xe2\x80')
    """
    try:
        return piece.translate(_BYTES).encode("latin-1")
    except UnicodeEncodeError:
        return as_bytes(piece)


def encode_byte_level(token: bytes) -> str:
    """The piece by which a byte-level vocabulary spells `token`; :func:`decode_byte_level` undoes it.

    Examples
    --------
    >>> encode_byte_level(b" Paris")
    'ĠParis'
    """
    return token.decode("latin-1").translate(_BYTE_CHARACTERS)


_BYTE_CHARACTERS = {byte: character for character, byte in _BYTE_LEVEL.items()}


def given_tokens(tokens: Any) -> Vocabulary:
    """The vocabulary of tokens in memory, each exactly what is given.

    Parameters
    ----------
    tokens : sequence of n texts or bytes in the order of the ids (a NumPy array or a pandas column,
        too), or mapping from each token to its id, 0 to n − 1

    Raises
    ------
    InputError
        they have no order, ids are missing or come twice, or something is no token; the message has
        the position

    Examples
    --------
    >>> given_tokens({"b": 1, b"a": 0}).tokens
    [b'a', b'b']
    """
    if isinstance(tokens, (set, frozenset)):
        raise InputError("a set of tokens has no order; give a list in the order of the rows")
    if isinstance(tokens, (str, bytes)):
        raise InputError(f"the tokens are one {type(tokens).__name__}; give a list of tokens")
    if isinstance(tokens, Mapping):
        tokens = _by_id(tokens)
    if getattr(tokens, "ndim", 1) != 1:  # a table would give the names of its columns
        raise InputError(f"the tokens are {type(tokens).__name__} of {tokens.ndim} dimensions; give one")
    if not isinstance(tokens, Iterable):
        raise InputError(f"{type(tokens).__name__} is no list of tokens; give one, or a dict of ids")
    pieces = []
    for position, token in enumerate(tokens):
        if not isinstance(token, (str, bytes)):
            raise InputError(
                f"token {position} is {token!r:.40} of type {type(token).__name__}; give a text or bytes"
            )
        text = str(token) if isinstance(token, str) else token.decode("utf-8", "surrogateescape")
        pieces.append(text)
    return Vocabulary(pieces, decode=as_bytes)


def _by_id(tokens: Mapping[Any, Any]) -> list[Any]:
    """The keys in the order of their ids, which must be 0 to n − 1."""
    ordered: list[Any] = [None] * len(tokens)
    taken = [False] * len(tokens)
    for token, id in tokens.items():
        if isinstance(id, bool) or not isinstance(id, (int, np.integer)):
            raise InputError(f"token {token!r:.40} has the id {id!r:.40}, which is no whole number")
        if not 0 <= id < len(tokens):
            raise InputError(
                f"token {token!r:.40} has the id {id}, but {len(tokens)} tokens have the ids 0 to"
                f" {len(tokens) - 1}: some id has no token; give a list with one token for each row"
            )
        if taken[id]:
            raise InputError(f"the tokens {ordered[id]!r:.40} and {token!r:.40} have the same id {id}")
        ordered[id], taken[id] = token, True
    return ordered


def token_ids(vocabulary: Vocabulary, tokens: Iterable[str | bytes | int]) -> list[int]:
    """The ids of several tokens, in order; see :meth:`Vocabulary.id`."""
    return [vocabulary.id(token) for token in tokens]
