from __future__ import annotations

import pytest

from tokensphere.sources.tokens.sentencepiece import sentencepiece_pieces
from tokensphere.vocabulary import Kind


def test_a_sentencepiece_model_by_hand() -> None:
    model = b"".join(
        [
            b"\x0a\x0e\x0a\x05<unk>\x15\0\0\0\0\x18\x02",
            b"\x0a\x0a\x0a\x06<0x0A>\x18\x06",
            b"\x0a\x06\x0a\x04\xe2\x96\x81a",  # no type: normal
            b"\x12\x03abc\x19\0\0\0\0\0\0\0\0\x80\x7d\x01",  # fields that nobody asks for
        ]
    )
    assert sentencepiece_pieces(model) == [
        ("<unk>", Kind.UNKNOWN), ("<0x0A>", Kind.BYTE), ("▁a", Kind.NORMAL),
    ]  # fmt: skip
    for end in range(1, len(model)):
        if end not in (16, 28, 36, 41, 50):  # where a field ends, the rest is no loss that one could see
            with pytest.raises(ValueError, match=r"byte|no pieces"):
                sentencepiece_pieces(model[:end])
