"""The rates of an atlas -> the answer in sentences, and a table of the models."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rich.cells import cell_len
from rich.console import RenderableType

from tokensphere.analysis.atlas.result import POST, Atlas, AtlasModel, Rates
from tokensphere.statistics.own_null import Beyond
from tokensphere.statistics.varies import Spread
from tokensphere.views.terminal.render import GAP, Row, cells, note, table
from tokensphere.views.text import between, cosine, model_name, short, short_title, tenths

WIDEST_MODEL = 40
_ENDS = 15  # models at either end of the order that stand on a terminal, of many
_WIDEST_TAGS = 32
_NARROWEST, _RATE = 12, 20  # columns of a name, and of what stands beside it in any case
_LEFT = ("model", "known of it")  # columns that begin together
TINY = 1e-6  # below which a p is not told exactly


def counted(count: int, what: str) -> str:
    """How many of what.

    Examples
    --------
    >>> counted(1, "model"), counted(1200, "model")
    ('1 model', '1,200 models')
    """
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def sentence(result: Atlas) -> str:
    """The answer: rates, chance, whether they differ, the post's guess, and the controls."""
    found = result.finished
    if not found:
        said = ["No model has a rate yet."]
    elif len(found) == 1:
        said = [_of_one(found[0])]
    else:
        said = list(_of_many(result))
    return " ".join([*said, *_of_controls(result), *_of_others(result)])


def _of_one(model: AtlasModel) -> str:
    rates = rates_of(model)
    one = rates.centered
    low, high = one.interval
    holds = "lies in that interval" if low <= POST <= high else "does not lie in that interval"
    return (
        f"In {model_name(model.title)}, {tenths(one.rate)} ({between(one.interval)}) of"
        f" {rates.directions:,} random directions have a coherent list (chance gives"
        f" {tenths(one.attained)}); the post's 20 % {holds}."
    )


def _of_many(result: Atlas) -> Iterator[str]:
    differ, count = result.differ, len(result.finished)
    assert differ is not None, "two or more have a rate"
    chance = rates_of(result.finished[0]).centered.attained
    yield (
        f"In {count:,} models, {_range(differ)} of random directions have a coherent list (mean"
        f" {tenths(differ.mean)}; chance gives {tenths(chance)})."
    )
    if differ.p < 0.05:
        yield (
            "The rates differ beyond their intervals: the true ones have a standard deviation of about"
            f" {100 * differ.between:.1f} points ({_p_said(differ.p)})."
        )
    else:
        yield f"The rates differ no more than their intervals explain ({_p_said(differ.p)})."
    yield f"The post's 20 % lies in {_of_intervals(result.holds_post, count)}."


def _of_controls(result: Atlas) -> Iterator[str]:
    found = result.controls
    if not found:
        return
    ones = [rates_of(model).centered for model in found]
    holding = sum(one.interval[0] <= one.attained <= one.interval[1] for one in ones)
    chance = f"chance's {tenths(ones[0].attained)}"
    if len(found) == 1:
        one = ones[0]
        lies = "lies in that interval" if holding else "does not lie in that interval"
        yield (
            f"In 1 control, a matrix with no words, the rate is {tenths(one.rate)}"
            f" ({between(one.interval)}); {chance} {lies}."
        )
        return
    assert result.controls_differ is not None, "two or more have a rate"
    yield (
        f"In {len(found):,} controls, matrices with no words, the rate is"
        f" {_range(result.controls_differ)}; {chance} lies in {_of_intervals(holding, len(found))}."
    )


def _of_others(result: Atlas) -> Iterator[str]:
    failed = len(result.failures)
    left = sum(model.rates is None and model.failed is None for model in result.models)
    begun = sum(not model.done and model.rates is not None for model in result.models)
    if begun:
        yield f"{_who_are(begun, 'has', 'have')} a rate of part of the directions so far."
    if left:
        yield f"{_who_are(left, 'is', 'are')} still to be done."
    if failed:
        yield f"{failed:,} failed, see below."


def _who_are(count: int, one: str, many: str) -> str:
    return f"{count:,} {one if count == 1 else many}"


def _of_intervals(holding: int, count: int) -> str:
    if not holding:
        return "no interval" if count > 2 else "neither interval"
    if holding == count:
        return f"the intervals of all {count:,}" if count > 2 else "both intervals"
    return f"the interval of {holding:,} of {count:,}"


def _range(spread: Spread) -> str:
    low, high = (f"{100 * end:.1f}" for end in (spread.lowest, spread.highest))
    return f"{low} %" if low == high else f"{low} to {high} %"


def _p_said(p: float) -> str:
    return "p < 10⁻⁶" if p < TINY else f"p = {p:.2g}"


def rates_of(model: AtlasModel) -> Rates:
    """The rates of a model that has some."""
    assert model.rates is not None, "only models that have rates"
    return model.rates


