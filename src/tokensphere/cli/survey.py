"""``survey``: how often random neighbourhoods cohere; can be stopped, saved and continued."""

from __future__ import annotations

import sys
import time
from typing import Any

from tokensphere.cli import options, progress, running
from tokensphere.cli.app import main, tell

_TELL_1_PERCENT = 99  # surrogates


@main.command()
@options.number("-n", 1_000, "Number of directions.", least=1, to="count")
@options.random
@options.k(2, "Neighbours in the lists shown; rates are given for 5, 10 and 20, too.")
@options.centered()
@options.forms
@options.device
@options.choice(
    "--surrogate-law", "blockwise matched gaussian", "Law of the vocabularies with no words."
)
@options.number("--surrogate-seed", 0, "Of the first vocabulary with no words.")
@options.number("--surrogates", 19, "Vocabularies that each direction is compared with; 99 tell 1 %.")
@options.flag("--name", "Say how often neighbours share a label, and which; so does --labels."
              ' "≈ chance": no more than other random lists.', to="named")  # fmt: skip
@options.labels
@options.flag("--full", "All tables: each kind and length of lists, hubs.")
@options.save
@options.plot
@options.only_model
@options.csv
def survey(
    count: int,
    surrogate_law: Any,
    surrogate_seed: int,
    surrogates: int,
    named: bool,
    labels_file: str | None,
    **_: Any,
) -> None:
    """How often are random neighbourhoods coherent?

    Against a vocabulary with the same anisotropy but no words; rates are given for rows as they are and
    centred, with and without repeated forms. Ctrl-C shows what is done so far; with --save it is kept,
    and the same command with the same or a larger -n goes on from there.
    """
    running.check_paths()
    space = running.load_model()
    from tokensphere.analysis.survey.job import (
        WATCHED,
        SurrogateSpec,
        SurveyJob,
        check_count,
        name_survey,
    )

    check_count(count)
    job = SurveyJob(
        space,
        running.random_directions(space),
        search=running.search_settings(),
        surrogate=SurrogateSpec(surrogate_law, surrogate_seed, surrogates),
        compute=running.compute(),
        store=running.null_files("surrogates"),
        block=WATCHED if progress.watched() else None,
    )
    # Before the work of minutes, so that a mistake in a file of labels costs none.
    labels = running.labels_of(space) if named or labels_file is not None else None

    def result(part: Any) -> Any:
        found = job.result(part)
        if labels is None:
            return found
        return name_survey(space, found, labels=labels, store=running.null_files())

    def so_far(part: Any) -> str:
        from tokensphere.views.terminal.survey import so_far

        return so_far(job.so_far(part))

    started, whole = time.monotonic(), running.asked()["save"] is None
    running.do_and_show(job, result, so_far)
    if whole and sys.stderr.isatty():
        tell(_finer(time.monotonic() - started, count, surrogates))
    if job.clipped:
        kept = f"{job.clipped:,} of {len(space):,} tokens keep their place"
        why = "in the vocabularies with no words: their block leaves no room for noise"
        tell(f"{kept} {why}")


def _finer(seconds: float, count: int, surrogates: int) -> str:
    """How long it took, and what finer answers would take."""
    asks = [f"-n {4 * count} (intervals half as wide) would take at most {_minutes(4 * seconds)}"]
    if 0 < surrogates < _TELL_1_PERCENT:
        took = _minutes(seconds * _TELL_1_PERCENT / surrogates)
        asks.append(f"--surrogates {_TELL_1_PERCENT} (chances of 1 %) about {took}")
    return f"took {seconds:.0f} s; {', '.join(asks)}"


def _minutes(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"
