r"""How tokenizers spell their tokens: from a piece to the bytes it stands for, and to its kind.

============== ======================================== ==================================
spelling       example                                  bytes
============== ======================================== ==================================
byte-level     ``ĠParis`` (GPT-2, Llama 3, Qwen)        see :mod:`tokensphere.vocabulary`
SentencePiece  ``▁Paris``, ``<0x0A>`` (Gemma, Llama 2)  `` Paris``, a newline
WordPiece      ``paris``, ``##ing`` (BERT)              the piece itself
plain          ``paris`` (word vectors)                 the piece itself
============== ======================================== ==================================

Nothing here opens a file.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from functools import partial
from operator import itemgetter
from typing import Any

from tokensphere.vocabulary import Kind, as_bytes, decode_byte_level

Decode = Callable[[str], bytes]

BRACKETS = ("[", "<", ">")  # what pieces that are no text begin with
SPACE = "▁"  # U+2581, by which SentencePiece writes a space
_BYTE = re.compile(r"<0x([0-9A-Fa-f]{2})>")
_UNUSED = re.compile(
    r"[\[<>]{1,2}\|?(?:unused|reserved)[a-z_]{0,24}[0-9]{1,7}\|?[\]<>]{1,2}", re.IGNORECASE
)
_CONTROL = re.compile(
    r"<\|[^|<>\s]{1,64}\|>|</?s>|<(?:pad|mask|bos|eos|cls|sep|blank)>"
    r"|\[(?:PAD|CLS|SEP|MASK|BOS|EOS)\]"
)
_UNKNOWN = frozenset({"<unk>", "[UNK]"})

# SentencePiece's own numbers (``sentencepiece_model.proto``), which llama.cpp took over.
SENTENCEPIECE_KINDS = {
    1: Kind.NORMAL, 2: Kind.UNKNOWN, 3: Kind.CONTROL, 4: Kind.ADDED, 5: Kind.UNUSED, 6: Kind.BYTE,
}  # fmt: skip


def decode_plain(piece: str) -> bytes:
    r"""A piece that is the token's text: its UTF-8.

    Bytes that a reader smuggled through as lone surrogates (``surrogateescape``) come back as they were.

    Examples
    --------
    >>> decode_plain("é"), decode_plain("\udce2")
    (b'\xc3\xa9', b'\xe2')
    """
    try:
        return piece.encode()
    except UnicodeEncodeError:
        return as_bytes(piece)


def decode_wordpiece(piece: str) -> bytes:
    """A WordPiece piece: itself, the ``##`` of a continuation included.

    WordPiece has no spaces: ``ing`` begins a word and ``##ing`` goes on with one. To give the one a
    space would invent it, to take the marks from the other would make two tokens look alike. So
    both stay as they are, and are different forms of :attr:`~tokensphere.vocabulary.Vocabulary.forms`.

    Examples
    --------
    >>> decode_wordpiece("##ing")
    b'##ing'
    """
    return decode_plain(piece)


def is_byte(piece: str) -> bool:
    """True for a piece like ``<0x0A>``."""
    return byte_of(piece) is not None


def byte_of(piece: str) -> int | None:
    """The byte that a piece like ``<0x0A>`` stands for, or None if it is no such piece."""
    if len(piece) == 6 and piece.startswith("<0x") and (found := _BYTE.fullmatch(piece)):
        return int(found[1], 16)
    return None


def decode_sentencepiece(piece: str, *, space: str = SPACE) -> bytes:
    r"""The bytes that a piece of a SentencePiece vocabulary stands for.

    Parameters
    ----------
    piece : the piece
    space : what stands for a space

    Examples
    --------
    >>> decode_sentencepiece("▁Paris"), decode_sentencepiece("<0x0A>")
    (b' Paris', b'\n')
    """
    byte = byte_of(piece)
    if byte is not None:
        return bytes([byte])
    return decode_plain(piece.replace(space, " "))


def with_plain(decode: Decode, plain: Collection[str]) -> Decode:
    """Byte-level `decode`, but for the pieces of `plain`, which are text and no spelling.

    What is added to a byte-level vocabulary after training is written as it is, so that an added
    ``é`` means that letter, while the tokenizer's own ``é`` means the byte 0xE9. Any other `decode` has
    no such difference and stays as it is.

    Examples
    --------
    >>> decode = with_plain(decode_byte_level, ["é"])
    >>> decode("é").decode(), decode("Ġa")
    ('é', b' a')
    """
    if decode is not decode_byte_level or not plain:
        return decode
    known = {piece: decode_plain(piece) for piece in plain}
    return lambda piece: known.get(piece) or decode(piece)


def undo_phantom_space(piece: str) -> str:
    """WordPiece's own spelling of a piece as llama.cpp's converter respells it in GGUF files.

    The converter takes ``##`` from continuations and puts ``▁`` before all others but the special
    ones; before 2024's end it left everything in square brackets alone, too.

    Examples
    --------
    >>> undo_phantom_space("▁paris"), undo_phantom_space("ing"), undo_phantom_space("[unused3]")
    ('paris', '##ing', '[unused3]')
    """
    if piece.startswith(SPACE):
        return piece[1:]
    if len(piece) > 2 and piece[0] == "[" and piece[-1] == "]":
        return piece
    return "##" + piece


def guess_decode(pieces: Iterable[str]) -> Decode:
    """The spelling of a vocabulary that comes without a word on it: what most pieces begin with.

    Counting keeps the letter Ġ of a multilingual WordPiece vocabulary from deciding.
    """
    begins = Counter(map(itemgetter(slice(2)), pieces))
    byte_level = sum(count for begin, count in begins.items() if begin[:1] == "Ġ")
    sentencepiece = sum(count for begin, count in begins.items() if begin[:1] == SPACE)
    wordpiece = begins["##"]
    if byte_level > max(sentencepiece, wordpiece):
        return decode_byte_level
    if sentencepiece > wordpiece:
        return decode_sentencepiece
    return decode_wordpiece if wordpiece else decode_plain


def declared_decode(tokenizer: dict[str, Any], kind: str) -> Decode:
    """The spelling of a ``tokenizer.json``, by the steps with which it turns text to tokens and back.

    Parameters
    ----------
    tokenizer : its content
    kind : the type of its model
    """
    steps = list(_steps([tokenizer.get(part) for part in ("normalizer", "pre_tokenizer", "decoder")]))
    types = {step["type"] for step in steps}
    if "ByteLevel" in types:
        return decode_byte_level
    signs: list[object] = []  # what stands for a space
    for step in steps:
        if step["type"] == "Metaspace":
            signs.append(step.get("replacement", SPACE))
        elif step["type"] in ("Replace", "Prepend"):
            pattern = step.get("pattern")
            found = [step.get("content"), step.get("prepend")]
            found += [pattern.get("String")] if isinstance(pattern, dict) else []
            signs += [sign for sign in found if sign == SPACE]
    other = [sign for sign in signs if isinstance(sign, str) and sign not in ("", SPACE)]
    if other:
        return partial(decode_sentencepiece, space=other[0])
    falls_back = "ByteFallback" in types or tokenizer["model"].get("byte_fallback") is True
    if signs or falls_back or kind == "Unigram":
        return decode_sentencepiece
    return decode_wordpiece if kind == "WordPiece" else decode_plain


def _steps(parts: list[Any]) -> Iterator[dict[str, Any]]:
    """All steps with a type within the parts of a tokenizer, those inside of sequences, too."""
    left = parts[::-1]
    while left:  # no recursion: nesting is up to the file
        part = left.pop()
        if isinstance(part, dict):
            if isinstance(part.get("type"), str):
                yield part
            left += part.values()
        elif isinstance(part, list):
            left += part


def is_unused(piece: str) -> bool:
    """True for names that tokenizers keep in reserve: ``[unused7]``, ``<|reserved_special_token_7|>``.

    Examples
    --------
    >>> [is_unused(piece) for piece in ("[unused7]", "<unused7>", "unused7", "[unused]")]
    [True, True, False, False]
    """
    return piece[:1] in BRACKETS and _UNUSED.fullmatch(piece) is not None


def kind_by_spelling(piece: str) -> Kind:
    """The kind of a piece of a tokenizer whose file names no kinds.

    Examples
    --------
    >>> [kind_by_spelling(piece).name for piece in ("<|endoftext|>", "[UNK]", "[unused7]", "[")]
    ['CONTROL', 'UNKNOWN', 'UNUSED', 'NORMAL']
    """
    if piece[:1] not in BRACKETS:
        return Kind.NORMAL
    if piece in _UNKNOWN:
        return Kind.UNKNOWN
    if is_unused(piece):
        return Kind.UNUSED
    return Kind.CONTROL if _CONTROL.fullmatch(piece) else Kind.NORMAL
