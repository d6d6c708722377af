"""The k best rows of some queries, selected on a device from products that are off by a known bound.

As in the search on the processor only the best product of every group of rows is looked at. For each
query the k-th largest of the groups' lower bounds is a floor: at least k rows lie above it, so a row
whose upper bound does not reach it is none of the k best. The others are candidates, settled in float64.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from tokensphere.errors import TokensphereError
from tokensphere.geometry.on_torch import Device, Tensor, torch

IMPRECISE = "the device multiplies less exactly than it should; use another, or the backend 'native'"
_LEAST = float(np.finfo(np.float32).min)  # above −∞: places where there is no row


class Pairs(NamedTuple):
    """Candidates: int64 tensors of shape (P,) of queries and rows, and a float32 upper bound of each."""

    query: Tensor
    row: Tensor
    upper: Tensor

    def take(self, index: Tensor) -> Pairs:
        """Some of them."""
        return Pairs(*(part[index] for part in self))


Exact = Callable[[Tensor, Tensor], Tensor]  # queries, rows -> their float64 values


class Selection:
    """Fed with blocks of rows; keeps what may be among the `k` best of `m` queries.

    Parameters
    ----------
    m, k : how many queries, and rows of each
    slack : how far an upper or lower bound that is fed may be off
    exact : values in double precision
    most : pairs to hold, and numbers to open at once
    device : where the products are
    """

    def __init__(self, m: int, k: int, slack: float, exact: Exact, most: int, device: Device) -> None:
        self.m, self.k, self._window, self._exact = m, k, 2 * slack, exact
        self._most = most
        self._best = torch.full((m, k), -torch.inf, dtype=torch.float32, device=device)
        none = torch.empty(0, dtype=torch.int64, device=device)
        self._pairs = [Pairs(none, none, none.float())]
        self._pending = 0

    def absorb(self, lower: Tensor, upper: Tensor, products: Tensor, shift: float, ids: Tensor) -> None:
        """Raise the floors by the groups' lower bounds; open those whose upper bound passes.

        Parameters
        ----------
        lower, upper : float32 tensors of shape (m, G), of the best row of each group; they may be one
        products : tensor of shape (m, g, G), what is opened
        shift : what is added to these for an upper bound
        ids : int64 tensor of shape (b,), the rows; that of group j and place i stands at ``i G + j``
        """
        g, groups = products.shape[1:]
        top = lower.topk(min(self.k, groups), dim=1).values
        self._best = torch.cat([self._best, top], 1).topk(self.k, dim=1).values
        least = self._least()
        passing = upper >= least[:, None]
        for part in self._parts(passing.sum(1), g):
            query, group = passing[part].nonzero(as_tuple=True)
            query = query + part.start
            opened = products[query, :, group].float() + shift
            pair, place = (opened >= least[query, None]).nonzero(as_tuple=True)
            row = ids[place * groups + group[pair]]
            self._pairs.append(Pairs(query[pair], row, opened[pair, place]))
            self._pending += len(row)
            if self._pending > max(self._most, 4 * self.k * self.m):
                self._compact()

    def _least(self) -> Tensor:
        """What an upper bound must reach, shape (m,)."""
        return (self._best[:, -1] - self._window).clamp_min(_LEAST)

    def _parts(self, counts: Tensor, g: int) -> list[slice]:
        """Queries in pieces of which not too much is opened at once."""
        opened = np.cumsum(counts.cpu().numpy()) * g
        total = int(opened[-1])
        if total <= self._most:
            return [slice(0, self.m)] if total else []
        steps = np.arange(self._most, total, self._most)
        edges = np.unique([0, *np.searchsorted(opened, steps), self.m]).tolist()
        return [slice(low, high) for low, high in pairwise(edges)]

    def _passing(self) -> Pairs:
        """All candidates that still reach the floor."""
        pairs = Pairs(*map(torch.cat, zip(*self._pairs, strict=True)))
        return pairs.take(pairs.upper >= self._least()[pairs.query])

    def _compact(self) -> None:
        """Settle what is there, so that memory stays bounded when very many rows are equal."""
        pairs = self._passing()
        order, _ = self._ranked(pairs)
        self._pairs = [pairs.take(order)]
        self._pending = len(order)

    def _ranked(self, pairs: Pairs) -> tuple[Tensor, Tensor]:
        """Where each query's k best are, by query, value descending, then row; and their values."""
        values = self._exact(pairs.query, pairs.row)
        query, row = pairs.query.to(values.device), pairs.row.to(values.device)
        order = row.argsort(stable=True)
        order = order[(0.0 - values)[order].argsort(stable=True)]  # 0 and −0 are equal
        order = order[query[order].argsort(stable=True)]
        ordered = query[order]
        place = torch.arange(len(order), device=order.device) - torch.searchsorted(ordered, ordered)
        order = order[place < self.k]
        return order.to(pairs.query.device), values[order]

    def settle(self) -> tuple[Tensor, Tensor, Tensor]:
        """The k best rows of each query, their values and upper bounds; all of shape (m, k).

        Raises
        ------
        TokensphereError
            fewer are left: the bounds that were fed are none
        """
        pairs = self._passing()
        order, values = self._ranked(pairs)
        if len(order) != self.m * self.k:
            raise TokensphereError(IMPRECISE)
        found = pairs.row[order], values, pairs.upper[order]
        row, values, upper = (part.reshape(self.m, self.k) for part in found)
        return row, values, upper
