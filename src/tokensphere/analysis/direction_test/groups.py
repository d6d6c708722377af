"""How many directions stand out, of all and by group."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from tokensphere.analysis.direction_test.compare import LEVEL, Beside, at_most
from tokensphere.analysis.direction_test.verdict import KEYS, counted
from tokensphere.arrays import Bools, Float64s, Int8s
from tokensphere.records import Record
from tokensphere.statistics.intervals import Share

_LEVEL = str(LEVEL).replace(".", "_")  # in a key that jq takes without quotes


@dataclass(frozen=True)
class StandOut:
    """How many directions of a group stand out by one statistic.

    Attributes
    ----------
    p, q : those with p of 0.05 or less, and with such a q; directions taken as independent
    """

    p: Share
    q: Share

    def to_dict(self) -> dict[str, Any]:
        """The same as a dict for JSON."""
        record: dict[str, Any] = {}
        for name, found in (("p", self.p), ("q", self.q)):
            record[f"{name}_at_most_{_LEVEL}"] = found.count
            record[f"share_{name}_at_most_{_LEVEL}"] = found.share if found.n else None
            record[f"share_{name}_interval_95"] = list(found.interval)
        return record


@dataclass(frozen=True)
class GroupShares(Record, name="group", n="tested", by="by_statistic"):
    """How many directions of a group stand out.

    Attributes
    ----------
    name : of the group, e.g. a tensor of a file
    n : directions that could be tested
    untestable : those that could not
    verdicts : how many have each verdict
    by : how many stand out, by the name of a statistic
    """

    name: str
    n: int
    untestable: int
    verdicts: Mapping[str, int]
    by: Mapping[str, StandOut]

    def to_dict(self) -> dict[str, Any]:
        """The same as a dict for JSON; its keys are one word each."""
        record = super().to_dict()
        return record | {"verdicts": {KEYS[name]: count for name, count in self.verdicts.items()}}

    def __getitem__(self, statistic: str) -> StandOut:
        return self.by[statistic]


def group_shares(
    name: str, tested: Mapping[str, Beside], testable: Bools, verdict: Int8s, which: Bools
) -> GroupShares:
    """The shares of the directions `which`, of shape (m,)."""
    some = which & testable

    def below(values: Float64s) -> Share:
        return Share.where(at_most(values[some]))

    by = {name: StandOut(below(one.pvalue), below(one.qvalue)) for name, one in tested.items()}
    n = int(np.count_nonzero(some))
    return GroupShares(name, n, int(np.count_nonzero(which)) - n, counted(verdict[some]), by)
