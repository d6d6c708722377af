"""The work of a survey: blocks of directions through the real vocabulary and the surrogate.

Every direction's numbers depend on that direction alone, not on its block: a survey that was stopped
and continued, or cut into blocks of another size, is the same to the bit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from tokensphere.analysis.blocks import kept_blocks
from tokensphere.analysis.lists import find_lists, first_k, first_of_group
from tokensphere.analysis.survey.records import SurveyRecords, SurveySettings
from tokensphere.arrays import Float32s, Float64s, Int64s, Intps
from tokensphere.directions.named import Vectors
from tokensphere.geometry.coherence import Coherence
from tokensphere.geometry.compute import Compute
from tokensphere.geometry.rows import Rows
from tokensphere.geometry.search import top_k_each
from tokensphere.geometry.similarity import Scoring, make_scoring
from tokensphere.geometry.surrogate import BlockStore, Surrogates
from tokensphere.space import EmbeddingSpace

BLOCK = 4096
_SPARE = 1.6  # so many times k tokens mostly have k different forms


class SurveyMeasurer:
    """A vocabulary and its surrogates, ready to be surveyed.

    Holds two matrices of n × d: the space's own and that of one surrogate; and, for the law
    ``blockwise``, half as much again.

    Parameters
    ----------
    space : the embeddings
    settings : of the survey
    compute : what the work is done with
    store : where the surrogates' blocks are kept, by default nowhere
    drawing : called with the number of a surrogate that is drawn, and how many of its rows were drawn
        since the last call, at first 0
    """

    def __init__(
        self,
        space: EmbeddingSpace,
        settings: SurveySettings,
        *,
        compute: Compute | None = None,
        store: BlockStore | None = None,
        drawing: Callable[[int, int], None] | None = None,
    ) -> None:
        self.settings, self._drawing = settings, drawing
        self._most = max(settings.k, settings.ks[-1])  # the longest list that is needed
        self.forms = space.vocabulary.forms
        rows = space.rows.using(compute)
        self.real = _Side(rows)
        self.dot = make_scoring(rows, similarity="dot")
        self._surrogates = Surrogates(rows, settings.surrogate, kept=kept_blocks(space, store))
        self.clipped = self._surrogates.clipped
        self._drawn: tuple[int, _Side] | None = None  # the surrogate that is there, and its number
        self._forms_drawn = self.forms[rows.usable]  # of a surrogate's rows

    def measure(self, v: Vectors) -> SurveyRecords:
        """Records of m directions, shape (m, d), finite and not zero."""
        records = SurveyRecords.empty(self.settings, len(v))
        self._real(v, records)
        self._surrogate(v, records)
        return records

    def _real(self, v: Vectors, records: SurveyRecords) -> None:
        settings, most, side = self.settings, self._most, self.real
        deep = min(int(_SPARE * most), side.scorings[1].n_usable)
        scorings = [*side.scorings, self.dot]
        *found, (records.ids[:, 2], _) = top_k_each(scorings, v, [deep, deep, settings.k])
        for r, (ids, values) in enumerate(found):
            records.ids[:, r] = ids[:, : settings.k]
            records.largest[:, r] = values[:, 0]
            collapsed = self._collapse(side.scorings[r], v, ids, self.forms)
            records.coherence[:, r] = side.coherence_of_both(ids, collapsed, settings.ks)
            if r == settings.centered:
                records.shown[:] = (collapsed if settings.forms else ids)[:, : settings.k]
        records.alike[:] = side.coherence.alike(records.shown, settings.limit)

    def _surrogate(self, v: Vectors, records: SurveyRecords) -> None:
        """Of the first surrogate what is kept of it alone, and, if there is one to compare with, all."""
        settings, most, side = self.settings, self._most, self._surrogate_side(0)
        if settings.surrogates:
            found, records.nulls[:, 0] = self._beside(v, side)
            records.surrogate[:] = records.nulls[:, 0, :, 0]
        else:
            found = [ids for ids, _ in top_k_each(side.scorings, v, [most, most])]
            for r, ids in enumerate(found):
                records.surrogate[:, r] = side.coherence.coherence(ids, settings.ks)
        shown = found[settings.centered][:, : settings.k]
        records.alike_surrogate[:] = side.coherence.alike(shown, settings.limit)

    def _surrogate_side(self, number: int) -> _Side:
        """A surrogate; only the last one is kept."""
        if self._drawn is None or self._drawn[0] != number:
            self._drawn = None  # two at once would be too many
            told = None
            if (drawing := self._drawing) is not None:
                drawing(number, 0)
                told = partial(drawing, number)
            drawn = self._surrogates.draw(self.settings.surrogate_seed + number, told=told)
            self._drawn = number, _Side(drawn)
        return self._drawn[1]

    def beside(self, v: Vectors, number: int) -> Float32s:
        """``T`` of m directions' lists in surrogate `number`: shape (m, 2, 2, len(ks))."""
        return self._beside(v, self._surrogate_side(number))[1]

    def _beside(self, v: Vectors, side: _Side) -> tuple[list[Int64s], Float32s]:
        """The lists in a surrogate, by `ROWS`, and their ``T``."""
        ks, lists = self.settings.ks, list[Int64s]()
        deep = min(int(_SPARE * self._most), side.scorings[1].n_usable)
        found = np.empty((len(v), 2, 2, len(ks)), dtype=np.float32)
        for r, (ids, _) in enumerate(top_k_each(side.scorings, v, [deep, deep])):
            collapsed = self._collapse(side.scorings[r], v, ids, self._forms_drawn)
            found[:, r] = side.coherence_of_both(ids, collapsed, ks)
            lists.append(ids)
        return lists, found

    def _collapse(self, scoring: Scoring, v: Vectors, ids: Int64s, forms: Intps) -> Int64s:
        """Of tokens of one form the nearest only, from lists that are a little too long."""
        most = self._most
        kept, enough = first_k(first_of_group(forms[ids]), most)
        collapsed = np.empty((len(ids), most), dtype=np.int64)
        collapsed[enough] = ids[kept].reshape(-1, most)
        if not enough.all():
            collapsed[~enough], _ = find_lists(scoring, v[~enough], most, forms, ())
        return collapsed


class _Side:
    """A matrix with what is ranked on it: cosine, on rows as they are and centred."""

    def __init__(self, rows: Rows) -> None:
        self.scorings: list[Scoring] = [make_scoring(rows), make_scoring(rows, centered=True)]
        self.coherence = Coherence(rows)

    def coherence_of_both(self, ids: Int64s, collapsed: Int64s, ks: Sequence[int]) -> Float64s:
        """``T`` of lists of all tokens and of one a form, most of which are the same; (m, 2, ks)."""
        found = np.repeat(self.coherence.coherence(ids, ks)[:, None], 2, axis=1)
        other = (ids[:, : collapsed.shape[1]] != collapsed).any(axis=1)
        found[other, 1] = self.coherence.coherence(collapsed[other], ks)
        return found
