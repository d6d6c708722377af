"""What the saved table of a survey may hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from tokensphere.analysis.survey.records import RANKINGS, ROWS, SurveyRecords, SurveySettings
from tokensphere.arrays import Bools
from tokensphere.columns import ROUNDING, Numbers, check_columns, check_rows


def survey_columns(settings: SurveySettings, usable: Bools) -> dict[str, Numbers]:
    """The columns of :meth:`.SurveyRecords.to_columns`.

    Parameters
    ----------
    settings : of the survey, with as many surrogates as the table has
    usable : bool array of shape (n,), rows that a list may contain
    """
    k, most = settings.k, len(usable) - 1
    ids = Numbers(np.int32, 0, most, width=k, different=True, among=usable)
    columns = {"index": Numbers(np.int64, settings.first, np.iinfo(np.int64).max)}
    for rows in ROWS:
        columns[f"largest_cosine_{rows}"] = Numbers(np.float32, -1 - ROUNDING, 1 + ROUNDING)
        for length in settings.ks:
            one = Numbers(np.float32, -1 / (length - 1) - ROUNDING, 1 + ROUNDING)
            name = f"coherence_{rows}_k{length}"
            columns |= {f"{name}{of}": one for of in ("", "_forms", "_surrogate")}
            if settings.surrogates:
                each = replace(one, width=settings.surrogates, nan=True)
                columns |= {f"{name}{of}": each for of in ("_surrogates", "_forms_surrogates")}
    columns |= {name: Numbers(np.int16, 1, k) for name in ("alike", "alike_surrogate")}
    return columns | {f"ids_{ranking}": ids for ranking in (*RANKINGS, "shown")}


def check_survey(columns: Mapping[str, Any], settings: SurveySettings, usable: Bools) -> None:
    """Refuse a table that no survey with these settings has written.

    Parameters
    ----------
    columns : as read; more directions and surrogates than are asked for are none the worse
    settings : of the survey
    usable : bool array of shape (n,), rows that a list may contain

    Raises
    ------
    FormatError
        a column is missing, has a value that there cannot be, or contradicts another
    """
    settings = replace(settings, surrogates=SurveyRecords.surrogates_in(columns))
    check_columns(columns, survey_columns(settings, usable))
    index = columns["index"]
    in_order = index == settings.indices(len(index))
    check_rows("index", index, in_order, f"one after the other from {settings.first} on")
    if not settings.forms:
        shown, ranking = columns["ids_shown"], f"ids_{RANKINGS[settings.centered]}"
        check_rows("ids_shown", shown, shown == columns[ranking], f"as in {ranking!r}")
    beside = [name for name in columns if name.endswith("_surrogates") and name.startswith("coherence_")]
    for name in beside:  # a direction has been compared with a surrogate by all of them, or by none
        there = np.isnan(columns[name]) == np.isnan(columns[beside[0]])
        check_rows(name, columns[name], there, f"NaN where {beside[0]!r} is, and only there")
