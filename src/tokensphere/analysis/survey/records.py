"""What a survey keeps of every direction: arrays that can be saved, joined and continued."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from tokensphere.arrays import Float32s, Int16s, Int32s, Int64s
from tokensphere.errors import FormatError
from tokensphere.geometry.surrogate import SurrogateLaw
from tokensphere.records import record

RANKINGS = ("cosine", "centered", "dot")  # whose lists are kept
ROWS = ("as_is", "centered")  # whose coherence is measured
FORMS = ("all", "forms")  # lists of all tokens, and with one token a form
LEVELS = (0.95, 0.99)  # percentiles of the lists with no words that rates are given above


@dataclass(frozen=True)
class SurveySettings:
    """What determines the records of a survey; two with equal settings can be joined.

    Attributes
    ----------
    seed, first : of the directions, if they are random; None and 0 of others
    k : length of the lists that are kept, and of which `alike` is measured
    ks : numbers of neighbours whose coherence is measured, ascending
    centered : whether the lists shown are those on centred rows
    forms : whether in the lists shown of tokens with the same form only the nearest stays
    surrogate, surrogate_seed : the law and the seed of the first vocabulary without words
    surrogates : how many of them each direction is compared with, of this seed and the next ones
    limit : cosine of two centred rows above which they count as alike, in [−1, 1]
    """

    seed: int | None
    first: int
    k: int
    ks: tuple[int, ...]
    centered: bool
    forms: bool
    surrogate: SurrogateLaw
    surrogate_seed: int
    surrogates: int
    limit: float
    similarity: ClassVar[str] = "cosine"

    def indices(self, count: int) -> Int64s:
        """The first `count` directions' indices under their seed, shape (count,)."""
        return np.arange(self.first, self.first + count, dtype=np.int64)

    def to_dict(self) -> dict[str, Any]:
        """The same as a dict for JSON."""
        names = [field.name for field in fields(self)]
        names.insert(names.index("centered"), "similarity")
        return record(self, *names, limit="alike_above")


