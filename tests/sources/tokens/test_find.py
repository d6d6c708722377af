from __future__ import annotations

import json
from pathlib import Path

import pytest

from tokensphere.errors import FormatError, SourceError
from tokensphere.sources.tokens.find import find_vocabulary
from tokensphere.vocabulary import Kind, Vocabulary


def raw(content: object) -> bytes:
    return json.dumps(content).encode()


def kinds(vocabulary: Vocabulary) -> list[Kind]:
    return [Kind(kind) for kind in vocabulary.kinds]


FILES: dict[str, bytes] = {
    "tokenizer.model": b"\x0a\x05\x0a\x01x\x18\x01",  # one piece, "x"
    "vocab.txt": b"from vocab.txt",
    "shared_vocabulary.txt": b"from shared_vocabulary.txt",
    "shared_vocabulary.json": raw(["from shared_vocabulary.json"]),
    "vocabulary.txt": b"from vocabulary.txt",
    "vocabulary.json": raw(["from vocabulary.json"]),
    "vocab.json": raw({"from vocab.json": 0}),
    "tokenizer.json": raw({"model": {"type": "WordLevel", "vocab": {"from tokenizer.json": 0}}}),
}


def test_a_folder_is_searched_in_order(tmp_path: Path) -> None:
    with pytest.raises(
        SourceError, match=r"looked for tokenizer.json, tekken.json, vocab.json, .* tokenizer.model"
    ):
        find_vocabulary(tmp_path, 7)
    for name, content in FILES.items():
        (tmp_path / name).write_bytes(content)
        vocabulary = find_vocabulary(tmp_path, 7)
        assert len(vocabulary) == 7
        if name != "tokenizer.model":
            assert vocabulary.text(0) == f"from {name}"


@pytest.mark.parametrize("name", FILES)
def test_too_few_rows_name_the_file_and_both_numbers(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(FILES[name])
    with pytest.raises(FormatError, match=rf"{name}.* for \d tokens .* has 0 rows"):
        find_vocabulary(tmp_path, 0)


def test_a_folder_with_added_tokens(tmp_path: Path) -> None:
    (tmp_path / "vocab.json").write_bytes(raw({"Ġa": 0}))
    (tmp_path / "added_tokens.json").write_bytes(raw({"<|im_end|>": 2}))
    vocabulary = find_vocabulary(tmp_path, 4)
    assert kinds(vocabulary) == [Kind.NORMAL, Kind.UNUSED, Kind.CONTROL, Kind.PADDING]
