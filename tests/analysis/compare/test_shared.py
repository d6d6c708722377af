"""Which tokens two vocabularies share: by what they stand for in running text."""

from __future__ import annotations

import numpy as np

import tokensphere as ts
from tokensphere.analysis.compare.shared import shared_tokens
from tokensphere.sources.tokens.pieces import decode_sentencepiece, decode_wordpiece
from tokensphere.vocabulary import Kind, Vocabulary, decode_byte_level

BYTE_LEVEL = [
    "<|end|>",
    "Ġparis",
    "paris",
    "ing",
    "ĠParis",
    "Ċ",
    "ĠÃ©",
    "Â",
    ",",
    "5",
    "漢",
    "Ġred",
    "<0x0A>",
]
SENTENCEPIECE = [
    "<unk>",
    "▁paris",
    "ing",
    "<0x0A>",
    "▁é",
    "<0xC2>",
    ",",
    "▁Paris",
    "</s>",
    "A",
    "<0x41>",
]
WORDPIECE = ["[PAD]", "paris", "##ing", "é", ",", "5", "##5", "漢", "ing", "[unused1]", "red", "##paris"]
WORDS = ["paris", "red", "ing", "Paris", ",", "zebra"]


def space(pieces: list[str], decode: object, kinds: dict[str, Kind] | None = None) -> ts.EmbeddingSpace:
    """Rows whatever they are; of kinds that are not said all are normal."""
    found = np.array([(kinds or {}).get(piece, Kind.NORMAL) for piece in pieces], dtype=np.uint8)
    vocabulary = Vocabulary(pieces, decode=decode, kinds=found)  # type: ignore[arg-type]
    vectors = np.random.default_rng(len(pieces)).standard_normal((len(pieces), 4)).astype(np.float32)
    return ts.EmbeddingSpace(vectors, vocabulary, ts.Provenance("made", "memory"))


BPE = space(BYTE_LEVEL, decode_byte_level, {"<|end|>": Kind.CONTROL})
BYTES = dict.fromkeys(["<0x0A>", "<0xC2>", "<0x41>"], Kind.BYTE)
SP = space(SENTENCEPIECE, decode_sentencepiece, {"<unk>": Kind.UNKNOWN, "</s>": Kind.CONTROL, **BYTES})
WP = space(WORDPIECE, decode_wordpiece, {"[PAD]": Kind.CONTROL, "[unused1]": Kind.UNUSED})
PLAIN = space(WORDS, str.encode)


def pieces(first: ts.EmbeddingSpace, second: ts.EmbeddingSpace) -> dict[str, str]:
    """The pieces that were matched, and what a match in the other order would have to be."""
    found, back = shared_tokens(first, second), shared_tokens(second, first)
    assert {*zip(found.first.tolist(), found.second.tolist(), strict=True)} == {
        *zip(back.second.tolist(), back.first.tolist(), strict=True)
    }
    assert (np.diff(found.first) > 0).all() and found.n == len(found.tokens)
    one, other = first.vocabulary.pieces, second.vocabulary.pieces
    return {one[a]: other[b] for a, b in zip(found.first, found.second, strict=True)}


def test_markers_of_spaces_and_of_continuations_mean_the_same() -> None:
    assert pieces(BPE, SP) == {
        "Ġparis": "▁paris", "ing": "ing", "ĠParis": "▁Paris", "Ċ": "<0x0A>", "ĠÃ©": "▁é", "Â": "<0xC2>",
        ",": ",",
    }  # fmt: skip
    assert pieces(BPE, WP) == {
        "Ġparis": "paris", "paris": "##paris", "ing": "##ing", "ĠÃ©": "é", ",": ",", "5": "5",
        "漢": "漢", "Ġred": "red",
    }  # fmt: skip
    assert pieces(WP, PLAIN) == {"paris": "paris", "red": "red", "ing": "ing", ",": ","}
    assert pieces(BPE, PLAIN) == {"Ġparis": "paris", "Ġred": "red", "ĠParis": "Paris", ",": ","}


def test_a_token_that_stands_for_the_same_as_another_is_counted_and_left_out() -> None:
    assert shared_tokens(SP, SP).n == len(SENTENCEPIECE) - 1  # A and <0x41>: the normal one stays
    assert shared_tokens(SP, SP).twice == 2
    assert "<0x41>" not in pieces(SP, SP) and pieces(WP, WP)["5"] == "5"


def test_special_tokens_are_shared_with_the_same_special_ones_alone() -> None:
    other = space(["<|end|>", "Ġb", "</s>", "Ġc"], decode_byte_level, {"<|end|>": Kind.CONTROL})
    assert pieces(BPE, other) == {"<|end|>": "<|end|>"}
    as_text = space(["<|end|>", "Ġb", "Ġc", "Ġd"], decode_byte_level)
    assert pieces(BPE, as_text) == {} and "[unused1]" not in pieces(WP, WP)


def test_rows_without_direction_are_not_shared_but_counted() -> None:
    vectors = SP.vectors.copy()
    vectors[1] = 0
    lacking = ts.EmbeddingSpace(vectors, SP.vocabulary, SP.provenance)
    found = shared_tokens(BPE, lacking)
    assert found.n == shared_tokens(BPE, SP).n - 1 and found.no_direction == 1
    assert b" paris" not in found.tokens
    assert found.share_of_second == found.n / 10  # of what stands for different things
