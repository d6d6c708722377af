"""Files of tokens and labels: their lines, and one label for each token of a vocabulary."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tokensphere.errors import FormatError, UnknownTokenError
from tokensphere.formats.files import read_bytes
from tokensphere.vocabulary import Vocabulary

_LINE_END = re.compile(r"\r\n|\n|\r")  # as in a text file; str.splitlines would cut at more


@dataclass(frozen=True)
class Labelling:
    """Labels of tokens as a file gives them.

    Attributes
    ----------
    labels : a label or None for each of the n tokens
    unknown : how many lines name a token that the vocabulary does not have
    """

    labels: list[str | None]
    unknown: int


def label_lines(content: bytes, name: str) -> Iterator[tuple[str, list[str]]]:
    """The lines of a text in UTF-8: where each stands, and its columns, which tabs separate.

    Parameters
    ----------
    content : bytes of a file; blank lines are passed over
    name : what messages call it

    Raises
    ------
    FormatError
        it is not UTF-8
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        number = content.count(b"\n", 0, error.start) + 1
        raise FormatError(
            f"{name}, line {number}: not UTF-8 at byte {error.start}; save the labels in that encoding"
        ) from None
    for number, line in enumerate(_LINE_END.split(text), 1):
        if line.strip():
            yield f"{name}, line {number}", line.split("\t")


def read_labelling(path: Path, vocabulary: Vocabulary) -> Labelling:
    r"""Labels of tokens from a TSV file in UTF-8.

    A line is a token, a tab and its label; blank lines do not count. The token is written exactly,
    its leading space included, or as shown on screen (``␣Paris``, ``\t`` for a tab), or as
    ``id:1234``. Tokens without a line have no label.

    Raises
    ------
    SourceError
        the file cannot be read
    FormatError
        a line is not of that form, a token has two labels, or the vocabulary has none of the tokens
    """
    labels: list[str | None] = [None] * len(vocabulary)
    unknown = 0
    for where, columns in label_lines(read_bytes(path), str(path)):
        if len(columns) != 2 or not columns[0] or not (label := columns[1].strip()):
            raise FormatError(f"{where}: expected a token, a tab and a label")
        try:
            id = vocabulary.id(columns[0])
        except UnknownTokenError:
            unknown += 1
            continue
        if labels[id] not in (None, label):
            raise FormatError(
                f"{where}: '{vocabulary.visible(id)}' has the label {labels[id]!r} already, here"
                f" {label!r}; give one label a token"
            )
        labels[id] = label
    if not any(labels):
        raise FormatError(f"{path} labels no token of this vocabulary; is it for another model?")
    return Labelling(labels, unknown)
