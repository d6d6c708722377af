"""A survey from its saved table alone: what it was asked for is read there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import isfinite
from typing import Any

from tokensphere.analysis.job import Column
from tokensphere.analysis.survey.job import LEAST, VERSION, survey_of
from tokensphere.analysis.survey.records import SurveyRecords, SurveySettings
from tokensphere.analysis.survey.result import Survey
from tokensphere.analysis.survey.saved import check_survey
from tokensphere.errors import FormatError, InputError
from tokensphere.geometry.surrogate import SURROGATE_LAWS
from tokensphere.space import EmbeddingSpace

_LARGEST = 2**62  # index of a first direction, which is saved in 64 bits
_LONGEST = 100  # numbers of neighbours that a survey may have been asked for


def survey_again(
    space: EmbeddingSpace, columns: Mapping[str, Column], about: Mapping[str, Any]
) -> Survey:
    """The survey that a table is of.

    Parameters
    ----------
    space : the embeddings that were surveyed
    columns : the table
    about : what it says of itself: its ``key`` (:attr:`.SurveyJob.key`), and its ``model`` for people

    Raises
    ------
    InputError
        the survey was of another model or matrix, by another version, or of too few directions
    FormatError
        the key or a column is not such as a survey writes
    """
    key = about["key"]
    if key.get("version") != VERSION:
        raise InputError("a survey by another version of tokensphere; name another file")
    if key.get("space") != space.key():
        ours = space.provenance
        raise InputError(
            f"a survey of {_model(about.get('model'))}, not of {ours.model} ({ours.matrix} matrix);"
            " load that model, or name another file"
        )
    settings = replace(settings_of(key), surrogates=SurveyRecords.surrogates_in(columns))
    check_survey(columns, settings, space.rows.usable)
    done = SurveyRecords.from_columns(columns, settings)
    if len(done) < LEAST:
        raise InputError(f"only {len(done)} directions of a survey, which needs {LEAST}; go on with it")
    return replace(survey_of(space, settings, done, len(done)), key=key)


def _model(about: object) -> str:
    if not isinstance(about, dict):
        return "another model"
    return f"{about.get('model')!s:.80} ({about.get('matrix')!s:.20} matrix)"


def settings_of(key: Mapping[str, Any]) -> SurveySettings:
    """What a survey was asked for, by its key; with no surrogates, of which there can be more.

    Raises
    ------
    FormatError
        the key says nothing that a survey can be asked for
    """
    ks = key.get("ks")
    good = {
        "seed": key.get("seed") is None or _whole(key, "seed"),
        "first": _whole(key, "first") and key["first"] < _LARGEST,
        "k": _whole(key, "k", 2),
        "ks": isinstance(ks, list) and 0 < len(ks) <= _LONGEST and key.get("k") in ks,
        "centered": isinstance(key.get("centered"), bool),
        "forms": isinstance(key.get("forms"), bool),
        "surrogate": key.get("surrogate") in SURROGATE_LAWS,
        "surrogate_seed": _whole(key, "surrogate_seed"),
        "alike_above": _cosine(key.get("alike_above")),
    }
    for name, fine in good.items():
        if not fine:
            raise FormatError(f"a survey whose {name} is {key.get(name)!r:.60}")
    assert isinstance(ks, list)
    if any(not _whole({"k": k}, "k", 2) for k in ks) or ks != sorted(set(ks)):
        raise FormatError(f"a survey whose ks is {ks!r:.60}")
    names = ("seed", "first", "k", "centered", "forms", "surrogate", "surrogate_seed")
    return SurveySettings(
        **{name: key[name] for name in names},
        ks=tuple(ks),
        surrogates=0,
        limit=float(key["alike_above"]),
    )


def _whole(key: Mapping[str, Any], name: str, least: int = 0) -> bool:
    value = key.get(name)
    return isinstance(value, int) and not isinstance(value, bool) and value >= least


def _cosine(value: object) -> bool:
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return number and isfinite(value) and -1 <= value <= 1  # type: ignore[operator, arg-type]
