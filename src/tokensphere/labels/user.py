"""Labels that a user brings: a mapping, or a file of tokens and labels."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from tokensphere.errors import FormatError, InputError
from tokensphere.formats.files import read_bytes
from tokensphere.formats.parquet import MAGIC, read_table
from tokensphere.labels.labelling import label_lines
from tokensphere.labels.table import Label, LabelTable
from tokensphere.vocabulary import Vocabulary


def labels_from_mapping(
    vocabulary: Vocabulary, mapping: Mapping[str, str | Iterable[str]]
) -> LabelTable:
    """A table of labels of one's own.

    Parameters
    ----------
    vocabulary : the tokens
    mapping : token -> its label or labels; tokens exact or as shown on screen, see
        :meth:`~tokensphere.vocabulary.Vocabulary.id`

    Returns
    -------
    LabelTable
        labels of kind ``user``, named ``user:`` and the label, in the order in which they first occur

    Raises
    ------
    UnknownTokenError
        a token that the vocabulary does not have
    InputError
        a label that is empty or no text, or no label at all

    Examples
    --------
    >>> table = labels_from_mapping(Vocabulary(["cat", "dog", "oak"]), {"cat": "pet", "dog": ["pet"]})
    >>> table.members("user:pet").tolist()
    [0, 1]
    """
    pairs = (
        (vocabulary.id(token), label, f"token {token!r}")
        for token, labels in mapping.items()
        for label in ([labels] if isinstance(labels, str) else labels)
    )
    return _table(vocabulary, pairs, "given by the user")


def read_labels(path: str | Path, vocabulary: Vocabulary) -> LabelTable:
    r"""A table of labels from a file.

    Parameters
    ----------
    path : of a text file in UTF-8 with lines ``token<TAB>label``, a token with several labels on
        several lines, or of a Parquet file with the columns ``token`` and ``label``. A token is
        written exactly or as it is shown on screen (``␣Paris``, ``\n``).
    vocabulary : the tokens

    Returns
    -------
    LabelTable
        labels of kind ``user``, named ``user:`` and the label, in the order in which they first occur

    Raises
    ------
    SourceError
        the file cannot be read
    FormatError
        it is no UTF-8, or empty, or a line has no two columns
    InputError
        a token that the vocabulary does not have; like the others it names the line
    MissingExtraError
        a Parquet file, but PyArrow is not installed
    """
    path = Path(path)
    content = read_bytes(path, "the labels '{}' cannot be read")
    rows = list(_parquet_rows(path) if content.startswith(MAGIC) else _text_rows(path.name, content))
    if not rows:
        raise FormatError(f"{path.name} has no labels; expected a token and a label in each line or row")
    return _table(vocabulary, _resolved(rows, vocabulary), path.name)


def _resolved(
    rows: Iterable[tuple[str, str, str]], vocabulary: Vocabulary
) -> Iterator[tuple[int, str, str]]:
    for token, label, where in rows:
        try:
            yield vocabulary.id(token), label, where
        except InputError as error:
            raise type(error)(f"{where}: {error}") from None


def _text_rows(name: str, content: bytes) -> Iterator[tuple[str, str, str]]:
    """Token, label and where they stand, of a text file."""
    for where, columns in label_lines(content, name):
        if len(columns) != 2:
            raise FormatError(
                f"{where}: {len(columns)} columns, but expected 2: the token, a tab, the label"
            )
        yield columns[0], columns[1].strip(), where


def _parquet_rows(path: Path) -> Iterator[tuple[str, str, str]]:
    table = read_table(path, path.name)
    for name in ("token", "label"):
        if name not in table.column_names:
            have = ", ".join(table.column_names) or "none"
            raise FormatError(f"{path.name} has no column '{name}'; it has: {have}")
    columns = (table.column(name).to_pylist() for name in ("token", "label"))
    for number, (token, label) in enumerate(zip(*columns, strict=True), 1):
        where = f"{path.name}, row {number}"
        if not isinstance(token, (str, bytes)) or not isinstance(label, str):
            raise FormatError(f"{where}: the token and the label must be texts")
        yield token if isinstance(token, str) else token.decode("utf-8", "surrogateescape"), label, where


def _table(vocabulary: Vocabulary, pairs: Iterable[tuple[int, str, str]], source: str) -> LabelTable:
    members: dict[str, list[int]] = {}
    for id, label, where in pairs:
        if not isinstance(label, str) or not label.strip():
            raise InputError(f"{where}: its label is {label!r}, but must be a text that is not empty")
        members.setdefault(label.strip(), []).append(id)
    if not members:
        raise InputError("there are no labels; give at least one token with a label")
    labels = ((Label(f"user:{name}", "user", name, source), ids) for name, ids in members.items())
    return LabelTable.from_members(len(vocabulary), labels)
