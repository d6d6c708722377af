"""Models side by side: geometry, rates, hubs, and how far every two agree."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from typing import Any

from tokensphere.analysis.compare.agree import STEPS, HowAlike, measure_likeness
from tokensphere.analysis.compare.result import Comparison
from tokensphere.analysis.compare.side import Side, measure_side
from tokensphere.analysis.job import Watcher, work
from tokensphere.analysis.survey.job import LEAST, SurrogateSpec, SurveyJob
from tokensphere.analysis.survey.result import Survey
from tokensphere.analysis.watched import showing, watched_steps
from tokensphere.errors import InputError, check_whole
from tokensphere.geometry.compute import Compute
from tokensphere.geometry.directions import RandomDirections
from tokensphere.geometry.lens import check_cosine
from tokensphere.geometry.similarity import SearchSettings
from tokensphere.geometry.surrogate import BlockStore
from tokensphere.space import EmbeddingSpace
from tokensphere.statistics.difference import Difference, difference_of

_SURROGATES = SurrogateSpec()


@showing(lambda progress: watched_steps(progress, "compare"))
def compare(
    *spaces: EmbeddingSpace,
    n_directions: int = 1_000,
    k: int = 10,
    centered: bool = True,
    n_lists: int = 20_000,
    seed: int = 0,
    surrogate: SurrogateSpec = _SURROGATES,
    compute: Compute | None = None,
    store: BlockStore | None = None,
    progress: Callable[[str], None] | bool | None = None,
) -> Comparison:
    """Models side by side, and how far every two agree on the tokens that they share.

    Each by itself: shape, norms, mean cosine, effective dimensions, how often the nearest tokens of
    random directions are more alike than chance, hubs. Every two: whether the same tokens have the same
    neighbours, how far their cosines correlate (RSA), linear CKA, and how near the one comes to the
    other when it is turned (docs/definitions.md 12).

    Parameters
    ----------
    spaces : two models or more; the same may come twice
    n_directions : random directions of each survey, those of `seed` from index 0 on, at least 100; 0 for
        no survey. Models of other widths have other directions
    k : nearest tokens of a direction, and of a token
    centered : whether neighbours, RSA and the rotation are of rows less their mean over the shared
        tokens, or of rows as they are
    n_lists : tokens of every two models whose neighbours are looked for, at random; all if there are no
        more
    seed : of directions, of those tokens, and of what is put in random order
    surrogate : the vocabularies with no words that the surveys compare with
    compute : how many threads, for one; seen in no figure
    store : where the surrogates' blocks of rows are kept, by default nowhere
    progress : called with the name of each part of the work as it begins; True shows it

    Returns
    -------
    Comparison

    Raises
    ------
    InputError
        fewer than two models, numbers out of range, or a model of fewer tokens than `k`, or one that was
        loaded through a lens, which ranks by dot
    """
    if len(spaces) < 2:
        raise InputError(f"{len(spaces)} model to compare: give two or more")
    for space in spaces:
        check_cosine(space.lens, "a comparison")
    check_whole("k", k, 2)
    check_whole("the number of lists", n_lists, 2)
    check_whole("the seed", seed)
    check_whole("the number of directions", n_directions)
    if 0 < n_directions < LEAST:
        raise InputError(
            f"{n_directions} directions are too few: ask for {LEAST} or more, or 0 for none"
        )
    say = progress if callable(progress) else lambda _: None
    how = HowAlike(k=k, centered=centered, n_lists=n_lists, seed=seed)
    names = _names(spaces)
    Watcher(progress).expect(lambda: count_parts(len(spaces)))
    sides: dict[str, Side] = {}
    of_each = []
    for name, space in zip(names, spaces, strict=True):
        say(f"{name}: a survey of random directions" if n_directions else f"{name}: geometry")
        key = json.dumps(space.key() | {"model": space.provenance.model})
        if key not in sides:  # the same again is the same
            survey = None
            if n_directions:
                directions = RandomDirections(space.shape[1], n_directions, seed=seed)
                survey = _survey(
                    space, directions, search=SearchSettings(k, centered=centered), ks=(k,),
                    surrogate=surrogate, compute=compute, store=store,
                )  # fmt: skip
            sides[key] = measure_side(space, survey)
        of_each.append(sides[key])
    pairs = [
        measure_likeness(
            spaces[i], spaces[j], how, names=(names[i], names[j]),
            differences=_differences(of_each[i], of_each[j]), compute=compute, progress=say,
        )
        for i in range(len(spaces)) for j in range(i + 1, len(spaces))
    ]  # fmt: skip
    return Comparison(tuple(of_each), names, tuple(pairs), how, n_directions)


def count_parts(models: int) -> int:
    """How many names of parts are told."""
    return models + STEPS * models * (models - 1) // 2


def _survey(space: EmbeddingSpace, directions: RandomDirections, **how: Any) -> Survey:
    job = SurveyJob(space, directions, **how)
    return job.result(work(job, []))


def _names(spaces: tuple[EmbeddingSpace, ...]) -> tuple[str, ...]:
    """The models' names, each another: with a number behind those that come more than once."""
    names = [space.provenance.model for space in spaces]
    often, seen, told = Counter(names), Counter[str](), []
    for name in names:
        seen[name] += 1
        told.append(f"{name} ({seen[name]})" if often[name] > 1 else name)
    return tuple(told)


def _differences(one: Side, other: Side) -> dict[str, Difference | None]:
    """Of the rates, by rows."""
    found: dict[str, Difference | None] = {}
    for kind, centered in (("raw", False), ("centered", True)):
        first, second = one.rate(centered=centered), other.rate(centered=centered)
        there = first is not None and second is not None
        found[kind] = difference_of(first.found, second.found) if first and second and there else None
    return found
