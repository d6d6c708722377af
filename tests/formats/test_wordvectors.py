from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from tests.damage import read_or_refused
from tokensphere.errors import FormatError, SourceError
from tokensphere.formats import compressed
from tokensphere.formats.words import begin, binary, stream, text
from tokensphere.sources.arrays import load_word_vectors
from tokensphere.space import EmbeddingSpace

Vectors = npt.NDArray[np.float32]
WORDS = ["the", "Köln", "日本", "x", "0.5", "the"]


def random_vectors(n: int, d: int) -> Vectors:
    return np.random.default_rng(3).standard_normal((n, d)).astype(np.float32)


def as_text(words: list[str], vectors: Vectors, *, header: bool, end: str = "\n") -> bytes:
    lines = [f"{len(words)} {vectors.shape[1]}"] if header else []
    lines += [f"{w} {' '.join(map(repr, row))}" for w, row in zip(words, vectors.tolist(), strict=True)]
    return "".join(line + end for line in lines).encode("utf-8", "surrogateescape")


def as_binary(words: list[bytes], vectors: Vectors, *, after: bytes = b"\n") -> bytes:
    rows = [w + b" " + row.tobytes() + after for w, row in zip(words, vectors, strict=True)]
    return b"%d %d\n" % vectors.shape + b"".join(rows)


def load(
    tmp_path: Path, content: bytes, name: str = "words.txt", binary: bool | None = None
) -> EmbeddingSpace:
    path = tmp_path / name
    path.write_bytes(content)
    return load_word_vectors(path, binary=binary)


@pytest.mark.parametrize("header", [True, False])
@pytest.mark.parametrize("end", ["\n", " \n", "\r\n"])
@pytest.mark.parametrize("compress", [bytes, gzip.compress])
def test_text_is_read_exactly(
    tmp_path: Path, header: bool, end: str, compress: Callable[[bytes], bytes]
) -> None:
    vectors = random_vectors(len(WORDS), 7)
    content = as_text(WORDS, vectors, header=header, end=end)
    space = load(tmp_path, compress(content))
    assert space.vectors.dtype == np.float32
    np.testing.assert_array_equal(space.vectors, vectors)
    assert space.vocabulary.tokens == [word.encode() for word in WORDS]
    assert space.provenance.notes == ("1 words come more than once",)
    assert space.provenance.dtype == "decimal text"


def test_last_line_may_lack_its_end_and_blank_lines_may_follow(tmp_path: Path) -> None:
    for content in (b"a 1 2\nb 3 4", b"a 1 2\nb 3 4\n\n \n", b"a 1 2\nb 3 4\n"):
        assert load(tmp_path, content).vectors.tolist() == [[1, 2], [3, 4]]


def test_blocks_do_not_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    vectors = random_vectors(60, 5)
    words = [f"w{i} x" if i % 20 == 7 else f"w{i}" for i in range(60)]
    monkeypatch.setattr(begin, "_GUESS_LINES", 3)
    plain = [word.replace(" ", "_") for word in words]
    binary = as_binary([word.encode() for word in plain], vectors)
    for size in (400, 997, 2**20):
        monkeypatch.setattr(stream, "BLOCK", size)
        for header in (True, False):
            space = load(tmp_path, as_text(words, vectors, header=header))
            np.testing.assert_array_equal(space.vectors, vectors)
            assert [token.decode() for token in space.vocabulary.tokens] == words
        space = load(tmp_path, binary, "words.bin")
        np.testing.assert_array_equal(space.vectors, vectors)
        assert [token.decode() for token in space.vocabulary.tokens] == plain


def test_words_may_have_spaces_and_any_bytes(tmp_path: Path) -> None:
    content = (
        b". . . 1 2\n\xff\xfe 3 4\n\xc2\xa0 5 6\n  7 8\na\tb 9 10\nat me@x.org 1 2\n\xed\xa0\x80 3 4\n"
    )
    space = load(tmp_path, content)
    expected = [b". . .", b"\xff\xfe", b"\xc2\xa0", b" ", b"a\tb", b"at me@x.org", b"\xed\xa0\x80"]
    assert space.vocabulary.tokens == expected
    assert space.vectors[3].tolist() == [7, 8]


def test_tabs_and_many_spaces_separate_too(tmp_path: Path) -> None:
    space = load(tmp_path, b"a\t1\t2\nb   3   4\nc 5 6\n")
    assert space.vocabulary.tokens == [b"a", b"b", b"c"]
    assert space.vectors.tolist() == [[1, 2], [3, 4], [5, 6]]


def test_numbers_beyond_float32_become_infinite(tmp_path: Path) -> None:
    space = load(tmp_path, b"a 1e50 2\nb -inf nan\n")
    assert np.isinf(space.vectors[0, 0]) and np.isinf(space.vectors[1, 0])
    assert np.isnan(space.vectors[1, 1])


