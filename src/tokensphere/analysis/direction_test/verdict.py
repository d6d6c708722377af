"""Is there a meaning? A verdict for each direction (docs/definitions.md 8).

Tokens that are near are not enough: the mean of a few unrelated tokens is near to them, too. A
direction has a meaning beyond chance where its tokens are near *and* share a label, each more than
chance.
"""

from __future__ import annotations

import numpy as np

from tokensphere.analysis.direction_test.compare import Beside
from tokensphere.arrays import Int8s

VERDICTS = ("meaning", "near, no shared label", "shared label only", "neither", "cannot tell")
KEYS = {name: name.replace(",", "").replace(" ", "_") for name in VERDICTS}  # as keys of JSON
NONE = -1  # of a direction that could not be tested
_CANNOT_TELL = VERDICTS.index("cannot tell")


def verdicts(near: Beside, label: Beside) -> Int8s:
    """For each direction a place in `VERDICTS`; −1 where it could not be tested.

    "cannot tell" is said where one of both has the least p that so many draws can give and yet a q
    above the level: more draws may bring it below.

    Parameters
    ----------
    near, label : the statistics ``nearness`` and ``label``
    """
    found = (1 - near.certain) * 2 + (1 - label.certain)  # 0: both, 1: near, 2: label, 3: neither
    found = np.where(near.undecided | label.undecided, _CANNOT_TELL, found)
    return np.where(np.isnan(near.qvalue), NONE, found).astype(np.int8)


def counted(found: Int8s) -> dict[str, int]:
    """How many directions have each verdict."""
    return {name: int(np.count_nonzero(found == number)) for number, name in enumerate(VERDICTS)}
