"""``explore``: a page in the browser."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click

from tokensphere.cli import options, running
from tokensphere.cli.app import main, say, tell
from tokensphere.errors import MissingExtraError, how_to_install


@main.command()
@options.directions
@options.tokens
@options.axis
@options.vectors
@options.option("--survey", "What a survey has saved, to look at.", type=options.FILE,
                metavar="FILE.parquet")  # fmt: skip
@options.option("--test", "What a test has saved, to look at.", type=options.FILE,
                metavar="FILE.parquet")  # fmt: skip
@options.option("--port", "Where the page is. [default: 8737, or the next that is free]",
                type=click.IntRange(0, 65535))  # fmt: skip
@options.option("--host", "Address to listen on: another than 127.0.0.1 opens the page to others.",
                default="127.0.0.1", metavar="ADDRESS")  # fmt: skip
@options.flag("--no-browser", "Open no browser; print the address.")
@options.only_model
def explore(
    directions: str | None, tokens_file: Path | None, survey: Path | None, test: Path | None,
    port: int | None, host: str, no_browser: bool, as_json: bool, **_: Any,
) -> None:  # fmt: skip
    """Look at random directions, and at your own, in a browser.

    The page is for this machine alone: it listens on 127.0.0.1 and knows whoever opens the address that
    is printed. Ctrl-C ends it.

    \b
    tokensphere explore
    tokensphere explore --directions sae.safetensors:W_dec --model gpt2
    """  # noqa: D301 - click wants the character
    try:
        from tokensphere.web.server import LOOPBACK, Server, door_of, listen, show_in_browser
    except ImportError as error:
        raise MissingExtraError(
            f"the page needs Starlette and uvicorn: {how_to_install('explore')}"
        ) from error
    from tokensphere.web.session import Given, Session

    with ExitStack() as files:
        listening = files.enter_context(listen(host, port))
        sae = running.given_sae(files, directions)
        space = running.load_model(sae)
        found = sae.model or "" if sae is not None else ""
        given = Given(survey=survey, test=test, model_from=_typed_model() or found)
        if directions is not None or tokens_file is not None:
            from tokensphere.directions.given import make_directions

            read = running.given_directions(space, files, directions, sae)
            given.directions = make_directions(space, read)
            given.directions_from = directions or str(tokens_file)
            given.sae = sae is not None
        session = Session(space, given)
        if survey is not None:
            from tokensphere.opened import open_survey

            open_survey(space, survey)  # what does not fit is told before there is a page
        if test is not None:
            from tokensphere.web.tested import Tests

            Tests.of(session).check()
        door = door_of(listening, host)
        if host not in LOOPBACK:
            tell(
                f"warning: {host} can be reached from other machines; whoever has the address below"
                " can use this page, and what is sent is not encrypted"
            )
        if as_json:
            import json

            say(
                json.dumps(
                    {"address": door.address(), "port": door.port, "model": space.provenance.model}
                )
            )
        else:
            say(f"tokensphere explore: {door.address()}\nCtrl-C ends it")
        sys.stdout.flush()
        open_it = (lambda: None) if no_browser else (lambda: show_in_browser(door.address()))
        Server(session, door).run_on(listening, open_it)


def _typed_model() -> str:
    return running.named_model() or ""
