"""Ratings on this machine: a file each, written after every verdict, whole or not at all."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_hex

from tokensphere.analysis.rating.plan import Ratings
from tokensphere.display import told
from tokensphere.errors import InputError, TokensphereError
from tokensphere.formats.files import system_told
from tokensphere.ratings import parse_ratings, ratings_bytes, read_ratings, write_ratings

_NAME = re.compile(r"[0-9a-f]{16}")


@dataclass
class RatingFiles:
    """Ratings by their names, which say nothing of what is in them.

    Parameters
    ----------
    folder : where they are; None keeps them as long as this process runs
    """

    folder: Path | None
    _held: dict[str, bytes] = field(default_factory=dict, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @staticmethod
    def fresh() -> str:
        """A name that no ratings have."""
        return token_hex(8)

    def names(self) -> list[str]:
        """The names of all there are, in no order."""
        if self.folder is None:
            return list(self._held)
        return [path.stem for path in self.folder.glob("*.json") if _NAME.fullmatch(path.stem)]

    def get(self, name: str) -> Ratings:
        """The ratings of a name.

        Raises
        ------
        InputError
            there are none
        SourceError
            the file is damaged, or cannot be read
        """
        if self.folder is None:
            if name in self._held:
                return parse_ratings(self._held[name], name)
        elif _NAME.fullmatch(name) and self._path(name).exists():
            return read_ratings(self._path(name))
        raise InputError(f"there are no ratings {told(name, 40)!r} here; begin some, or open their file")

    def put(self, name: str, ratings: Ratings) -> None:
        """Keep ratings under a name.

        Raises
        ------
        InputError
            they cannot be written
        """
        if self.folder is None:
            self._held[name] = ratings_bytes(ratings)
            return
        with system_told(f"cannot write {self.folder}", kind=InputError):
            self.folder.mkdir(parents=True, exist_ok=True)
        write_ratings(ratings, self._path(name))

    def change(self, name: str, how: Callable[[Ratings], Ratings]) -> Ratings:
        """Put changed ratings in the place of those that are there; one change at a time."""
        with self._lock:
            changed = how(self.get(name))
            self.put(name, changed)
        return changed

    def remove(self, name: str) -> None:
        """Keep ratings no longer, damaged ones too.

        Raises
        ------
        InputError
            there are none, or they cannot be removed
        """
        if name not in self.names():
            self.get(name)
        if self.folder is None:
            del self._held[name]
            return
        with system_told(f"cannot remove {self._path(name)}", kind=InputError):
            self._path(name).unlink(missing_ok=True)

    def every(self) -> list[tuple[str, Ratings | TokensphereError]]:
        """All there are, or why one cannot be read."""
        found: list[tuple[str, Ratings | TokensphereError]] = []
        for name in self.names():
            try:
                found.append((name, self.get(name)))
            except TokensphereError as error:
                found.append((name, error))
        return found

    def _path(self, name: str) -> Path:
        assert self.folder is not None
        return self.folder / f"{name}.json"
