"""What is learnt from samples, through the test, beside several nulls."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import tokensphere as ts
from benchmarks.calibration.cells import percent
from benchmarks.meaningless.dictionary import Training, learn
from benchmarks.meaningless.samples import LENGTH, MIDDLE, SHAPE, WEIGHTS, Sample, samples
from benchmarks.meaningless.transformer import Floats, RandomTransformer
from benchmarks.report import Table
from tokensphere.geometry.laws import Law

_STATISTICS = ("nearness", "cosine", "coherence", "label", "any")
_NULLS: tuple[Law, ...] = ("isotropic", "covariance", "own", "difference")
_SEED = 7  # of the dictionaries
_BESIDE = (
    ("embeddings", "embeddings, noise"),
    ("layer 1", "embeddings, noise"),
    (f"layer {MIDDLE}", f"layer {MIDDLE}, noise"),
    ("embeddings", "layer 1"),
)


@dataclass(frozen=True)
class Set:
    """Directions of one kind.

    Attributes
    ----------
    title : what they are
    vectors : shape (m, d)
    explained : share of its sample's variance that a dictionary explains; None where there is none
    """

    title: str
    vectors: Floats
    explained: float | None = None


def run(*, quick: bool) -> Iterator[Table]:
    """The tables, as they come."""
    space = ts.load()
    training = Training(latents=256, steps=100) if quick else Training()
    sequences, draws = (32, 999) if quick else (256, 9_999)
    sets = list(_sets(samples(space, sequences), training))
    yield _learnt(sets, sequences * LENGTH, training)
    for law in _NULLS:
        tests = [ts.direction_test(space, one.vectors, null=ts.NullSpec(law, draws)) for one in sets]
        yield _beside(law, sets, tests)
        if law == "isotropic":
            yield _examples(space, sets, tests)
    yield _beside_samples(space, {one.title: one for one in sets})


def _sets(given: list[Sample], training: Training) -> Iterator[Set]:
    count = training.latents
    neurons = RandomTransformer(SHAPE, WEIGHTS).layer(MIDDLE - 1).down
    yield Set(f"neurons of layer {MIDDLE}", neurons)
    for sample in given:
        if sample.title in ("embeddings", f"layer {MIDDLE}"):
            yield Set(f"{sample.title}, probes", sample.probes(count))
        found = learn(sample.vectors, training, _SEED)
        yield Set(sample.title, found.directions[found.used > 0], found.explained)


def _learnt(sets: list[Set], n: int, training: Training) -> Table:
    rows = [
        (one.title, f"{len(one.vectors):,}", percent(one.explained, 0))
        for one in sets
        if one.explained is not None
    ]
    return Table(
        "What the dictionaries learnt",
        ("of", "latents in use", "variance explained"),
        rows,
        (f"{n:,} vectors each; {training.latents:,} latents, {training.active} for a vector,"
         f" {training.steps} steps of {training.batch}.",),
    )  # fmt: skip


def _shares(test: ts.DirectionTest) -> list[str]:
    """Of each statistic the share with q ≤ 0.05, and that of the verdict "meaning"."""
    found = [float(test[name].certain.mean()) for name in _STATISTICS]
    return [percent(share) for share in (*found, float((test.verdict == 0).mean()))]


def _beside(law: Law, sets: list[Set], tests: list[ts.DirectionTest]) -> Table:
    rows = [(one.title, *_shares(test)) for one, test in zip(sets, tests, strict=True)]
    notes = (f"Share of the directions; {tests[0].n_draws:,} draws, k = 10, cosine on centred rows.",)
    return Table(f"q ≤ 0.05 beside {law}", ("directions", *_STATISTICS, "meaning"), rows, notes)


def _examples(space: ts.EmbeddingSpace, sets: list[Set], tests: list[ts.DirectionTest]) -> Table:
    rows = []
    for one, test in zip(sets, tests, strict=True):
        first = int(test.order(statistic="label")[0])
        tokens = " ".join(f"`{space.vocabulary.visible(id)}`" for id in test.ids[first].tolist())
        tokens = tokens.replace("|", "\\|")  # or it would end a cell
        near, label = (f"{test[name].qvalue[first]:.2g}" for name in ("nearness", "label"))
        rows.append((one.title, near, label, test.themes.short(first) or "", tokens))
    return Table(
        "The best list of each",
        ("directions", "q nearness", "q label", "they share", "tokens"),
        rows,
        ("The direction with the least label p; q beside isotropic.",),
    )


def _beside_samples(space: ts.EmbeddingSpace, sets: dict[str, Set]) -> Table:
    """Dictionaries beside others as the null `sample`, and the halves of one beside each other."""
    rows = []
    for title, other in _BESIDE:
        rows.append((title, other, *_shares(_with_sample(space, sets[title], sets[other].vectors))))
    half = sets["embeddings, noise"].vectors
    test = _with_sample(space, Set("", half[::2]), half[1::2])
    rows.append(("embeddings, noise: one half", "the other half", *_shares(test)))
    return Table(
        "q ≤ 0.05 beside other dictionaries (sample)",
        ("directions", "null", *_STATISTICS, "meaning"),
        rows,
        ("As many draws as the other dictionary has latents in use.",),
    )


def _with_sample(space: ts.EmbeddingSpace, one: Set, sample: Floats) -> ts.DirectionTest:
    return ts.direction_test(space, one.vectors, null=ts.NullSpec("sample", sample=sample))
