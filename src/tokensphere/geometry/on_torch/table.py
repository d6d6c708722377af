"""What a device needs of a matrix: its prepared rows, rounded, and the rows as they are.

Both stay there as long as the scoring does, if they fit; else they pass by block after block.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from tokensphere.geometry.on_torch import Device, Tensor, torch
from tokensphere.geometry.on_torch.exact import Measure, Sums
from tokensphere.geometry.rows import blocks
from tokensphere.geometry.similarity import Scoring

PAD = 64  # rows come in multiples of this, columns of _COLUMNS: so the fast products want them
_COLUMNS = 8
_AT_ONCE = 2**24  # numbers of a block that is prepared
_KEPT = "rows on a device"  # the name in a scoring's dict
ROW, QUERY = 2.0**7, 2.0**6  # the length of those of length 1: far from the ends of float16


class Block(NamedTuple):
    """Some rows as they are multiplied.

    Attributes
    ----------
    ids : int64 tensor of shape (b,), which rows of the matrix
    rows : tensor of shape (b', K), b' the next multiple of `PAD`; the rest is zeros. A prepared row is
        `factor` times this, in units of `ROW` and of the power of two above the longest one
    factor : float32 tensor of shape (b',), powers of two, at most 1; all are 1 for cosine
    """

    ids: Tensor
    rows: Tensor
    factor: Tensor

    def take(self, part: slice) -> Block:
        """Some of the rows, from a multiple of `PAD` on, filled up."""
        ids = self.ids[part]
        size = -(-len(ids) // PAD) * PAD
        rows, factor = (all_[part.start : part.start + size] for all_ in (self.rows, self.factor))
        if lack := size - len(rows):
            rows = torch.nn.functional.pad(rows, (0, 0, 0, lack))
            factor = torch.nn.functional.pad(factor, (0, lack), value=1.0)
        return Block(ids, rows, factor)


class Table:
    """The rows of a scoring on a device.

    Parameters
    ----------
    scoring : the one that is multiplied
    device, wide : for products, and for numbers of double precision
    kind : what prepared rows are rounded to
    room : bytes of the device that it may take for good
    """

    def __init__(self, scoring: Scoring, device: Device, wide: Device, kind: object, room: int) -> None:
        n, d = scoring.rows.shape
        self.device, self.wide, self.kind = device, wide, kind
        self.sums = Sums.of(d, wide)
        self.measure = Measure(scoring, self.sums, wide)
        self.columns = -(-scoring.width // _COLUMNS) * _COLUMNS
        need = n * (torch.finfo(kind).bits // 8 * self.columns + 4 * self.sums.width + 16)
        self._rows: Tensor = None
        self._block: Block | None = None
        if need <= room:
            self._rows = self._raw(scoring)
            self._block = self._joined(scoring)

    @classmethod
    def of(cls, scoring: Scoring, device: Device, wide: Device, kind: object, room: int) -> Table:
        """That of an earlier search with the same scoring, if it stayed on the device."""
        kept: Table | None = vars(scoring).get(_KEPT)
        if kept is not None and (kept.device, kept.kind) == (device, kind):
            return kept
        made = cls(scoring, device, wide, kind, room)
        if made.stays:
            vars(scoring)[_KEPT] = made
        return made

    @property
    def stays(self) -> bool:
        """Whether it lies on the device as a whole."""
        return self._block is not None

    def blocks(self, scoring: Scoring, size: int) -> Iterator[Block]:
        """All usable rows, at most `size` (a multiple of `PAD`) at once."""
        if self._block is not None:
            for part in blocks(len(self._block.ids), size):
                yield self._block.take(part)
            return
        for part in blocks(len(scoring.rows), min(size, self._step)):
            prepared = self._prepared(scoring, part)
            if count := len(prepared.ids):
                yield prepared.take(slice(0, count))

    def rows(self, scoring: Scoring, ids: Tensor) -> Tensor:
        """Rows of the matrix, float32, laid out for sums; shape (P, width)."""
        if self._rows is not None:
            return self._rows.index_select(0, ids)
        taken = torch.from_numpy(scoring.rows[ids.cpu().numpy()])
        return self.sums.lay_out(taken.to(self.wide), -0.0)

    def _raw(self, scoring: Scoring) -> Tensor:
        """All rows as they are, laid out."""
        n, d = scoring.rows.shape
        raw = torch.empty((n, self.sums.width), dtype=torch.float32, device=self.wide)
        for part in blocks(n, max(1, _AT_ONCE // d)):
            some = torch.from_numpy(np.array(scoring.rows[part]))  # a mapped file cannot be written
            raw[part] = self.sums.lay_out(some.to(self.wide), -0.0)
        return raw

    def _joined(self, scoring: Scoring) -> Block:
        """All usable rows as one block."""
        count = int(scoring.n_usable)
        shape = -(-count // PAD) * PAD, self.columns
        whole = Block(
            torch.empty(count, dtype=torch.int64, device=self.device),
            torch.zeros(shape, dtype=self.kind, device=self.device),
            torch.ones(shape[0], dtype=torch.float32, device=self.device),
        )
        low = 0
        for part in blocks(len(scoring.rows), self._step):
            prepared = self._prepared(scoring, part)
            high = low + len(prepared.ids)
            for all_, some in zip(whole, prepared, strict=True):
                all_[low:high] = some
            low = high
        return whole

    @property
    def _step(self) -> int:
        """Rows that are prepared at once."""
        return max(PAD, _AT_ONCE // self.columns // PAD * PAD)

    def _prepared(self, scoring: Scoring, part: slice) -> Block:
        """The usable ones among some rows, prepared and rounded; without what fills a block up."""
        usable = np.flatnonzero(scoring.usable[part])
        taken = scoring.prepare_rows(part)[usable]
        rows = torch.from_numpy(taken).to(self.device)
        rows = torch.nn.functional.pad(rows, (0, self.columns - scoring.width))
        factor = torch.ones(len(usable), dtype=torch.float32, device=self.device)
        if scoring.similarity != "cosine":  # prepared rows of cosine have length 1, others any
            rows, factor = _of_similar_length(rows)
            factor = factor / unit_of(scoring)
        ids = torch.from_numpy(part.start + usable).to(self.device)
        return Block(ids, (rows * ROW).to(self.kind), factor)


def unit_of(scoring: Scoring) -> float:
    """The power of two that the factors of its rows are divided by; none of them is larger."""
    if scoring.similarity == "cosine":
        return 1.0
    return float(2.0 ** np.ceil(np.log2(scoring.longest) + 0.01))


def _of_similar_length(rows: Tensor) -> tuple[Tensor, Tensor]:
    """Rows divided by powers of two so that no length exceeds 1.5; and these powers, shape (b,)."""
    largest = rows.abs().amax(1).clamp_min(2.0**-126)
    length = largest * torch.linalg.vector_norm(rows / largest[:, None], dim=1)
    # From 3/4 to 3/2 of a length lies one power of two; its bits are those of the exponent.
    power = ((length * (4 / 3)).view(torch.int32) & (0xFF << 23)).view(torch.float32)
    power = power.clamp(2.0**-126, 2.0**126)
    return rows / power[:, None], power
