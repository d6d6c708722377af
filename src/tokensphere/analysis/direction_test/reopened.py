"""A saved test opened again, by what its file says of itself: settings need not be known beforehand.

A file has the names, the nearest tokens and the statistics of the directions, and what their nulls were
made of: that is enough to draw the nulls again. The directions' vectors are not in it. They are needed
only to go on with a test that was stopped, to look at the other end of a direction, and for the null
``own`` where no store has its draws; and the rows of a sample for the null ``sample`` likewise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NoReturn

import numpy as np

from tokensphere.analysis.direction_test.job import VERSION, DirectionTestJob
from tokensphere.analysis.direction_test.measure import Measured, Measurer
from tokensphere.analysis.direction_test.null import Null, NullSpec, Part, make_null, of_signatures
from tokensphere.analysis.direction_test.signatures import Signature
from tokensphere.analysis.job import Column, difference
from tokensphere.analysis.naming.lists import labels_of
from tokensphere.arrays import Intps
from tokensphere.directions.named import Directions, Lazy, Name, Vectors
from tokensphere.directions.tokens import made_for
from tokensphere.errors import FormatError, InputError, TokensphereError
from tokensphere.geometry.compute import Compute
from tokensphere.geometry.similarity import SearchSettings
from tokensphere.labels.table import LabelTable
from tokensphere.space import EmbeddingSpace
from tokensphere.statistics.draws import DrawStore

_ADVICE = "remove it or name another"
_WRONG = (KeyError, TypeError, ValueError, IndexError, AttributeError, OverflowError)


class SavedTest(DirectionTestJob):
    """A test of which a table is there; to show it the null must be drawn, which :meth:`prepare` does.

    Parameters
    ----------
    space : the embeddings that it was made with
    columns, about : the table and what it says of itself, as read
    directions : those that were tested, if they are at hand
    labels : by default those that come with tokensphere
    store : where the draws of the null are kept, by default the memory of this process
    compute : how many threads, for one
    name : what messages call the table

    Attributes
    ----------
    there : what it has, of the first directions that were given

    Raises
    ------
    InputError
        it is a test on another model, with other labels, or of other directions than those given
    FormatError
        it is damaged
    """

    def __init__(
        self,
        space: EmbeddingSpace,
        columns: Mapping[str, Column],
        about: Mapping[str, Any],
        *,
        directions: Directions | None = None,
        labels: LabelTable | None = None,
        store: DrawStore | None = None,
        compute: Compute | None = None,
        name: str = "the saved test",
    ) -> None:
        self.space, self._store, self._name = space, store, name
        self._settle = self._settled = self._drawn = None
        key = about.get("key")
        self._key: Mapping[str, Any] = key if isinstance(key, dict) else {}
        self._check("version", VERSION, "make it anew")
        self._check("space", space.key(), f"open that one{_model_of(about)}")
        with _Reading(name):
            self.search = SearchSettings(**self._key["search"])
            self.measurer = Measurer(space, self.search, labels_of(space, labels), compute=compute)
        self._check("labels", self.measurer.counter.digest, "give the same labels")
        self.has_vectors = directions is not None
        with _Reading(name):
            settings, both_ends = about["settings"], bool(self._key["both_ends"])
            if directions is None:
                self.directions = _names_of(space, columns, about)
        if directions is not None:
            made = made_for(space, directions, self.search)
            self.directions = made.both_ends() if both_ends else made
        if (other := difference(self, self._key)) is not None:
            raise InputError(f"{name} is a test {other}; give those that it was made of, or none")
        with _Reading(name):
            self.there = self.restore(columns)
            of = _numbers(columns["null"], settings["nulls"], len(self))
            left_out = int(about.get("sample_left_out", 0))
            self._null = _null(settings, of, left_out, self.measurer, self.directions, self.has_vectors)

    @property
    def key(self) -> dict[str, Any]:
        """All that the statistics of the directions depend on."""
        return super().key if self.has_vectors else dict(self._key)

    def blocks(self, start: int) -> Iterator[Measured]:
        """The directions from number `start` on; none if their vectors are not there."""
        return super().blocks(start) if self.has_vectors else iter(())

    def _check(self, name: str, now: object, advice: str) -> None:
        if self._key.get(name) != now:
            raise InputError(f"{self._name} is a test {self.words[name]}; {advice}")


def _model_of(about: Mapping[str, Any]) -> str:
    model = about.get("model")
    if not isinstance(model, dict) or not isinstance(model.get("model"), str):
        return ""
    lens = f", lens {model['lens']!s:.20}" if model.get("lens") else ""
    return f": {model['model']!r:.100}, {model.get('matrix')!s:.20} matrix{lens}"


class _Reading:
    """Whatever goes wrong while a table is read: it is damaged."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, (TokensphereError, *_WRONG)):
            told = isinstance(error, TokensphereError)
            problem = str(error) if told else "what it says of itself cannot be read"
            raise FormatError(f"{self._name} is damaged: {problem}; {_ADVICE}") from error


