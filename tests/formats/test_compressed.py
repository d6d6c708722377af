from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import time
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.cases import case
from tokensphere.errors import FormatError, SourceError
from tokensphere.formats import compressed
from tokensphere.formats.compressed import bytes_of, content_of
from tokensphere.formats.numpy import open_numpy
from tokensphere.formats.words.read import read_word_vectors
from tokensphere.sources.cache.arrays import NullFiles

LINE = b"w" + b" 0" * 300 + b"\n"
Compress = Callable[[bytes], bytes]


def in_zip(method: int) -> Compress:
    def compress(content: bytes) -> bytes:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", method) as archive:
            archive.writestr("words.txt", content)
        return out.getvalue()

    return compress


BOMBS: dict[str, Callable[[], bytes]] = {
    "gzip": lambda: gzip.compress(LINE * 1000) * 7000,  # 4.2 GB
    "bzip2": lambda: bz2.compress(LINE * 300) * 24_000,
    "xz": lambda: lzma.compress(LINE * 1000) * 7000,
    "zip": lambda: in_zip(zipfile.ZIP_DEFLATED)(bytes(2**24)),
    "bzip2 in zip": lambda: in_zip(zipfile.ZIP_BZIP2)(bytes(2**22)),
    "xz in zip": lambda: in_zip(zipfile.ZIP_LZMA)(bytes(2**22)),
}


SECONDS = ("bzip2", "xz")  # and in a ZIP file, which is quick


@pytest.mark.parametrize(
    "kind",
    [pytest.param(kind, marks=[pytest.mark.slow] if kind in SECONDS else []) for kind in BOMBS],
)
def test_what_unpacks_to_gigabytes_is_refused_at_once(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "words.txt"
    path.write_bytes(BOMBS[kind]())
    for read, most in ((bytes_of, 2**25), (read_word_vectors, 2**27)):
        tracemalloc.start()
        begin = time.process_time()
        with pytest.raises(FormatError, match=r"words\.txt .*unpack it yourself") as caught:
            read(path)
        seconds, peak = time.process_time() - begin, tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert "\n" not in str(caught.value)
        assert peak < most and seconds < 20, (read, peak, seconds)


PACKERS: list[Compress] = [
    gzip.compress, bz2.compress, lzma.compress, in_zip(zipfile.ZIP_DEFLATED), in_zip(zipfile.ZIP_STORED),
]  # fmt: skip


@pytest.mark.slow
def test_real_content_stays_below_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Vectors with decimals, of bits alone, and a tokenizer's JSON, with hardly anything for free."""
    rng = np.random.default_rng(0)
    decimals = "".join(
        f"w{i} " + " ".join(f"{x:.2f}" for x in rng.normal(size=50)) + "\n" for i in range(500)
    )
    bits = "".join(f"w{i} " + " ".join(map(str, rng.integers(0, 2, 200))) + "\n" for i in range(500))
    vocabulary = json.dumps({"model": {"vocab": {f"Ġw{i * i}": i for i in range(5000)}}}, indent=2)
    monkeypatch.setattr(compressed, "_FREE", 100)
    for content in (decimals.encode(), bits.encode(), vocabulary.encode()):
        for compress in PACKERS:
            with case(content[:9]):
                (tmp_path / "x").write_bytes(compress(content))
                assert bytes_of(tmp_path / "x") == content


def test_the_limit_holds_all_the_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Honest bytes at the begin of a file do pay for zeros behind them, but only thirty times."""
    monkeypatch.setattr(compressed, "_FREE", 0)
    noise = np.random.default_rng(0).bytes(400_000)
    for zeros, fits in ((11_000_000, True), (13_000_000, False)):
        (tmp_path / "x.gz").write_bytes(gzip.compress(noise) + gzip.compress(bytes(zeros)))
        with case(zeros):
            if fits:
                assert len(bytes_of(tmp_path / "x.gz")) == len(noise) + zeros
            else:
                with pytest.raises(FormatError, match="unpacks to far more"):
                    bytes_of(tmp_path / "x.gz")


def test_a_file_that_is_read_at_once_has_a_length(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compressed, "_LONGEST_WHOLE", 1000)
    for compress in (bytes, gzip.compress):
        (tmp_path / "x").write_bytes(compress(b"a" * 1000))
        assert len(bytes_of(tmp_path / "x")) == 1000
        (tmp_path / "x").write_bytes(compress(b"a" * 1001))
        with pytest.raises(FormatError, match="holds more than 1,000 bytes"):
            bytes_of(tmp_path / "x")


def test_an_archive_may_not_claim_more_than_it_has(tmp_path: Path) -> None:
    """Sizes in the directory of an archive are as free as any other bytes."""
    path = tmp_path / "x.npz"
    np.savez_compressed(path, matrix=np.zeros((3000, 1000), np.float32))
    with pytest.raises(SourceError, match=r"x\.npz unpacks to far more .*unpack it yourself"):
        open_numpy(path)
    raw = bytearray(in_zip(zipfile.ZIP_DEFLATED)(b"a 1 2\n"))
    entry = raw.index(b"PK\x01\x02")
    raw[entry + 20 : entry + 28] = (2**31).to_bytes(4, "little") * 2  # packed and unpacked
    (tmp_path / "y.zip").write_bytes(raw)
    with pytest.raises(FormatError, match="unpacks to far more"), content_of(tmp_path / "y.zip"):
        pass


def test_a_cached_key_that_unpacks_without_end_is_none(tmp_path: Path) -> None:
    store, key = NullFiles(tmp_path), {"a": 1}
    store.put(key, {"draws": np.arange(3)})
    assert store.get(key) is not None
    with zipfile.ZipFile(store.path(key), "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("key.json", json.dumps({"key": key, "arrays": []}) + " " * 2**24)
    tracemalloc.start()
    assert store.get(key) is None
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2**20
