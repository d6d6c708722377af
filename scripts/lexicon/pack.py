"""Entries -> the bytes of the lexicon that :mod:`tokensphere.labels.lexicon` reads.

Nothing is compressed, so that the bytes depend on no library's version; the words share their
beginnings instead (front coding), and equal sets of labels are stored once.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from lexicon.entries import Entry
from tokensphere.labels.lexicon import MAGIC, SHARED


def pack(
    entries: Mapping[str, Entry],
    labels: Sequence[Mapping[str, str]],
    sources: Sequence[Mapping[str, str]],
) -> bytes:
    """The lexicon as bytes.

    Parameters
    ----------
    entries : word form -> entry; every lemma is a form
    labels : of the lexicon: name, kind, words and source
    sources : the packages it is compiled from
    """
    words = sorted(entries)
    place = {word: at for at, word in enumerate(words)}
    number = {label["name"]: at for at, label in enumerate(labels)}
    sets = [tuple(sorted(number[name] for name in entries[word].labels)) for word in words]
    profiles = sorted(set(sets))
    profile = {found: at for at, found in enumerate(profiles)}
    pairs = [
        (at, place[lemma])
        for at, word in enumerate(words)
        if entries[word].lemmas != (word,) or not word.islower()
        for lemma in entries[word].lemmas
    ]
    text = _front_coded(words)
    sections = {
        "words": text.encode("ascii"),
        "profile": np.array([profile[found] for found in sets], dtype="<u2").tobytes(),
        "profiles": json.dumps(profiles, separators=(",", ":")).encode("ascii"),
        "lemmas": np.array(pairs, dtype="<u4").tobytes(),
    }
    body = b"".join(sections.values())
    header: dict[str, Any] = {
        "n_words": len(words),
        "sections": {name: len(content) for name, content in sections.items()},
        "sha256": hashlib.sha256(body).hexdigest(),
        "sources": list(sources),
        "labels": list(labels),
    }
    return MAGIC + json.dumps(header, ensure_ascii=True).encode("ascii") + b"\n" + body


def _shared(one: str, other: str) -> int:
    """How many letters two words begin with alike."""
    pairs = zip(one, other, strict=False)
    return next((at for at, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))


def _front_coded(words: Sequence[str]) -> str:
    """Each word on a line: how many letters it shares with the one before, then the rest."""
    lines, before = [], ""
    for word in words:
        shared = _shared(before, word)
        lines.append(chr(SHARED + shared) + word[shared:])
        before = word
    return "\n".join(lines)
