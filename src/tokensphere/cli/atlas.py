"""``atlas``: every model of a list, by one process or many; and what was found."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tokensphere.cli import options, progress, running
from tokensphere.cli.app import FAILED, main, tell
from tokensphere.errors import InputError

if TYPE_CHECKING:
    from tokensphere.atlas.executors import Crew
    from tokensphere.views.progress import Bar

_TOLD = 5  # failures that are named one by one


class _Atlas(main.__class__):  # type: ignore[misc, name-defined]
    """What is no command of the group is the list of models of `run`."""

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        """The command, `run` where none is named."""
        if args[0] not in self.commands:
            args = ["run", *args]
        return super().resolve_command(ctx, args)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """The options of `run` may come before its list."""
        if args and args[0].startswith("-") and args[0] not in ("-h", "--help"):
            args = ["run", *args]
        rest: list[str] = super().parse_args(ctx, args)
        return rest


@main.group(cls=_Atlas, context_settings={"ignore_unknown_options": True})
def atlas() -> None:
    """Survey every model of a list, on one machine or a cluster; and see what was found.

    \b
    tokensphere atlas models.txt -n 10000 --out atlas
    tokensphere atlas models.txt -n 10000 --out atlas --workers 4
    tokensphere atlas models.txt -n 10000 --out atlas --scheduler tcp://10.0.0.1:8786
    tokensphere atlas models.txt -n 10000 --out atlas --shard 3/64
    tokensphere atlas status atlas
    tokensphere atlas report atlas --page atlas.html

    What follows 'atlas' is a list of models (then see 'tokensphere atlas run --help'), or a command.
    """  # noqa: D301 - click wants the character


@atlas.command("run")
@click.argument("models", metavar="MODELS.txt", type=options.FILE)
@options.option("--out", "Folder of the results; what is there is not done again.", type=options.FILE,
                metavar="FOLDER", required=True)  # fmt: skip
@options.number("-n", 100_000, "Random directions of each model.", least=100, to="count")
@options.number("--seed", 0, "With the index, the name of a direction.")
@options.number("--block", 20_000, "Directions of a unit of work.", least=100)
@options.k(2, "Length of the lists.")
@options.choice(
    "--surrogate-law", "blockwise matched gaussian", "Law of the vocabularies with no words."
)
@options.number("--surrogates", 19, "Vocabularies that each direction is compared with.", least=19)
@options.option("--workers", "Processes of this machine. [default: one, that uses all processors]",
                type=click.IntRange(1, 4096), metavar="N")  # fmt: skip
@options.option("--threads", "Of each worker. [default: the machine's processors, shared]",
                type=click.IntRange(1, 4096), metavar="N")  # fmt: skip
@options.option("--scheduler", "Address of a Dask scheduler, whose workers do it.", metavar="ADDRESS")
@options.option("--scheduler-file", "The same, from the file that it wrote.", type=options.FILE,
                metavar="FILE.json")  # fmt: skip
@options.option("--shard", "Do a part: 3/64 is the third of 64 tasks of a job array.", metavar="I/N")
@options.number("--keep-models", 10, "Models that stay in the cache when they are done, of those that"
                " were fetched for the atlas.")  # fmt: skip
@options.json
@options.csv
def atlas_run(
    models: Path, out: Path, count: int, seed: int, block: int, k: int, surrogate_law: Any,
    surrogates: int, threads: int | None, shard: str | None, keep_models: int, **_: Any,
) -> None:  # fmt: skip
    """Survey every model of a list: as it is stored, beside vocabularies with no words.

    A line of the list is a model's name, as --model takes it elsewhere, and what else is known of it:
    "gpt2 family=gpt2 tied=yes"; "matrix=output", "revision=…", "tensor=…", "vocabulary=…" say how it
    is read, "control=gaussian" or "control=shuffled" make a matrix of no words of it.

    Any number of these commands may work on one folder, on any machines that share it. Stop them as
    you like: the same command goes on, and what a process was at that died is done again. Models that
    cannot be had are listed with the reason, and stop nobody; the status is then 1.
    """
    from tokensphere.atlas.executors import shard_of
    from tokensphere.atlas.run import atlas_state, do_atlas, open_atlas
    from tokensphere.atlas.settings import AtlasSettings
    from tokensphere.atlas.unit import Way
    from tokensphere.formats.parquet import check_parquet_path

    settings = AtlasSettings(seed, block, k, surrogate_law, 0, surrogates)
    part = None if shard is None else shard_of(shard)
    if out.is_dir():
        check_parquet_path(out / "unit.parquet")
    with _bar() as bar:
        try:
            failed = do_atlas(
                models, out, directions=count, settings=settings, crew=_crew(), shard=part,
                way=Way(threads, keep_models), told=None if bar is None else _teller(bar),
            )  # fmt: skip
        except KeyboardInterrupt:
            tell(f"stopped; what is done is in {out}, and the same command goes on from there")
            sys.exit(130)
    # A part says how far all is, for many end at the same time, and to read all results takes long.
    running.show(open_atlas(out) if part is None else atlas_state(out))
    for name, reason in list(failed.items())[:_TOLD]:
        tell(f"no result of {name}: {reason}")
    if len(failed) > _TOLD:
        tell(f"and of {len(failed) - _TOLD} others: see tokensphere atlas status {out}")
    if failed:
        sys.exit(FAILED)


@atlas.command("report")
@click.argument("folder", metavar="FOLDER", type=options.FILE)
@options.option("--page", "Write one page of HTML, too: table, plots, what varies with what.",
                type=options.FILE, metavar="FILE.html")  # fmt: skip
@options.plot
@options.json
@options.csv
def atlas_report(folder: Path, page: Path | None, **_: Any) -> None:
    """What an atlas has found so far: a rate for each model, and what the rates go with."""
    running.check_paths()
    if page is not None:
        from tokensphere.views.page import check_page_path

        check_page_path(page)
    from tokensphere.atlas.run import open_atlas

    result = open_atlas(folder)
    try:
        if page is not None:
            result.page(page)
    finally:
        running.show(result)


@atlas.command("status")
@click.argument("folder", metavar="FOLDER", type=options.FILE)
@options.json
@options.csv
def atlas_status(folder: Path, **_: Any) -> None:
    """How far an atlas is: units done and left, who works on what, what failed and why."""
    from tokensphere.atlas.run import atlas_state

    running.show(atlas_state(folder))


def _crew() -> AbstractContextManager[Crew] | None:
    """Who works: what is asked for."""
    from tokensphere.atlas import executors

    asked = running.asked()
    given = [name for name in ("workers", "scheduler", "scheduler_file") if asked[name] is not None]
    if len(given) > 1:
        first, second = (f"--{name.replace('_', '-')}" for name in given[:2])
        raise InputError(f"{first} and {second} are two ways to work; give one")
    if asked["workers"] is not None:
        return executors.on_this_machine(asked["workers"])
    if given:
        import logging

        logging.disable()  # of what Dask says, whose importing sets levels anew: we tell it in a line
        return executors.on_dask(asked["scheduler"], asked["scheduler_file"])
    return None


def _bar() -> AbstractContextManager[Bar | None]:
    """A bar of all the work, in per cent, if somebody watches."""
    return progress.counting(1, "atlas", long=True, besides=_PARTS)


_PARTS = 10_000  # of the work, by how long it takes


def _teller(bar: Bar) -> Any:
    done = 0

    def tell_of(now: Any) -> None:
        nonlocal done
        part = int(_PARTS * now.part)
        bar.beside(part - done)
        done = part
        who = [f"{now.workers} workers" if now.workers != 1 else ""]
        who += [f"{now.elsewhere} elsewhere" if now.elsewhere else ""]
        who += [
            f"{now.failed} failed" if now.failed else "",
            " ".join(id.rpartition("-")[0] for id in now.doing[:2]),
        ]
        bar.doing(" · ".join(filter(None, [f"{now.done:,} of {now.total:,} units", *who])))

    return tell_of