def models(result: Atlas, width: int, *, full: bool) -> list[RenderableType]:
    """A row for each model; those at both ends of the order, of many."""
    rows = _in_order(result, full=full)
    if not rows:
        return []
    shown = [model for model, _ in rows if model]
    room = WIDEST_MODEL if full else min(WIDEST_MODEL, max(_NARROWEST, width - _RATE))
    columns = _columns(result, shown, room)
    fit = len(columns) if full else _that_fit(columns, width)
    soonest = sorted(column.place for column in columns)[:fit]
    kept = [column for column in columns if column.place in soonest]
    said: list[Row] = [cells([column.head for column in kept], "bold")]
    each = zip(*(column.said for column in kept), strict=True)
    said += (
        next(each) if model else cells([says, *("" for _ in kept[1:])], "dim") for model, says in rows
    )
    left = {place for place, column in enumerate(kept) if column.head in _LEFT}
    less = [
        counted(count, what)
        for count, what in ((len(columns) - len(kept), "column"), (len(result) - len(shown), "model"))
        if count
    ]
    more = note(f"{' and '.join(less)} left out for want of room: --csv or --page")
    return [table(said, left), *([more] if less else [])]


def _in_order(result: Atlas, *, full: bool) -> list[tuple[AtlasModel | None, str]]:
    """Models, or what stands between them."""
    rows: list[tuple[AtlasModel | None, str]] = []
    others = [model for model in result.models if model.rates is None]
    for some, says in (
        (result.finished, ""), (result.controls, "controls, of no words"), (others, "no rate"),
    ):  # fmt: skip
        cut = not full and len(some) > 2 * _ENDS + 1
        if some and says:
            rows.append((None, says))
        shown = (*some[:_ENDS], None, *some[-_ENDS:]) if cut else some
        rows += [(model, f"… {len(some) - 2 * _ENDS:,} others") for model in shown]
    return rows


class _Column:
    """A column of the table; `place`: how soon it is taken where there is little room."""

    def __init__(self, place: int, head: str, said: Iterable[str]) -> None:
        self.place, self.head, self.said = place, head, list(said)

    @property
    def width(self) -> int:
        return max(map(cell_len, (self.head, *self.said)))


def _columns(result: Atlas, models: Sequence[AtlasModel], room: int) -> list[_Column]:
    facts = [model.facts for model in models]
    rates = [model.rates for model in models]
    open_ones = any(not model.done and model.rates is not None for model in result.models)

    def of_facts(form: str, name: str) -> list[str]:
        return ["" if one is None else form.format(getattr(one, name)) for one in facts]

    def ofrates_of(form: str, name: str, unit: float = 1) -> list[str]:
        return ["" if one is None else form.format(unit * getattr(one, name)) for one in rates]

    centred = [
        _why_none(model) if model.rates is None else _interval(model.rates.centered) for model in models
    ]
    found = [
        _Column(0, "model", [short_title(model.title, room) for model in models]),
        _Column(3, "tokens", of_facts("{:,}", "tokens")),
        _Column(4, "width", of_facts("{:,}", "dimensions")),
        _Column(5, "effective", of_facts("{:,.0f}", "effective_dimension")),
        _Column(
            6,
            "mean cosine",
            [cosine(round(m.facts.mean_cosine, 3) + 0.0) if m.facts else "" for m in models],
        ),
        _Column(1, "centred, %", centred),
        _Column(7, "raw, %", ["" if one is None else _interval(one.raw) for one in rates]),
        _Column(8, "forms, %", ["" if one is None else f"{100 * one.forms.rate:.1f}" for one in rates]),
        _Column(9, "T", ofrates_of("{:.3f}", "median")),
        _Column(10, "by chance", ofrates_of("{:.3f}", "median_chance")),
        _Column(11, "hubs", ofrates_of("{:.1f}", "skewness")),
        _Column(12, "never, %", ofrates_of("{:.1f}", "never", 100)),
    ]
    if any(model.tags for model in models):
        tags = [" ".join(f"{name}={value}" for name, value in model.tags.items()) for model in models]
        found.append(_Column(13, "known of it", [short(text, _WIDEST_TAGS) for text in tags]))
    if open_ones:
        done = [_how_far(model) for model in models]
        found.append(_Column(2, "directions", done))
    return [column for column in found if any(column.said)]


def _interval(one: Beyond) -> str:
    return f"{100 * one.rate:.1f} ({between(one.interval)})"


def _why_none(model: AtlasModel) -> str:
    return "—" if model.failed is None else "failed"


def _how_far(model: AtlasModel) -> str:
    if model.rates is None:
        return ""
    done = model.rates.directions
    return f"{done:,}" if model.done else f"{done:,} of {model.asked:,}"


def _that_fit(columns: Sequence[_Column], width: int) -> int:
    """How many of the columns, by their places, are no wider than the terminal; two in any case."""
    order = sorted(columns, key=lambda column: column.place)
    taken = -GAP
    for count, column in enumerate(order):
        taken += GAP + column.width
        if taken > width and count >= 2:
            return count
    return len(order)