@dataclass(frozen=True)
class SurveyRecords:
    """Arrays with a row for each of m directions.

    Attributes
    ----------
    coherence : float32 array of shape (m, 2, 2, len(ks)), ``T`` by `ROWS`, `FORMS` and k
    surrogate : float32 array of shape (m, 2, len(ks)), ``T`` in the first surrogate, by `ROWS` and k,
        of all its rows
    nulls : float32 array of shape (m, S, 2, 2, len(ks)), ``T`` in each of S surrogates, by `ROWS`,
        `FORMS` (a surrogate's row has the form of the token it stands for) and k; NaN where not yet done
    alike, alike_surrogate : int16 arrays of shape (m,), the largest group of the k neighbours
        joined by pairs above the limit, for the lists shown and for the surrogate's
    largest : float32 array of shape (m, 2), the largest cosine, by `ROWS`
    ids : int32 array of shape (m, 3, k), the lists of all tokens by `RANKINGS`
    shown : int32 array of shape (m, k), the lists shown
    """

    coherence: Float32s
    surrogate: Float32s
    nulls: Float32s
    alike: Int16s
    alike_surrogate: Int16s
    largest: Float32s
    ids: Int32s
    shown: Int32s

    def __len__(self) -> int:
        """Number of directions."""
        return len(self.alike)

    @classmethod
    def empty(cls, settings: SurveySettings, count: int = 0) -> SurveyRecords:
        """Room for the records of `count` directions, not yet filled."""
        n_ks, k = len(settings.ks), settings.k
        return cls(
            np.empty((count, 2, 2, n_ks), dtype=np.float32),
            np.empty((count, 2, n_ks), dtype=np.float32),
            np.full((count, settings.surrogates, 2, 2, n_ks), np.nan, dtype=np.float32),
            np.empty(count, dtype=np.int16),
            np.empty(count, dtype=np.int16),
            np.empty((count, 2), dtype=np.float32),
            np.empty((count, 3, k), dtype=np.int32),
            np.empty((count, k), dtype=np.int32),
        )

    @classmethod
    def join(cls, parts: list[SurveyRecords]) -> SurveyRecords:
        """The directions of all parts, in order; of as many surrogates as any has."""
        most = max(part.nulls.shape[1] for part in parts)
        parts = [part._with_room(most) for part in parts]
        names = [field.name for field in fields(cls)]
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))

    def take(self, count: int, surrogates: int | None = None) -> SurveyRecords:
        """The first `count` directions, beside the first `surrogates`, or all."""
        first = SurveyRecords(*(getattr(self, field.name)[:count] for field in fields(self)))
        return replace(first, nulls=first.nulls[:, :surrogates])

    def _with_room(self, surrogates: int) -> SurveyRecords:
        """The same with at least so many surrogates, those that are not there not yet done."""
        missing = max(surrogates - self.nulls.shape[1], 0)
        more = ((0, 0), (0, missing), *(3 * [(0, 0)]))
        return replace(self, nulls=np.pad(self.nulls, more, constant_values=np.nan)) if missing else self

    @property
    def surrogates_done(self) -> int:
        """Surrogates that all directions have been compared with."""
        there = ~np.isnan(self.nulls[:, :, 0, 0, 0]).any(axis=0)
        return int(np.argmin(np.append(there, False)))

    def _named(self, settings: SurveySettings) -> Iterator[tuple[str, npt.NDArray[Any]]]:
        """Every column of a table with its name: views of the arrays."""
        for r, rows in enumerate(ROWS):
            for j, k in enumerate(settings.ks):
                yield f"coherence_{rows}_k{k}", self.coherence[:, r, 0, j]
                yield f"coherence_{rows}_k{k}_forms", self.coherence[:, r, 1, j]
                yield f"coherence_{rows}_k{k}_surrogate", self.surrogate[:, r, j]
                if self.nulls.shape[1]:
                    yield f"coherence_{rows}_k{k}_surrogates", self.nulls[:, :, r, 0, j]
                    yield f"coherence_{rows}_k{k}_forms_surrogates", self.nulls[:, :, r, 1, j]
            yield f"largest_cosine_{rows}", self.largest[:, r]
        yield "alike", self.alike
        yield "alike_surrogate", self.alike_surrogate
        for i, ranking in enumerate(RANKINGS):
            yield f"ids_{ranking}", self.ids[:, i]
        yield "ids_shown", self.shown

    def to_columns(self, settings: SurveySettings) -> dict[str, npt.NDArray[Any]]:
        """Named columns of a table with a row for each direction; `index` is the first."""
        return {"index": settings.indices(len(self)), **dict(self._named(settings))}

    @staticmethod
    def surrogates_in(columns: Mapping[str, Any]) -> int:
        """How many surrogates the columns of :meth:`to_columns` are of."""
        there = (np.shape(column) for name, column in columns.items() if name.endswith("_surrogates"))
        return next((shape[1] for shape in there if len(shape) == 2), 0)

    @classmethod
    def from_columns(cls, columns: Mapping[str, Any], settings: SurveySettings) -> SurveyRecords:
        """The way back from :meth:`to_columns`.

        Raises
        ------
        FormatError
            a column is missing or has another shape, or the directions are not one range
        """
        index = np.asarray(columns.get("index", ()))
        if not np.array_equal(index, settings.indices(len(index))):
            raise FormatError("the saved survey's directions are not one range")
        # Of all surrogates that the file has; those that are asked for besides come after them.
        asked = settings.surrogates
        settings = replace(settings, surrogates=cls.surrogates_in(columns))
        found = cls.empty(settings, len(index))
        for name, target in found._named(settings):
            column = np.asarray(columns.get(name, ()))
            if column.shape != target.shape or column.dtype != target.dtype:
                raise FormatError(f"there is no column {name!r} as this version has it")
            target[...] = column
        return found._with_room(asked)
