"""A model in several files whose names count them: ``model-00001-of-00003.safetensors``.

So do transformers, gguf-split and most others name their files, from 1 or from 0, with as many digits as
they like. Of those that count from 0 some name how many files there are, some the last one's number: the
three of gpt-oss 20B are ``model-00000-of-00002`` to ``model-00002-of-00002``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tokensphere.errors import SourceError

_PART = re.compile(r"(.+?[-_.])(\d{1,6})-of-(\d{1,6})(\.[\w.]+)?", re.ASCII)


@dataclass(frozen=True)
class Part:
    """What a name like ``model-00001-of-00003.safetensors`` says: which of how many files it is."""

    before: str
    number: int
    count: int
    after: str


def part_of(name: str) -> Part | None:
    """What the name of a file says of its place among several; None if that is nothing."""
    found = _PART.fullmatch(name)
    if found is None or not 0 <= int(found[2]) <= int(found[3]):
        return None
    return Part(found[1], int(found[2]), int(found[3]), found[4] or "")


def parts_in(names: Sequence[str], name: str, where: object) -> list[str]:
    """The names of all files of the model that a file is a part of, in order; of others, the name alone.

    Parameters
    ----------
    names : of all files of the folder
    name : of one of them
    where : the folder, for the message

    Raises
    ------
    SourceError
        one of them is missing, which the message names
    """
    own = part_of(name)
    if own is None:
        return [name]
    found: dict[int, str] = {}
    for other in sorted(names):
        part = part_of(other)
        if part and (part.before, part.count, part.after) == (own.before, own.count, own.after):
            found.setdefault(part.number, other)
    first = 0 if 0 in found else 1
    numbers = range(first, own.count + (first or own.count in found))
    missing = next((number for number in numbers if number not in found), None)
    if missing is not None:
        digits, of = _widths(name)
        lost = f"{own.before}{missing:0{digits}}-of-{own.count:0{of}}{own.after}"
        raise SourceError(
            f"{name} is one of {len(numbers)} files of a model, and {lost} is missing in {where};"
            " download it, too"
        )
    return [found[number] for number in numbers]


def _widths(name: str) -> tuple[int, int]:
    found = _PART.fullmatch(name)
    return (len(found[2]), len(found[3])) if found else (5, 5)


def parts_beside(path: Path) -> list[Path]:
    """The files of the model that a file is a part of, as :func:`parts_in` of its folder."""
    if part_of(path.name) is None:
        return [path]
    names = [file.name for file in path.parent.iterdir() if file.is_file()]
    return [path.with_name(name) for name in parts_in(names, path.name, path.parent)]
