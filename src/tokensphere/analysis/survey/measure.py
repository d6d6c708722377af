"""The work of a survey: blocks of directions through the real vocabulary and the surrogate.

Every direction's numbers depend on that direction alone, not on its block: a survey that was stopped
and continued, or cut into blocks of another size, is the same to the bit.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from tokensphere.analysis.lists import find_lists, first_of_group
from tokensphere.analysis.survey.records import SurveyRecords, SurveySettings
from tokensphere.geometry.coherence import Coherence
from tokensphere.geometry.directions import RandomDirections
from tokensphere.geometry.floors import ExpectedFloors
from tokensphere.geometry.rows import RowMoments
from tokensphere.geometry.search import top_ids_each
from tokensphere.geometry.similarity import Scoring, make_scoring
from tokensphere.geometry.surrogate import surrogate_rows
from tokensphere.space import EmbeddingSpace

BLOCK = 4096
_SPARE = 1.6  # so many times k tokens mostly have k different forms

Ids = npt.NDArray[np.int64]


class SurveyRun:
    """A vocabulary and its surrogate, ready to be surveyed.

    Holds two matrices of n × d: the space's own and the surrogate's.

    Parameters
    ----------
    space : the embeddings
    settings : of the survey
    threads : how many to use; by default as many as there are processors
    """

    def __init__(
        self, space: EmbeddingSpace, settings: SurveySettings, *, threads: int | None = None
    ) -> None:
        self.settings, self.threads = settings, threads
        self.d = space.shape[1]
        self.forms = space.vocabulary.forms
        self.real = _Side(space.vectors, space.moments)
        self.dot = make_scoring(space.vectors, space.moments, similarity="dot")
        rows = surrogate_rows(
            space.vectors,
            space.moments,
            law=settings.surrogate,
            seed=settings.surrogate_seed,
            threads=threads,
        )
        self.surrogate = _Side(rows, RowMoments(rows))

    def blocks(self, start: int, stop: int) -> Iterator[SurveyRecords]:
        """Records of the directions `start` to ``stop − 1`` of this survey, block by block."""
        for low in range(start, stop, BLOCK):
            yield self.block(low, min(low + BLOCK, stop))

    def block(self, start: int, stop: int) -> SurveyRecords:
        """Records of the directions `start` to ``stop − 1``, all at once."""
        settings = self.settings
        directions = RandomDirections(
            self.d, stop - start, first=settings.first + start, seed=settings.seed
        )
        v = directions[:]
        records = SurveyRecords.empty(settings, len(v))
        self._real(v, records)
        self._surrogate(v, records)
        return records

    @property
    def _most(self) -> int:
        """The longest list that is needed."""
        return max(self.settings.k, self.settings.ks[-1])

    def _real(self, v: npt.NDArray[np.float32], records: SurveyRecords) -> None:
        settings, most = self.settings, self._most
        deep = min(int(_SPARE * most), self.real.n_usable)
        scorings = [*self.real.scorings, self.dot]
        found = top_ids_each(
            scorings, v, [deep, deep, settings.k], threads=self.threads, floors=self.real.floors
        )
        for r, ids in enumerate(found[:2]):
            records.ids[:, r] = ids[:, : settings.k]
            every = np.arange(len(v))
            records.largest[:, r] = self.real.scorings[r].exact(v, every, ids[:, 0])
            collapsed = self._collapse(self.real.scorings[r], v, ids)
            records.coherence[:, r, 0] = self._coherence(self.real, ids)
            records.coherence[:, r, 1] = self._coherence(self.real, collapsed)
            if r == settings.centered:
                records.shown[:] = (collapsed if settings.forms else ids)[:, : settings.k]
        records.ids[:, 2] = found[2]
        records.alike[:] = self._alike(self.real, records.shown)

    def _surrogate(self, v: npt.NDArray[np.float32], records: SurveyRecords) -> None:
        most = self._most
        side = self.surrogate
        found = top_ids_each(
            side.scorings, v, [most, most], threads=self.threads, floors=side.floors[:2]
        )
        for r, ids in enumerate(found):
            records.surrogate[:, r] = self._coherence(self.surrogate, ids)
        records.alike_surrogate[:] = self._alike(self.surrogate, found[self.settings.centered])

    def _coherence(self, side: _Side, ids: npt.NDArray[np.integer]) -> npt.NDArray[np.float64]:
        return side.coherence.coherence(ids, self.settings.ks, threads=self.threads)

    def _alike(self, side: _Side, ids: npt.NDArray[np.integer]) -> Ids:
        ids = ids[:, : self.settings.k]
        return side.coherence.alike(ids, self.settings.limit, threads=self.threads)

    def _collapse(self, scoring: Scoring, v: npt.NDArray[np.float32], ids: Ids) -> Ids:
        """Of tokens of one form the nearest only, from lists that are a little too long."""
        most = self._most
        kept = first_of_group(self.forms[ids])
        place = np.cumsum(kept, axis=1) - 1
        enough = place[:, -1] >= most - 1
        collapsed = np.empty((len(ids), most), dtype=np.int64)
        collapsed[enough] = ids[enough][(kept & (place < most))[enough]].reshape(-1, most)
        if not enough.all():
            deeper, _ = find_lists(scoring, v[~enough], most, self.forms, (), self.threads)
            collapsed[~enough] = deeper
        return collapsed


class _Side:
    """A matrix with what is ranked on it: cosine, on rows as they are and centred."""

    def __init__(self, rows: npt.NDArray[np.float32], moments: RowMoments) -> None:
        self.scorings: list[Scoring] = [
            make_scoring(rows, moments),
            make_scoring(rows, moments, centered=True),
        ]
        self.coherence = Coherence(rows, moments)
        self.floors = [ExpectedFloors(moments.mean_unit_row()), ExpectedFloors(), ExpectedFloors()]
        self.n_usable = int(np.count_nonzero(self.scorings[1].usable))
