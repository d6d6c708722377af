"""Is a direction more than chance? Its tokens beside those of a null's directions (STATISTICS 8).

    given directions ─→ neighbours ─→ four statistics of them ─→ p, q, shares by group
    draws of a null  ─→ neighbours ─→ the same four ───────────↗

One direction's values depend on nothing but itself, so directions are streamed, and a test that was
stopped goes on where it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from tokensphere.analysis.direction_test.groups import q_values, shares_by_group
from tokensphere.analysis.direction_test.measure import (
    BEST,
    REASONS,
    Measured,
    Measurer,
    check_statistic,
)
from tokensphere.analysis.direction_test.null import make_null, null_statistics, p_values
from tokensphere.analysis.direction_test.result import (
    DirectionTest,
    DirectionTestSettings,
    NeighborLists,
)
from tokensphere.analysis.naming.lists import name_lists
from tokensphere.analysis.naming.null import shuffled_null
from tokensphere.analysis.naming.tokens import labels_of
from tokensphere.analysis.nearest import SearchSettings
from tokensphere.directions.given import given_directions
from tokensphere.errors import InputError
from tokensphere.geometry.similarity import Similarity, check_similarity
from tokensphere.labels.table import LabelTable
from tokensphere.space import EmbeddingSpace
from tokensphere.statistics.draws import DrawStore, space_key
from tokensphere.statistics.settle import Settled
from tokensphere.statistics.settle import settle as draw_on

MOST_NULL = 100_000  # draws that `settle` may go up to
_NAMING_DRAWS = 9_999
_VERSION = 2  # of what is measured of a direction; raised when it would be another value


def test_directions(
    space: EmbeddingSpace,
    directions: Any,
    *,
    null: str = "isotropic",
    n_null: int = 10_000,
    k: int = 10,
    similarity: Similarity = "cosine",
    centered: bool = True,
    forms: bool = False,
    seed: int = 0,
    names: Sequence[str] | None = None,
    groups: Sequence[str] | None = None,
    labels: LabelTable | None = None,
    sample: Any = None,
    both_ends: bool = False,
    settle: float | None = None,
    most_null: int = MOST_NULL,
    statistic: str = BEST,
    store: DrawStore | None = None,
    threads: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> DirectionTest:
    """Test whether the tokens nearest to directions are more than chance.

    For each direction: its k nearest tokens; their mean similarity to it and the largest, their
    coherence T, and the smallest hypergeometric p of a label that they share; for each of these a
    p-value, the share of `n_null` directions drawn from a null that are at least as extreme; and
    q-values over all directions.

    Parameters
    ----------
    space : the embeddings, n tokens × d dimensions
    directions : one of
        an array or PyTorch tensor of shape (d,) or (m, d); a :class:`RandomDirections`; directions in
        a file; a list of tokens, or of sums and differences of tokens
    null : what chance is: ``"isotropic"``, ``"covariance"``, ``"difference"`` or ``"sample"``
    n_null : B; no p-value is below 1/(1 + B)
    k : neighbours of each direction, at least 2
    similarity, centered : what is near: ``"cosine"`` or ``"dot"``, to the rows as they are or less
        their mean. By default what found planted directions most often (docs/power.md)
    forms : of tokens that differ only in case and surrounding white space, keep the nearest
    seed : of the null
    names, groups : what the directions are called, and what they belong to, e.g. their layer; m each
    labels : by default those that come with tokensphere
    sample : for the null ``sample``: directions to draw from, as `directions`; held in memory
    both_ends : test the opposite of each direction, too, as a direction of its own
    settle : go on drawing until it is settled on which side of this level the p-values lie, or
        `most_null` is reached; see ``tokensphere.statistics.settle``
    most_null : how many draws that may come to
    statistic : whose p-values are settled: ``"nearness"``, ``"cosine"``, ``"coherence"``, ``"label"``
    store : where the draws of the null are kept, by default the memory of this process
    threads : how many to use; the result does not depend on it
    progress : called with the number of draws and directions done since the last call

    Returns
    -------
    DirectionTest

    Raises
    ------
    InputError
        no directions, or of the wrong width; an unknown null or similarity; `n_null` below 1; `k`
        larger than the number of tokens; a sample that is missing or has no direction
    """
    testing = DirectionTesting(
        space, directions, null=null, k=k, similarity=similarity, centered=centered, forms=forms,
        seed=seed, names=names, groups=groups, labels=labels, sample=sample, both_ends=both_ends,
        store=store, threads=threads,
    )  # fmt: skip
    column = check_statistic(statistic)
    draws = testing.null(n_null, progress=progress)
    parts = []
    for part in testing.blocks():
        parts.append(part)
        if progress is not None:
            progress(len(part))
    measured = testing.join(parts)
    settled = None
    if settle is not None:
        draws, settled = testing.settle(
            measured, n_null, most=most_null, level=settle, column=column, progress=progress
        )
    return testing.result(measured, draws, settled)


class DirectionTesting:
    """A test in its steps, for whoever must be able to stop and go on; see :func:`test_directions`.

    Draw the null, measure the directions block by block, and put together the result of those that
    are done.
    """

    def __init__(
        self,
        space: EmbeddingSpace,
        directions: Any,
        *,
        null: str = "isotropic",
        k: int = 10,
        similarity: Similarity = "cosine",
        centered: bool = True,
        forms: bool = False,
        seed: int = 0,
        names: Sequence[str] | None = None,
        groups: Sequence[str] | None = None,
        labels: LabelTable | None = None,
        sample: Any = None,
        both_ends: bool = False,
        store: DrawStore | None = None,
        threads: int | None = None,
    ) -> None:
        search = SearchSettings(k, check_similarity(similarity), bool(centered), bool(forms))
        how: dict[str, Any] = {"similarity": search.similarity, "centered": search.centered}
        self.space, self.search, self.seed = space, search, seed
        self.both_ends, self._store = bool(both_ends), store
        self.given = given_directions(
            space, directions, names=names, groups=groups, both_ends=both_ends, **how
        )
        self._measurer = Measurer(space, search, labels_of(space, labels), threads=threads)
        self._null = make_null(
            space, null, tested=self.given, measurer=self._measurer, seed=seed, threads=threads,
            sample=None if sample is None else given_directions(space, sample, **how),
        )  # fmt: skip

    def __len__(self) -> int:
        """Number of directions that were given; of both ends two each."""
        return len(self.given)

    @property
    def measured_from(self) -> dict[str, Any]:
        """All that the statistics of the directions depend on; the null is no part of it."""
        source = {name: value for name, value in self.given.about.items() if name != "path"}
        return {
            "version": _VERSION,
            "directions": source,
            "both_ends": self.both_ends,
            "labels": self._measurer.counter.digest,
            "space": space_key(self.space),
            "search": self.search.to_dict(),
        }

    def null(
        self, n_draws: int, *, progress: Callable[[int], None] | None = None
    ) -> npt.NDArray[np.float64]:
        """The statistics of the first `n_draws` draws of the null, shape (B, 4)."""
        return null_statistics(
            self.space, self._null, self._measurer, n_draws, seed=self.seed, store=self._store,
            progress=progress,
        )  # fmt: skip

    def blocks(self, start: int = 0) -> Iterator[Measured]:
        """The directions from number `start` on, some thousand at a time."""
        return self._measurer.blocks(self.given, start)

    def join(self, parts: list[Measured]) -> Measured:
        """The directions of all parts in their order."""
        return Measured.join(parts, self.search.k)

    def settle(
        self,
        measured: Measured,
        first: int,
        *,
        most: int,
        level: float,
        column: int,
        progress: Callable[[int], None] | None = None,
    ) -> tuple[npt.NDArray[np.float64], Settled]:
        """Draw on until the p-values of a statistic are settled; the draws, and how it ended."""

        def draw(count: int) -> npt.NDArray[np.float64]:
            return self.null(count, progress=progress)

        return draw_on(measured.statistic, draw, first=first, most=most, level=level, column=column)

    def result(
        self,
        measured: Measured,
        draws: npt.NDArray[np.float64],
        settled: Settled | None = None,
    ) -> DirectionTest:
        """What was found for the directions that are done, the first `len(measured)` of those given.

        Raises
        ------
        InputError
            none of the directions could be tested
        """
        done, given = len(measured), self.given
        if measured.reason.all():
            raise InputError(_none_testable(measured))
        p = p_values(measured.statistic, draws)
        q = q_values(p)
        counter = self._measurer.counter
        shuffled = shuffled_null(counter, _NAMING_DRAWS, seed=self.seed, store=self._store)
        # A list that there is not has no label that 3 tokens share: any list would do.
        lists = np.where(measured.ids >= 0, measured.ids, np.arange(self.search.k, dtype=np.int32))
        group_of = None if given.group_of is None else given.group_of[:done]
        everyone = np.zeros(done, dtype=np.intp)
        (overall,) = shares_by_group(p, q, ["all"], everyone)
        return DirectionTest(
            names=given.names if done == len(given) else given.names[:done],
            statistic=measured.statistic,
            pvalue=p,
            qvalue=q,
            null_distribution=draws,
            neighbors=NeighborLists(measured.ids, measured.similarity),
            reason=measured.reason,
            themes=name_lists(counter, lists, shuffled),
            overall=overall,
            groups=() if group_of is None else shares_by_group(p, q, given.groups, group_of),
            group_names=given.groups,
            group_of=group_of,
            settings=DirectionTestSettings(
                self.search, self._null.law, len(draws), self.seed, self.both_ends, given.made_of_tokens
            ),
            source=given.about,
            null_source=self._null.about,
            n_given=len(given),
            settled=settled,
            sample_left_out=self._null.left_out,
            provenance=self.space.provenance,
            vocabulary=self.space.vocabulary,
        )


def _none_testable(measured: Measured) -> str:
    if not len(measured):
        return "no direction has been tested yet"
    reasons = [REASONS[code] for code in measured.reason.tolist()]
    found = ", ".join(f"{reasons.count(reason):,} {reason}" for reason in dict.fromkeys(reasons))
    return f"none of the {len(measured):,} directions can be tested ({found}); give others"
