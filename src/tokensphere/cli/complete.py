"""What a shell is told that completes a command: files, models that are here, tokens.

A shell asks at each press of a key, so that nothing may be fetched, said or refused here: whoever asks
for what cannot be found is shown nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from itertools import islice

import click
from click.shell_completion import CompletionItem

Completer = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]
_MOST = 40  # tokens: as many as one reads


def files(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The shell completes names of files by itself."""
    return [CompletionItem(incomplete, type="file")]


def words(known: str) -> Completer:
    """Some words, where others are taken, too."""

    def complete(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        return [CompletionItem(word) for word in known.split() if word.startswith(incomplete)]

    return complete


def models(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The bundled model, what is in the cache, and files."""
    from tokensphere.sources.bundled import NAME
    from tokensphere.sources.cache.entries import entries

    names = [NAME]
    with suppress(Exception):
        names += [entry.repo for entry in entries()]
    found = [CompletionItem(name) for name in dict.fromkeys(names) if name.startswith(incomplete)]
    return found or files(ctx, param, incomplete)


def tokens(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Tokens of the model that begin with what is typed, as they are or as the screen shows them.

    Only of the bundled model and of files: another might have to be fetched.
    """
    from tokensphere.display import SPACE
    from tokensphere.formats.files import at_home
    from tokensphere.sources.bundled import NAME
    from tokensphere.sources.load import load

    model = ctx.params.get("model")
    if not incomplete or not (model in (None, NAME) or at_home(model).exists()):
        return []
    with suppress(Exception):
        vocabulary = load(model, vocabulary=ctx.params.get("vocabulary")).vocabulary
        shown = SPACE in incomplete or "\\" in incomplete
        every = map(vocabulary.visible, range(len(vocabulary))) if shown else _texts(vocabulary.tokens)
        fitting = sorted((one for one in every if one.startswith(incomplete)), key=len)
        return [CompletionItem(one) for one in islice(fitting, _MOST)]
    return []


def _texts(every: list[bytes]) -> list[str]:
    """Those that a shell can complete: text of one line."""
    texts = (token.decode("utf-8", "ignore") for token in every)
    return [text for text in texts if text.isprintable()]
