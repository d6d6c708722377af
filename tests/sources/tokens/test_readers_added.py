"""Tokens that were added beyond the last row of the matrix."""

from __future__ import annotations

import json

import pytest

from tokensphere.errors import FormatError
from tokensphere.sources.tokens.readers import read_tokenizer_json


def _raw(n_model: int, added_id: int) -> bytes:
    vocab = {chr(97 + id): id for id in range(n_model)}
    added = [{"id": added_id, "content": "<image>", "special": True}]
    return json.dumps(
        {"model": {"type": "BPE", "vocab": vocab, "merges": []}, "added_tokens": added}
    ).encode()


def test_an_added_token_without_a_row_is_left_out() -> None:
    vocabulary = read_tokenizer_json(_raw(4, 4), n_rows=4)
    assert vocabulary.tokens == [b"a", b"b", b"c", b"d"]


def test_an_added_token_with_a_row_is_kept() -> None:
    assert read_tokenizer_json(_raw(4, 4), n_rows=5).tokens[4] == b"<image>"


def test_the_models_own_tokens_need_rows() -> None:
    with pytest.raises(FormatError, match=r"5.*4"):
        read_tokenizer_json(_raw(5, 5), n_rows=4)
