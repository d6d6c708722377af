"""What all views of a page share: the model, what was given with it, and what was computed once."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from tokensphere.directions.named import Directions
from tokensphere.errors import InputError
from tokensphere.space import EmbeddingSpace
from tokensphere.web.works import Urgent, Works

if TYPE_CHECKING:
    from tokensphere.labels.table import LabelTable
    from tokensphere.sources.cache.arrays import NullFiles

T = TypeVar("T")
_MOST_KEPT = 64


@dataclass
class Given:
    """What was given when the page was started, or dropped on it.

    Attributes
    ----------
    directions : to be looked at and tested
    directions_from : how the command line named them, for commands to copy
    sae : whether that names a dictionary, which :func:`open_sae` opens
    survey, test : saved tables to look at
    model_from : how the command line named the model, for commands to copy; empty: the bundled one
    """

    directions: Directions | None = None
    directions_from: str = ""
    sae: bool = False
    survey: Path | None = None
    test: Path | None = None
    model_from: str = ""


class Session:
    """One start of the page.

    Parameters
    ----------
    space : the embeddings
    given : what else was given
    cache : whether nulls, labels and blocks are kept in the cache folder
    """

    def __init__(self, space: EmbeddingSpace, given: Given | None = None, *, cache: bool = True) -> None:
        self.space, self.given = space, given or Given()
        self.urgent = Urgent()
        self.works = Works(self.urgent.wait)
        self._cache = cache
        self._kept: OrderedDict[Hashable, Any] = OrderedDict()
        self._making: dict[Hashable, threading.Lock] = {}
        self._lock = threading.Lock()

    def keep(self, key: Hashable, make: Callable[[], T]) -> T:
        """What `make` made when it was asked for first; the longest unused of many is forgotten."""
        made: T
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                made = self._kept[key]
                return made
            making = self._making.setdefault(key, threading.Lock())
        with making:
            if (there := self.kept(key)) is not None:
                made = there
                return made
            made = make()
            with self._lock:
                self._kept[key] = made
                self._making.pop(key, None)
                while len(self._kept) > _MOST_KEPT:
                    self._kept.popitem(last=False)
        return made

    def put(self, key: Hashable, value: object) -> None:
        """Keep something under a key, in place of what was there."""
        with self._lock:
            self._kept[key] = value
            self._kept.move_to_end(key)

    def kept(self, key: Hashable) -> Any:
        """What is kept under a key; None if nothing is."""
        with self._lock:
            return self._kept.get(key)

    @cached_property
    def labels(self) -> LabelTable:
        """What is known of the tokens."""
        from tokensphere.labels.build import make_labels

        return self.keep(
            "labels", lambda: make_labels(self.space.vocabulary, store=self.files("labels"))
        )

    def forget(self, key: Hashable) -> None:
        """Keep it no longer."""
        with self._lock:
            self._kept.pop(key, None)

    def files(self, folder: str) -> NullFiles | None:
        """Where arrays are kept between starts; None where there is no home for them."""
        from tokensphere.sources.cache.arrays import NullFiles
        from tokensphere.sources.cache.entries import cache_root

        if not self._cache:
            return None
        with suppress(InputError):
            return NullFiles(cache_root() / folder)
        return None
