from __future__ import annotations

from pathlib import Path

import pytest

import tokensphere as ts
from tests import small_model
from tokensphere.errors import FormatError, SourceError
from tokensphere.labels.labelling import read_labelling


def written(folder: Path, text: str | bytes) -> Path:
    path = folder / "labels.tsv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_every_token_can_be_labelled(tmp_path: Path, small: ts.EmbeddingSpace) -> None:
    """By its id, and as it is shown on screen, whatever is in it."""
    n = small.shape[0]
    lines = [f"id:{id}\tlabel {id % 7}" for id in range(n) if id != small.vocabulary.id("id:5")]
    found = read_labelling(written(tmp_path, "\n".join(lines)), small.vocabulary)
    by_name = "".join(f"{small.vocabulary.visible(id)}\tlabel {id % 7}\n" for id in range(n))
    shown = read_labelling(written(tmp_path, by_name), small.vocabulary)
    assert shown.labels == [f"label {id % 7}" for id in range(n)] and shown.unknown == 0
    same = [a == b for a, b in zip(found.labels, shown.labels, strict=True)]
    assert sum(same) >= n - 2  # "id:5" is a token here, so the id 5 must be named as it is shown


def test_lines_as_editors_leave_them(tmp_path: Path, small: ts.EmbeddingSpace) -> None:
    text = "\ufeff king\tnoun\r\n\r\n␣queen\t noun \r\nking\tother\n king\tnoun\n"
    found = read_labelling(written(tmp_path, text), small.vocabulary)
    labelled = {small.vocabulary.token(i): label for i, label in enumerate(found.labels) if label}
    assert labelled == {b" king": "noun", b" queen": "noun", b"king": "other"}


def test_tokens_of_other_vocabularies_are_counted(tmp_path: Path, small: ts.EmbeddingSpace) -> None:
    found = read_labelling(
        written(tmp_path, " king\ta\n Quetzalcoatl\tb\nid:99999\tc\n"), small.vocabulary
    )
    assert found.unknown == 2 and found.labels[small.vocabulary.id(small_model.PLAIN[0])] == "a"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (" king\tnoun\nqueen noun\n", "line 2: expected a token, a tab and a label"),
        (" king\t\n", "line 1: expected"),
        ("\tnoun\n", "line 1: expected"),
        (" king\tnoun\tmore\n", "line 1: expected"),
        (" king\tnoun\n king\tverb\n", "line 2: '␣king' has the label 'noun' already, here 'verb'"),
        (" nothing known\tx\n", "labels no token of this vocabulary"),
        ("", "labels no token of this vocabulary"),
        (b" king\t\xff\n", "not UTF-8 at byte 6"),
    ],
)
def test_damaged_files(
    tmp_path: Path, small: ts.EmbeddingSpace, text: str | bytes, message: str
) -> None:
    with pytest.raises(FormatError, match=message) as caught:
        read_labelling(written(tmp_path, text), small.vocabulary)
    assert "\n" not in str(caught.value)


def test_files_that_cannot_be_read(tmp_path: Path, small: ts.EmbeddingSpace) -> None:
    for path in (tmp_path / "no.tsv", tmp_path):
        with pytest.raises(SourceError, match="cannot open"):
            read_labelling(path, small.vocabulary)
