"""Tokens, and sums and differences of tokens, as the vectors that stand for them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

import numpy as np

from tokensphere.arrays import Float64s
from tokensphere.directions.named import Directions, Name
from tokensphere.errors import InputError
from tokensphere.geometry.similarity import SearchSettings, Similarity
from tokensphere.space import EmbeddingSpace
from tokensphere.vocabulary import Token, token_ids


@dataclass(frozen=True)
class TokenSum:
    """Tokens that are added and tokens that are subtracted.

    Attributes
    ----------
    positive, negative : tokens, at least one of all
    name : what the sum is called; by default its tokens
    """

    positive: tuple[Token, ...]
    negative: tuple[Token, ...] = ()
    name: str | None = None


def as_list(tokens: Iterable[Token] | Token | None) -> list[Token]:
    """Tokens as a list: one token, several, or none."""
    if tokens is None:
        return []
    return [tokens] if is_token(tokens) else list(tokens)  # type: ignore[list-item, arg-type]


def is_token(given: object) -> bool:
    """Whether this can name a token: a text, bytes or an id."""
    return isinstance(given, (str, bytes, int, np.integer)) and not isinstance(given, bool)


def token_sums(given: Any) -> list[TokenSum] | None:
    """The tokens, or sums of them, if such were given; else None.

    Raises
    ------
    InputError
        tokens, sums of tokens and numbers in one list
    """
    if is_token(given):
        return [TokenSum((given,))]
    if isinstance(given, TokenSum):
        return [given]
    if not isinstance(given, (list, tuple)) or not given:
        return None
    if all(isinstance(entry, TokenSum) for entry in given):
        return list(given)
    if all(is_token(entry) for entry in given):
        return [TokenSum((entry,)) for entry in given]
    if any(isinstance(entry, (str, bytes, TokenSum)) for entry in given):
        raise InputError(
            "the directions mix tokens, sums of tokens and numbers; give one of these kinds"
        )
    return None


def sum_tokens(
    space: EmbeddingSpace, tokens: TokenSum, similarity: Similarity, centered: bool
) -> tuple[Float64s, tuple[int, ...], Name]:
    """The mean of the tokens' rows, those subtracted with their sign turned.

    Of unit (centred) rows for cosine, of the rows themselves for dot; for Euclidean distance a point:
    the sum over the number of tokens added less that of those subtracted.

    Returns
    -------
    vector : float64 array of shape (d,)
    ids : of the tokens, those added first
    name : what the sum is called

    Raises
    ------
    InputError
        no token, one whose row has no direction, or tokens that cancel out
    UnknownTokenError
        a token that the vocabulary does not have
    """
    plus, minus = (token_ids(space.vocabulary, side) for side in (tokens.positive, tokens.negative))
    if not plus and not minus:
        raise InputError("nothing to look for: positive and negative are both empty")
    ids = [*plus, *minus]
    for id in ids:
        if not space.usable[id]:
            raise InputError(
                f"the row of token '{space.vocabulary.visible(id)}' (id {id}) has no direction:"
                " it is zero, not finite, or padding"
            )
    signs = np.array([1.0] * len(plus) + [-1.0] * len(minus))
    rows = token_rows(space, ids, similarity, centered)
    vector = (signs[:, None] * rows).sum(axis=0)  # in the same order on every processor
    weight = signs.sum() if similarity == "euclidean" else len(ids)
    if weight <= 0:
        raise InputError("a distance needs a point: more positive than negative tokens")
    vector /= weight
    if not np.linalg.norm(vector) > 1e-12 * np.linalg.norm(rows, axis=1).max():
        raise InputError("these tokens cancel out: their sum is the zero vector")
    shown = [space.vocabulary.visible(id) for id in ids]
    title = " − ".join([" + ".join(shown[: len(plus)]), *shown[len(plus) :]]).strip()
    record = {
        side: [{"id": id, "token": space.vocabulary.text(id)} for id in some]
        for side, some in (("positive", plus), ("negative", minus))
    }
    return vector, tuple(ids), Name(tokens.name or title, record)


def token_rows(
    space: EmbeddingSpace, ids: list[int], similarity: Similarity, centered: bool
) -> Float64s:
    """The vectors that stand for tokens: unit (centred) rows for cosine, else the rows themselves."""
    rows = space.vectors[ids].astype(np.float64)
    if similarity == "cosine":
        rows /= space.moments.norms[ids][:, None]
        if centered:
            rows -= space.moments.mean_unit_row()
            lengths = np.linalg.norm(rows, axis=1)
            if not (lengths > 1e-6).all():
                raise InputError("a token's unit row equals their mean: centred, it has no direction")
            rows /= lengths[:, None]
    elif centered:
        rows -= space.moments.mean_row()
    return rows


def of_tokens(space: EmbeddingSpace, sums: Sequence[TokenSum], search: SearchSettings) -> Directions:
    """Tokens or sums of tokens; their own tokens are known, and what they are is known by these."""
    rows = search.similarity, search.centered
    vectors, own, names = zip(*(sum_tokens(space, one, *rows) for one in sums), strict=True)
    weights = tuple(
        (1,) * len(name.record["positive"]) + (-1,) * len(name.record["negative"]) for name in names
    )

    def asked() -> str:
        text = json.dumps([space.key(), rows, own, weights], sort_keys=True)
        return sha256(text.encode()).hexdigest()

    return Directions.held(
        np.stack(vectors), list(names), "tokens", sha256=asked, own=own, weights=weights, rows=rows
    )


def made_for(space: EmbeddingSpace, directions: Directions, search: SearchSettings) -> Directions:
    """The same directions for another search, which decides what rows stand for tokens.

    Parameters
    ----------
    space : the embeddings that they were made in
    directions : one end of each; whatever is not made of tokens stays as it is
    search : how neighbours are looked for

    Raises
    ------
    InputError
        a token has no direction for this search, or tokens cancel out
    """
    if directions.rows in (None, (search.similarity, search.centered)):
        return directions
    sums = [
        TokenSum(
            tuple(id for id, weight in zip(ids, weights, strict=True) if weight > 0),
            tuple(id for id, weight in zip(ids, weights, strict=True) if weight < 0),
            title,
        )
        for ids, weights, title in zip(
            directions.own, directions.weights, directions.titles, strict=True
        )
    ]
    made = of_tokens(space, sums, search)
    return replace(made, groups=directions.groups, group_of=directions.group_of)
