"""Draws of a null: made block by block, kept, and added to when more are asked for.

Each block has a number and a stream of its own, so that the first draws are the same whether they
were made together with later ones or long before. Where draws are kept is somebody else's business:
a store gets and puts arrays by a key that says all they depend on. In memory it is
:class:`MemoryStore`; files are the business of whoever has a disk.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from tokensphere.columns import Schema, sound
from tokensphere.errors import InputError

BLOCK = 1024  # draws of one stream; part of what a draw is, never to change
Draws = dict[str, npt.NDArray[Any]]
Key = Mapping[str, str | int | float | bool | None]
_MOST_KEPT = 64


class DrawStore(Protocol):
    """Keeps draws: named arrays whose first axis is the draws, by a flat key."""

    def get(self, key: Key) -> Draws | None:
        """What was put under this key, or None."""

    def put(self, key: Key, draws: Draws) -> None:
        """Keep draws, in the place of those that were there."""


class MemoryStore:
    """Keeps the draws of the last 64 keys for as long as the process runs."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Draws] = OrderedDict()

    def get(self, key: Key) -> Draws | None:
        """What was put under this key, or None."""
        return self._kept.get(_text(key))

    def put(self, key: Key, draws: Draws) -> None:
        """Keep draws, in the place of those that were there."""
        self._kept[_text(key)] = draws
        self._kept.move_to_end(_text(key))
        while len(self._kept) > _MOST_KEPT:
            self._kept.popitem(last=False)


_MEMORY = MemoryStore()


def _text(key: Key) -> str:
    return json.dumps(dict(key), sort_keys=True)


def first_draws(
    count: int,
    make: Callable[[int], Draws],
    *,
    key: Key,
    schema: Schema,
    most: int | None = None,
    store: DrawStore | None = None,
    progress: Callable[[int], None] | None = None,
) -> Draws:
    """The first `count` draws of a null, those that the store has and new ones.

    Parameters
    ----------
    count : how many, at least 1
    make : gives block number b: named arrays of ``BLOCK`` draws, those b·BLOCK … (b + 1)·BLOCK − 1
    key : all that the draws depend on, the number of draws aside
    schema : what the arrays are; what the store has and is not so is made anew
    most : how many draws there are, if there is an end; then the last block is shorter, and fewer than
        `count` may come
    store : where draws are kept, by default the memory of this process
    progress : called with the number of draws done since the last call

    Returns
    -------
    dict of arrays whose first axis has the length `count`, or `most` if that is less

    Notes
    -----
    Whole blocks are made and kept. When it is interrupted, the blocks that are complete are kept.
    """
    if not isinstance(count, (int, np.integer)) or count < 1:
        raise InputError(f"{count!r} draws of a null: need a whole number, 1 or more")
    store = _MEMORY if store is None else store
    count = count if most is None else min(count, most)
    there = store.get(key) or {}
    there = {name: there[name] for name in schema} if sound(there, schema) else {}
    kept = min((len(array) for array in there.values()), default=0)
    if most is not None and kept > most:
        there, kept = {}, 0
    whole = -(-kept // BLOCK) if kept == most else kept // BLOCK
    kept = min(whole * BLOCK, kept)
    parts = [{name: array[:kept] for name, array in there.items()}] if whole else []
    told = min(kept, count)
    if progress is not None:
        progress(told)
    try:
        for block in range(whole, -(-count // BLOCK)):
            parts.append(make(block))
            if progress is not None:
                progress(min(BLOCK, count - told))
                told += BLOCK
    finally:
        everything = _joined(parts)
        if len(parts) > bool(whole):
            store.put(key, everything)
    return {name: array[:count] for name, array in everything.items()}


def _joined(parts: list[Draws]) -> Draws:
    names = parts[0] if parts else ()
    joined = {name: np.concatenate([part[name] for part in parts]) for name in names}
    for array in joined.values():
        array.setflags(write=False)
    return joined
