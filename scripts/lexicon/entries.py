"""From sources to entries: which labels each word form has, and which lemmas.

Case matters: ``china`` has the labels of the porcelain, ``China`` those of the country. A spelling
with capitals has its own entry only if something is known of it; if its lower-case form is common,
too, the entry has the labels of both ("March").
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from lexicon.lists import LISTS, WordList
from lexicon.readings import Reading, Readings
from lexicon.wordnet import WORD, Sense, Synset, WordNet

_MAIN = 0.2  # share of a form's use that a meaning needs
_OTHER = 0.2  # what the first sense of an untagged reading counts if it is not the form's main reading
_NAME = 5  # how much more a name counts where Brill's lexicon has the capitalised form as one
_NOT_MEANING = ("adj.", "adv.", "noun.Tops")  # say no more than grammar does, or nearly nothing
_LOWER = {"Cardinal", "Ordinal"}  # compromise's lists that are no names
_FUNCTION_MASS = 1000.0
_SHORT = 4  # letters up to which what no corpus has is left out: it is likelier a piece of a word
# Lists by WordNet that a spelling with capitals can be in: " Derby" is no hat, " Empire" no apple.
_NAME_LISTS = {f"list:{name}" for name in ("us-state", "language", "river", "religion", "god")}
_PEOPLE = {"list:female-name", "list:male-name", "list:surname"}
_SINGULAR, _PLURAL, _NAMES = "grammar:NN", "grammar:NNS", "grammar:NNP"


@dataclass(frozen=True)
class Entry:
    """The labels of a word form by name, and its lemmas."""

    labels: frozenset[str]
    lemmas: tuple[str, ...] = ()


class Entries:
    """Makes the entries; `all()` gives them."""

    def __init__(
        self,
        wordnet: WordNet,
        readings: Readings,
        compromise: Mapping[str, list[str]],
        brill: Mapping[str, list[str]],
    ) -> None:
        self.wordnet, self.readings, self.brill = wordnet, readings, brill
        self._lists = _Lists(wordnet, compromise)

    def all(self) -> dict[str, Entry]:
        """Word form -> entry, sorted by form."""
        function = self.readings.function
        forms = {*self.readings.forms(), *function, *filter(str.islower, self._lists.members)}
        entries = {form: self._common(form) for form in sorted(forms)}
        entries = {form: entry for form, entry in entries.items() if entry.labels}
        names = {spelling for spelling in self.wordnet.spellings() if not spelling.islower()}
        names |= {form for form, tags in self.brill.items() if _is_name(form, tags)}
        names |= {form for form in self._lists.members if not form.islower()}
        for name in sorted(names):
            # "US" is no form of "us": what is all capitals is an acronym or has no entry of its own
            entry = self._name(name, None if name.isupper() else entries.get(name.lower()))
            if entry is not None:
                entries[name] = entry
        for name in sorted(names):
            self._add_plural(name, entries)
        return dict(sorted(entries.items()))

    def _common(self, form: str) -> Entry:
        """The entry of a lower-case form."""
        readings = self.readings.of(form)
        tags = {reading.tag for reading in readings} | self.readings.function.get(form, set())
        senses = self._senses(readings)
        labels = {f"grammar:{tag}" for tag in tags}
        labels |= {f"meaning:{file}" for file in _main_files(senses)}
        labels |= self._lists.of(form, _main_senses(senses))
        return Entry(frozenset(labels), tuple(dict.fromkeys(reading.lemma for reading in readings)))

    def _senses(self, readings: Iterable[Reading]) -> list[tuple[Sense, float]]:
        """The senses of the readings with their weights: tag counts, and more for the first one."""
        bonus: dict[tuple[str, str], float] = {}
        for reading in readings:
            key = (reading.lemma, reading.pos)
            bonus[key] = max(bonus.get(key, 0), 1 if reading.main else _OTHER)
        return [
            pair
            for (lemma, pos), more in bonus.items()
            for pair in _weighed(self.wordnet.of(lemma, pos), more)
        ]

    def _name(self, name: str, common: Entry | None) -> Entry | None:
        """The entry of a spelling with capitals, or None if the lower-case entry is all there is."""
        tags = self.brill.get(name, [])
        is_name = tags[:1] in (["NNP"], ["NNPS"])
        listed = self._lists.of(name, [])
        own = self._own_senses(name, is_name, bool(listed & _PEOPLE))
        tagged = any(sense.count for sense, _ in own)
        if not listed and not tagged and (common or (not own and len(name) <= _SHORT)):
            return None
        if len(name) <= _SHORT and not (tagged or (is_name and len(name) > 2)):
            own = []
        if not (own or listed or is_name):
            return None
        labels = {f"meaning:{file}" for file in _main_files(own)} | listed
        # "Red" is a river, too, but hardly anybody means it
        known = [s for s in _main_senses(own) if s.count or not (common or len(name) < _SHORT)]
        labels |= self._lists.of(name, known) & (_NAME_LISTS | listed)
        labels |= self._tags(own, listed, tags)
        if not common:
            return Entry(frozenset(labels))
        mass, shared = sum(weight for _, weight in own), self._mass(name.lower())
        if not listed and mass < _MAIN * (mass + shared):
            return None
        if shared < _MAIN * (mass + shared) or (listed and is_name):
            return Entry(frozenset(labels))
        return Entry(frozenset(labels | common.labels), common.lemmas)

    def _own_senses(self, name: str, is_name: bool, person: bool) -> list[tuple[Sense, float]]:
        """The senses of a spelling with capitals; of first names and surnames only the people."""
        weighed = [
            (sense, weight * (_NAME if is_name else 1))
            for pos in ("noun", "adj", "adv", "verb")
            for sense, weight in _weighed(self.wordnet.of(name, pos))
        ]
        if not person:
            return weighed
        return [pair for pair in weighed if pair[0].count or pair[0].file == "noun.person"]

    def _tags(self, own: list[tuple[Sense, float]], listed: set[str], tags: list[str]) -> set[str]:
        """Names; adjectives like "French"; and nouns that are written with a capital."""
        instance = any(sense.instance for sense, _ in own)
        if tags[:1] in (["NNP"], ["NNPS"]) or listed - {"list:nationality"} or instance:
            adjective = "JJ" in tags and any(sense.pos == "adj" for sense, _ in own)
            return {_NAMES, "grammar:JJ"} if adjective else {_NAMES}
        return {_OWN_TAGS[sense.pos] for sense, _ in _main(own)}

    def _mass(self, form: str) -> float:
        """How much a lower-case form is used; function words more than anything else."""
        if form in self.readings.function:
            return _FUNCTION_MASS
        return sum(weight for _, weight in self._senses(self.readings.of(form)))

    def _add_plural(self, name: str, entries: dict[str, Entry]) -> None:
        """Americans, Jews: plurals that Brill's lexicon has of names of people that WordNet has."""
        plural = f"{name}s"
        nouns = [sense for sense in self.wordnet.of(name, "noun") if not sense.instance]
        if not nouns or plural in self.wordnet.senses or "NNPS" not in self.brill.get(plural, ()):
            return
        files = {f"meaning:{file}" for file in _main_files(_weighed(nouns))}
        listed = self._lists.of(plural, []) | self._lists.of(name, []) & {"list:nationality"}
        entries[plural] = Entry(frozenset({_PLURAL} | files | listed))