def _names_of(
    space: EmbeddingSpace, columns: Mapping[str, Column], about: Mapping[str, Any]
) -> Directions:
    """The directions of a table as far as it has them: names and groups, no vectors."""
    titles, given, settings = columns["direction"], int(about["given"]), about["settings"]
    if not all(isinstance(title, str) for title in titles) or given < len(titles):
        raise ValueError("names")

    def name(i: int) -> Name:
        title = str(titles[i]) if i < len(titles) else f"direction {i}"
        return Name(title, {"name": title})

    described = dict(about["directions"])
    made = Directions(
        space.shape[1],
        Lazy(given, name),
        read=_no_vectors,
        describe=lambda: described,
        # That there were tokens is known, not which.
        own=((),) * given if settings["own_left_out"] else (),
        ends=2 if settings["both_ends"] else 1,
    )
    if (groups := columns.get("group")) is None:
        return made
    return made.grouped([*map(str, groups), *[""] * (given - len(groups))])


def _no_vectors(low: int, high: int) -> Vectors:  # noqa: ARG001
    raise InputError("a saved test has no vectors of its directions; give the directions, too")


def _numbers(titles: Column, nulls: Sequence[Mapping[str, Any]], given: int) -> Intps:
    """For each direction that was given the number of its null; those that come last, not in order."""
    number = {one["null"]: i for i, one in enumerate(nulls)}
    of = np.array([number[title] for title in titles], dtype=np.intp)
    counts = np.array([int(one["given"]) for one in nulls])
    rest = np.repeat(np.arange(len(nulls)), counts - np.bincount(of, minlength=len(nulls)))
    if len(of) + len(rest) != given:
        raise ValueError("counts")
    return np.concatenate([of, rest])


def _null(
    settings: Mapping[str, Any],
    of: Intps,
    left_out: int,
    measurer: Measurer,
    tested: Directions,
    has_vectors: bool,
) -> Null:
    """The nulls of a test again, as its settings say what they were made of."""
    law, nulls, because = settings["null"], settings["nulls"], settings["null_because"]
    about = [{key: one[key] for key in one if key not in ("null", "given")} for one in nulls]
    titles = [one["null"] for one in nulls]
    sample = about[0] if law == "sample" else None
    tenths: Any = about[0]["tenths_of"] if law == "frequency" else "ids"
    beyond = bool(settings.get("extrapolate", False))  # a file of an earlier release does not say
    spec = NullSpec(law, settings["n_null"], settings["seed"], sample, tenths, beyond)
    if law == "sample":
        law_of = _missing("sample", "the rows of its sample")
        end = int(about[0]["sample"]["count"]) - left_out
        return Null(spec, (Part(titles[0], law_of, False, about[0]),), of, end, left_out, because)
    if law == "own" and not has_vectors:
        parts = tuple(
            Part(title, _missing("own", "the directions"), False, one)
            for title, one in zip(titles, about, strict=True)
        )
        return Null(spec, parts, of, because=because)
    if law in ("difference", "frequency") and settings["own_left_out"]:
        found = [Signature(tuple(one["weights"]), tuple(one.get("tenths", ()))) for one in about]
        return replace(of_signatures(found, of, spec, measurer), because=because)
    made = make_null(spec, measurer, tested=tested)
    return replace(made, because=because)


def _missing(law: str, what: str) -> Callable[[], NoReturn]:
    def refuse() -> NoReturn:
        raise InputError(
            f"the draws of this test's null {law!r} are not kept on this machine, and {what} that they"
            " are made of are not in the file: give the directions, or do the test again"
        )

    return refuse
