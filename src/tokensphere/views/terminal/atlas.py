"""An atlas -> how often lists are coherent, model by model, what that goes with, and who did it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from math import factorial

from rich.cells import cell_len
from rich.console import Group, RenderableType

from tokensphere.analysis.atlas.result import LEAST, POST, Atlas, AtlasModel, Rates
from tokensphere.analysis.atlas.state import AtlasState
from tokensphere.statistics.own_null import Beyond
from tokensphere.statistics.varies import Association, Spread
from tokensphere.views.terminal.render import (
    GAP,
    Row,
    Text,
    caption,
    cell,
    cells,
    note,
    spaced,
    table,
    table_with_text,
    title,
)
from tokensphere.views.text import between, cosine, joined, model_name, short, short_title, tenths

HEADING = "How often are random neighbourhoods coherent, model by model?"
_ENDS = 15  # models at either end of the order that stand on a terminal, of many
_MOST = 10  # failures, associations and models not done that do
_WIDEST_MODEL, _WIDEST_NAME = 40, 32
_NARROWEST, _RATE = 12, 20  # columns of a name, and of what stands beside it in any case
_LEFT = ("model", "known of it")  # columns that begin together
_TINY = 1e-6  # below which a p is not told exactly


def atlas(result: Atlas, width: int) -> RenderableType:
    """The answer in sentences, the models, what their rates go with, who did it, what failed."""
    return spaced(*_shown(result, width, full=False))


def full_atlas(result: Atlas, width: int) -> RenderableType:
    """The same with every model and all columns."""
    return spaced(*_shown(result, width, full=True))


def parts(result: Atlas, width: int, *, full: bool) -> list[Group]:
    """Below the heading: the answer, the table, and what stands below it."""
    _, answer, *others = _shown(result, width, full=full)
    return [Group(*answer), spaced(*others)]


def _shown(result: Atlas, width: int, *, full: bool) -> list[list[RenderableType]]:
    return [
        [title(HEADING)],
        [Text(sentence(result))],
        _models(result, width, full=full),
        [note(_meaning(result))] if result.finished or result.controls else [],
        _goes_with(result, full=full),
        _failures(result, full=full),
        _who(result),
        [_caption(result)],
    ]


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
    rates = _rates(model)
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
    chance = _rates(result.finished[0]).centered.attained
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
    ones = [_rates(model).centered for model in found]
    holding = sum(one.interval[0] <= one.attained <= one.interval[1] for one in ones)
    chance = f"chance's {tenths(ones[0].attained)}"
    if len(found) == 1:
        one = ones[0]
        lies = "lies in that interval" if holding else "does not lie in that interval"
        yield (
            f"In 1 control, a matrix with no words, the rate is {tenths(one.rate)} ({between(one.interval)});"
            f" {chance} {lies}."
        )
        return
    assert result.controls_differ is not None, "two or more have a rate"
    yield (
        f"In {len(found):,} controls, matrices with no words, the rate is {_range(result.controls_differ)};"
        f" {chance} lies in {_of_intervals(holding, len(found))}."
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
    return "p < 10⁻⁶" if p < _TINY else f"p = {p:.2g}"


def _rates(model: AtlasModel) -> Rates:
    assert model.rates is not None, "only models that have rates"
    return model.rates


def _models(result: Atlas, width: int, *, full: bool) -> list[RenderableType]:
    """A row for each model; those at both ends of the order, of many."""
    rows: list[tuple[AtlasModel | None, str]] = []  # a model, or what stands between them
    others = [model for model in result.models if model.rates is None]
    for models, says in (
        (result.finished, ""), (result.controls, "controls, of no words"), (others, "no rate"),
    ):  # fmt: skip
        cut = not full and len(models) > 2 * _ENDS + 1
        some = (*models[:_ENDS], None, *models[-_ENDS:]) if cut else models
        if some and says:
            rows.append((None, says))
        rows += [(model, f"… {len(models) - 2 * _ENDS:,} others") for model in some]
    if not rows:
        return []
    room = _WIDEST_MODEL if full else min(_WIDEST_MODEL, max(_NARROWEST, width - _RATE))
    columns = _columns(result, [model for model, _ in rows if model], room)
    fit = len(columns) if full else _that_fit(columns, width)
    soonest = sorted(column.place for column in columns)[:fit]
    names, *kept = [column for column in columns if column.place in soonest]
    said: list[Row] = [cells([column.head for column in (names, *kept)], "bold")]
    place = 0
    for model, says in rows:
        if model is None:
            said.append(cells([says, *("" for _ in kept)], "dim"))
        else:
            said.append([column.said[place] for column in (names, *kept)])
            place += 1
    left_out = len(columns) - 1 - len(kept)
    more = f"{counted(left_out, 'column')} left out for want of room: a wider terminal, --csv or --page"
    left = {place for place, column in enumerate((names, *kept)) if column.head in _LEFT}
    return [table(said, left), *([note(more)] if left_out else [])]


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

    def of_rates(form: str, name: str, unit: float = 1) -> list[str]:
        return ["" if one is None else form.format(unit * getattr(one, name)) for one in rates]

    centred = [
        _why_none(model) if model.rates is None else _interval(model.rates.centered) for model in models
    ]
    found = [
        _Column(0, "model", [short_title(model.title, room) for model in models]),
        _Column(3, "tokens", of_facts("{:,}", "tokens")),
        _Column(4, "width", of_facts("{:,}", "dimensions")),
        _Column(5, "effective", of_facts("{:.0f}", "effective_dimension")),
        _Column(6, "mean cosine", of_facts("{:.3f}", "mean_cosine")),
        _Column(1, "centred, %", centred),
        _Column(7, "raw, %", ["" if one is None else _interval(one.raw) for one in rates]),
        _Column(8, "forms, %", ["" if one is None else f"{100 * one.forms.rate:.1f}" for one in rates]),
        _Column(9, "T", of_rates("{:.3f}", "median")),
        _Column(10, "by chance", of_rates("{:.3f}", "median_chance")),
        _Column(11, "hubs", of_rates("{:.1f}", "skewness")),
        _Column(12, "never, %", of_rates("{:.1f}", "never", 100)),
    ]
    if any(model.tags for model in models):
        tags = [" ".join(f"{name}={value}" for name, value in model.tags.items()) for model in models]
        found.append(_Column(13, "known of it", [short(text, _WIDEST_NAME) for text in tags]))
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


def _goes_with(result: Atlas, *, full: bool) -> list[RenderableType]:
    if not result.finished:
        return []
    head = title("What the rates go with")
    if not result.goes_with:
        return [head, note(f"Nothing is said of that with fewer than {LEAST} models that differ.")]
    some = result.goes_with if full else result.goes_with[:_MOST]
    rows: list[Row] = [cells(["", "", "p", "q", "models"], "bold")]
    rows += [
        [short(one.name, _WIDEST_NAME), cell(_strength(one)), _p(one.p), _p(one.q), f"{one.count:,}"]
        for one in some
    ]
    more = len(result.goes_with) - len(some)
    left = [note(f"and {more:,} more, none with a smaller p: --json")] if more else []
    return [head, table(rows), *left, note(_plainly(result))]


def _strength(one: Association) -> str:
    return f"ρ {one.strength:+.2f}" if one.kind == "number" else f"η² {one.strength:.2f}"


def _p(value: float) -> str:
    return "< 10⁻⁶" if value < _TINY else f"{value:.2g}"


def _plainly(result: Atlas) -> str:
    """What such numbers are, and are not."""
    most = max(one.count for one in result.goes_with)
    least = 2 / factorial(most) if most < 5 else 0.0
    no_less = f" {counted(most, 'model')} cannot have a p below {least:.2g}." if least else ""
    return (
        f"Over {counted(most, 'model')}, as they come: what goes together, not what makes what. Models of"
        " one family or maker are no independent witnesses, so p is too small where there are such."
        f"{no_less} ρ: Spearman's correlation with the rate on centred rows; η²: share of the ranks'"
        f" variance between the words; q: among all {len(result.goes_with):,} that were looked at."
    )


def _failures(result: Atlas, *, full: bool) -> list[RenderableType]:
    failed = result.failures
    if not failed:
        return []
    some = failed if full else failed[:_MOST]
    more = len(failed) - len(some)
    left = [note(f"and {more:,} others: tokensphere atlas status, or --json")] if more else []
    return [title("No result, or not all of it"), _reasons((m.title, m.failed) for m in some), *left]


def _reasons(failed: Iterable[tuple[str, str | None]]) -> RenderableType:
    return table_with_text(
        [Text(short_title(name, _WIDEST_MODEL), no_wrap=True), Text(why or "")] for name, why in failed
    )


def _who(result: Atlas) -> list[RenderableType]:
    work = result.work
    if not work["units"]:
        return []
    versions = [_version(one) for one in work["versions"]]
    said = (
        f"Done in {counted(work['units'], 'unit')}, {_time(work['cpu_seconds'])} of processors, by"
        f" {counted(len(work['hosts']), 'machine')}: {versions[0]}"
    )
    if len(versions) == 1:
        return [note(f"{said}.")]
    return [
        note(f"{said}; and {'; '.join(versions[1:])}."),
        Text(
            "Warning: versions or kernels are mixed; where they round a cosine otherwise, a list, and so"
            " a count, may differ.",
            style="bold",
        ),
    ]


def _version(one: dict[str, object]) -> str:
    return joined(
        f"tokensphere {one['tokensphere']}", f"kernel {one['kernel']}", f"NumPy {one['numpy']}",
        f"Python {one['python']}",
    ).replace(" · ", ", ")  # fmt: skip


def _time(seconds: float) -> str:
    if seconds < 100:
        return f"{seconds:.0f} seconds"
    return f"{seconds / 60:.0f} minutes" if seconds < 6000 else f"{seconds / 3600:,.1f} hours"


def _meaning(result: Atlas) -> str:
    k, draws = result.settings["k"], result.settings["surrogates"]
    some = _rates((*result.finished, *result.controls)[0]).centered
    beaten = round(draws - some.attained * (draws + 1) + 1)
    which = f"all of {draws}" if beaten == draws else f"{beaten} of {draws}"
    return (
        f"Coherent: a direction's {k} nearest tokens by cosine are more alike than its list in {which}"
        f" vocabularies with no words ({result.settings['surrogate']}). Centred, raw: rows less their"
        " mean, or as they are; forms: centred, one token a form; in brackets 95 % intervals. Effective:"
        " dimensions that the rows fill. T: median likeness of the centred lists; hubs: skewness of how"
        " often tokens are listed; never: tokens in no list."
    )


def _caption(result: Atlas) -> Text:
    counts = sorted({_rates(model).directions for model in (*result.finished, *result.controls)})
    how_many = ""
    if counts:
        span = f"{counts[0]:,}" if len(counts) == 1 else f"{counts[0]:,} to {counts[-1]:,}"
        how_many = f"{span} random directions each (seed {result.settings['seed']})"
    return caption(how_many, f"{counted(len(result.models), 'model')} asked for, with controls")


def atlas_state(result: AtlasState, _width: int) -> RenderableType:
    """How far it is in a line; the models that are not done; who works; what failed."""
    states = [model.state for model in result.models]
    left = [model for model in result.models if model.state in ("begun", "open")]
    left.sort(key=lambda model: (model.state, model.title))  # those begun first
    rows: list[Row] = [cells(["not done yet", "", "units"], "bold")]
    rows += [
        [short_title(m.title, _WIDEST_MODEL), m.state, f"{m.done:,} of {m.units:,}"]
        for m in left[: 2 * _MOST]
    ]
    more = len(left) - 2 * _MOST
    others = [note(f"and {more:,} others: --json")] if more > 0 else []
    working: list[Row] = [cells(["is being done", "by", "process"], "bold")]
    working += [[short_title(one.what, 60), short(one.host, 40), str(one.pid)] for one in result.working]
    failed = [(model.title, model.failed) for model in result.models if model.state == "failed"]
    return spaced(
        [Text(f"{_done(result)}; {_in_states(states)}")],
        [table(rows, left=(0, 1)), *others] if left else [],
        [table(working, left=(0, 1))] if result.working else [],
        [title("failed"), _reasons(failed)] if failed else [],
    )


def _done(result: AtlasState) -> str:
    return f"{result.done:,} of {counted(result.units, 'unit')}"


def _in_states(states: Sequence[str]) -> str:
    counts = {state: states.count(state) for state in ("done", "begun", "open", "failed")}
    said = [f"{count:,} {state}" for state, count in counts.items() if count]
    return f"{counted(len(states), 'model')}: {', '.join(said)}" if said else "no models"
