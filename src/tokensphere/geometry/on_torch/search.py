"""The k best rows for any number of queries on a device: exact, the same to the bit as elsewhere.

The product of prepared rows and queries only chooses candidates (:mod:`.selection`). So it is made in
float16 where a device is fast in it (CUDA), else in float32, and its error is bounded (:mod:`.bounds`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tokensphere.arrays import Float64s, Floats, Int64s
from tokensphere.errors import TokensphereError
from tokensphere.geometry.on_torch import Device, Tensor, torch
from tokensphere.geometry.on_torch.bounds import GROUP, View
from tokensphere.geometry.on_torch.exact import Measure
from tokensphere.geometry.on_torch.precise import precisely
from tokensphere.geometry.on_torch.selection import IMPRECISE, Exact, Selection
from tokensphere.geometry.on_torch.table import PAD, QUERY, Table
from tokensphere.geometry.rows import blocks
from tokensphere.geometry.similarity import Scoring

_QUERIES = 8192
_MOST = 2**31  # bytes for products and what is selected from them
_MOST_ON_HOST = 2**26
Found = tuple[Int64s, Float64s]


def top_k_each(scorings: Sequence[Scoring], queries: Floats, ks: Sequence[int]) -> list[Found]:
    """As :func:`tokensphere.geometry.search.top_k_each`, with the first scoring's `compute.device`.

    Raises
    ------
    TokensphereError
        the device has no memory left, or multiplies less exactly than is assumed

    Notes
    -----
    Beyond the arguments and the result it takes at most some 3 GB of a GPU, and less than half of what
    is free there; and the matrix, if that fits into the other half. Elsewhere some 100 MB.
    """
    plan = _Plan.of(torch.device(scorings[0].compute.device))
    found = [(np.empty((len(queries), k), dtype=np.int64), np.empty((len(queries), k))) for k in ks]
    most = min(plan.queries, plan.room // (64 * scorings[0].width), 2**22 // max(ks))
    try:
        with precisely(plan.device):
            search = _Search(scorings, plan)
            for part in blocks(len(queries), max(16, most)):
                for (ids, values), settled in zip(found, search.find(queries[part], ks), strict=True):
                    ids[part], values[part] = (tensor.cpu().numpy() for tensor in settled)
    except torch.OutOfMemoryError as error:
        raise TokensphereError(
            f"the device {str(plan.device)!r} has no memory left for the search; make room on it, or use"
            " the backend 'native'"
        ) from error
    return found


@dataclass(frozen=True)
class _Plan:
    """What a device can do.

    Attributes
    ----------
    device, wide : where products are made, and where numbers of double precision are
    kind : what is multiplied
    room, stay : bytes for products and what is selected from them, and for rows that stay
    queries : at once
    """

    device: Device
    wide: Device
    kind: object
    room: int
    stay: int
    queries: int

    @classmethod
    def of(cls, device: Device) -> _Plan:
        if device.type == "cuda":
            free = torch.cuda.mem_get_info(device)[0]
            free += torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
            room = min(_MOST, free // 4)
            return cls(device, device, torch.float16, room, free // 2, _QUERIES)
        wide = torch.device("cpu") if device.type == "mps" else device
        return cls(device, wide, torch.float32, _MOST_ON_HOST, 0, _QUERIES // 4)


class _Search:
    """The search for some scorings; queries come in parts."""

    def __init__(self, scorings: Sequence[Scoring], plan: _Plan) -> None:
        self.base, self.plan = scorings[0], plan
        self.table = Table.of(self.base, plan.device, plan.wide, plan.kind, plan.stay)
        others = [Measure(other, self.table.sums, plan.wide) for other in scorings[1:]]
        self.measures = [self.table.measure, *others]
        self.views = [View.of(self.base, self.table, plan.kind)]
        self.views += [self.views[0].of_other(self.base, other, plan.device) for other in scorings[1:]]

    def find(self, queries: Floats, ks: Sequence[int]) -> list[tuple[Tensor, Tensor]]:
        """For each scoring rows and values, int64 and float64 of shape (m, k)."""
        plan, sums, m = self.plan, self.table.sums, len(queries)
        kind = np.float32 if queries.dtype == np.float32 else np.float64
        given = torch.from_numpy(np.array(queries, dtype=kind, order="C")).to(plan.wide).double()
        lengths = sums.lengths(given)
        units = given / lengths[:, None]
        selections = [
            Selection(
                m, k, view.slack, self._exactly(measure, given, units), plan.room // 64, plan.device
            )
            for k, view, measure in zip(ks, self.views, self.measures, strict=True)
        ]
        views = [view.seen_from(lengths, self.base) for view in self.views]
        offsets = [view.offsets(units).to(plan.device) for view in views]
        prepared = self._prepared(given, units, lengths)
        for block in self.table.blocks(self.base, self._size(m, max(ks))):
            products = prepared @ block.rows.T
            products[:, len(block.ids) :] = -torch.inf
            for selection, view, offset in zip(selections, views, offsets, strict=True):
                view.feed(selection, products, offset, block)
        found = []
        for selection, view in zip(selections, views, strict=True):
            rows, values, upper = selection.settle()
            if view.plain and not view.holds(upper.to(plan.wide), values):
                raise TokensphereError(IMPRECISE)
            found.append((rows, values))
        return found

    def _prepared(self, given: Tensor, units: Tensor, lengths: Tensor) -> Tensor:
        """Queries as they are multiplied, see :meth:`Scoring.prepare_queries`."""
        point = units
        if self.base.extra is not None:
            longer = lengths.clamp_min(self.base.unit)
            point = torch.column_stack([given / longer[:, None], self.base.unit / longer])
        point = torch.nn.functional.pad(point.float(), (0, self.table.columns - point.shape[1]))
        return (point.to(self.plan.device) * QUERY).to(self.plan.kind)

    def _size(self, m: int, k: int) -> int:
        """Rows of a block, for `m` queries."""
        one: int = torch.finfo(self.plan.kind).bits // 8 + 4 * any(not view.plain for view in self.views)
        most = self.plan.room // (2 * m * one)
        if most < 8 * k * GROUP:  # groups are smaller, and their bounds take memory, too
            most = self.plan.room // (2 * m * (one + 16))
        return max(PAD, most // PAD * PAD)

    def _exactly(self, measure: Measure, given: Tensor, units: Tensor) -> Exact:
        """The float64 values of pairs of queries and rows, some at a time."""
        vectors = units if measure.similarity == "cosine" else given
        vectors, wide = self.table.sums.lay_out(vectors), self.plan.wide
        step = max(256, self.plan.room // (192 * self.table.sums.width))

        def exact(query: Tensor, row: Tensor) -> Tensor:
            query, row = query.to(wide), row.to(wide)
            values = torch.empty(len(row), dtype=torch.float64, device=wide)
            for part in blocks(len(row), step):
                rows = self.table.rows(self.base, row[part])
                some = vectors.index_select(0, query[part])
                values[part] = measure(some, rows, row[part])
            return values

        return exact
