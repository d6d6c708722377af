"""What chance is: the nulls that directions are compared with (docs/definitions.md 1 and 8)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from tokensphere.analysis.direction_test.measure import Measurer, why_untestable
from tokensphere.analysis.direction_test.own import Cloud
from tokensphere.analysis.direction_test.signatures import (
    PAIR,
    TENTHS_OF,
    Signature,
    TenthsOf,
    signatures,
    tenths,
)
from tokensphere.arrays import Float64s, Int64s, Intps
from tokensphere.directions.named import Directions, Vectors
from tokensphere.directions.tokens import token_rows
from tokensphere.errors import InputError, check_choice, check_whole
from tokensphere.geometry.laws import LAWS, Isotropic, Law, NullLaw, Sample, TokenSums, gaussian_law
from tokensphere.geometry.search import QUERIES_AT_ONCE
from tokensphere.geometry.surrogate import unit_covariance

# What is near to a sum of tokens is near to these tokens' kin, whatever they are: beside the isotropic
# null half the sums of unrelated words have a "meaning" (docs/power.md).
_OF_TOKENS: tuple[Law, str] = ("difference", "directions are sums of tokens")
_OF_VECTORS: tuple[Law, str] = ("isotropic", "directions are vectors")


@dataclass(frozen=True)
class NullSpec:
    """Which directions are chance, and how many of them.

    Attributes
    ----------
    law : ``"isotropic"``, ``"covariance"``, ``"own"``, ``"difference"``, ``"frequency"``, ``"sample"``;
        by default ``"difference"`` where all directions are made of tokens, else ``"isotropic"``
    draws : B, at least 1; no p-value is below 1/(1 + B). For ``sample`` the most: each row is drawn once
    seed : 0 or more
    sample : for the law ``sample``: directions to draw from, whatever a test takes; held in memory
    tenths : for the law ``frequency``: tenths of what tokens are drawn from, of their ``"ids"``, which
        follow frequency where a vocabulary was made by merging (BPE), or of their ``"norms"``
    extrapolate : whether p beyond the draws are extrapolated from the null's upper tail; those that are
        have an interval (:class:`Beside`)

    Raises
    ------
    InputError
        an unknown law, a seed below 0, no sample for ``sample`` or one for another law, unknown tenths
    """

    law: Law | None = None
    draws: int = 10_000
    seed: int = 0
    sample: Any = None
    tenths: TenthsOf = "ids"
    extrapolate: bool = False

    def __post_init__(self) -> None:
        if self.law is not None:
            check_choice("null", self.law, LAWS)
        is_ = "no null is named" if self.law is None else f"the null is {self.law!r}"
        check_whole("draws", self.draws, 1)
        check_whole("the seed", self.seed)
        check_choice("tenths", self.tenths, TENTHS_OF)
        if self.tenths != "ids" and self.law != "frequency":
            raise InputError(f"tenths are for the null 'frequency', and {is_}")
        if self.sample is not None and self.law != "sample":
            raise InputError(f"a sample is given, but {is_}; use null 'sample' for it")
        if self.sample is None and self.law == "sample":
            raise InputError("the null 'sample' needs a sample: a matrix whose rows are directions")


@dataclass(frozen=True)
class Part:
    """A null that some of the directions are compared with, or all.

    Attributes
    ----------
    title : for people
    law : makes what gives its draws; asked for only where some must be made
    own : whether the tokens that a draw was made of shall not be found
    about : what the law was made of beside the matrix, for the key of its draws and for JSON
    """

    title: str
    law: Callable[[], NullLaw]
    own: bool
    about: dict[str, Any]


@dataclass(frozen=True)
class Null:
    """The nulls of a test, and which direction has which.

    Attributes
    ----------
    spec : the law, never None, the seed, the most draws
    parts : the nulls
    of : int array of shape (m,), for each direction the number of its null
    end : how many draws there can be, if there is an end
    left_out : rows of the user's sample that are no directions
    because : why this law, where the user named none
    """

    spec: NullSpec
    parts: tuple[Part, ...]
    of: Intps
    end: int | None = None
    left_out: int = 0
    because: str | None = None

    @property
    def draws(self) -> int:
        """Draws of each part to begin with, B."""
        return self.spec.draws if self.end is None else min(self.spec.draws, self.end)

    def without_laws(self) -> Null:
        """The same without what draws: for results, which need no more."""
        parts = tuple(replace(part, law=_no_law) for part in self.parts)
        sample = None if self.spec.sample is None else self.parts[0].about
        return replace(self, parts=parts, spec=replace(self.spec, sample=sample))

    @property
    def about(self) -> list[dict[str, Any]]:
        """The nulls for JSON, with how many of the given directions each has."""
        counts = np.bincount(self.of, minlength=len(self.parts)).tolist()
        return [
            {"null": part.title, "given": count, **part.about}
            for part, count in zip(self.parts, counts, strict=True)
        ]


def _no_law() -> NullLaw:
    raise InputError("a result that was pickled draws no more of its null; test the directions again")


def make_null(
    spec: NullSpec, measurer: Measurer, *, tested: Directions, sample: Directions | None = None
) -> Null:
    """The nulls that `spec` names.

    A null is calibrated if directions drawn from it are treated as those tested are. So where
    directions are made of tokens, and their own tokens are not to be found, the draws of
    ``difference`` are made as they are (of as many tokens, added and subtracted with the same weights,
    and of the rows that ``nearest`` takes), and theirs are not found either: a null for each
    signature. Of vectors nobody knows what they were made of: then draws are ``E_a − E_b`` of the rows
    as they are, and everything may be found.

    Parameters
    ----------
    spec : which law
    measurer : measures both
    tested : the directions that will be compared
    sample : the directions of ``spec.sample``
    """
    if spec.law is None:
        law, because = _OF_TOKENS if tested.own else _OF_VECTORS
        return replace(_of_law(replace(spec, law=law), measurer, tested, sample), because=because)
    return _of_law(spec, measurer, tested, sample)


def _of_law(spec: NullSpec, measurer: Measurer, tested: Directions, sample: Directions | None) -> Null:
    """The nulls of a law that is named."""
    assert spec.law is not None
    title: str = spec.law
    space, seed = measurer.space, int(spec.seed)
    every = np.zeros(len(tested), dtype=np.intp)

    def alone(law: Callable[[], NullLaw], **about: Any) -> tuple[Part, ...]:
        return (Part(title, law, False, about),)

    if spec.law == "isotropic":
        return Null(spec, alone(lambda: Isotropic(space.shape[1], seed)), every)
    if spec.law == "covariance":
        return Null(spec, alone(lambda: gaussian_law(unit_covariance(space.rows), seed)), every)
    if spec.law == "own":
        return _own(spec, tested)
    if spec.law == "frequency":
        return _frequency(spec, measurer, tested)
    if spec.law == "difference":
        return _differences(spec, measurer, tested)
    assert sample is not None
    rows, left_out = _usable_rows(sample)
    part = alone(lambda: Sample(rows, seed), sample=sample.about, both_ends=sample.ends == 2)
    return Null(spec, part, every, len(rows), left_out)


def _own(spec: NullSpec, tested: Directions) -> Null:
    """A null for each group, or one for all."""
    grouped = tested.group_of is not None
    of = np.asarray(tested.group_of) if grouped else np.zeros(len(tested), dtype=np.intp)
    there, of = np.unique(of, return_inverse=True)
    parts = []
    for number, group in enumerate(there.tolist()):
        name = tested.groups[group] if grouped else ""
        cloud = Cloud(tested, np.flatnonzero(of == number), name)
        about = {"sha256": cloud.digest(), "fitted": cloud.middle()[0]}
        title = f"own of {name}" if name else "own"
        parts.append(Part(title, partial(cloud.law, int(spec.seed)), False, about))
    return Null(spec, tuple(parts), of.astype(np.intp))


def _frequency(spec: NullSpec, measurer: Measurer, tested: Directions) -> Null:
    """A null for each signature with the tenths of its tokens."""
    if not tested.own:
        raise InputError(
            "the null 'frequency' draws tokens as frequent as those that a direction is made of, and of"
            " vectors nobody knows these; use another null, or give sums of tokens"
        )
    found, of = signatures(tested, tenth_of(spec, measurer))
    return of_signatures(found, of, spec, measurer)


def _differences(spec: NullSpec, measurer: Measurer, tested: Directions) -> Null:
    """A null for each signature, all of random tokens."""
    if not tested.own:
        every = np.zeros(len(tested), dtype=np.intp)
        _, pools = _pools(spec, measurer)
        return Null(spec, (_sums(PAIR, spec, measurer, pools, own=False),), every)
    found, of = signatures(tested)
    return of_signatures(found, of, spec, measurer)


def tenth_of(spec: NullSpec, measurer: Measurer) -> Intps | None:
    """Of every token its tenth, shape (n,), where signatures have tenths; else None."""
    return _pools(spec, measurer)[0]


def _pools(spec: NullSpec, measurer: Measurer) -> tuple[Intps | None, list[Int64s]]:
    """Of every token its tenth, where that counts; and the ids that tokens are drawn from."""
    usable = measurer.finder.scoring.usable
    if spec.law != "frequency":
        return None, [np.flatnonzero(usable)]
    return tenths(usable, measurer.space.moments.norms if spec.tenths == "norms" else None)


def of_signatures(found: Sequence[Signature], of: Intps, spec: NullSpec, measurer: Measurer) -> Null:
    """The nulls of directions that are made of tokens: one for each signature.

    Parameters
    ----------
    found : the signatures
    of : for each direction the number of its own, shape (m,)
    spec : the law, ``"difference"`` or ``"frequency"``, the seed, the most draws
    measurer : measures the draws
    """
    _, pools = _pools(spec, measurer)
    return Null(spec, tuple(_sums(one, spec, measurer, pools, own=True) for one in found), of)


def _sums(
    signature: Signature, spec: NullSpec, measurer: Measurer, pools: list[Int64s], *, own: bool
) -> Part:
    """The null of sums of random tokens with a signature.

    Parameters
    ----------
    pools : of which tokens they are drawn: by tenths, or all
    own : whether the rows are those of tokens, and tokens of a draw are not found
    """
    space, settings = measurer.space, measurer.settings

    def row(some: Int64s) -> Float64s:
        if own:
            return token_rows(space, some.tolist(), settings.similarity, settings.centered)
        return space.vectors[some].astype(np.float64)

    law = partial(
        TokenSums, np.array(signature.weights, dtype=np.float64), pools,
        signature.tenths or (0,) * len(signature.weights), row, int(spec.seed),
        "frequency" if spec.law == "frequency" else "difference",
    )  # fmt: skip
    about = {"rows": "as for tokens" if own else "as they are", "weights": list(signature.weights)}
    if signature.tenths:
        about |= {"tenths": list(signature.tenths), "tenths_of": spec.tenths}
    return Part(signature.title, law, own, about)


def _usable_rows(sample: Directions) -> tuple[Vectors, int]:
    """The rows of a sample that are directions, all in memory, and how many are not."""
    parts = [
        vectors[why_untestable(vectors) == 0] for _, vectors, _ in sample.blocks(0, QUERIES_AT_ONCE)
    ]
    rows = np.concatenate(parts)
    if not len(rows):
        raise InputError("no row of the sample is a direction: all are zero, constant or not finite")
    return rows, len(sample) - len(rows)
