"""Labels of a token's form: what can be seen without knowing any word."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from tokensphere.labels.characters import BRACKET, DIGIT, LOWER, MARK, PUNCTUATION, SCRIPTS, UPPER
from tokensphere.labels.characters import signature as signature_of
from tokensphere.labels.table import Label
from tokensphere.labels.words import CONTINUATION, has_spaces
from tokensphere.vocabulary import Kind, Vocabulary, as_text

SOURCE = "the token itself"
Members = Iterator[tuple[Label, npt.NDArray[np.int64]]]

_FORMED = (Kind.NORMAL, Kind.ADDED, Kind.BYTE)
_MARKS = CONTINUATION.decode()
_LONGEST = 12  # lengths from here on are one label
_STEM = 3  # letters that must be left beside a prefix or suffix
# Common affixes of English (Quirk et al. 1985, appendix I), without those that nearly any word ends in.
SUFFIXES = """s ing ed er est ly tion sion ness ment able ible al ful less ous ive ity ism ist ize ise
ify ate ant ent ance ence ship hood dom age ery ology graphy ward wise man land ville berg burg son ton
ic ical ish ling let ette ess ary ory ure us um ia ide ine itis osis oid"""
PREFIXES = """un re dis pre inter in im non mis over under sub super trans anti auto bi co com con
counter de en ex extra fore hyper mega micro mid mini mono multi neo out para photo poly post pro pseudo
semi tele tri ultra up hydro bio geo electro psych neuro cardio cyber mac mc"""

_NAMES = {
    "space": "tokens that start with a space",
    "no-space": "tokens that start with a letter and no space",
    "continuation": "pieces that go on with a word",
    "capitalised": "capitalised",
    "all-capitals": "all capitals",
    "camel-case": "with a capital after a small letter (camelCase)",
    "underscore": "with an underscore",
    "bracket": "with a bracket",
    "digits": "digits only",
    "digit-and-more": "with digits and other characters",
    "punctuation": "punctuation and symbols only",
    "white-space": "white space only",
    "line-break": "with a line break",
    "repeated": "one character three times or more",
    "accent": "with letters that have accents",
    "incomplete": "bytes that are no whole characters",
}


def form_members(vocabulary: Vocabulary) -> Members:
    """The labels of form, each with the ids of its tokens.

    Control tokens, unused ones and rows that stand for no token have no form.
    """
    texts, incomplete = _texts(vocabulary)
    spaces = has_spaces(vocabulary.tokens)
    traits: dict[str, list[str]] = {}  # of a signature; there are far fewer than tokens
    found = defaultdict(list, {"incomplete": incomplete})
    for id, text in texts.items():
        if not spaces and text.startswith(_MARKS) and text.removeprefix(_MARKS).isalnum():
            found["continuation"].append(id)
            text = text.removeprefix(_MARKS)
        signature = signature_of(text)
        if signature not in traits:
            traits[signature] = list(_traits(signature, spaces))
        for name in traits[signature]:
            found[name].append(id)
        bare = text.strip(" ")
        if len(bare) > 2 and bare == bare[0] * len(bare):
            found["repeated"].append(id)
    for name in sorted(found):
        yield Label(f"form:{name}", "form", _words(name), SOURCE), np.array(found[name], dtype=np.int64)
    yield from _affixes(texts)


def _texts(vocabulary: Vocabulary) -> tuple[dict[int, str], list[int]]:
    """The text of the tokens that are text, and the ids of those that are no whole characters."""
    texts: dict[int, str] = {}
    incomplete: list[int] = []
    for id in np.flatnonzero(np.isin(vocabulary.kinds, _FORMED)).tolist():
        text = as_text(vocabulary.tokens[id])
        if text is None:
            incomplete.append(id)
        elif text:
            texts[id] = text
    return texts, incomplete


def _traits(signature: str, spaces: bool) -> Iterator[str]:
    """The names of the labels that follow from a signature."""
    bare = signature.strip(" ")
    letters = bare.replace(MARK, "")
    has = set(letters)
    if spaces and signature[0] == " " and bare:
        yield "space"
    if spaces and (signature[0] in UPPER + LOWER or signature[0] in SCRIPTS):
        yield "no-space"
    if not signature.strip():
        yield "white-space"
    if "\n" in has:
        yield "line-break"
    yield from _case(letters)
    if DIGIT in has:
        yield "digits" if has == {DIGIT} else "digit-and-more"
    if has and has <= {*PUNCTUATION, *BRACKET, "_"}:
        yield "punctuation"
    if has & {*BRACKET}:
        yield "bracket"
    if "_" in has and has - {"_"}:
        yield "underscore"
    if has & {UPPER[1], LOWER[1]}:
        yield "accent"
    yield from sorted(f"script-{SCRIPTS[character]}" for character in has if character in SCRIPTS)
    if bare and not bare.isspace():
        yield f"length-{min(len(bare), _LONGEST)}"


def _case(letters: str) -> Iterator[str]:
    upper = [character in UPPER for character in letters]
    small = [character in LOWER for character in letters]
    if len(letters) > 1 and upper[0] and all(small[1:]):
        yield "capitalised"
    elif len(letters) > 1 and all(upper):
        yield "all-capitals"
    elif any(a and b for a, b in zip(small, upper[1:], strict=False)):
        yield "camel-case"


def _words(name: str) -> str:
    """A label of form in plain words."""
    trait, _, rest = name.partition("-")
    if trait == "length":
        more = " or more" if int(rest) == _LONGEST else ""
        return f"{rest}{more} character{'' if rest == '1' else 's'} long"
    return f"{rest.capitalize()} script" if trait == "script" else _NAMES[name]


def _affixes(texts: dict[int, str]) -> Members:
    """Suffixes and prefixes of tokens that are letters, one space or ``##`` in front aside."""
    words: dict[int, str] = {}
    for id, text in texts.items():
        word = text.removeprefix(" ").removeprefix(_MARKS)
        if word.isascii() and word.isalpha():
            words[id] = word.lower()
    if not words:
        return
    spelled, tokens = np.array(list(words.values())), np.array(list(words), dtype=np.int64)
    lengths = np.strings.str_len(spelled)
    # A token without a space may be no start of a word, so prefixes are read where a word starts.
    if any(text[0] == " " for text in texts.values()):
        starts = np.array([texts[i][0] == " " or texts[i][0].isupper() for i in words])
    else:
        starts = np.array([not texts[i].startswith(_MARKS) for i in words])
    for suffix in SUFFIXES.split():
        enough = lengths >= len(suffix) + _STEM
        label = Label(f"form:suffix-{suffix}", "form", f"ending in -{suffix}", SOURCE)
        yield label, tokens[enough & np.strings.endswith(spelled, suffix)]
    for prefix in PREFIXES.split():
        enough = starts & (lengths >= len(prefix) + _STEM)
        label = Label(f"form:prefix-{prefix}", "form", f"beginning with {prefix}-", SOURCE)
        yield label, tokens[enough & np.strings.startswith(spelled, prefix)]
