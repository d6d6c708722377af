"""Which readings a word form has: its Penn tags with their lemmas, those left out that are rare.

A dictionary lists every reading a form can have ("as" is a noun, arsenic; "found" a base form), and rare
readings would poison the labels. So a candidate must be borne out by two witnesses of use: the tags that
the form has in Brill's lexicon (made from the Wall Street Journal and Brown corpora; the first tag is
the most frequent one) and the tag counts of WordNet's senses (from SemCor).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from lexicon.wordnet import WordNet

BASE = {"noun": "NN", "verb": "VB", "adj": "JJ", "adv": "RB"}
# Tags that one corpus may have and the other not, though the form is the same.
_ALIKE = {"VB": {"VB", "VBP"}, "VBD": {"VBD", "VBN"}, "VBN": {"VBD", "VBN"}}

_LISTED = 0.05  # share of use that a reading needs which Brill's lexicon has, though not first,
_OFTEN = 10  # … or this tag count
_UNLISTED = 0.4  # … and which it has not, though it has the form
_UNKNOWN = 0.35  # … and where it does not have the form at all
_FUNCTION = 20  # tag count that a verb or adverb needs if the form is a function word, too
_SHORT = 4  # letters up to which a reading needs a witness: many pieces of words look like rare words


@dataclass(frozen=True)
class Reading:
    """A form read as an inflection of a lemma.

    Attributes
    ----------
    tag : a Penn tag
    lemma, pos : of WordNet
    mass : how often the lemma was tagged as that part of speech
    main : True if Brill's lexicon has no other tag first for the form
    """

    tag: str
    lemma: str
    pos: str
    mass: int
    main: bool


class Readings:
    """Readings of lower-case forms.

    Parameters
    ----------
    wordnet : lemmas, with the counts of their senses
    brill : form -> Penn tags, the most frequent one first
    inflections : lines of LemmInflect's ``infl_lu.csv``: lemma, part of speech, forms
    function : form -> tags of the function words
    """

    def __init__(
        self,
        wordnet: WordNet,
        brill: Mapping[str, list[str]],
        inflections: list[str],
        function: Mapping[str, set[str]],
    ) -> None:
        self.wordnet, self.brill, self.function = wordnet, brill, function
        self._candidates: dict[str, set[tuple[str, str, str]]] = defaultdict(set)
        for spelling in wordnet.spellings():
            if spelling.islower():
                for pos in {sense.pos for sense in wordnet.senses[spelling]}:
                    self._candidates[spelling].add((BASE[pos], spelling, pos))
        for line in inflections:
            self._inflect(*line.split(","))

    def _inflect(self, lemma: str, pos: str, *fields: str) -> None:
        if (BASE.get(pos), lemma, pos) not in self._candidates.get(lemma, ()):
            return
        if pos == "verb":
            past, participle, gerund, third = (*fields, "", "", "", "")[:4]
            tagged = {"VBD": past, "VBN": participle or past, "VBG": gerund, "VBZ": third}
        elif pos == "noun":
            tagged = {"NNS": fields[0] if fields else ""}
        else:
            comparative, superlative = (*fields, "", "")[:2]
            tagged = {f"{BASE[pos]}R": comparative, f"{BASE[pos]}S": superlative}
        for tag, forms in tagged.items():
            for form in forms.split("/"):
                plain = form.isascii() and form.isalpha() and 2 <= len(form) <= 20
                if plain and (form != lemma or tag in self.brill.get(form, ())):
                    self._candidates[form].add((tag, lemma, pos))

    def forms(self) -> list[str]:
        """All forms that have candidates, sorted."""
        return sorted(self._candidates)

    def of(self, form: str) -> list[Reading]:
        """The readings of a form that are reasonably common, the most common one first."""
        found = [
            Reading(self._number(form, tag), lemma, pos, self._mass(lemma, pos), self._main(form, tag))
            for tag, lemma, pos in sorted(self._candidates.get(form, ()))
        ]
        weights = {(r.lemma, r.pos): self._weight(r) for r in found}
        total = sum(weights.values())
        kept = [r for r in found if self._accepts(form, r, weights[r.lemma, r.pos] / total)]
        return sorted(kept, key=lambda r: (-r.mass, r.tag, r.lemma))

    def _main(self, form: str, tag: str) -> bool:
        tags = self.brill.get(form, [])
        return not tags or bool(_ALIKE.get(tag, {tag}) & set(tags[:1]))

    def _mass(self, lemma: str, pos: str) -> int:
        return sum(sense.count for sense in self.wordnet.of(lemma, pos))

    def _weight(self, reading: Reading) -> float:
        """Its tag count; where nothing was tagged, the reading with more senses weighs more."""
        return reading.mass + len(self.wordnet.of(reading.lemma, reading.pos)) / 4

    def _number(self, form: str, tag: str) -> str:
        """NNS for a lemma that is a plural itself ("scissors", "police"), as Brill's lexicon has it."""
        tags = self.brill.get(form, [])
        return "NNS" if tag == "NN" and "NNS" in tags[:1] and "NN" not in tags else tag

    def _accepts(self, form: str, reading: Reading, share: float) -> bool:
        tags = self.brill.get(form, [])
        alike = _ALIKE.get(reading.tag, {reading.tag})
        first, listed = bool(alike & set(tags[:1])), bool(alike & set(tags))
        if len(form) <= _SHORT and not (reading.mass or listed):
            return False
        if form in self.function:
            heavy = reading.pos in ("verb", "adv") and reading.mass >= _FUNCTION
            return first or (listed and heavy)
        if first:
            return True
        if listed:
            return share >= _LISTED or reading.mass >= _OFTEN
        return share >= (_UNLISTED if tags and tags[0] not in ("NNP", "FW") else _UNKNOWN)
