"""WordNet's senses of single words, with their counts in a tagged corpus, and what lies under a synset.

The files are those of ``wndb(5WN)``: ``data.*`` has the synsets with their spellings and pointers,
``index.sense`` how often each sense was tagged in SemCor.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

WORD = re.compile(r"[A-Za-z]{2,20}")
_FILES = (
    "adj.all adj.pert adv.all noun.Tops noun.act noun.animal noun.artifact noun.attribute noun.body"
    " noun.cognition noun.communication noun.event noun.feeling noun.food noun.group noun.location"
    " noun.motive noun.object noun.person noun.phenomenon noun.plant noun.possession noun.process"
    " noun.quantity noun.relation noun.shape noun.state noun.substance noun.time verb.body verb.change"
    " verb.cognition verb.communication verb.competition verb.consumption verb.contact verb.creation"
    " verb.emotion verb.motion verb.perception verb.possession verb.social verb.stative verb.weather"
    " adj.ppl"
)
FILES = tuple(_FILES.split())  # numbered 00 to 44 in ``lexnames(5WN)``

Synset = tuple[str, int]


@dataclass(frozen=True)
class Sense:
    """One sense of one spelling.

    Attributes
    ----------
    pos : noun, verb, adj or adv
    file : its lexicographer file, e.g. ``noun.animal``
    count : how often it was tagged
    number : its place among the senses of that part of speech, the most frequent first, from 1
    synset : pos and offset
    instance : True for a name: an instance of a class, not a kind of it
    """

    pos: str
    file: str
    count: int
    number: int
    synset: Synset
    instance: bool


class WordNet:
    """Senses by spelling (case matters), and hyponyms.

    Parameters
    ----------
    content : ``data.noun``, …, ``index.sense`` in bytes
    """

    def __init__(self, content: Mapping[str, bytes]) -> None:
        self.senses: dict[str, list[Sense]] = defaultdict(list)
        self._below: dict[Synset, list[Synset]] = defaultdict(list)
        self._keys: dict[str, Synset] = {}
        counts = self._counts(content["index.sense"].decode("ascii"))
        for pos in ("noun", "verb", "adj", "adv"):
            for line in content[f"data.{pos}"].decode("latin-1").splitlines():
                if not line.startswith("  "):
                    self._add(pos, line.split("|")[0].split(), counts)

    def _counts(self, index: str) -> dict[tuple[str, Synset], tuple[int, int]]:
        """Sense number and tag count of a lower-case lemma in a synset."""
        counts = {}
        for line in index.splitlines():
            key, offset, number, count = line.split()
            lemma, _, rest = key.partition("%")
            synset = (_POS[rest[0]], int(offset))
            counts[lemma, synset] = (int(number), int(count))
            self._keys[key] = synset
        return counts

    def _add(
        self, pos: str, fields: list[str], counts: dict[tuple[str, Synset], tuple[int, int]]
    ) -> None:
        synset = (pos, int(fields[0]))
        n_words = int(fields[3], 16)
        pointers = fields[5 + 2 * n_words :]
        instance = False
        for place in range(int(fields[4 + 2 * n_words])):
            symbol, offset, other = pointers[4 * place : 4 * place + 3]
            if symbol in ("~", "~i") and other == "n":
                self._below[synset].append(("noun", int(offset)))
            instance |= symbol == "@i"
        for word in fields[4 : 4 + 2 * n_words : 2]:
            spelling = word.partition("(")[0]  # adjectives may have a marker: galore(ip)
            if WORD.fullmatch(spelling):
                number, count = counts[spelling.lower(), synset]
                sense = Sense(pos, FILES[int(fields[1])], count, number, synset, instance)
                self.senses[spelling].append(sense)

    def below(self, *keys: str) -> set[Synset]:
        """The synsets of these sense keys and all their hyponyms and instances."""
        found: set[Synset] = set()
        left = [self._keys[key] for key in keys]
        while left:
            synset = left.pop()
            if synset not in found:
                found.add(synset)
                left += self._below[synset]
        return found

    def of(self, spelling: str, pos: str) -> list[Sense]:
        """The senses of a spelling as one part of speech."""
        return [sense for sense in self.senses.get(spelling, ()) if sense.pos == pos]

    def spellings(self) -> Iterator[str]:
        """All single words, sorted."""
        yield from sorted(self.senses)


_POS = {"1": "noun", "2": "verb", "3": "adj", "4": "adv", "5": "adj"}
