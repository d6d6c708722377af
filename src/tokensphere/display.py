r"""How a token is shown: every token visible, and no two different tokens shown alike.

=====================================  =====================
in the token                           on screen
=====================================  =====================
space                                  ``␣``
newline, tab, carriage return          ``\n`` ``\t`` ``\r``
backslash                              ``\\``
a byte that is not valid UTF-8         ``\xe2``
control, format and other invisible
characters, and ``␣`` and ``◌`` proper  ``\x1b`` ``\u200b``
a combining mark with nothing below    ``◌`` before the mark
nothing at all                         ``\e``
=====================================  =====================

Data is not touched here: this is for reading, :func:`parse_visible` is the way back.

Whatever else comes from outside (names of models, tensors, directions and files, labels, what a server
says) is shown by :func:`printable` and :func:`told`: nothing in it acts on a terminal, breaks a line,
turns the direction of what stands beside it, or is endless.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

SPACE = "␣"
_BASE = "◌"
_EMPTY = "\\e"
_NAMED = {" ": SPACE, "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}
_INVISIBLE_CATEGORIES = {"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp", "Zs"}
_BLANK = frozenset("\u115f\u1160\u3164\uffa0\u2800\u034f\u17b4\u17b5")
_INVISIBLE = _BLANK | {SPACE, _BASE}
MOST = 1000  # characters of a message
_ESCAPE = re.compile(r"\\(?:([ntr\\])|x([0-9a-f]{2})|u([0-9a-f]{4})|U([0-9a-f]{8}))")


@lru_cache(maxsize=4096)
def _show_character(character: str) -> str:
    """One character as it is shown, its surroundings aside."""
    if character in _NAMED:
        return _NAMED[character]
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # a byte that is not valid UTF-8, as PEP 383 decodes it
        return f"\\x{code - 0xDC00:02x}"
    category = unicodedata.category(character)
    selector = 0xFE00 <= code <= 0xFE0F or 0xE0100 <= code <= 0xE01EF
    # Vowels and finals of Hangul are drawn into the syllable before them, and alone not at all.
    joining = 0x1160 <= code <= 0x11FF or 0xD7B0 <= code <= 0xD7FF
    hidden = category in _INVISIBLE_CATEGORIES or character in _INVISIBLE
    if not (hidden or selector or joining):
        return character
    if code < 0x80:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def visible(token: bytes) -> str:
    r"""The token as shown on screen; one line, nothing invisible, different for different tokens.

    Examples
    --------
    >>> print(visible(b" Paris"), visible(b"\n\n"), visible(b"\xe2\x80"), visible("日本".encode()))
    ␣Paris \n\n \xe2\x80 日本
    """
    if not token:
        return _EMPTY
    shown: list[str] = []
    bare = True  # nothing here yet that a combining mark could sit on
    for character in token.decode("utf-8", "surrogateescape"):
        text = _show_character(character)
        if text == character and unicodedata.category(character)[0] == "M":
            if bare:
                text = _BASE + character
            bare = False
        else:
            bare = text not in (character, _NAMED["\\"])
        shown.append(text)
    return "".join(shown)


def parse_visible(text: str) -> bytes:
    r"""The token that :func:`visible` shows as `text`.

    Examples
    --------
    >>> parse_visible("␣Paris"), parse_visible(r"\xe2\x80")
    (b' Paris', b'\xe2\x80')
    """
    if text == _EMPTY:
        return b""
    text = text.replace(SPACE, " ").replace(_BASE, "")
    token = bytearray()
    end = 0
    for escape in _ESCAPE.finditer(text):
        token += text[end : escape.start()].encode("utf-8", "surrogatepass")
        named, byte, short, long = escape.groups()
        if named:
            token += {"n": b"\n", "t": b"\t", "r": b"\r", "\\": b"\\"}[named]
        elif byte:
            token.append(int(byte, 16))
        else:
            code = int(short or long, 16)
            token += chr(code).encode("utf-8", "surrogatepass") if code < 0x110000 else b""
        end = escape.end()
    return bytes(token + text[end:].encode("utf-8", "surrogatepass"))


def printable(text: str, keep: str = "") -> str:
    r"""Text from outside as it may be shown: what acts or is invisible is escaped as in a token.

    Spaces and backslashes stay as they are, so there is no way back from it; done twice it is the same.

    Parameters
    ----------
    text : any text, also with lone surrogates
    keep : characters that stay in any case

    Examples
    --------
    >>> print(printable("C:\\a b\n\x1b[31m\u202e\udcff"))
    C:\a b\n\x1b[31m\u202e\xff
    """
    if text.isprintable() and _BLANK.isdisjoint(text):
        return text
    return "".join(
        character
        if character in keep or (character.isprintable() and character not in _BLANK)
        else _show_character(character)
        for character in text
    )


def told(text: str, most: int = MOST) -> str:
    """Text from outside as it may be shown, in at most `most` characters: of a longer one both ends."""
    return _ends(printable(_ends(text, 4 * most)), most)


def _ends(text: str, most: int) -> str:
    last = most // 2  # a message ends with what to do
    return text if len(text) <= most else f"{text[: most - last - 3]} … {text[-last:]}"
