"""What is rated: lists of three urns, in an order that tells nothing (docs/definitions.md 10)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from hashlib import sha256
from json import dumps
from typing import Any, Literal, get_args

from tokensphere.errors import InputError, check_choice, check_whole
from tokensphere.records import Record, record

Urn = Literal["random", "chance", "planted"]
URNS: tuple[Urn, ...] = get_args(Urn)
Chance = Literal["wordless", "tokens"]
CHANCES: dict[Chance, str] = {
    "wordless": "the same directions in a vocabulary with no words",
    "tokens": "tokens drawn at random",
}
MOST = 500  # lists of an urn: nobody rates more
MOST_TOKENS = 100  # of a list: nobody reads more
_MOST_SECONDS = 10**6
_LONGEST = 80


@dataclass(frozen=True)
class RatingSpec(Record):
    """Which lists are rated.

    Attributes
    ----------
    lists : of random directions, and as many of chance; 1 to 500
    planted : lists of tokens that share a label, to see whether the rater looks; 0 to 500
    chance : ``"wordless"``, the lists of the same directions in a vocabulary with no words, whose row i
        stands for token i; or ``"tokens"``, k tokens at random
    strays : share of a planted list's tokens that are drawn at random, 0 to ½
    k : tokens of a list, 3 to 100
    centered, forms : how neighbours are looked for, by cosine (docs/definitions.md 2)
    """

    lists: int = 30
    planted: int = 10
    chance: Chance = "wordless"
    strays: float = 0.2
    k: int = 10
    centered: bool = False
    forms: bool = False

    def __post_init__(self) -> None:
        check_whole("the number of lists", self.lists, 1, MOST)
        check_whole("the number of planted lists", self.planted, 0, MOST)
        check_whole("k", self.k, 3, MOST_TOKENS)
        check_choice("chance", self.chance, CHANCES)
        for name in ("centered", "forms"):
            if not isinstance(getattr(self, name), bool):
                raise InputError(f"{name} is {getattr(self, name)!r:.60}, but must be true or false")
        strays = self.strays
        if isinstance(strays, bool) or not isinstance(strays, (int, float)) or not 0 <= strays <= 0.5:
            raise InputError(f"the share of strays is {strays!r:.60}, but must lie between 0 and 0.5")

    @property
    def n_strays(self) -> int:
        """How many tokens of a planted list are drawn at random."""
        return int(self.strays * self.k + 0.5)

    @property
    def total(self) -> int:
        """Lists of all urns."""
        return 2 * self.lists + self.planted


@dataclass(frozen=True)
class RatedList(Record):
    """One list, and what is known of it; the rater sees its tokens alone.

    Attributes
    ----------
    ids : k token ids, in the order in which they are shown
    shown : the tokens as they are shown
    urn : ``"random"``, ``"chance"`` or ``"planted"``
    index : of its direction under the plan's seed; None for tokens that were drawn at random
    label : what a planted list shares, in words; None for others
    coherence : T of the tokens (docs/definitions.md 5)
    coherent : whether that exceeds 95 % of the lists in the vocabulary with no words
    theme : what they share beyond chance in a few words, of all labels; None for nothing
    words : whether they share a label of meaning or grammar
    """

    ids: tuple[int, ...]
    shown: tuple[str, ...]
    urn: Urn
    index: int | None
    label: str | None
    coherence: float
    coherent: bool
    theme: str | None
    words: bool


@dataclass(frozen=True)
class Verdict(Record):
    """What a rater said of one list.

    Attributes
    ----------
    share : whether its tokens share something
    seconds : how long it was looked at
    """

    share: bool
    seconds: float


@dataclass(frozen=True)
class Ratings:
    """Lists to be rated, and what one rater said of the first of them.

    Lists are rated in their order; the verdicts are those of the first ``len(verdicts)``. Once ended
    they stay as they are, for then the rater knows which urn each list is of.

    Attributes
    ----------
    spec : which lists
    seed : of directions, order and all draws
    model : the model's provenance, as a dict
    key : what its lists depend on, see :meth:`EmbeddingSpace.key`
    lists : in the order in which they are rated
    rater : who rates; may be empty
    started, ended : dates in ISO 8601; `ended` is None while ratings go on
    verdicts : of the first lists
    """

    spec: RatingSpec
    seed: int
    model: dict[str, Any]
    key: dict[str, Any]
    lists: tuple[RatedList, ...] = field(repr=False)
    rater: str = ""
    started: str = ""
    ended: str | None = None
    verdicts: tuple[Verdict, ...] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        if len(self.rater) > _LONGEST:
            long = f"{len(self.rater):,} characters; give {_LONGEST} at most"
            raise InputError(f"the rater's name has {long}")

    @property
    def plan(self) -> str:
        """SHA-256 of model and lists, and all that is known of these: equal for raters of the same."""
        lists = [list(vars(one).values()) for one in self.lists]
        about = [record(self.spec), self.seed, self.key, lists]
        return sha256(dumps(about, sort_keys=True).encode()).hexdigest()

    def said(self, at: int, share: bool, seconds: float) -> Ratings:
        """With a verdict on list number `at`: the next one, or one that has a verdict already.

        Raises
        ------
        InputError
            ratings are ended, or it is not that list's turn
        """
        self._check_open()
        if not 0 <= at <= len(self.verdicts) or at >= len(self.lists):
            raise InputError(
                f"it is list {len(self.verdicts) + 1}'s turn, not list {at + 1}'s; load the page again"
            )
        verdict = Verdict(bool(share), float(min(max(seconds, 0.0), _MOST_SECONDS)))
        return replace(self, verdicts=(*self.verdicts[:at], verdict, *self.verdicts[at + 1 :]))

    def undone(self) -> Ratings:
        """Without the last verdict.

        Raises
        ------
        InputError
            ratings are ended, or there is none
        """
        self._check_open()
        if not self.verdicts:
            raise InputError("there is no verdict to take back; rate the first list")
        return replace(self, verdicts=self.verdicts[:-1])

    def finished(self, date: str) -> Ratings:
        """Ended, with what is rated.

        Raises
        ------
        InputError
            nothing is rated
        """
        if not self.verdicts:
            raise InputError("nothing is rated yet; rate one list or more, then end it")
        return self if self.ended is not None else replace(self, ended=date)

    def unrated(self, date: str = "", rater: str = "") -> Ratings:
        """The same lists for another rater."""
        return replace(self, rater=rater, started=date, ended=None, verdicts=())

    def _check_open(self) -> None:
        if self.ended is not None:
            raise InputError("these ratings are ended, and their urns known; begin new ones")
