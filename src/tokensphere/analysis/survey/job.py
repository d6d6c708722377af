"""How often random neighbourhoods cohere, against a vocabulary with no words (STATISTICS 5, 6, 9)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

import numpy as np

from tokensphere.analysis.survey.hubs import count_hubs
from tokensphere.analysis.survey.measure import SurveyRun
from tokensphere.analysis.survey.records import FORMS, RANKINGS, ROWS, SurveyRecords, SurveySettings
from tokensphere.analysis.survey.result import LEVELS, Rate, Survey
from tokensphere.analysis.survey.sharing import share_labels
from tokensphere.errors import InputError
from tokensphere.geometry.coherence import Coherence, random_pair_limit
from tokensphere.geometry.surrogate import SurrogateLaw, check_surrogate
from tokensphere.labels.table import LabelTable
from tokensphere.space import EmbeddingSpace
from tokensphere.statistics.draws import DrawStore
from tokensphere.statistics.exceedance import exceedance_rates

_PAIRS = 100_000  # for the limit of `alike`: a hundred of them lie above it
_LEAST = 100  # directions without which a percentile means nothing


def survey_settings(
    space: EmbeddingSpace,
    *,
    seed: int = 0,
    first: int = 0,
    k: int = 10,
    ks: Iterable[int] = (5, 10, 20),
    centered: bool = False,
    forms: bool = False,
    surrogate: SurrogateLaw = "matched",
    surrogate_seed: int = 0,
) -> SurveySettings:
    """Settings of a survey, checked against the space; see :func:`survey`."""
    usable = space.usable & space.moments.center().usable
    if k < 2 or first < 0 or seed < 0 or surrogate_seed < 0:
        raise InputError(
            f"k is {k} (need 2 or more), first {first}, seed {seed} and the surrogate's seed"
            f" {surrogate_seed} (need 0 or more)"
        )
    lengths = tuple(sorted({*ks, k}))
    most = len(np.unique(space.vocabulary.forms[usable]))
    if lengths[0] < 2 or lengths[-1] > most:
        raise InputError(
            f"lists of {lengths[0]} to {lengths[-1]} neighbours, but they need 2 or more, and at most"
            f" {most}: so many tokens have a direction and different forms"
        )
    coherence = Coherence(space.vectors, space.moments)
    limit = random_pair_limit(coherence, usable, n_pairs=_PAIRS)
    law = check_surrogate(surrogate)
    return SurveySettings(seed, first, k, lengths, centered, forms, law, surrogate_seed, limit)


def survey(
    space: EmbeddingSpace,
    n_directions: int = 10_000,
    *,
    seed: int = 0,
    first: int = 0,
    k: int = 10,
    ks: Iterable[int] = (5, 10, 20),
    centered: bool = False,
    forms: bool = False,
    surrogate: SurrogateLaw = "matched",
    surrogate_seed: int = 0,
    threads: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> Survey:
    """How often the nearest tokens of random directions cohere, and how often with no words.

    Every direction's `k` nearest tokens are found in the space and in a surrogate vocabulary, and
    their coherence ``T`` compared (STATISTICS 5 and 6).

    Parameters
    ----------
    space : the embeddings
    n_directions : how many random directions, at least 100
    seed, first : the directions are ``first … first + n − 1`` of this seed
    k : length of the lists shown, and of those that hubs are counted in
    ks : numbers of neighbours whose coherence is measured; `k` is added
    centered : show the lists on centred rows; rates are given for both
    forms : show lists in which of tokens with the same form only the nearest stays; likewise
    surrogate : ``"matched"`` or ``"gaussian"``, see :mod:`tokensphere.geometry.surrogate`
    surrogate_seed : of the surrogate's rows
    threads : how many to use; the result does not depend on it
    progress : called with the number of directions done since the last call

    Raises
    ------
    InputError
        too few directions, or lists longer than there are tokens
    """
    check_count(n_directions)
    settings = survey_settings(
        space, seed=seed, first=first, k=k, ks=ks, centered=centered, forms=forms,
        surrogate=surrogate, surrogate_seed=surrogate_seed,
    )  # fmt: skip
    run = SurveyRun(space, settings, threads=threads)
    parts = []
    for part in run.blocks(0, n_directions):
        parts.append(part)
        if progress is not None:
            progress(len(part))
    return summarize_survey(space, settings, SurveyRecords.join(parts), asked=n_directions)


def check_count(n_directions: int) -> None:
    """Raise `InputError` if a survey of so many directions means nothing."""
    if n_directions < _LEAST:
        raise InputError(f"{n_directions} directions are too few for a survey: ask for {_LEAST} or more")


def summarize_survey(
    space: EmbeddingSpace, settings: SurveySettings, records: SurveyRecords, *, asked: int
) -> Survey:
    """Rates and hubs of records; what :func:`survey` ends with.

    Raises
    ------
    InputError
        records of fewer than 100 directions
    """
    check_count(len(records))
    usable = space.usable & space.moments.center().usable
    hubs = [
        count_hubs(records.ids[:, i, :k], usable, ranking)
        for i, ranking in enumerate(RANKINGS)
        for k in (1, settings.k)
    ]
    return Survey(
        settings=settings,
        records=records,
        asked=asked,
        rates=tuple(_rates(settings, records)),
        hubs=tuple(hubs),
        left_out=space.left_out,
        n_tokens=int(np.count_nonzero(usable)),
        provenance=space.provenance,
        vocabulary=space.vocabulary,
    )


def name_survey(
    space: EmbeddingSpace,
    survey: Survey,
    *,
    labels: LabelTable | None = None,
    store: DrawStore | None = None,
) -> Survey:
    """The survey with what its lists share, in :attr:`Survey.naming` (STATISTICS 7).

    Parameters
    ----------
    space : that was surveyed
    survey : its lists shown are named
    labels : by default all that are built in
    store : where nulls are kept, by default the memory of this process
    """
    naming = share_labels(space, survey.records.shown, survey.coherent, labels=labels, store=store)
    return replace(survey, naming=naming)


def _rates(settings: SurveySettings, records: SurveyRecords) -> Iterable[Rate]:
    kinds = [
        (r, f, j) for r in range(len(ROWS)) for f in range(len(FORMS)) for j in range(len(settings.ks))
    ]
    values = np.stack([records.coherence[:, r, f, j] for r, f, j in kinds], axis=1)
    null = np.stack([records.surrogate[:, r, j] for r, _, j in kinds], axis=1)
    found = exceedance_rates(values, null, levels=LEVELS, seed=settings.seed)
    for column, (r, f, j) in enumerate(kinds):
        yield Rate(
            centered=bool(r),
            forms=bool(f),
            k=settings.ks[j],
            median=float(np.median(values[:, column])),
            surrogate_median=float(np.median(null[:, column])),
            at=tuple(found[column]),
        )
