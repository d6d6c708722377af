"""Filters of directions as somebody types them: ``q<0.01``, ``name=city``, ``token=" Paris"``."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from tokensphere.analysis.direction_test.listing import Filter, Listing, Within
from tokensphere.analysis.direction_test.outcome import Order
from tokensphere.analysis.direction_test.result import DirectionTest, RankedTest
from tokensphere.analysis.direction_test.statistics import BEST, StatisticName
from tokensphere.arrays import Bools
from tokensphere.errors import InputError

_TYPED = re.compile(r"\s*(\w+)\s*(<=|≤|<|=)(.*)", re.DOTALL)
_WITHIN: dict[str, Within] = {"name": "label", "token": "token", "tokens": "tokens", "direction": "name"}
_HOW = "write q<0.01, name=city, token=' Paris', tokens=par, verdict=meaning, group=… or direction=…"


def read_filter(typed: str, statistic: str = BEST) -> Filter:
    """What somebody means who types a filter.

    Parameters
    ----------
    typed : ``q<Q`` or ``q<=Q``; ``name=TEXT`` is in the words of a label that the tokens share,
        ``token=TEXT`` is one of the nearest tokens, exactly (quotes keep its space), ``tokens=TEXT`` is
        in one of them; ``verdict=…``, ``group=…``; ``direction=TEXT`` is in what the direction is called
    statistic : whose q is meant

    Raises
    ------
    InputError
        it is none of these

    Examples
    --------
    >>> read_filter("name=city").text, read_filter("q<=0.01").most_q
    ('city', 0.01)
    >>> read_filter('token=" Paris"').text
    ' Paris'
    """
    found = _TYPED.fullmatch(typed)
    if found is None:
        raise InputError(f"{typed!r:.100} is no filter; {_HOW}")
    what, sign, value = found.groups()
    if what == "q" and sign != "=":
        return Filter(most_q=_level(typed, sign, value), statistic=statistic)
    if sign != "=" or what == "q":
        raise InputError(f"q is asked for as q<0.01, and nothing else is below a number; {_HOW}")
    text = _unquoted(value)
    if what in ("verdict", "group"):
        return Filter(verdict=text) if what == "verdict" else Filter(group=text)
    if what not in _WITHIN:
        raise InputError(f"there is no filter {what!r:.60}; {_HOW}")
    if not text:
        raise InputError(f"nothing is looked for by {typed!r:.100}; {_HOW}")
    return Filter(text=text, within=_WITHIN[what])


def _level(typed: str, sign: str, value: str) -> float:
    """The largest q that is wanted."""
    try:
        level = float(value)
    except ValueError:
        level = float("nan")
    if not 0 < level <= 1:
        raise InputError(f"{typed!r:.100} needs a number between 0 and 1, as in q<0.01")
    return float(np.nextafter(level, 0)) if sign == "<" else level


def _unquoted(value: str) -> str:
    stripped = value.strip()
    if len(stripped) > 1 and stripped[0] in "\"'" and stripped[0] == stripped[-1]:
        return stripped[1:-1]
    return value


def find_directions(
    test: DirectionTest, *filters: str, n: int = 20, sort: Order = "p", statistic: StatisticName = BEST
) -> RankedTest:
    """The directions of a test that fit some filters: ``find_directions(test, "q<0.01", "name=city")``.

    Parameters
    ----------
    test : of many directions
    filters : ``q<0.01`` (of the statistic), ``name=city`` (in a label that the nearest tokens share),
        ``token=" Paris"`` (one of these), ``tokens=par`` (in one of these), ``verdict=meaning``,
        ``group=…``, ``direction=…`` (in what it is called); all must fit
    n, sort, statistic : how many are shown, and in which order, as :meth:`DirectionTest.top`

    Raises
    ------
    InputError
        one is no filter, or asks for a group or verdict that there is not
    UnknownTokenError
        a token that the vocabulary does not have
    """
    kept = that_fit(test, filters, statistic)
    return test.top(n, sort=sort, statistic=statistic, where=kept, asked=filters)


def that_fit(test: DirectionTest, filters: Sequence[str | Filter], statistic: str = BEST) -> Bools:
    """True for directions that fit all of the filters, shape (m,).

    Raises
    ------
    InputError
        one is no filter, or asks for a group, verdict or token that there is not
    """
    listing = Listing(test.directions, test)
    kept = np.ones(len(test), dtype=bool)
    wanted = [read_filter(one, statistic) if isinstance(one, str) else one for one in filters]
    for one in wanted:
        if one.within != "label":
            kept &= listing.where(one)
    texts = [one.text.casefold() for one in wanted if one.within == "label"]
    if texts:  # last, for themes are worked out row by row
        kept &= test.testable & test.themes.has_theme
        for row in np.flatnonzero(kept).tolist():
            said = "\n".join(f"{one.label.words}\n{one.label.name}" for one in test.themes[row])
            kept[row] = all(text in said.casefold() for text in texts)
    return kept
