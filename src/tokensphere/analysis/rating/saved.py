"""Ratings -> a dict for a file, and back: whatever a file says is checked, for it may be anybody's."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from tokensphere.analysis.rating.plan import URNS, RatedList, Ratings, RatingSpec, Verdict
from tokensphere.errors import MOST, FormatError, InputError
from tokensphere.records import record

WHAT, SCHEMA = "ratings of lists", 1
_KNOWN = ("urn", "index", "label", "coherence", "coherent", "theme", "words")
_LONGEST = 1_000  # characters of any text
_LARGEST = 1e12  # of any number
_MOST_SAID = 10_000  # characters of one thing that is said of a model


def to_saved(ratings: Ratings) -> tuple[dict[str, Any], dict[str, Any]]:
    """What may be read by anybody, and what a rater must not see before the end; dicts for JSON."""
    open_ = {
        "what": WHAT,
        "schema": SCHEMA,
        "plan": ratings.plan,
        **record(ratings, "model", "key", "spec", "rater", "started", "ended", spec="settings"),
        "lists": [{"ids": one.ids, "shown": one.shown} for one in ratings.lists],
        "verdicts": [dict(vars(one)) for one in ratings.verdicts],
    }
    known = {name: [getattr(one, name) for one in ratings.lists] for name in _KNOWN}
    return open_, {"seed": ratings.seed, **known}


def check_saved(open_: Mapping[str, Any], what: str) -> None:
    """Refuse what is no file of ratings, or one of another version.

    Raises
    ------
    FormatError
        it is not
    """
    if open_.get("what") != WHAT:
        raise FormatError(f"{what} holds no ratings; give a file that the page of ratings has saved")
    if open_.get("schema") != SCHEMA:
        raise FormatError(f"{what} was saved by another version of tokensphere; use that to read it")


def from_saved(open_: Mapping[str, Any], known: Mapping[str, Any], what: str) -> Ratings:
    """The ratings of which :func:`to_saved` made these.

    Parameters
    ----------
    open_, known : as JSON gives them
    what : the file's name in messages

    Raises
    ------
    FormatError
        they are not as they should be; the message says where
    """
    check_saved(open_, what)
    try:
        return _read(open_, known)
    except _Bad as error:
        raise FormatError(f"{what} is damaged: {error}; take another copy of it") from None
    except InputError as error:  # settings out of their range
        raise FormatError(f"{what} is damaged: {error}") from None


class _Bad(Exception):  # noqa: N818 - never leaves this file
    """Where a value is wrong."""


def _read(open_: Mapping[str, Any], known: Mapping[str, Any]) -> Ratings:
    settings = _get(open_, "settings", dict)
    if settings.keys() != record(RatingSpec()).keys():
        raise _Bad("its settings are others than those there are")
    spec = RatingSpec(**settings)
    lists = tuple(_lists(spec, _get(open_, "lists", list), known))
    _check_urns(spec, lists)
    verdicts = [_verdict(one) for one in _get(open_, "verdicts", list)]
    if len(verdicts) > len(lists):
        raise _Bad(f"it has {len(verdicts)} verdicts on {len(lists)} lists")
    ended = open_.get("ended")
    if ended is not None and not verdicts:
        raise _Bad("it is ended with nothing rated")
    found = Ratings(
        spec=spec,
        seed=_whole(known.get("seed"), "the seed", 2**64),
        model=_flat(_get(open_, "model", dict), "model"),
        key=_flat(_get(open_, "key", dict), "key"),
        lists=lists,
        rater=_text(open_.get("rater"), "the rater"),
        started=_date(open_.get("started"), "started"),
        ended=None if ended is None else _date(ended, "ended"),
        verdicts=tuple(verdicts),
    )
    if not isinstance(found.model.get("model"), str):
        raise _Bad("it does not say of which model its lists are")
    if open_.get("plan") != found.plan:
        raise _Bad("its lists are others than when it was saved (SHA-256)")
    return found


def _lists(spec: RatingSpec, lists: Sequence[Any], known: Mapping[str, Any]) -> list[RatedList]:
    if len(lists) != spec.total:
        raise _Bad(f"it has {len(lists)} lists, and its settings say {spec.total}")
    columns = {name: _get(known, name, list) for name in _KNOWN}
    if any(len(column) != len(lists) for column in columns.values()):
        raise _Bad("it does not say of every list what is known of it")
    found = []
    for number, one in enumerate(lists):
        here = f"list {number + 1}"
        if not isinstance(one, dict):
            raise _Bad(f"{here} is no list")
        values = {name: columns[name][number] for name in _KNOWN}
        ids, shown = (_several(one, name, spec.k, here) for name in ("ids", "shown"))
        rated = RatedList(
            ids=tuple(_whole(id, f"a token of {here}", MOST) for id in ids),
            shown=tuple(_text(text, f"a token of {here}") for text in shown),
            **{name: _KINDS[name](value, f"{name} of {here}") for name, value in values.items()},
        )
        if len(set(rated.ids)) < spec.k:
            raise _Bad(f"{here} has a token twice")
        found.append(rated)
    return found


def _check_urns(spec: RatingSpec, lists: Sequence[RatedList]) -> None:
    """As many lists of each urn as the settings say, each direction once in an urn that has them."""
    for urn, count in zip(URNS, (spec.lists, spec.lists, spec.planted), strict=True):
        mine = [one for one in lists if one.urn == urn]
        directed = urn == "random" or (urn == "chance" and spec.chance == "wordless")
        want: list[int | None] = list(range(count)) if directed else [None] * count
        if sorted((one.index for one in mine), key=str) != sorted(want, key=str):
            raise _Bad(f"its lists of the urn {urn} are not those that its settings ask for")


def _get(of: Mapping[str, Any], name: str, kind: type) -> Any:
    value = of.get(name)
    if not isinstance(value, kind):
        raise _Bad(f"it has no {name}, or one of another kind")
    return value


def _several(one: Mapping[str, Any], name: str, count: int, here: str) -> list[Any]:
    values = one.get(name)
    if not isinstance(values, list) or len(values) != count:
        raise _Bad(f"{here} has not {count} {name}")
    return values


def _whole(value: Any, what: str, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < most:
        raise _Bad(f"{what} is {value!r:.40}, no whole number from 0 on")
    return value


def _number(value: Any, what: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) < _LARGEST:
        raise _Bad(f"{what} is {value!r:.40}, no finite number")
    return float(value)


def _flag(value: Any, what: str) -> bool:
    if not isinstance(value, bool):
        raise _Bad(f"{what} is {value!r:.40}, not true or false")
    return value


def _text(value: Any, what: str) -> str:
    if not isinstance(value, str) or len(value) > _LONGEST:
        raise _Bad(f"{what} is {value!r:.40}, no text of {_LONGEST} characters at most")
    return value


def _text_if(value: Any, what: str) -> str | None:
    return None if value is None else _text(value, what)


def _index(value: Any, what: str) -> int | None:
    return None if value is None else _whole(value, what, MOST)


def _urn(value: Any, what: str) -> Any:
    if value not in URNS:
        raise _Bad(f"{what} is {value!r:.40}, none of {', '.join(URNS)}")
    return value


def _date(value: Any, what: str) -> str:
    text = _text(value, what)
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|\+00:00)", text):
        raise _Bad(f"{what} is {value!r:.40}, no date")
    try:
        datetime.fromisoformat(text)
    except ValueError:
        raise _Bad(f"{what} is {value!r:.40}, no date") from None
    return text


def _verdict(one: Any) -> Verdict:
    if not isinstance(one, dict) or one.keys() != {"share", "seconds"}:
        raise _Bad("a verdict is no share with its seconds")
    seconds = _number(one["seconds"], "the time of a verdict")
    if seconds < 0:
        raise _Bad("the time of a verdict is negative")
    return Verdict(_flag(one["share"], "a verdict"), seconds)


def _flat(value: Mapping[str, Any], what: str) -> dict[str, Any]:
    """Texts, numbers, or lists of texts."""
    for name, one in value.items():
        several = one if isinstance(one, list) else [one]
        plainly = all(each is None or isinstance(each, (str, int, float)) for each in several)
        if not plainly or len(str(one)) > _MOST_SAID:
            raise _Bad(f"{name} of its {what} is no text or number")
    return dict(value)


_KINDS: dict[str, Callable[[Any, str], Any]] = {
    "urn": _urn, "index": _index, "label": _text_if, "coherence": _number, "coherent": _flag,
    "theme": _text_if, "words": _flag,
}  # fmt: skip
