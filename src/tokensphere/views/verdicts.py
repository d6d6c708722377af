"""Ratings in words: what a rater's verdicts say, for somebody who reads nothing else."""

from __future__ import annotations

from tokensphere.analysis.rating.judged import ATTENTIVE, POST, RatingResult, WithMeasures
from tokensphere.analysis.rating.plan import CHANCES, Urn
from tokensphere.display import told
from tokensphere.statistics.agreement import Agreement
from tokensphere.statistics.intervals import Share
from tokensphere.statistics.raters import RatersAgree
from tokensphere.views.text import FORMS, ROWS, between, joined, model_name, tenths

_LONGEST = 80


def urn_in_words(result: RatingResult, urn: Urn) -> str:
    """What an urn holds."""
    if urn == "random":
        return "random directions"
    if urn == "chance":
        return f"chance: {CHANCES[result.ratings.spec.chance]}"
    return "planted: tokens of one label"


def rate_in_words(share: Share | None) -> str:
    """A rate with its interval, or that there is none."""
    if share is None:
        return "none rated"
    return f"{share.count} of {share.n}: {tenths(share.share)} ({between(share.interval)})"


def kappa_in_words(found: Agreement) -> str:
    """Cohen's kappa with its interval; a dash where one of the two verdicts is always the same."""
    first, second = found.both + found.first_only, found.both + found.second_only
    n = second + found.first_only + found.neither
    if found.kappa is None or found.interval is None or {first, second} & {0, n}:
        return "—"
    return f"{found.kappa:.2f} ({found.interval[0]:.2f} to {found.interval[1]:.2f})"


def auc_in_words(found: WithMeasures) -> str:
    """The area with its interval; a dash where all verdicts are the same."""
    if found.coherence is None:
        return "—"
    low, high = found.coherence.interval
    return f"{found.coherence.auc:.2f} ({low:.2f} to {high:.2f})"


def sentences(result: RatingResult) -> list[str]:
    """What the verdicts say."""
    return [
        *filter(None, (_rate(result), _difference(result), _planted(result), _measures(result))),
        *([] if result.complete else [_ended_early(result)]),
    ]


def _rate(result: RatingResult) -> str:
    random = result.rates["random"]
    if random is None:
        return "No list of a random direction was rated."
    within = "lies within that" if result.post else "lies outside"
    return (
        f"Of {random.n} lists of random directions {_share(random.count)} something to this rater:"
        f" {tenths(random.share)} (95 % interval {between(random.interval, ' to ')} %). The post's"
        f' "perhaps {100 * POST:.0f} % of the time" {within}.'
    )


def _share(count: int) -> str:
    return f"{count} {'shares' if count == 1 else 'share'}"


def _difference(result: RatingResult) -> str:
    chance, found = result.rates["chance"], result.difference
    if chance is None or found is None:
        return ""
    low, high = found.interval
    said = "more than chance gives" if low > 0 else "less than chance gives" if high < 0 else ""
    verdict = f"That is {said}." if said else "So few lists cannot tell that from nothing."
    return (
        f"Of {chance.n} lists of chance ({CHANCES[result.ratings.spec.chance]}) {_share(chance.count)}"
        f" something, {tenths(chance.share)}: a difference of {100 * found.difference:+.1f} points"
        f" ({100 * low:+.1f} to {100 * high:+.1f}). {verdict}"
    )


def _planted(result: RatingResult) -> str:
    planted = result.rates["planted"]
    if planted is None:
        return ""
    said = (
        f"Of {planted.n} planted lists, whose tokens have a label in common, {planted.count}"
        f" {'was' if planted.count == 1 else 'were'} found ({between(planted.interval, ' to ')} %)."
    )
    if result.attentive:
        return said
    return (
        f"{said} That is fewer than {100 * ATTENTIVE:.0f} %: this rater overlooks what is there, or asks"
        " for more than a label in common, and the rates above are too low for what labels count."
    )


def _measures(result: RatingResult) -> str:
    found = next((one for one in result.measures if one.lists == "random and chance"), None)
    if found is None or found.coherence is None:
        return ""
    low, high = found.coherence.interval
    nothing = low <= 0.5 <= high
    return (
        f"Of two lists, one with a yes and one without, the first has the larger T in"
        f" {100 * found.coherence.auc:.0f} of 100 cases ({100 * low:.0f} to {100 * high:.0f}; 50 is"
        f" {'nothing, which this may be' if nothing else 'nothing'})."
    )


def _ended_early(result: RatingResult) -> str:
    ratings = result.ratings
    return (
        f"Ended after {len(ratings.verdicts):,} of {len(ratings.lists):,} lists, the first of a random"
        " order: the rates hold, with wider intervals."
    )


def together_in_words(found: RatersAgree) -> str:
    """How far several raters agree."""
    if found.alpha is None or found.interval is None:
        return (
            f"On {found.things} lists all verdicts are the same: agreement cannot be told from chance."
        )
    low, high = found.interval
    kappa = "" if found.kappa is None else f"; Fleiss's κ {found.kappa:.2f} over {found.complete}"
    return (
        f"Together, on {found.things} lists with two verdicts or more: Krippendorff's α"
        f" {found.alpha:.2f} ({low:.2f} to {high:.2f}){kappa}. 1 is agreement, 0 what chance gives."
    )


def caption(result: RatingResult) -> str:
    """What was rated, and what it takes to do it again."""
    ratings, spec = result.ratings, result.ratings.spec
    planted = f"{spec.planted} planted, {spec.n_strays} of {spec.k} tokens at random"
    return joined(
        f"lists of {model_name(str(ratings.model['model']))}",
        f"cosine, {ROWS[spec.centered]}, k = {spec.k}",
        FORMS if spec.forms else "",
        f"seed {ratings.seed}",
        planted if spec.planted else "",
        f"plan {ratings.plan[:12]}",
    )


def rater_in_words(result: RatingResult) -> str:
    """What the rater is called, and when the ratings ended."""
    name = told(result.ratings.rater, _LONGEST) or "one rater"
    return f"{name}, {str(result.ratings.ended)[:10]}"
