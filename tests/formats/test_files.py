from __future__ import annotations

import tracemalloc
from contextlib import suppress
from pathlib import Path

import pytest

from tests.cases import case
from tokensphere.errors import FormatError, SourceError
from tokensphere.formats import files
from tokensphere.formats.files import exists, json_object, opened, read_bytes, size_of


def test_what_cannot_be_opened_is_told_in_one_line(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none", Path("a\0b"), tmp_path / ("x" * 300)):
        with case(path):
            with pytest.raises(SourceError, match="cannot open") as caught:
                read_bytes(path)
            assert "\n" not in str(caught.value)
            with pytest.raises(SourceError, match=r"the labels .* cannot be read: "):
                read_bytes(path, "the labels '{}' cannot be read")
    assert exists(tmp_path) and not exists(Path("a\0b")) and not exists(tmp_path / ("x" * 300))


def test_a_file_is_measured_and_then_at_its_begin(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"abc")
    with opened(tmp_path / "x") as file:
        assert size_of(file) == 3 and file.read() == b"abc"


def test_objects_of_json() -> None:
    assert json_object(b'\xef\xbb\xbf{"a": NaN, "a": 1}', "it") == {"a": 1}
    for raw, problem in {
        b'{"a": NaN}': "NaN is no number of JSON", b'{"a": 1, "a": 1}': "a key comes twice",
        b"{": "not valid JSON", b"\xff": "not valid JSON", b"[" * 50_000: "not valid JSON",
        b"[" * 100_000: "100,000 lists and objects in 100,000 bytes",
        b"[]": "not a JSON object", b"3": "not a JSON object",
    }.items():  # fmt: skip
        with case(raw), pytest.raises(FormatError, match=f"^it .*{problem}"):
            json_object(raw, "it", strict=True)


# What takes most memory for its bytes, one after the other in a list.
UNITS = (
    b"{}", b"[]", b"[0]", b"[[]]", b"[" * 400 + b"]" * 400, b'{"":0}', b'{"a":{}}', b"[0,[0,[0,0]]]",
    b"0.5", b"999", b"-1e9", b'"aa"', '"ā"'.encode(), '"😀"'.encode(), b'["a",0.5]', b'{"abc":"de"}',
)  # fmt: skip


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit[:9].decode())
def test_json_takes_thirty_times_its_bytes_at_most(monkeypatch: pytest.MonkeyPatch, unit: bytes) -> None:
    monkeypatch.setattr(files, "_MOST_FREE", 10)
    raw = b'{"x": [' + b",".join([unit] * (100_000 // (len(unit) + 1))) + b"]}"
    tracemalloc.start()
    with suppress(FormatError):
        json_object(raw, "it", strict=True)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak <= 32 * len(raw)


def test_json_of_short_tokens_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """A list for every token with its score, as Unigram has, is the densest that any format writes."""
    monkeypatch.setattr(files, "_MOST_FREE", 10)
    raw = b'{"model":{"vocab":[' + b",".join([b'["a",0]'] * 10_000) + b"]}}"
    assert len(json_object(raw, "it")["model"]["vocab"]) == 10_000
