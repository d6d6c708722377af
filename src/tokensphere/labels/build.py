"""All labels that come with the package, for the tokens of a vocabulary."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt

from tokensphere.labels.form import Members, form_members
from tokensphere.labels.lexicon import Lexicon, lexicon
from tokensphere.labels.spelled import spelled_members
from tokensphere.labels.stored import TableStore, from_arrays, table_key, to_arrays
from tokensphere.labels.table import Label, LabelTable
from tokensphere.labels.words import known_words
from tokensphere.vocabulary import Kind, Vocabulary

MIN_FORMS = 5  # tokens that a lemma needs to be a label

_tables: WeakKeyDictionary[Vocabulary, LabelTable] = WeakKeyDictionary()

_KINDS = {
    Kind.BYTE: "single bytes",
    Kind.CONTROL: "control tokens",
    Kind.ADDED: "tokens added to the vocabulary after training",
    Kind.UNUSED: "tokens that the tokenizer keeps in reserve",
    Kind.UNKNOWN: "what stands for anything unknown",
    Kind.PADDING: "rows beyond the vocabulary",
}
_ORDINALS = ("1st", "2nd", "3rd", *(f"{number}th" for number in range(4, 11)))


def make_labels(vocabulary: Vocabulary, *, store: TableStore | None = None) -> LabelTable:
    """What is known of the tokens of a vocabulary: form, grammar, meaning, lists, lemma, id and kind.

    Labels that no token has are left out, lemmas that fewer than 5 tokens share, too. The table is
    made once for a vocabulary and kept as long as the vocabulary itself. docs/labels.md lists the
    labels, their sources and the rules by which tokens are matched with words.

    Parameters
    ----------
    vocabulary : n tokens
    store : where the table is kept beyond this process, if anywhere

    Returns
    -------
    LabelTable
        of n tokens; the order of its labels is that of their kinds

    Raises
    ------
    SourceError, FormatError
        the lexicon that comes with the package is missing or damaged

    Examples
    --------
    >>> table = make_labels(Vocabulary([" Monday", " determines", "ly"]))
    >>> [label.name for label in table.of(1) if label.kind == "grammar"]
    ['grammar:VBZ']
    """
    if vocabulary not in _tables:
        _tables[vocabulary] = _build(vocabulary) if store is None else _kept(vocabulary, store)
    return _tables[vocabulary]


def _kept(vocabulary: Vocabulary, store: TableStore) -> LabelTable:
    key = table_key(vocabulary)
    there = store.get(key)
    table = None if there is None else from_arrays(there, len(vocabulary))
    if table is None:
        table = _build(vocabulary)
        store.put(key, to_arrays(table))
    return table


def _build(vocabulary: Vocabulary) -> LabelTable:
    groups = (form_members, spelled_members, _lexical, _id_tenths, _kinds)
    members = chain.from_iterable(group(vocabulary) for group in groups)
    return LabelTable.from_members(len(vocabulary), [pair for pair in members if len(pair[1])])


def _lexical(vocabulary: Vocabulary) -> Members:
    """Grammar, meaning, lists and lemmas."""
    known = lexicon()
    tokens, words = known_words(vocabulary, known)
    has = np.zeros((len(known.profiles), len(known.labels)), dtype=bool)
    for number, profile in enumerate(known.profiles):
        has[number, profile] = True
    for label, of_profile in zip(known.labels, has.T, strict=True):
        yield label, tokens[of_profile[known.profile[words]]]
    yield from _lemmas(tokens, words, known)


def _lemmas(tokens: npt.NDArray[np.int64], words: npt.NDArray[np.int64], lexicon: Lexicon) -> Members:
    found = [
        (lemma, id)
        for id, word in zip(tokens.tolist(), words.tolist(), strict=True)
        for lemma in lexicon.lemmas_of(word)
    ]
    pairs = np.array(found, dtype=np.int64).reshape(-1, 2)
    for lemma, ids in _groups(pairs[:, 0], pairs[:, 1]):
        if len(ids) >= MIN_FORMS and len(np.unique(ids)) >= MIN_FORMS:
            word = lexicon.words[lemma]
            yield Label(f"lemma:{word}", "lemma", f"forms of “{word}”", "WordNet 3.1, LemmInflect"), ids


def _groups(
    keys: npt.NDArray[np.int64], values: npt.NDArray[np.int64]
) -> Iterator[tuple[int, npt.NDArray[np.int64]]]:
    """The values of each key, keys ascending."""
    order = np.argsort(keys, kind="stable")
    found, starts = np.unique(keys[order], return_index=True)
    yield from zip(found.tolist(), np.split(values[order], starts)[1:], strict=True)


def _id_tenths(vocabulary: Vocabulary) -> Members:
    """The tenths of the ids of real tokens; in a BPE vocabulary ids follow frequency, more or less."""
    ids = np.flatnonzero(vocabulary.kinds != Kind.PADDING)
    for tenth, part in enumerate(np.array_split(ids, 10)):
        words = f"ids in the {_ORDINALS[tenth]} tenth of the vocabulary"
        yield Label(f"id:{tenth + 1}", "id", words, "the id itself"), part.astype(np.int64)


def _kinds(vocabulary: Vocabulary) -> Members:
    for kind, words in _KINDS.items():
        label = Label(f"kind:{kind.name.lower()}", "kind", words, "the tokenizer")
        yield label, np.flatnonzero(vocabulary.kinds == kind).astype(np.int64)
