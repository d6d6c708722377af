"""``test``: is a direction more than chance? Can be stopped, saved and continued."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click

from tokensphere.cli import complete, options, running
from tokensphere.cli.app import main
from tokensphere.cli.options import choice, number, option, together
from tokensphere.errors import InputError

_null_options = together(
    option("--null", "isotropic, covariance, own, difference, frequency, frequency:norms or"
           " sample:FILE; if not given difference for sums of tokens, else isotropic.", metavar="LAW",
           shell_complete=complete.words("isotropic covariance own difference frequency sample:")),
    option("--sample", "Directions to draw from, for --null sample.", metavar="FILE",
           shell_complete=complete.files),
    number("--draws", 10_000, "Directions of the null; of a sample, the most.", least=1),
    options.flag("--extrapolate", "p beyond the draws, from their tail; marked. Intervals: --json."),
    option("--settle", "Draw on until it is clear which p are below this.",
           type=click.FloatRange(0, 1, min_open=True, max_open=True), metavar="P"),
    number("--most-draws", 100_000, "The most that --settle draws.", least=1),
    number("--seed", 0, "Of the null."),
)  # fmt: skip
_near_options = together(
    options.k(2),
    options.lens,
    choice("--similarity", "cosine dot", "What 'near' means."),
    options.centered(default=True),
    options.forms,
)
_shown_options = together(
    option("--statistic", "Whose p is sorted and settled: nearness, cosine, coherence, label; or any.",
           default="nearness", metavar="NAME",
           shell_complete=complete.words("nearness cosine coherence label any")),
    choice("--sort", "p q T name", "Which directions come first."),
    number("--top", 20, "How many directions to show; 0 for all."),
    option("--filter", "Show those with q<0.01, name=city, token=' Paris', verdict=…; may be repeated.",
           to="filters", multiple=True, metavar="FILTER"),
)  # fmt: skip


@main.command("test")
@click.argument("file", required=False, metavar="[FILE[:TENSOR] | SAE]", shell_complete=complete.files)
@options.directions
@options.tokens
@options.axis
@options.vectors
@_null_options
@_near_options
@options.device
@options.both_ends
@_shown_options
@options.save
@options.plot
@options.labels
@options.model
@options.csv
def direction_test(
    file: str | None, directions: str | None, tokens_file: Path | None, null: str | None,
    sample: str | None, draws: int, extrapolate: bool, settle: float | None, most_draws: int, seed: int,
    both_ends: bool, statistic: Any, sort: Any, top: int, filters: tuple[str, ...], **_: Any,
) -> None:  # fmt: skip
    """Is a direction more than chance? Its nearest tokens beside those of random directions.

    \b
    tokensphere test probe.npy
    tokensphere test sae.safetensors:W_dec --model openai-community/gpt2-large
    tokensphere test model.gguf:'blk.*.ffn_down.weight' --model model.gguf
    tokensphere test sae_folder
    tokensphere test sae_folder[8956] --vectors encoder
    tokensphere test --tokens pairs.txt

    For each direction the p of four statistics: are its nearest tokens near (mean cosine of the k
    nearest), is one of them (largest cosine), are they alike (coherence T), do they share a label
    (label p)? The verdict is "meaning" where they are near and share a label. Ctrl-C shows what is
    done so far; with --save it is kept, and the same command goes on from there.
    """  # noqa: D301 - click wants the character
    law, tenths, sample = _law(null, sample)
    if sum(given is not None for given in (file, directions, tokens_file)) != 1:
        raise InputError("give directions in a FILE, or --tokens FILE, and not both")
    running.check_paths()
    if settle is not None and most_draws < draws:
        raise InputError(f"--most-draws is {most_draws}, below --draws {draws}; allow as many or more")
    from tokensphere.analysis.direction_test.job import DirectionTestJob, SettleSpec
    from tokensphere.analysis.direction_test.null import NullSpec
    from tokensphere.analysis.direction_test.statistics import check_statistic

    check_statistic(statistic)
    if filters:
        from tokensphere.analysis.direction_test.asked import find_directions, read_filter

        for one in filters:
            read_filter(one)  # what is no filter is told before the work begins
    until = None if settle is None else SettleSpec(settle, statistic, most_draws)
    from tokensphere.directions.given import make_directions

    search = running.search_settings()
    with ExitStack() as files:
        sae = running.given_sae(files, file or directions)
        space = running.load_model(sae)
        drawn_from = None if sample is None else running.given_directions(space, files, sample)
        read = running.given_directions(space, files, file or directions, sae)
        given = make_directions(space, read, search)
        job = DirectionTestJob(
            space,
            given.both_ends() if both_ends else given,
            null=NullSpec(law, draws, seed, drawn_from, tenths, extrapolate),
            search=search,
            labels=running.labels_of(space),
            settle=until,
            store=running.null_files(),
            compute=running.compute(),
        )
        at_home = _at_home(space, read, search)

        def shown(part: Any) -> Any:
            test = job.result(part)
            alone = len(job.directions) == job.directions.ends and not filters
            if alone and test.complete and test.testable.all():
                from tokensphere.analysis.direction_test.close_up import close_up_of

                return close_up_of(job, test, 0, *at_home, statistic=statistic)
            if filters:
                return find_directions(test, *filters, n=top, sort=sort, statistic=statistic)
            return test.top(top, sort=sort, statistic=statistic)

        running.do_and_show(job, shown)


def _at_home(space: Any, source: Any, search: Any) -> tuple[Any, ...]:
    """All that one direction was picked from by an index, and its number there; nothing of others."""
    if not hasattr(source, "whole") or len(source) > 1:
        return ()
    from tokensphere.directions.given import make_directions

    every = source.whole()
    return (make_directions(space, every, search), source.home(0)) if len(every) > 1 else ()


def _law(null: str | None, sample: str | None) -> tuple[Any, Any, str | None]:
    """The law, what its tenths are of, and the file of its sample."""
    if null is None:
        if sample:
            raise InputError("--sample needs --null sample, and no --null is given")
        return None, "ids", None
    law, colon, file = null.partition(":")
    if law == "frequency":
        return law, file if colon else "ids", sample
    if colon and law != "sample":
        raise InputError(
            f"--null {null!r:.100} is unknown: only sample:FILE, frequency:ids and frequency:norms have"
            " a colon"
        )
    if file and sample:
        raise InputError("two samples are given, with --null sample:FILE and with --sample; give one")
    if law == "sample" and not (file or sample):
        raise InputError("--null sample needs a file to draw directions from: --null sample:FILE")
    return law, "ids", file or sample
