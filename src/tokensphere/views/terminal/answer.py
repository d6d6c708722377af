"""A survey's first screen: the answer in a sentence, lists that illustrate it, what the words mean."""

from __future__ import annotations

import numpy as np
from rich.console import RenderableType

from tokensphere.analysis.survey.result import Survey
from tokensphere.arrays import Int64s
from tokensphere.views.terminal.render import (
    Text,
    note,
    spaced,
    title,
    token_caption,
)
from tokensphere.views.terminal.survey import (
    again,
    directions_of,
    in_worlds,
    lists,
    on_which,
    stopped,
    themes_sentence,
)
from tokensphere.views.text import between, tenths, tokens_of

POST = "the post guessed 20 %"
_FIRST = 0.02  # of the lists, among which those of words lead
_TITLES = {"most": "most alike, words first", "typical": "typical", "least": "least alike"}


def answer(result: Survey, width: int) -> RenderableType:
    """The sentence, lists, and what "clearly" and "no words" mean."""
    what = "neighbourhood" if result.settings.seed is None else "random neighbourhood"
    shared = [] if result.naming is None else [Text(themes_sentence(result, result.naming))]
    return spaced(
        [title(f"How often is a {what} coherent?")],
        [Text(sentence(result))],
        [lists(result, width, examples(result), _TITLES, ("alike", "more than"), " %")],
        shared,
        [note(_meaning(result))],
        [_caption(result)],
    )


def sentence(result: Survey) -> str:
    """How often, with its interval, beside chance and what the post guessed."""
    k, about = result.settings.k, "" if result.main.foreseen is None else "about "
    if (beyond := result.main.beside_own) is not None:
        rate, interval, chance = beyond.rate, beyond.interval, beyond.attained
    else:
        found = result.main.at[0]
        rate, interval, chance = found.rate, found.interval, 1 - found.level
    return (
        f"Of {directions_of(result)}, {about}{tenths(rate)} ({between(interval)}) have {k} nearest"
        f" tokens{on_which(result)} that are clearly more alike than chance ({tenths(chance)}); {POST}."
    )


def _meaning(result: Survey) -> str:
    """What the words of the sentence and the heads of the columns mean."""
    if (beyond := result.main.beside_own) is None:
        clearly = "more than 95 % of all lists in one such vocabulary"
    else:
        clearly = f"more than the same direction's list {in_worlds(result, beyond)}"
    return (
        "Chance: the same directions in vocabularies with no words, made of random vectors that lie as"
        f" the real ones do on the whole, but have no meaning; clearly: {clearly}. In brackets a 95 %"
        " interval. Alike: mean cosine of the tokens with each other, less what all have in common; more"
        " than: share of the lists with no words that are less alike."
    )


def examples(result: Survey) -> dict[str, Int64s]:
    """Those of the survey, but of the most alike lists those of words first.

    Letters and digits lie close together in many vocabularies, and say little: of the 2 % most alike
    lists the first that are not mostly of single characters, and then the others.
    """
    found = result.examples()
    order = np.argsort(-result.coherence, kind="stable")
    few = len(found["most"])
    some = order[: max(few, round(_FIRST * len(order)))]
    single = np.array([_single(result, place) for place in some.tolist()], dtype=bool)
    return {**found, "most": np.concatenate([some[~single], some[single]])[:few]}


def _single(result: Survey, place: int) -> bool:
    """Whether half of a list or more are single characters."""
    tokens = [result.vocabulary.token(id) for id in result.ids(place).tolist()]
    lone = sum(len(token.decode("utf-8", "replace").strip()) <= 1 for token in tokens)
    return 2 * lone >= len(tokens)


def _caption(result: Survey) -> Text:
    random = result.settings.seed is not None
    return token_caption(
        stopped(result),
        tokens_of(result.n_tokens, result.provenance.model),
        "other lengths of lists, centred rows, one token a form, hubs: --full",
        f"a list again: {again(result)}" if random else "",
        without=result.left_out,
    )
