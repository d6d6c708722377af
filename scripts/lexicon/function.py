"""Function words by Penn tag, and other short closed classes; compiled by hand.

Tags follow Santorini 1990 (Part-of-Speech Tagging Guidelines for the Penn Treebank Project), with the
wh-words in one class and the forms of *be*, *have* and *do* in one of their own.
"""

from __future__ import annotations

DETERMINERS = """the a an this that these those some any no every each either neither both all another
such half"""
PRONOUNS = """i you he she it we they me him her us them myself yourself himself herself itself
ourselves yourselves themselves oneself mine yours hers ours theirs someone somebody something anyone
anybody anything everyone everybody everything nobody none nothing thou thee ye thyself"""
POSSESSIVES = "my your his her its our their thy"
PREPOSITIONS = """of in to for with on at by from about as into like through after over between out
against during without before under around among since until upon within along across behind toward
towards beneath beside besides beyond despite down except inside near off onto outside per regarding
than throughout till underneath unlike up versus via whereas whether while although though because
unless if lest amid amidst amongst atop concerning above below"""
CONJUNCTIONS = "and or but nor yet"
MODALS = "can could may might must shall should will would ought cannot"
WH_WORDS = """what which who whom whose when where why how whatever whichever whoever whomever whenever
wherever"""
AUXILIARIES = {
    "be": "VB", "am": "VB", "are": "VB", "is": "VBZ", "was": "VBD", "were": "VBD", "been": "VBN",
    "being": "VBG", "have": "VB", "has": "VBZ", "had": "VBD VBN", "having": "VBG", "do": "VB",
    "does": "VBZ", "did": "VBD", "done": "VBN", "doing": "VBG",
}  # fmt: skip
NEGATIONS = "not never no nor neither none nobody nothing nowhere cannot"


def function_words() -> dict[str, set[str]]:
    """Form -> its tags among DT, PRP, PRP$, IN, CC, MD, WH, AUX (and the verb's tag), NEG."""
    classes = {
        "DT": DETERMINERS, "PRP": PRONOUNS, "PRP$": POSSESSIVES, "IN": PREPOSITIONS,
        "CC": CONJUNCTIONS, "MD": MODALS, "WH": WH_WORDS, "NEG": NEGATIONS,
    }  # fmt: skip
    tags: dict[str, set[str]] = {}
    for tag, forms in classes.items():
        for form in forms.split():
            tags.setdefault(form, set()).add(tag)
    for form, verb in AUXILIARIES.items():
        tags.setdefault(form, set()).update({"AUX", *verb.split()})
    return tags
