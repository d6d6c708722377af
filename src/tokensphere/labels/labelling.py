"""A file of tokens and labels, one label a token -> a label for each token of a vocabulary."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tokensphere.errors import FormatError, SourceError, UnknownTokenError
from tokensphere.vocabulary import Vocabulary


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


def read_labelling(path: Path, vocabulary: Vocabulary) -> Labelling:
    r"""Labels of tokens from a TSV file in UTF-8.

    A line is a token, a tab and its label; empty lines do not count. The token is written exactly,
    its leading space included, or as shown on screen (``␣Paris``, ``\t`` for a tab), or as
    ``id:1234``. Tokens without a line have no label.

    Raises
    ------
    SourceError
        the file cannot be read
    FormatError
        a line is not of that form, a token has two labels, or the vocabulary has none of the tokens
    """
    try:
        lines = path.read_bytes().decode("utf-8-sig").split("\n")
    except OSError as error:
        raise SourceError(f"cannot open {path}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise FormatError(f"{path} is not UTF-8 at byte {error.start}; save it as UTF-8") from error
    labels: list[str | None] = [None] * len(vocabulary)
    unknown = 0
    for number, line in enumerate(lines, start=1):
        line = line.removesuffix("\r")
        if not line:
            continue
        token, tab, label = line.partition("\t")
        label = label.strip()
        if not tab or not token or not label or "\t" in label:
            raise FormatError(f"{path}, line {number}: expected a token, a tab and a label")
        id = _find(vocabulary, token)
        if id is None:
            unknown += 1
            continue
        if labels[id] not in (None, label):
            raise FormatError(
                f"{path}, line {number}: '{vocabulary.visible(id)}' has the label {labels[id]!r}"
                f" already, here {label!r}; give one label a token"
            )
        labels[id] = label
    if not any(labels):
        raise FormatError(f"{path} labels no token of this vocabulary; is it for another model?")
    return Labelling(labels, unknown)


def _find(vocabulary: Vocabulary, token: str) -> int | None:
    try:
        return vocabulary.id(token)
    except UnknownTokenError:
        return None
