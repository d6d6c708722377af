"""Lists with a number after each token: laws of the ids, and kinds."""

from __future__ import annotations

import bz2
import gzip
import lzma
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cases import case
from tokensphere.errors import FormatError, SourceError
from tokensphere.formats import compressed
from tokensphere.sources.tokens.find import names_to_fetch
from tokensphere.sources.tokens.readers import read_vocabulary
from tokensphere.vocabulary import Kind

LETTERS = "abcxyzéßжд日本▁@#'\"\u00a0\u2028"
FIRST = ["<s>", "<pad>", "</s>", "<unk>"]


def some_tokens(dice: random.Random) -> list[str]:
    words = {
        "".join(dice.choices(LETTERS, k=dice.randint(2, 9))) + "w" for _ in range(dice.randint(3, 60))
    }
    return sorted(words, key=lambda _: dice.random())


def test_a_token_of_fairseq_has_the_id_of_its_line_and_four_more() -> None:
    for seed in range(100):
        with case(seed=seed):
            dice = random.Random(seed)
            tokens = some_tokens(dice)
            counts = sorted((dice.randint(1, 10**6) for _ in tokens), reverse=True)
            lines = [f"{token} {count}" for token, count in zip(tokens, counts, strict=True)]
            found = read_vocabulary("\n".join(lines).encode(), dice.choice([None, len(tokens) + 4]))
            assert list(found.pieces) == [*FIRST, *tokens]


@pytest.mark.parametrize("separator", [" ", "\t"])
def test_numbers_that_are_ids_order_the_tokens(separator: str) -> None:
    for seed in range(100):
        with case(seed=seed):
            dice = random.Random(seed)
            tokens = some_tokens(dice)
            lines = [f"{token}{separator}{id}" for id, token in enumerate(tokens)]
            dice.shuffle(lines)
            falls = [f"{token}{separator}{id}" for id, token in enumerate(tokens)][::-1]
            if lines != falls:
                assert list(read_vocabulary("\n".join(lines).encode()).pieces) == tokens
            if separator == "\t":  # with a space it is what fairseq writes
                with pytest.raises(SourceError, match="has a number after each token"):
                    read_vocabulary("\n".join(falls).encode())


def test_scores_leave_the_pieces_in_their_order() -> None:
    for seed in range(100):
        with case(seed=seed):
            dice = random.Random(seed)
            tokens = ["<unk>", "<s>", "</s>", *some_tokens(dice)]
            lines = [f"{token}\t{-dice.random() * 20:g}" for token in tokens]
            found = read_vocabulary("\n".join(lines).encode())
            assert list(found.pieces) == tokens
            assert list(found.kinds[:3]) == [Kind.UNKNOWN, Kind.CONTROL, Kind.CONTROL]


def test_kinds_of_a_dictionary() -> None:
    lines = b"<unk> 9 #fairseq:overwrite\nthe 8\nmadeupword0000 0\n"
    found = read_vocabulary(lines, 8)
    kinds = {piece: Kind(found.kinds[id]) for id, piece in enumerate(found.pieces) if id != 3}
    assert kinds == {
        "<s>": Kind.CONTROL, "<pad>": Kind.CONTROL, "</s>": Kind.CONTROL, "<unk>": Kind.UNKNOWN,
        "the": Kind.NORMAL, "madeupword0000": Kind.UNUSED, "<mask>": Kind.CONTROL,
    }  # fmt: skip
    assert found.kinds[3] == Kind.UNUSED  # the <unk> that the first line stands in for


@pytest.mark.parametrize(
    "compress", [gzip.compress, bz2.compress, lzma.compress], ids=["gzip", "bzip2", "xz"]
)
def test_a_list_that_unpacks_without_end_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, compress: Callable[[bytes], bytes]
) -> None:
    monkeypatch.setattr(compressed, "_FREE", 10_000)
    monkeypatch.setattr(compressed, "_MOST", 10)
    path = tmp_path / "tokens.txt"
    path.write_bytes(compress(b"token\n" * 50_000))
    with pytest.raises(FormatError, match="unpacks to far more"):
        read_vocabulary(path)
    path.write_bytes(compress(b"a\nb\n"))
    assert list(read_vocabulary(path).pieces) == ["a", "b"]


def test_of_files_by_any_name_enough_are_fetched_to_see_that_there_are_several() -> None:
    assert names_to_fetch(["README.md", "en-vocab.json", "de-vocab.json"]) == [
        "de-vocab.json", "en-vocab.json",
    ]  # fmt: skip
    assert names_to_fetch(["vocab.json", "en-vocab.json", "dict.txt"]) == ["vocab.json"]
