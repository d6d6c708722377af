r"""Lists with a number after each token: fairseq's counts, SentencePiece's scores, or ids.

================ ============================================================ =====================
line             whose                                                        id of a token
================ ============================================================ =====================
``the 1061396``  fairseq's ``dict.txt`` (``data/dictionary.py``), which is    its line's number
                 PhoBERT's and BERTweet's ``vocab.txt``, too                  + 4, see `fill_fairseq`
``▁the\t-3.2``   SentencePiece's ``.vocab`` (``spm_export_vocab_main.cc``)    its line's number
``the 17``       ids, each of 0 to n - 1 once: Kaldi's ``words.txt``,         the number
                 SentencePiece's ``syms``
================ ============================================================ =====================

Anything else (word2vec's and GloVe's counts after a tab, word vectors, merges) is refused.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from itertools import pairwise

from tokensphere.errors import FormatError, SourceError
from tokensphere.sources.tokens.draft import Draft, short
from tokensphere.sources.tokens.fairseq import FIRST
from tokensphere.sources.tokens.lines import refuse_merges
from tokensphere.sources.tokens.pieces import kind_by_spelling
from tokensphere.vocabulary import Kind

_NUMBERED = re.compile(rb"[^\r\n]*[\t ]-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?: #fairseq:overwrite)? *\r?")
_LINE = re.compile(r"(.*)([\t ])(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)( #fairseq:overwrite)? *")
_MADE_UP = re.compile(r"madeupword\d{4}")  # fill a fairseq dictionary up to a multiple of 8
_QUOTED = re.compile(r"\".*\"|'.*'")
_MASK = "<mask>"


@dataclass(frozen=True)
class Numbered:
    """A list of tokens, each with a number.

    Attributes
    ----------
    kind : what the numbers are: ``"counts"``, ``"scores"`` or ``"ids"``
    tokens, numbers : of each line
    again : whether a line says that its token stands for an earlier one of that name
    """

    kind: str
    tokens: list[str]
    numbers: list[float]
    again: list[bool]


def numbered(draft: Draft) -> Numbered | None:
    """The list, or None if its lines do not end with a number.

    Raises
    ------
    SourceError
        they do, but do not say which id a token has
    FormatError
        one of them does not
    """
    lines = draft.raw.split(b"\n", 1000)[:1000]
    full = [line for line in lines if line.strip()]
    others = [number for number, line in enumerate(full) if not _NUMBERED.fullmatch(line)]
    odd = len(others) * 10 > len(full) and not (others == [0] and len(full) > 2)  # 0: a heading
    if len(full) < 2 or odd:
        return None
    parted = [_LINE.fullmatch(line) for line in "\n".join(draft.lines()).rstrip().split("\n")]
    if None in parted:
        raise draft.bad(f"has no token with a number after it in line {parted.index(None) + 1:,}")
    rows = [part.groups() for part in parted if part is not None]
    tokens, _, numbers, again = (list(column) for column in zip(*rows, strict=True))
    found = Numbered(_kind(rows), tokens, [float(number) for number in numbers], [*map(bool, again)])
    if not found.kind:
        refuse_merges(draft, tokens)
        raise SourceError(
            f"{draft.name} has a number after each token, but neither fairseq's counts, SentencePiece's"
            " scores nor ids from 0 on; give the model's tokenizer.json, or one bare token a line"
        )
    return found


def _kind(rows: list[tuple[str, ...]]) -> str:
    """What the numbers are, if there is but one thing that they can be; else nothing."""
    tokens, separators, numbers, _ = zip(*rows, strict=True)
    if not all(tokens) or len(set(separators)) > 1:
        return ""
    if {token[-1] for token in tokens} <= set(":,;=") or all(map(_QUOTED.fullmatch, tokens)):
        return ""  # YAML, or a table
    whole = all(number.removeprefix("-").isdecimal() for number in numbers)
    values = [float(number) for number in numbers]
    falls = all(high > low for high, low in pairwise(values))  # could be counts, too
    if whole and not falls and sorted(values) == list(range(len(values))):
        return "ids"
    if separators[0] == "\t":
        return "scores" if max(values) <= 0 else ""
    rises = all(low < high for low, high in pairwise(values))  # perhaps ids
    spaced = any(" " in token or "\t" in token for token in tokens)
    return "counts" if whole and not rises and not spaced else ""


def fill_fairseq(draft: Draft, found: Numbered, taken: Collection[object]) -> None:
    """Tokens of a dictionary of fairseq: four special ones, then the lines, then perhaps ``<mask>``.

    The models that mask words add that token when they load the dictionary; it is there if the matrix
    has exactly one row more.

    Parameters
    ----------
    draft : to fill
    found : a list with counts
    taken : ids that files beside it give to tokens

    Raises
    ------
    SourceError
        the tokens are ids of another vocabulary, as in RoBERTa's and BART's
    FormatError
        a token comes twice, or there are more of them than rows
    """
    tokens, size = found.tokens, len(FIRST) + len(found.tokens)
    if 10 * sum(token.isdecimal() for token in tokens) > 9 * len(tokens):
        raise SourceError(
            f"{draft.name} lists numbers in place of tokens: fairseq's RoBERTa and BART have the ids of"
            " GPT-2's encoder.json there; give the vocab.json or tokenizer.json of the converted model"
        )
    if draft.n_rows is not None and size > draft.n_rows:
        raise FormatError(
            f"{draft.name} has {len(tokens):,} tokens with counts, with fairseq's {', '.join(FIRST)}"
            f" before them {size:,}, but the matrix has {draft.n_rows} rows; take both from the same"
            " model, or write one bare token a line"
        )
    ids = {piece: id for id, piece in enumerate(FIRST)}
    for id, piece in enumerate(FIRST):
        draft.add(piece, id, kind_by_spelling(piece))
    for id, (piece, again) in enumerate(zip(tokens, found.again, strict=True), len(FIRST)):
        if piece in ids:
            if not again:
                raise draft.bad(f"has the token {short(piece)} twice, again in line {id - 3:,}")
            draft.kinds[ids[piece]] = Kind.UNUSED
        ids[piece] = id
        draft.add(piece, id, Kind.UNUSED if _MADE_UP.fullmatch(piece) else kind_by_spelling(piece))
    draft.said.append("ids as in fairseq")
    if draft.n_rows == size + 1 and _MASK not in ids and size not in taken:
        draft.add(_MASK, size, Kind.CONTROL)
        draft.said.append(f"{_MASK} after its lines")
