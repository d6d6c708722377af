"""Which file of a zip archive holds the word vectors: most come with a licence or a README."""

from __future__ import annotations

from pathlib import Path

from tokensphere.formats.compressed import members
from tokensphere.formats.words.begin import begins_word_vectors, dimensions
from tokensphere.formats.words.lines import parse_line

_LINES = 50  # that tell whether a text may be word vectors


def vectors_in(path: Path) -> dict[str, int]:
    """The files of word vectors in a zip archive, with their dimensions (0 if those are not known).

    What may be such a file counts as one, so that another is taken for the vectors only where the
    rest is plainly something else.
    """
    return {name: dimensions(start) for name, start in members(path).items() if _may_be(start)}


def only_vectors(path: Path) -> str | None:
    """The file in a zip archive that is the vectors: the only one, or the only one that can be."""
    inside = members(path)
    found = list(inside) if len(inside) == 1 else list(vectors_in(path))
    return found[0] if len(found) == 1 and begins_word_vectors(inside[found[0]]) else None


def _may_be(start: bytes) -> bool:
    """Whether the first line is one of word vectors, or half of the lines end with two numbers."""
    lines = start.split(b"\n", _LINES)
    lines = [line for line in lines[:-1] or lines if line.strip()]
    numbered = [line for line in lines if parse_line(line.decode("utf-8", "replace"), 2)]
    return begins_word_vectors(start) or 2 * len(numbered) > len(lines)
