"""Characters by class: a token's *signature* has for each of its characters one that tells its class.

Tokens of equal signature have the same form, and there are far fewer signatures than tokens.
"""

from __future__ import annotations

import unicodedata
from functools import cache

UPPER = "AÀ"  # a capital of ASCII, another capital of the Latin script
LOWER = "aà"
DIGIT = "0"
BRACKET = "("
PUNCTUATION = ".e"  # punctuation and other symbols, pictures (emoji)
MARK = "\u0300"  # combining marks
_OTHER = "?"
_PICTURES = 0x1F000  # where the blocks of pictures begin

# The scripts by the first word of their characters' names (Unicode Character Database).
_SCRIPT_NAMES = """GREEK CYRILLIC ARMENIAN HEBREW ARABIC DEVANAGARI BENGALI GURMUKHI GUJARATI ORIYA TAMIL
TELUGU KANNADA MALAYALAM SINHALA THAI LAO TIBETAN MYANMAR GEORGIAN HANGUL ETHIOPIC KHMER MONGOLIAN CJK
HIRAGANA KATAKANA"""
_CLASS_OF = {name: chr(0xE000 + place) for place, name in enumerate(_SCRIPT_NAMES.split())}
SCRIPTS = {mark: "han" if name == "CJK" else name.lower() for name, mark in _CLASS_OF.items()}


@cache
def _class_of(character: str) -> str:
    category = unicodedata.category(character)
    if character in " \n_":
        return character
    if character == "\r":
        return "\n"
    if character.isspace():
        return "\t"
    if category[0] == "M":
        return MARK
    if category == "Nd":
        return DIGIT
    if category in ("Ps", "Pe") or character in "<>":
        return BRACKET
    if category[0] in "PS":
        return PUNCTUATION[category == "So" and ord(character) >= _PICTURES]
    return _letter(character) if category[0] == "L" else _OTHER


def _letter(character: str) -> str:
    script = unicodedata.name(character, "").partition(" ")[0].partition("-")[0]
    if script == "LATIN":
        place = int(not character.isascii())
        return UPPER[place] if character.isupper() else LOWER[place]
    return _CLASS_OF.get(script, _OTHER)


def signature(text: str) -> str:
    """For each character of `text` one that tells its class.

    Examples
    --------
    >>> signature(" Paris-75 é")
    ' Aaaaa.00 à'
    """
    return "".join(map(_class_of, text))
