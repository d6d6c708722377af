"""Codes that were stored as floats without their scale: by what the values are.

A program that converts all tensors of an 8-bit model to BF16, and does not know its scales, leaves codes
under the matrix's name and in a type that looks plain, with the scales still beside them.
"""

from __future__ import annotations

from collections.abc import Container

import numpy as np
import numpy.typing as npt

from tokensphere.errors import SourceError
from tokensphere.formats.packed.packing import INSTEAD

_SCALES = ("_scale", "_scale_inv", "_scale_2")
_LOOKED_AT = 256  # rows
_LEAST = 64  # the largest of real values is smaller than that, and of codes as large as it can be


def scale_beside(names: Container[str], name: str) -> str | None:
    """The tensor of scales that lies beside a matrix; None if there is none."""
    return next((name + end for end in _SCALES if name + end in names), None)


def refuse_bare_codes(
    names: Container[str], name: str, rows: npt.NDArray[np.float32], where: str
) -> None:
    """Refuse a matrix of floats that are all int8 or FP8 (E4M3) codes, if it has scales beside it.

    Parameters
    ----------
    names : of the tensors of the file
    name, rows : of the matrix, and its rows as read, shape (n, d)
    where : the file, for the message

    Raises
    ------
    SourceError
        the values are codes
    """
    scale = scale_beside(names, name)
    if scale is None:
        return
    some = np.ascontiguousarray(rows[:: -(-len(rows) // _LOOKED_AT)], dtype=np.float32)
    whole = (some == np.rint(some)).all()
    short = (some.view(np.uint32) & np.uint32((1 << 20) - 1) == 0).all()  # three bits of mantissa
    if (whole or short) and _LEAST <= np.abs(some).max() <= 448:
        raise SourceError(
            f"tensor {name!r:.200} of {where} holds codes of 8 bits as floats, not yet multiplied by the"
            f" scales {scale!r:.200} beside it; {INSTEAD}"
        )
