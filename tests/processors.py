"""The main results as this process's processor gives them; run by tests/test_processors.py.

python -m tests.processors results|save|go_on FOLDER: all in ``results.npz``; the first half of a survey
and of a test, with the draws of its null; the whole of both, from what is there on, in ``go_on.npz``.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

import tokensphere as ts
from tests.analysis.direction_test.spaces import LABELS, SPACE
from tests.analysis.spaces import space_of
from tokensphere.analysis.direction_test import measure
from tokensphere.analysis.direction_test.job import DirectionTestJob
from tokensphere.analysis.direction_test.null import NullSpec
from tokensphere.analysis.job import Job
from tokensphere.analysis.survey import job as survey_job
from tokensphere.analysis.survey.job import SurrogateSpec, SurveyJob
from tokensphere.directions.tokens import TokenSum
from tokensphere.geometry.laws import Law
from tokensphere.geometry.similarity import SIMILARITIES, SearchSettings
from tokensphere.run import go_on
from tokensphere.sources.cache.arrays import NullFiles

Named = Iterator[tuple[str, npt.NDArray[Any]]]
SUMS = [TokenSum((i, i + 3), (i + 7,)) for i in range(120)]
LAWS: tuple[Law, ...] = ("isotropic", "difference", "frequency", "covariance", "own")


def ties() -> ts.EmbeddingSpace:
    """Rows with few different values: very many similarities are equal but for rounding."""
    return space_of(np.random.default_rng(1).integers(-2, 3, (400, 6)) + 0.5, name="ties")


def results() -> Named:
    """Names say how far the results shall agree."""
    factor = np.random.default_rng(0).standard_normal((300, 300), dtype=np.float32)
    yield "kernel", factor @ factor
    for space in (SPACE, ties()):
        yield from searched(space)
        yield from tested(space)
        yield from surveyed(space)


def searched(space: ts.EmbeddingSpace) -> Named:
    for similarity, centered in product(SIMILARITIES, (False, True)):
        for what in (ts.RandomDirections(space.shape[1], 100), list(range(100, 200)), SUMS):
            found = ts.nearest(space, what, k=10, similarity=similarity, centered=centered)
            of = f"{space.provenance.model}, {similarity}, {centered}, {type(what[0]).__name__}"
            yield f"same ids of {of}", found.ids
            yield f"same similarity of {of}", found.similarity


def tested(space: ts.EmbeddingSpace) -> Named:
    vectors = np.random.default_rng(2).standard_normal((80, space.shape[1]))
    for law in LAWS:
        what = SUMS[:80] if law in ("difference", "frequency") else vectors
        found = ts.direction_test(space, what, null=NullSpec(law, draws=999), labels=LABELS)
        near = law in ("covariance", "own")
        for statistic, one in found.tested.items():
            of = f"{space.provenance.model}, {law}, {statistic}"
            yield f"{'p' if near and statistic == 'any' else 'same'} values of {of}", one.values
            yield f"{'p' if near else 'same'} p of {of}", one.pvalue


def surveyed(space: ts.EmbeddingSpace) -> Named:
    spec, search = SurrogateSpec(count=2), SearchSettings(k=5)
    records = ts.survey(space, 150, search=search, surrogate=spec).records
    for name in ("ids", "shown", "coherence", "largest", "alike"):
        yield f"same {name} of a survey of {space.provenance.model}", getattr(records, name)
    yield f"near coherence in surrogates of {space.provenance.model}", records.nulls


def jobs(folder: Path) -> tuple[Job[Any], ...]:
    """Of what was computed: sums of tokens, and a null with the mean and covariance of those."""
    spec, search = SurrogateSpec(count=2), SearchSettings(k=5, centered=True)
    how: dict[str, Any] = {"null": NullSpec("own", draws=999), "labels": LABELS, "search": search}
    store = NullFiles(folder / "nulls")
    return SurveyJob(SPACE, SUMS, search=search, surrogate=spec), DirectionTestJob(
        SPACE, SUMS, store=store, **how
    )


def save(folder: Path) -> None:
    """Half of the directions of both, as if stopped by Ctrl-C."""
    for job in jobs(folder):
        left = [60 + job.draws if isinstance(job, DirectionTestJob) else 60]

        def stop(steps: int, left: list[int] = left) -> None:
            left[0] -= steps
            if left[0] <= 0:
                raise KeyboardInterrupt

        done = go_on(job, save=folder / f"{type(job).__name__}.parquet", progress=stop)
        assert done.stopped and len(done.part) == 60


def continued(folder: Path) -> Named:
    """What is there of both, gone on with."""
    for job in jobs(folder):
        steps: list[int] = []
        done = go_on(job, save=folder / f"{type(job).__name__}.parquet", progress=steps.append)
        yield f"{job.what}: steps", np.array(steps)
        if isinstance(job, SurveyJob):
            yield "coherence", job.result(done.part).records.coherence
        elif isinstance(job, DirectionTestJob):
            result = job.result(done.part)
            yield from ((f"p {name}", one.pvalue) for name, one in result.tested.items())


if __name__ == "__main__":
    measure.QUERIES_AT_ONCE = survey_job.BLOCK = 60  # type: ignore[attr-defined]
    asked, where = sys.argv[1], Path(sys.argv[2])
    if asked == "save":
        save(where)
    else:
        found: dict[str, Any] = dict(results() if asked == "results" else continued(where))
        np.savez(where / f"{asked}.npz", **found)
