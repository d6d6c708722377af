from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from tokensphere.errors import FormatError, SourceError
from tokensphere.formats.floats import plain_values


def to_float32(
    raw: npt.NDArray[np.uint8], dtype: str, shape: tuple[int, ...]
) -> npt.NDArray[np.float32]:
    return plain_values(raw, dtype, shape).float32()


def test_bfloat16_is_exact_where_it_has_the_value() -> None:
    patterns = np.arange(65536, dtype="<u2")
    read = to_float32(patterns.view(np.uint8), "BF16", (256, 256))
    assert np.array_equal(read.ravel().view(np.uint32) >> 16, patterns)


def test_eight_bit_floats_have_the_values_of_their_paper() -> None:
    codes = np.arange(256, dtype=np.uint8)
    e4m3 = to_float32(codes, "F8_E4M3", (256,))
    assert e4m3[0x7E] == 448  # the largest
    assert e4m3[0x08] == 2**-6  # the smallest normal
    assert e4m3[0x01] == 2**-9  # the smallest
    assert e4m3[0x38] == 1
    assert e4m3[0xB8] == -1
    assert np.signbit(e4m3[0x80])
    assert np.flatnonzero(np.isnan(e4m3)).tolist() == [0x7F, 0xFF]
    assert not np.isinf(e4m3).any()
    e5m2 = to_float32(codes, "F8_E5M2", (256,))
    assert e5m2[0x7B] == 57344
    assert e5m2[0x04] == 2**-14
    assert e5m2[0x01] == 2**-16
    assert np.flatnonzero(np.isinf(e5m2)).tolist() == [0x7C, 0xFC]
    assert np.isnan(e5m2).sum() == 6
    for values in (e4m3, e5m2):  # within a sign, codes are in the order of their values
        positive = values[:128][np.isfinite(values[:128])]
        assert np.all(np.diff(positive) > 0)


def test_float64_beyond_float32_becomes_infinite_without_a_warning() -> None:
    values = np.array([1e300, -1e300, 1e-300, np.nan])
    read = to_float32(values.view(np.uint8), "F64", (4,))
    assert read[:3].tolist() == [np.inf, -np.inf, 0.0]
    assert np.isnan(read[3])


def test_conversion_in_pieces_has_no_seams() -> None:
    values = np.arange(3 * 2**17 + 5, dtype="<i4")
    assert np.array_equal(to_float32(values.view(np.uint8), "I32", values.shape), values)


def test_conversion_refuses_what_does_not_fit() -> None:
    with pytest.raises(FormatError, match="7 bytes are no values of type F32"):
        to_float32(np.zeros(7, np.uint8), "F32", (2,))
    with pytest.raises(SourceError, match="stored as F4 cannot be read"):
        to_float32(np.zeros(2, np.uint8), "F4", (4,))
