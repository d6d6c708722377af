"""What groups of directions are called beside each other: what differs, and which of them are layers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

_OF_LAYERS = re.compile(r"blk|layer|block|\bh\.|\bencoder\b|\bdecoder\b", re.IGNORECASE)
_LAYER = re.compile(r"[0-9]{1,4}")


@dataclass(frozen=True)
class GroupNames:
    """Names of groups, in their order, for the ticks of an axis.

    Attributes
    ----------
    short : without what all begin and end with, one for each group
    common : the whole, with a star in the place of what differs; empty if nothing is shared
    layers : the layer that each group is; None unless all are, each another
    """

    short: tuple[str, ...]
    common: str
    layers: tuple[int, ...] | None

    @property
    def axis(self) -> str:
        """What such a group is called: ``"layer"`` or ``"group"``."""
        return "group" if self.layers is None else "layer"


def group_names(names: Sequence[str]) -> GroupNames:
    """Shorten names to what differs, and see whether that is the number of a layer.

    Examples
    --------
    >>> group_names(["blk.0.up", "blk.10.up"])
    GroupNames(short=('0', '10'), common='blk.*.up', layers=(0, 10))
    >>> group_names(["a", "b"])
    GroupNames(short=('a', 'b'), common='', layers=None)
    """
    short, common = _shortened(names)
    numbered = bool(_OF_LAYERS.search(common)) and all(map(_LAYER.fullmatch, short))
    layers = tuple(map(int, short)) if numbered else ()
    return GroupNames(short, common, layers if layers and len(set(layers)) == len(layers) else None)


def _shortened(names: Sequence[str]) -> tuple[tuple[str, ...], str]:
    begin = _beginning(names).rstrip("0123456789")
    rest = [name[len(begin) :] for name in names]
    end = _beginning([name[::-1] for name in rest])[::-1].lstrip("0123456789")
    short = tuple(name[: len(name) - len(end)] for name in rest)
    if not all(short):
        return tuple(names), ""
    return short, f"{begin}*{end}" if begin or end else ""


def _beginning(names: Sequence[str]) -> str:
    """The characters that all names begin with."""
    same = takewhile(lambda letters: len(set(letters)) == 1, zip(*names, strict=False))
    return "".join(letters[0] for letters in same)