@pytest.mark.parametrize("after", [b"\n", b""])
@pytest.mark.parametrize("compress", [bytes, gzip.compress])
def test_binary_is_read_exactly(
    tmp_path: Path, after: bytes, compress: Callable[[bytes], bytes]
) -> None:
    words = [b"</s>", b"New_York", b"\xff", "日本".encode(), b"", b"a"]
    vectors = random_vectors(len(words), 12)
    vectors[0, 0] = np.frombuffer(b"\n \n\x00", "<f4")[0]  # what separates elsewhere is data here
    space = load(tmp_path, compress(as_binary(words, vectors, after=after)))
    assert space.vectors.tobytes() == vectors.tobytes()
    assert space.vocabulary.tokens == words
    assert space.provenance.dtype == "float32"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "no lines of numbers"),
        (b"\n\n\n", "no lines of numbers"),
        (b"2 3\na 1 2 3\nb 1 2\n", "line 3 "),
        (b"2 3\na 1 2 3\nb 1 2 3 4\n", "line 3 "),
        (b"a 1 2\nb 1 2\nc 1 x\nd 1 2\n", "line 3 "),
        (b"a 1 2\nb 1 2\n\nd 1 2\n", "line 3 "),
        (b"a 1 2\nb 1_0 2\nc 3 4\n", "line 2 "),
        (b"3 2\na 1 2\nb 3 4\n", "has 2 words, but announces 3"),
        (b"1 2\na 1 2\nb 3 4\n", "has 2 words, but announces 1"),
        (b"0 2\n", "0 words of 2 dimensions"),
        (b"999999999999999999 999999999999999999\na 1\n", "dimensions"),
        (b"3 2\na \0\0\0\0\0\0\0\0", "word 2 of 3"),
        (b"1 2\na \0\0\0\0\0\0\0\0xx", "goes on"),
        (b"\x80\x04\x95\0\0\0\0", "neither text nor"),
        (b"\x1f\x8bxxxx", "cut short or damaged"),
        (gzip.compress(b"a 1 2\n" * 100, mtime=0)[:-9], "cut short or damaged"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(FormatError, match=message):
        load(tmp_path, content)


def test_a_line_without_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "BLOCK", 1000)
    for module in (text, binary):
        monkeypatch.setattr(module, "LONGEST", 5000)
    with pytest.raises(FormatError, match="longer than any line"):
        load(tmp_path, b"2 3\na 1 2 3\n" + b"x" * 20000)
    with pytest.raises(FormatError, match="damaged at word 1"):
        load(tmp_path, b"2 3\n" + b"x" * 20000, binary=True)


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="cannot open"):
        load_word_vectors(tmp_path / "none")


def in_zip(content: bytes, **others: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, other in {**others, "words.txt": content}.items():
            archive.writestr(name, other)
    return out.getvalue()


COMPRESSIONS: list[Callable[[bytes], bytes]] = [gzip.compress, bz2.compress, lzma.compress, in_zip]


@pytest.mark.parametrize("compress", COMPRESSIONS)
def test_what_unpacks_without_end_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, compress: Callable[[bytes], bytes]
) -> None:
    monkeypatch.setattr(compressed, "_FREE", 10_000)
    monkeypatch.setattr(compressed, "_MOST", 10)
    monkeypatch.setattr(stream, "BLOCK", 1000)
    with pytest.raises(FormatError, match="unpacks to far more"):
        load(tmp_path, compress(b"a 1 2\n" * 100_000))


@pytest.mark.slow
def test_xz_gets_no_more_memory_than_it_may(tmp_path: Path) -> None:
    filters = [{"id": lzma.FILTER_LZMA2, "dict_size": 2**29}]
    content = lzma.compress(b"a 1 2\n", filters=filters)
    with pytest.raises(FormatError, match=r"damaged \(Memory usage limit"):
        load(tmp_path, content)
    several = lzma.compress(b"a 1 2\n") + lzma.compress(b"b 3 4\n")
    assert load(tmp_path, several).vectors.tolist() == [[1, 2], [3, 4]]


def mutate(content: bytes, rng: np.random.Generator) -> bytes:
    damaged = bytearray(content)
    for _ in range(int(rng.integers(1, 4))):
        at = int(rng.integers(0, len(damaged)))
        action = rng.integers(0, 4)
        if action == 0:
            damaged[at] = int(rng.integers(0, 256))
        elif action == 1:
            del damaged[at : at + int(rng.integers(1, 20))]
        elif action == 2:
            damaged[at:at] = b" \n\r\t-.e9\0"[int(rng.integers(0, 9)) :][:1]
        else:
            damaged = damaged[: at + 1]
        if not damaged:
            break
    return bytes(damaged)


def damaged_files(tmp_path: Path, count: int) -> None:
    rng = np.random.default_rng(5)
    vectors = random_vectors(6, 4)
    samples = [
        as_text(WORDS, vectors, header=True),
        as_text(WORDS, vectors, header=False),
        as_binary([word.encode() for word in WORDS], vectors),
        *(compress(as_text(WORDS, vectors, header=True)) for compress in COMPRESSIONS),
        in_zip(as_text(WORDS, vectors, header=True), README=b"Some words.\nAnd more.\n"),
    ]

    def read(content: bytes) -> None:
        space = load(tmp_path, content)
        assert len(space.vectors) == len(space.vocabulary.tokens)

    read_or_refused(read, (mutate(samples[i % len(samples)], rng) for i in range(count)))


def test_damage_raises_only_our_errors(tmp_path: Path) -> None:
    damaged_files(tmp_path, 400)


@pytest.mark.fuzz
def test_much_damage_raises_only_our_errors(tmp_path: Path) -> None:
    damaged_files(tmp_path, 20_000)
