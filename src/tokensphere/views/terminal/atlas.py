"""An atlas -> how often lists are coherent, model by model, what that goes with, and who did it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import factorial

from rich.console import Group, RenderableType

from tokensphere.analysis.atlas.result import LEAST, Atlas
from tokensphere.analysis.atlas.state import AtlasState
from tokensphere.statistics.varies import Association
from tokensphere.views.terminal.rates import TINY, WIDEST_MODEL, counted, models, rates_of, sentence
from tokensphere.views.terminal.render import (
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
from tokensphere.views.text import joined, short, short_title

HEADING = "How often are random neighbourhoods coherent, model by model?"
_MOST = 10  # failures, associations and models not done that stand on a terminal
_WIDEST_NAME = 32
_LONG = 60  # models from which their table stands behind what is told of them


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
    rated = result.finished or result.controls
    each: list[list[RenderableType]] = [
        models(result, width, full=full), [note(_meaning(result))] if rated else [],
    ]  # fmt: skip
    others: list[list[RenderableType]] = [
        _goes_with(result, full=full), _failures(result, full=full), _who(result), [_caption(result)],
    ]  # fmt: skip
    order = [*others, *each] if full and len(result) > _LONG else [*each, *others]
    return [[title(HEADING)], [Text(sentence(result))], *order]


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
    return "< 10⁻⁶" if value < TINY else f"{value:.2g}"


def _plainly(result: Atlas) -> str:
    """What such numbers are, and are not."""
    most = max(one.count for one in result.goes_with)
    least = 2 / factorial(most) if most < 5 else 0.0
    no_less = f" {counted(most, 'model')} cannot have a p below {least:.2g}." if least else ""
    return (
        f"Over {counted(most, 'model')}, as they come: what goes together, not what makes what. Models"
        " of one family or maker are no independent witnesses, so p is too small where there are such."
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
        [Text(short_title(name, WIDEST_MODEL), no_wrap=True), Text(why or "")] for name, why in failed
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
    some = rates_of((*result.finished, *result.controls)[0]).centered
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
    counts = sorted({rates_of(model).directions for model in (*result.finished, *result.controls)})
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
        [short_title(m.title, WIDEST_MODEL), m.state, f"{m.done:,} of {m.units:,}"]
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
