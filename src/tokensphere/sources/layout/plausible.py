"""Whether a matrix can be what it is taken for: its shape beside what else says how large it is.

A matrix of codes, of another model or on its side gives neighbours like any other; numbers that disagree
are what tells.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import numpy as np

from tokensphere.arrays import Float32s
from tokensphere.errors import FormatError, SourceError
from tokensphere.sources.layout.config import UNKNOWN, Config
from tokensphere.vocabulary import Kind, Vocabulary

_LOOKED_AT = 512  # rows, spread evenly
_LONGEST = 1e8  # rows of models have norms of 0.1 to 1,000
_PADDING = 128  # rows that a small vocabulary may have beyond its tokens; a large one a quarter of them
_PADDING_SAID = 1024  # where the configuration has just as many rows: models made to test programs


@dataclass(frozen=True)
class Fitted:
    """A matrix with its tokens, and what a reader of a result should know of how they were joined."""

    vectors: Float32s
    tokens: Vocabulary
    notes: tuple[str, ...] = ()


def fit(
    vectors: Float32s,
    vocabulary: Callable[[int], Vocabulary],
    what: str,
    config: Config = UNKNOWN,
    *,
    chosen: bool = False,
) -> Fitted:
    """A matrix and its tokens, if they can belong together.

    A matrix that lies on its side is turned where the numbers leave no doubt.

    Parameters
    ----------
    vectors : float32 array of shape (n, d)
    vocabulary : function from the number of rows to the tokens
    what : the matrix in messages
    config : what the model's configuration says of width and number of tokens
    chosen : the user named the tensor: another size than the configuration's is only noted

    Raises
    ------
    FormatError
        there are more tokens than rows
    SourceError
        width, rows, tokens or values are not those of a matrix of tokens
    """
    shape = vectors.shape
    if on_its_side(shape, vocabulary, config):
        vectors = np.ascontiguousarray(vectors.T)
        turned = f"stored as {shape[0]} × {shape[1]}, one column a token; turned"
        notes: tuple[str, ...] = (turned,)
    else:
        notes = ()
    notes += _sizes(vectors.shape, what, config, chosen=chosen)
    tokens = vocabulary(len(vectors))
    n = int((tokens.kinds != Kind.PADDING).sum())
    as_said = len(vectors) in {value for _, value in config.vocabularies}
    if _apart(len(vectors), n) and not (as_said and len(vectors) - n <= _PADDING_SAID):
        sizes = "".join(f", {word} is {value:,}" for word, value in config.vocabularies)
        raise SourceError(
            f"{what} has {len(vectors):,} rows, but the vocabulary {n:,} tokens{sizes}: far fewer, so"
            " they are not of one model; give the model's own vocabulary"
        )
    check_values(vectors, what)
    return Fitted(vectors, tokens, notes)


def _apart(rows: int, tokens: int) -> bool:
    """Whether these numbers differ by more than padding."""
    return abs(rows - tokens) > max(_PADDING, tokens // 4)


def on_its_side(shape: tuple[int, ...], vocabulary: Callable[[int], Vocabulary], config: Config) -> bool:
    """Whether the columns of a matrix are the tokens.

    So it is if the configuration's width is the number of rows and not of columns, and as many tokens
    as columns are there or said to be; or, without a width, if the tokens are too many for the rows
    and just as many as the columns.
    """
    rows, columns = shape
    widths = {value for _, value in config.widths}
    sizes = {value for _, value in config.vocabularies}
    if rows == columns or columns in widths or (widths and rows not in widths) or rows in sizes:
        return False
    if widths and columns in sizes:
        return True
    if columns < rows and not widths:
        return False
    with suppress(FormatError):
        vocabulary(rows)
        if not widths:
            return False  # they fit as they are
    with suppress(FormatError):
        tokens = vocabulary(columns)
        n = int((tokens.kinds != Kind.PADDING).sum())
        return n == columns or (bool(widths) and n > rows and not _apart(columns, n))
    return False


def _sizes(shape: tuple[int, ...], what: str, config: Config, *, chosen: bool) -> tuple[str, ...]:
    """Notes of what differs a little, or by the user's will.

    Raises
    ------
    SourceError
        the width or the number of rows is another
    """
    rows, width = shape
    said = ", ".join(f"{word} is {value:,}" for word, value in (*config.widths, *config.vocabularies))
    size = f"{rows:,} rows of width {width:,}, but in {config.where} {said}"
    sizes = {value for _, value in config.vocabularies}
    odd = bool(config.widths) and width not in {value for _, value in config.widths}
    few = bool(sizes) and all(_apart(rows, size) for size in sizes)
    if (odd or few) and not chosen:
        raise SourceError(
            f"{what} has {size}: it is packed, cut or of another model; use the model's own files, or"
            " name the tensor if it is meant all the same"
        )
    if odd or few:
        return (size,)
    return (f"{rows:,} rows, but {config.where} says {said}",) if sizes and rows not in sizes else ()


def check_values(vectors: Float32s, what: str) -> None:
    """Refuse values that no matrix of tokens has; looks at some hundred rows.

    Raises
    ------
    SourceError
        there is one column, all rows are the same or each of one number, or most far too long
    """
    n, d = vectors.shape
    problem = ""
    if d == 1:
        problem = f"one column and {n:,} rows: no directions"
    else:
        some = vectors[np.linspace(0, n - 1, min(n, _LOOKED_AT)).astype(np.intp)]
        with np.errstate(all="ignore"):
            norms = np.linalg.norm(some.astype(np.float64), axis=1)
        finite = norms[np.isfinite(norms)]
        if len(some) > 1 and (some == some[0]).all():
            problem = "all rows the same"
        elif len(some) > 1 and (some == some[:, :1]).all():
            problem = "in each row one number over and over"
        elif 2 * np.count_nonzero(finite > _LONGEST) > len(finite):
            problem = f"rows of norm {np.median(finite):.1e}, where models have 0.1 to 1,000"
    if problem:
        raise SourceError(
            f"{what} has {problem}; it is damaged, no matrix of tokens, or stored in a way that was not"
            " understood: use another version of the model, or name another tensor"
        )
