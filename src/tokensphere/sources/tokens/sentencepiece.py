"""The pieces in a SentencePiece model, a message of Protocol Buffers, read without other packages."""

from __future__ import annotations

from collections.abc import Iterator

from tokensphere.sources.tokens.pieces import SENTENCEPIECE_KINDS
from tokensphere.vocabulary import Kind


def sentencepiece_pieces(model: bytes) -> list[tuple[str, Kind]]:
    """The pieces and kinds in a SentencePiece model, a message of Protocol Buffers.

    Field 1 of ``ModelProto`` repeats a message with the piece (field 1) and its type (field 3, normal
    if it is missing); all other fields are passed over.

    Raises
    ------
    ValueError
        it is no such message, or cut short
    """
    pieces: list[tuple[str, Kind]] = []
    for number, value in _fields(model):
        if number != 1 or not isinstance(value, bytes):
            continue
        piece, type_ = b"", 1
        for inner, content in _fields(value):
            if inner == 1 and isinstance(content, bytes):
                piece = content
            elif inner == 3 and isinstance(content, int):
                type_ = content
        if type_ not in SENTENCEPIECE_KINDS:
            raise ValueError(f"piece {len(pieces)} is of the unknown type {type_}")
        pieces.append((piece.decode(), SENTENCEPIECE_KINDS[type_]))
    if not pieces:
        raise ValueError("it has no pieces")
    return pieces


def _fields(message: bytes) -> Iterator[tuple[int, int | bytes | None]]:
    """Numbers and values of a message's fields; None for numbers of fixed size, which none needs."""
    at, end = 0, len(message)
    while at < end:
        tag, at = _varint(message, at)
        wire = tag & 7
        if wire == 0:
            value, at = _varint(message, at)
            yield tag >> 3, value
            continue
        if wire == 2:
            size, at = _varint(message, at)
        elif wire in (1, 5):
            size = 8 if wire == 1 else 4
        else:
            raise ValueError(f"wire type {wire} at byte {at}")
        if size > end - at:
            raise ValueError(f"{size} bytes are missing at byte {at}")
        yield tag >> 3, message[at : at + size] if wire == 2 else None
        at += size


def _varint(message: bytes, at: int) -> tuple[int, int]:
    """A number of variable length, and where it ends."""
    if at < len(message) and message[at] < 0x80:  # nearly always
        return message[at], at + 1
    value = 0
    for place, byte in enumerate(message[at : at + 10]):
        value |= (byte & 0x7F) << 7 * place
        if byte < 0x80:
            return value, at + place + 1
    raise ValueError(f"no number ends at byte {at}")
