"""The labels of the lexicon in plain words."""

from __future__ import annotations

from lexicon.lists import LISTS

_OPEN = "WordNet 3.1, Brill's lexicon, LemmInflect"
_GRAMMAR = {
    "NN": "nouns, singular", "NNS": "nouns, plural", "NNP": "names",
    "VB": "verbs, base form", "VBZ": "verbs, 3rd person singular present", "VBD": "verbs, past tense",
    "VBG": "verbs, -ing form", "VBN": "verbs, past participle",
    "JJ": "adjectives", "JJR": "adjectives, comparative", "JJS": "adjectives, superlative",
    "RB": "adverbs", "RBR": "adverbs, comparative", "RBS": "adverbs, superlative",
}  # fmt: skip
_FUNCTION = {
    "DT": "determiners", "PRP": "pronouns", "PRP$": "possessive determiners",
    "IN": "prepositions and subordinating conjunctions", "CC": "coordinating conjunctions",
    "MD": "modal verbs", "WH": "question words and relatives", "AUX": "forms of be, have and do",
    "NEG": "words of negation",
}  # fmt: skip
_MEANING = {
    "noun.act": "acts or actions", "noun.animal": "animals", "noun.artifact": "things people make",
    "noun.attribute": "attributes of people and things", "noun.body": "body parts",
    "noun.cognition": "thought and knowledge", "noun.communication": "communication",
    "noun.event": "events", "noun.feeling": "feelings", "noun.food": "food and drink",
    "noun.group": "groups of people or things", "noun.location": "places", "noun.motive": "motives",
    "noun.object": "natural objects", "noun.person": "people",
    "noun.phenomenon": "phenomena and effects",
    "noun.plant": "plants", "noun.possession": "possession", "noun.process": "natural processes",
    "noun.quantity": "quantities and units", "noun.relation": "relations", "noun.shape": "shapes",
    "noun.state": "states of affairs", "noun.substance": "substances", "noun.time": "time",
    "verb.body": "care of the body", "verb.change": "change", "verb.cognition": "thinking",
    "verb.communication": "speaking and telling", "verb.competition": "fighting and competing",
    "verb.consumption": "eating and using", "verb.contact": "touching and handling",
    "verb.creation": "making", "verb.emotion": "feeling", "verb.motion": "moving",
    "verb.perception": "perceiving", "verb.possession": "having and giving",
    "verb.social": "social life and politics", "verb.stative": "being and having",
    "verb.weather": "weather",
}  # fmt: skip


def labels() -> list[dict[str, str]]:
    """The labels of the lexicon: name, kind, words and source."""
    rows = [(f"grammar:{tag}", "grammar", words, _OPEN) for tag, words in _GRAMMAR.items()]
    rows += [(f"grammar:{t}", "grammar", words, "compiled by hand") for t, words in _FUNCTION.items()]
    for file, words in _MEANING.items():
        said = f"{'nouns for' if file.startswith('noun') else 'verbs of'} {words}"
        rows.append((f"meaning:{file}", "meaning", said, "WordNet 3.1"))
    rows += [(f"list:{one.name}", "list", one.words, one.source) for one in LISTS]
    return [
        {"name": name, "kind": kind, "words": words, "source": source}
        for name, kind, words, source in rows
    ]
