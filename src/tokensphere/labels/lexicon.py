"""The lexicon: which grammar, meaning and lists the word forms of English have.

``scripts/make_lexicon.py`` compiles the file; docs/labels.md says from what. It begins with one line of
text, ``tokensphere lexicon 1``, and one line of JSON: the sources, the labels, and the lengths of the
sections that follow.

========  =========================================================================================
section   content
========  =========================================================================================
words     sorted, one a line; the first character says how many letters are those of the word before
profile   for each word the number of its set of labels, uint16
profiles  the sets of labels, JSON: a list of lists of label numbers
lemmas    pairs of a word and a lemma (numbers of words), uint32; a lower-case word without a pair is
          its own lemma, one with capitals has none
========  =========================================================================================
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, chain, groupby, pairwise
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tokensphere.errors import FormatError
from tokensphere.formats.files import system_told
from tokensphere.labels.table import Label

PATH = Path(__file__).parent.parent / "data" / "lexicon.bin"
MAGIC = b"tokensphere lexicon 1\n"
SHARED = 48  # the character that stands for no shared letters: "0"


@dataclass(frozen=True)
class Lexicon:
    """Word forms of English with their labels and lemmas.

    Attributes
    ----------
    words : W different forms, sorted; case matters
    numbers : form -> its place in `words`
    labels : the labels that forms can have
    profile : for each word the number of its set of labels, uint16 of shape (W,)
    profiles : the different sets of labels, as numbers of labels, ascending
    lemmas : word -> the words that are its lemmas, where they are not just itself
    sources : the packages that it was compiled from: title, package, sha256, licence
    """

    words: list[str]
    numbers: dict[str, int]
    labels: tuple[Label, ...]
    profile: npt.NDArray[np.uint16]
    profiles: list[tuple[int, ...]]
    lemmas: dict[int, tuple[int, ...]]
    sources: tuple[dict[str, str], ...]

    def labels_of(self, word: str) -> list[str]:
        """The names of the labels of a word form, as it is spelled; empty if it is not known.

        Examples
        --------
        >>> lexicon().labels_of("Tuesday")
        ['grammar:NNP', 'meaning:noun.time', 'list:weekday']
        """
        number = self.numbers.get(word)
        if number is None:
            return []
        return [self.labels[label].name for label in self.profiles[self.profile[number]]]

    def lemmas_of(self, number: int) -> tuple[int, ...]:
        """The lemmas of a word, all of them by number."""
        itself = (number,) if self.words[number].islower() else ()
        return self.lemmas.get(number, itself)


@lru_cache(maxsize=1)
def lexicon() -> Lexicon:
    """The lexicon that comes with the package, read when it is first asked for.

    Raises
    ------
    SourceError
        its file is missing
    FormatError
        its file is damaged
    """
    with system_told(f"{PATH} cannot be read", "install tokensphere again"):
        return parse(PATH.read_bytes())


def parse(content: bytes) -> Lexicon:
    """A lexicon from the bytes of its file."""
    try:
        if not content.startswith(MAGIC):
            raise ValueError("it does not begin as a lexicon does")
        end = content.index(b"\n", len(MAGIC)) + 1
        header: dict[str, Any] = json.loads(content[len(MAGIC) : end])
        if hashlib.sha256(content[end:]).hexdigest() != header["sha256"]:
            raise ValueError("its SHA-256 is not the one that it announces")
        sections = _sections(content[end:], header["sections"])
        words = _words(sections["words"].decode("ascii"))
        profile = np.frombuffer(sections["profile"], dtype="<u2").astype(np.uint16)
        profiles = [tuple(found) for found in json.loads(sections["profiles"])]
        pairs = np.frombuffer(sections["lemmas"], dtype="<u4").reshape(-1, 2)
        if not len(words) == len(profile) == header["n_words"]:
            raise ValueError(f"it has {len(words)} words, but {header['n_words']} were announced")
        labels = tuple(Label(**label) for label in header["labels"])
        most = max(chain.from_iterable(profiles), default=-1)
        if (
            profile.max(initial=0) >= len(profiles)
            or pairs.max(initial=0) >= len(words)
            or most >= len(labels)
        ):
            raise ValueError("it points beyond its end")
        numbers = {word: number for number, word in enumerate(words)}
        sources = tuple(header["sources"])
        return Lexicon(words, numbers, labels, profile, profiles, _grouped(pairs), sources)
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
        raise FormatError(f"the lexicon is damaged: {error}; install tokensphere again") from None


def _sections(body: bytes, lengths: dict[str, int]) -> dict[str, bytes]:
    if sum(lengths.values()) != len(body):
        raise ValueError(f"it has {len(body)} bytes after its header, not {sum(lengths.values())}")
    edges = pairwise(accumulate(lengths.values(), initial=0))
    return {name: body[low:high] for name, (low, high) in zip(lengths, edges, strict=True)}


def _words(text: str) -> list[str]:
    words, word = [], ""
    for line in text.split("\n"):
        word = word[: ord(line[0]) - SHARED] + line[1:]
        words.append(word)
    return words


def _grouped(pairs: npt.NDArray[np.uint32]) -> dict[int, tuple[int, ...]]:
    """The lemmas of each word."""
    by_word = groupby(pairs.tolist(), key=itemgetter(0))
    return {word: tuple(lemma for _, lemma in found) for word, found in by_word}
