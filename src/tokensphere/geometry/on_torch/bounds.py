"""What a scoring makes of a device's products, and how far these may be off.

Let ``h`` be half the distance from 1 to the next number (2⁻¹¹ for float16), ``u = 2⁻²⁴`` and ``K`` the
columns. Rows and queries are scaled to lengths of about 2⁷ and 2⁶, so that nothing overflows. Then,
relative to the two lengths:

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

from dataclasses import dataclass, replace

import numpy as np

from tokensphere.geometry.on_torch import Device, Tensor, torch
from tokensphere.geometry.on_torch.selection import Selection
from tokensphere.geometry.on_torch.table import QUERY, ROW, Block, Table, unit_of
from tokensphere.geometry.similarity import Rescaling, Scoring

GROUP = 64  # rows of which only the best is looked at first
_UNIT_ROUNDOFF = 2.0**-24


@dataclass(frozen=True)
class View:
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
    def of(cls, scoring: Scoring, table: Table, kind: object) -> View:
        """Of the scoring that is multiplied; see the module's docstring."""
        info, cosine = torch.finfo(kind), scoring.similarity == "cosine"
        prepared = 8 * _UNIT_ROUNDOFF * scoring.longest
        row = ROW * (1 + prepared if cosine else 1.51)
        query = QUERY * (1.0 if scoring.extra is None else 1.415)
        h, columns = info.eps / 2, table.columns
        relative = 3 * h * (1 + h) ** 2 + (4 * columns + 40) * _UNIT_ROUNDOFF
        flushed = info.tiny * (1 + columns**0.5 * (row + query))
        slack = prepared / unit_of(scoring) * ROW * query + info.tiny
        return cls(1.001 * (relative * row * query + flushed), 1.001 * slack, cosine)

    def of_other(self, base: Scoring, other: Scoring, device: Device) -> View:
        """Of one that follows from `base`, whose view this is."""
        rescaling, length = Rescaling.between(base, other), 1.0
        shift = None
        if rescaling.shift is not None:
            shift = torch.tensor(rescaling.shift, dtype=torch.float64)
            length += float(np.linalg.norm(rescaling.shift))
        error = self.error + self.slack + 8 * _UNIT_ROUNDOFF * length * ROW * QUERY
        factor = torch.from_numpy(rescaling.factor).to(device)
        return View(1.001 * error, 0.0, False, factor, shift)

    def seen_from(self, lengths: Tensor, base: Scoring) -> View:
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
        group = GROUP
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