class _Lists:
    """Which lists a spelling is in, by itself or by its main senses."""

    def __init__(self, wordnet: WordNet, compromise: Mapping[str, list[str]]) -> None:
        self.members: dict[str, set[str]] = defaultdict(set)
        self._synsets: dict[Synset, set[str]] = defaultdict(set)
        self._excluded = {f"list:{one.name}": set(one.excluded.split()) for one in LISTS}
        for one in LISTS:
            label = f"list:{one.name}"
            for word in _written(one, compromise):
                self.members[word].add(label)
            for synset in wordnet.below(*one.synsets) - wordnet.below(*one.without):
                self._synsets[synset].add(label)
        for spelling in wordnet.spellings():  # Einstein, Mozart
            senses = wordnet.of(spelling, "noun")
            person = bool(senses) and all(s.instance and s.file == "noun.person" for s in senses)
            if person and spelling.istitle() and spelling.lower() not in wordnet.senses:
                if not (self.members[spelling] & _PEOPLE or self.of(spelling, senses)):
                    self.members[spelling].add("list:surname")
        self.members = {word: labels for word, labels in self.members.items() if labels}

    def of(self, spelling: str, senses: Iterable[Sense]) -> set[str]:
        found = set(self.members.get(spelling, ()))
        for sense in senses:
            found |= self._synsets.get(sense.synset, set())
        return {label for label in found if spelling not in self._excluded[label]}


def _written(one: WordList, compromise: Mapping[str, list[str]]) -> list[str]:
    """The members of a list that stand in it as words."""
    words = one.members.split()
    for tag in one.tags:
        known = [word for word in compromise[tag] if WORD.fullmatch(word)]
        words += known if tag in _LOWER else [word.capitalize() for word in known if len(word) > 2]
    return words


def _weighed(senses: list[Sense], more: float = 1) -> list[tuple[Sense, float]]:
    """The senses with their tag counts, the first one with `more`: it counts if none was tagged."""
    first = min((sense.number for sense in senses), default=0)
    return [(sense, sense.count + more * (sense.number == first)) for sense in senses]


def _main(senses: list[tuple[Sense, float]]) -> list[tuple[Sense, float]]:
    """The senses with a fair share of all use."""
    total = sum(weight for _, weight in senses)
    return [(sense, weight) for sense, weight in senses if total and weight >= _MAIN * total]


def _main_senses(senses: list[tuple[Sense, float]]) -> list[Sense]:
    return [sense for sense, _ in _main(senses)]


def _main_files(senses: list[tuple[Sense, float]]) -> set[str]:
    """The lexicographer files with a fair share of all use, senses of one file taken together."""
    mass: dict[str, float] = defaultdict(float)
    for sense, weight in senses:
        mass[sense.file] += weight
    total = sum(mass.values())
    main = {file for file, weight in mass.items() if total and weight >= _MAIN * total}
    return {file for file in main if not file.startswith(_NOT_MEANING)}


def _is_name(form: str, tags: list[str]) -> bool:
    return tags[:1] == ["NNP"] and WORD.fullmatch(form) is not None and form[1:].islower()


_OWN_TAGS = {"noun": _SINGULAR, "adj": "grammar:JJ", "adv": "grammar:RB", "verb": "grammar:VB"}
