"""The k best rows for any number of queries on a device: exact, the same to the bit as elsewhere.

The product of prepared rows and queries only chooses candidates (:mod:`.selection`); so it is made in
float16 where a device is fast in it (CUDA), and its error is bounded. Let ``h`` be half the distance
from 1 to the next number (2⁻¹¹ for float16), ``u = 2⁻²⁴`` and ``K`` the columns. Rows and queries are
scaled to lengths of about 2⁷ and 2⁶, so that nothing overflows. Then, relative to the two lengths:

- rounding of a row, of a query, and of the product: ``3h (1 + h)²``;
- the sum. It is assumed that exact products are added in float32, in any order, or in the way of matrix
  units, which align a block of terms to the largest of them and cut what hangs over (Fasi, Higham,
  Mikaitis, Pranesh 2021, "Numerical behavior of NVIDIA tensor cores"): in blocks of four terms and with
  23 bits, the worst of those, that is ``3u`` for every term. With some to spare, ``(4K + 40) u``.
  Sums in float16, also of the parts of a sum, and TF32 are switched off meanwhile (:mod:`.precise`);
- numbers below the least normal one, which a device may flush: each of the K by less than that.

What :class:`Scoring` rounds in preparing rows and queries, at most eight roundings of terms that are as
long as its `longest`, comes to that; as do, for those that follow from it, those of :class:`Rescaling`.
Of cosine the products of all rows that are found are compared with their exact values: a device for
which the bound does not hold is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from tokensphere.arrays import Float64s, Floats, Int64s
from tokensphere.errors import TokensphereError
from tokensphere.geometry.on_torch import Device, Tensor, torch
from tokensphere.geometry.on_torch.exact import Measure
from tokensphere.geometry.on_torch.precise import precisely
from tokensphere.geometry.on_torch.selection import IMPRECISE, Exact, Selection
from tokensphere.geometry.on_torch.table import PAD, QUERY, ROW, Block, Table, unit_of
from tokensphere.geometry.rows import blocks
from tokensphere.geometry.similarity import Rescaling, Scoring

_QUERIES = 8192
_MOST = 2**31  # bytes for products and what is selected from them
_MOST_ON_HOST = 2**26
_GROUP = 64
_UNIT_ROUNDOFF = 2.0**-24
Found = tuple[Int64s, Float64s]


def top_k_each(scorings: Sequence[Scoring], queries: Floats, ks: Sequence[int]) -> list[Found]:
    """As :func:`tokensphere.geometry.search.top_k_each`, with the first scoring's `compute.device`.

    Raises
    ------
    TokensphereError
        the device has no memory left, or multiplies less exactly than is assumed above

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
        self.views = [_View.of(self.base, self.table, plan.kind)]
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
        if most < 8 * k * _GROUP:  # groups are smaller, and their bounds take memory, too
            most = self.plan.room // (2 * m * (one + 16))
        return max(PAD, most // PAD * PAD)

    def _exactly(self, measure: Measure, given: Tensor, units: Tensor) -> Exact:
        """The float64 values of pairs of queries and rows, some at a time."""
        vectors = units if measure.similarity == "cosine" else given
        vectors, wide = self.table.sums.lay_out(vectors, 0.0), self.plan.wide
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


@dataclass(frozen=True)
class _View:
    """What a scoring makes of the products: ``factor (p − ⟨shift, v⟩)``, and how far that may be off.

    Attributes
    ----------
    error : of a product, in units of the factor
    slack : of the whole
    factor : float32 tensor for all rows of the matrix, NaN where one is not usable; None: the blocks'
    plain : whether all factors are 1
    shift : float64 tensor of shape (d,), or None
    """

    error: float
    slack: float
    plain: bool
    factor: Tensor = None
    shift: Tensor = None

    @classmethod
    def of(cls, scoring: Scoring, table: Table, kind: object) -> _View:
        """Of the scoring that is multiplied; the bound of the module's docstring."""
        info, cosine = torch.finfo(kind), scoring.similarity == "cosine"
        prepared = 8 * _UNIT_ROUNDOFF * scoring.longest
        row = ROW * (1 + prepared if cosine else 1.51)
        query = QUERY * (1.0 if scoring.extra is None else 1.415)
        h, columns = info.eps / 2, table.columns
        relative = 3 * h * (1 + h) ** 2 + (4 * columns + 40) * _UNIT_ROUNDOFF
        flushed = info.tiny * (1 + columns**0.5 * (row + query))
        slack = prepared / unit_of(scoring) * ROW * query + info.tiny
        return cls(1.001 * (relative * row * query + flushed), 1.001 * slack, cosine)

    def of_other(self, base: Scoring, other: Scoring, device: Device) -> _View:
        """Of one that follows from `base`, whose view this is."""
        rescaling, length = Rescaling.between(base, other), 1.0
        shift = None
        if rescaling.shift is not None:
            shift = torch.tensor(rescaling.shift, dtype=torch.float64)
            length += float(np.linalg.norm(rescaling.shift))
        error = self.error + self.slack + 8 * _UNIT_ROUNDOFF * length * ROW * QUERY
        factor = torch.from_numpy(rescaling.factor).to(device)
        return _View(1.001 * error, 0.0, False, factor, shift)

    def seen_from(self, lengths: Tensor, base: Scoring) -> _View:
        """The same for queries of such lengths.

        Distances from a point far from all rows may be equal in double precision though the products
        are not: then all rows are candidates, see :meth:`Scoring.prepare_queries`.
        """
        if base.extra is None:
            return self
        far = 4 * (base.width + 16) * 2.0**-53 * max(float(lengths.max()) / base.unit, 1)
        return replace(self, error=self.error + min(far, 2.0**60) * ROW * QUERY)

    def offsets(self, units: Tensor) -> Tensor:
        """``⟨shift, v⟩`` for each query of unit length, float32 of shape (m,)."""
        if self.shift is None:
            return torch.zeros(len(units), dtype=torch.float32, device=units.device)
        return (ROW * QUERY * (units @ self.shift.to(units.device))).float()

    def feed(self, selection: Selection, products: Tensor, offset: Tensor, block: Block) -> None:
        """Show a selection the products of a block, shape (m, b'), as the scoring sees them."""
        m, size = products.shape
        group = _GROUP
        while group > 1 and size < 8 * selection.k * group:
            group //= 2
        shape = m, group, size // group
        if self.plain:
            best = products.view(shape).amax(1).float()
            bounds = best - self.error, best + self.error
            selection.absorb(*bounds, products.view(shape), self.error, block.ids)
            return
        factor = self._factor(block)
        gone = factor.isnan().nonzero()[:, 0]

        def bound(error: float) -> Tensor:
            values = (products + (error - offset)[:, None]).mul_(factor)
            return values.index_fill_(1, gone, -torch.inf).view(shape)

        lower = bound(-self.error).amax(1)
        upper = bound(self.error)
        selection.absorb(lower, upper.amax(1), upper, 0.0, block.ids)

    def holds(self, upper: Tensor, values: Tensor) -> bool:
        """Whether upper bounds of cosines are such, and no larger than they may be."""
        beyond = upper - ROW * QUERY * values
        return bool(((beyond >= -self.slack) & (beyond <= 2 * self.error + self.slack)).all())

    def _factor(self, block: Block) -> Tensor:
        if self.factor is None:
            return block.factor
        own = self.factor[block.ids]
        return torch.nn.functional.pad(own, (0, len(block.rows) - len(own)), value=1.0)
