"""Which survey the page's address asks for, and the same survey outside of the page."""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from tokensphere.analysis.survey.job import LEAST
from tokensphere.analysis.survey.records import SurveyRecords, SurveySettings
from tokensphere.errors import InputError
from tokensphere.geometry.surrogate import SURROGATE_LAWS, SurrogateLaw
from tokensphere.web.endpoint import MOST_NEIGHBORS, Asked
from tokensphere.web.session import Session

KS = (5, 10, 20)
_MOST_DIRECTIONS, _MOST_SURROGATES, _MOST_LISTS = 100_000, 999, 10_000_000


@dataclass(frozen=True)
class Which:
    """What the records of a survey depend on, but for how many there are.

    Attributes
    ----------
    given : whether it is the survey that was given when the page was started
    """

    seed: int | None
    first: int
    k: int
    ks: tuple[int, ...]
    centered: bool
    forms: bool
    law: SurrogateLaw
    surrogate_seed: int
    given: bool = False


@dataclass(frozen=True)
class Wanted:
    """Which survey is asked for, and how much of it."""

    which: Which
    directions: int
    surrogates: int
    names: bool


@dataclass(frozen=True)
class There:
    """What is there of a survey: as many directions and surrogates as anybody asked for."""

    settings: SurveySettings
    records: SurveyRecords


def which_of(there: There) -> Which:
    """The survey that was given."""
    settings = there.settings
    return Which(
        settings.seed, settings.first, settings.k, settings.ks, settings.centered, settings.forms,
        settings.surrogate, settings.surrogate_seed, given=True,
    )  # fmt: skip


def wanted(asked: Asked, given: There | None = None) -> Wanted:
    """What a request asks for; by default, of a survey that was given, all that is there.

    Parameters
    ----------
    asked : the request
    given : the survey that was given, if this one is asked for

    Raises
    ------
    InputError
        there can be no such survey, or none that a page should compute
    """
    names = asked.flag("names")
    if given is not None:
        which = which_of(given)
        defaults = len(given.records), given.records.surrogates_done
    else:
        k = asked.whole("k", 10, 2, MOST_NEIGHBORS)
        which = Which(
            asked.whole("seed", 0), asked.whole("first", 0, most=2**40), k, tuple(sorted({*KS, k})),
            asked.flag("centered"), asked.flag("forms"), asked.choice("law", SURROGATE_LAWS),  # type: ignore[arg-type]
            asked.whole("surrogate_seed", 0),
        )  # fmt: skip
        defaults = 1000, 19
    directions = asked.whole("n", defaults[0], LEAST, max(_MOST_DIRECTIONS, defaults[0]))
    surrogates = asked.whole("surrogates", defaults[1], 0, max(_MOST_SURROGATES, defaults[1]))
    if directions * surrogates > _MOST_LISTS and (directions, surrogates) != defaults:
        raise InputError(
            f"{directions:,} directions in {surrogates} vocabularies are more than a page computes:"
            " use tokensphere survey --save, and look at its file"
        )
    return Wanted(which, directions, surrogates, names)


def how(session: Session, want: Wanted) -> dict[str, str]:
    """The command and the Python that give the same."""
    which, model = want.which, session.given.model_from
    load = f"space = ts.load({model!r})" if model else "space = ts.load()"
    named = ["result = ts.name_survey(space, result)"] * want.names
    of_model = ["--model", model] if model else []
    if which.seed is None:
        lines = ["import tokensphere as ts", load, 'result = ts.open_survey(space, "FILE.parquet")']
        return {
            "command": shlex.join(["tokensphere", "explore", *of_model, "--survey"]) + " FILE.parquet",
            "python": "\n".join([*lines, *named, "print(result)"]),
        }
    words = ["tokensphere", "survey", *of_model, "-n", str(want.directions)]
    options = {
        "--seed": (which.seed, 0), "--first": (which.first, 0), "-k": (which.k, 10),
        "--surrogates": (want.surrogates, 19), "--surrogate-law": (which.law, SURROGATE_LAWS[0]),
        "--surrogate-seed": (which.surrogate_seed, 0),
    }  # fmt: skip
    for name, (value, default) in options.items():
        words += [name, str(value)] if value != default else []
    words += ["--centered"] * which.centered + ["--forms"] * which.forms + ["--name"] * want.names
    d = session.space.shape[1]
    drawn = f"first={which.first}, seed={which.seed}"
    search = "".join(f", {name}=True" for name in ("centered", "forms") if getattr(which, name))
    python = [
        "import tokensphere as ts",
        load,
        f"directions = ts.RandomDirections({d}, {want.directions}, {drawn})",
        "result = ts.survey(",
        f"    space, directions, search=ts.SearchSettings({which.k}{search}),",
        f"    surrogate=ts.SurrogateSpec({which.law!r}, {which.surrogate_seed}, {want.surrogates}),",
        ")",
        *named,
        "print(result)",
    ]
    file = "FILE.parquet" if which.given else "survey.parquet"
    return {"command": f"{shlex.join(words)} --save {file}", "python": "\n".join(python)}
