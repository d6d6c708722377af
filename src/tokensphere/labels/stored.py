"""Label tables that are kept: what they depend on, and how they become arrays and back.

To make the table of a vocabulary takes half a second for 50,000 tokens and more than one for 262,144;
to read it back, some milliseconds. Where tables are kept is somebody else's business: a store gets and
puts arrays by a key that says all they depend on (on disk,
``tokensphere.sources.cache.arrays.NullFiles``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from tokensphere._version import __version__
from tokensphere.errors import InputError
from tokensphere.formats.files import system_told
from tokensphere.labels.lexicon import PATH
from tokensphere.labels.table import Label, LabelTable
from tokensphere.vocabulary import Vocabulary

Arrays = dict[str, npt.NDArray[Any]]
Key = Mapping[str, str | int | float | bool | None]


class TableStore(Protocol):
    """Keeps named arrays by a flat key."""

    def get(self, key: Key) -> Arrays | None:
        """What was put under this key, or None."""

    def put(self, key: Key, draws: Arrays) -> None:
        """Keep arrays, in the place of those that were there."""


def table_key(vocabulary: Vocabulary) -> dict[str, str | int | float | bool | None]:
    """All that the built-in table of a vocabulary depends on: its tokens, the rules, the lexicon."""
    return {
        "what": "labels",
        "tokensphere": __version__,
        "rules": rules_digest(),
        "vocabulary": vocabulary.digest,
    }


@lru_cache(maxsize=1)
def rules_digest() -> str:
    """SHA-256 of the lexicon and of the files of this folder, which are the rules.

    A number that had to be raised with every change of a rule would be forgotten one day.
    """
    hasher = sha256()
    for path in [PATH, *sorted(Path(__file__).parent.glob("*.py"))]:
        with system_told(f"{path} cannot be read", "install tokensphere again"):
            content = path.read_bytes()
        hasher.update(f"{path.name} {len(content)} ".encode())
        hasher.update(content)
    return hasher.hexdigest()


def to_arrays(table: LabelTable) -> Arrays:
    """A table as arrays: its rows, and its labels as JSON in UTF-8."""
    labels = [[label.name, label.kind, label.words, label.source] for label in table.labels]
    text = np.frombuffer(json.dumps(labels, ensure_ascii=False).encode(), dtype=np.uint8)
    return {"indptr": table.indptr, "indices": table.indices, "labels": text}


def from_arrays(arrays: Arrays, n_tokens: int) -> LabelTable | None:
    """The table that :func:`to_arrays` was given; None if these are not arrays of such a table.

    Parameters
    ----------
    arrays : as from :func:`to_arrays`
    n_tokens : of the vocabulary
    """
    try:
        texts = json.loads(arrays["labels"].tobytes())
        labels = [Label(*found) for found in texts]
        indptr, indices = arrays["indptr"], arrays["indices"]
        sound = (
            indptr.dtype == np.int64
            and indices.dtype == np.int32
            and indptr.shape == (n_tokens + 1,)
            and int(indptr[0]) == 0
            and int(indptr[-1]) == len(indices)
            and bool((np.diff(indptr) >= 0).all())
            and _ascending(indptr, indices)
            and (not len(indices) or 0 <= indices.min() <= indices.max() < len(labels))
            and all(isinstance(text, str) for label in texts for text in label)
        )
        return LabelTable(labels, indptr, indices) if sound else None
    except (KeyError, ValueError, TypeError, AttributeError, IndexError, RecursionError, InputError):
        return None


def _ascending(indptr: npt.NDArray[np.int64], indices: npt.NDArray[np.int32]) -> bool:
    """Whether the labels of each token rise, so that none has one twice."""
    rises = np.diff(indices) > 0
    rises[indptr[(indptr > 0) & (indptr < len(indices))] - 1] = True  # from one token to the next
    return bool(rises.all())
