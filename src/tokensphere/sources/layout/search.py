"""Which tensor of a model holds its token embeddings: the search of the table of layouts.

A model may sit inside a larger one: then all its names bear a prefix
(``language_model.model.embed_tokens.weight``). Whether input and output are one matrix where only one is
there, :mod:`~tokensphere.sources.layout.ties` says.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from math import prod
from typing import Literal

import numpy as np

from tokensphere.errors import SourceError
from tokensphere.formats.tensors import TensorFile, TensorInfo
from tokensphere.sources.layout import ties
from tokensphere.sources.layout.config import UNKNOWN, Config
from tokensphere.sources.layout.table import LAYOUTS, Layout, has_factors

Matrix = Literal["input", "output"]
_LAYER = re.compile(r"[./]layers[./]\d+[./]")


@dataclass(frozen=True)
class Found:
    """The tensor that :func:`find_matrix` chose.

    Attributes
    ----------
    name : of the tensor
    norm : name of the weight of the norm before the output, None where there is none
    layout : name of the :class:`Layout`, empty where the tensor is of no known one
    tied : the model has one matrix for input and output, under this name
    notes : what a reader of a result should know
    width : the length of that norm, where it must be that of a row
    norm_bias : that norm has a bias, too
    """

    name: str
    norm: str | None
    layout: str
    tied: bool
    notes: tuple[str, ...]
    width: int | None = None
    norm_bias: bool = False


@dataclass(frozen=True)
class _Match:
    """A layout whose names are in a file."""

    layout: Layout
    input: str | None
    output: str | None
    norm: str | None
    prefix: str
    decoder: str | None  # the input of the part that has the output, where there are two


def find_matrix(
    tensors: Mapping[str, TensorInfo],
    matrix: Matrix,
    *,
    tensor: str | None = None,
    config: Config = UNKNOWN,
) -> Found:
    """The tensor that holds the input embedding or the output unembedding.

    Parameters
    ----------
    tensors : name -> shape and type
    matrix : ``"input"`` or ``"output"``
    tensor : the name that the user gave, which settles it
    config : what ``config.json`` says; without a type of model, or where the file has none of that
        type's names, the names alone decide

    Raises
    ------
    SourceError
        no tensor, or none for certain; the message lists the two-dimensional ones
    """
    model_type = config.model_type
    if tensor is not None:
        return _given(tensors, tensor, model_type)
    match = _recognise(tensors, model_type)
    if match is None:
        of_type = f" (model type {model_type!r})" if model_type else ""
        if packed := ties.another_form(tensors, "input"):
            raise SourceError(ties.not_plain("input", packed, tensors[packed]))
        raise SourceError(f"no known layout{of_type} has these tensors; {_ask(tensors)}")
    own, other = (match.output, match.input) if matrix == "output" else (match.input, match.output)
    name, notes = own or other or "", _notes(match.layout, matrix, model_type)
    rest: Matrix = "input" if matrix == "output" else "output"
    if own is None:
        if packed := ties.another_form(tensors, matrix, match.layout, match.prefix):
            raise SourceError(ties.not_plain(matrix, packed, tensors[packed]))
        if matrix == "output":
            name = match.decoder or name
        evidence = ties.evidence(match.layout, config)
        if not evidence:
            why = ties.no_evidence(match.layout, config, name)
            raise SourceError(f"there is no {matrix} matrix, {why}; or {_ask(tensors)}")
        if matrix == "output":
            if problem := ties.in_its_place(tensors, match.layout, match.prefix):
                raise SourceError(f"there is no output matrix: {problem}; use matrix 'input'")
            if like := ties.like_output(tensors, match.layout, name):
                raise SourceError(ties.not_plain(matrix, like, tensors[like]))
        no_file = f"and no file has a tensor for the {matrix}"
        notes.insert(0, f"input and output are one matrix, {name!r}: {evidence}, {no_file}")
    elif other is None:
        packed = ties.another_form(tensors, rest, match.layout, match.prefix)
        has = f"the {rest} has a matrix of its own, {packed!r}"
        notes.append(has if packed else f"there is no {rest} matrix of its own")
    elif config.tied:
        notes.append(f"tie_word_embeddings in config.json, but {other!r} is stored, too")
    _check_matrix(tensors, name)
    width = None if config.widths else _width(tensors, match)
    bias = _has_bias(tensors, match.norm)
    return Found(name, match.norm, match.layout.name, own is None, tuple(notes), width, bias)


def _width(tensors: Mapping[str, TensorInfo], match: _Match) -> int | None:
    """The length of the final norm, unless rows of tokens may be shorter."""
    # BERT's norm is one of its head, whose width may be the hidden layers'.
    if match.norm is None or match.norm.startswith("cls.") or has_factors(match.layout.name):
        return None
    shape = tensors[match.norm].shape
    return shape[0] if len(shape) == 1 and shape[0] else None


def _has_bias(tensors: Mapping[str, TensorInfo], norm: str | None) -> bool:
    """Whether there is a bias beside the weight of a norm."""
    if norm is None:
        return False
    return any(
        norm.endswith(weight) and norm.removesuffix(weight) + bias in tensors
        for weight, bias in (("weight", "bias"), ("gamma", "beta"))
    )


def _notes(layout: Layout, matrix: Matrix, model_type: str | None) -> list[str]:
    notes = []
    if layout.model_types and model_type not in layout.model_types:
        notes.append(f"taken for the layout {layout.name} by the names of its tensors alone")
    if matrix == "input" and layout.scale_input:
        notes.append(f"{layout.scale_input}; the rows are as stored")
    if layout.note:
        notes.append(layout.note)
    return notes


def _given(tensors: Mapping[str, TensorInfo], name: str, model_type: str | None) -> Found:
    """The tensor that the user named; the norm, if the tensor is in its place in a known layout."""
    if name not in tensors:
        raise SourceError(f"there is no tensor {name!r}; {_ask(tensors)}")
    _check_matrix(tensors, name)
    with suppress(SourceError):
        match = _recognise(tensors, model_type)
        if match is not None and name in (match.input, match.output):
            bias = _has_bias(tensors, match.norm)
            return Found(name, match.norm, match.layout.name, False, (), norm_bias=bias)
    return Found(name, None, "", False, ())


def _check_matrix(tensors: Mapping[str, TensorInfo], name: str) -> None:
    shape = tensors[name].shape
    if len(shape) != 2 or not all(shape):
        raise SourceError(f"tensor {name!r} has the shape {shape}, not a matrix; {_ask(tensors)}")


def _ask(tensors: Mapping[str, TensorInfo], most: int = 12) -> str:
    """A request for the tensor's name, with the two-dimensional ones, the largest first."""
    matrices = sorted(
        (entry for entry in tensors.values() if len(entry.shape) == 2),
        key=lambda entry: (-prod(entry.shape), entry.name),
    )
    if not matrices:
        return "the file has no two-dimensional tensor at all"
    listed = ", ".join(f"{e.name} ({e.shape[0]} × {e.shape[1]})" for e in matrices[:most])
    more = f" and {len(matrices) - most} more" if len(matrices) > most else ""
    return f"name one with tensor=NAME: {listed}{more}"


def _recognise(tensors: Mapping[str, TensorInfo], model_type: str | None) -> _Match | None:
    """The layout of these tensors, None if it is unknown."""
    of_type = tuple(layout for layout in LAYOUTS if model_type in layout.model_types)
    for layouts in (of_type, LAYOUTS):
        outside = [match for layout in layouts if (match := _match(layout, tensors, ""))]
        if matches := outside or _match_inside(layouts, tensors):
            # The one with most of its tensors, the first of equals.
            return max(matches, key=lambda m: sum(map(bool, (m.input, m.output, m.norm))))
    return None


def _match(layout: Layout, tensors: Mapping[str, TensorInfo], prefix: str) -> _Match | None:
    """The layout's tensors under `prefix`; the head of a model inside another may stand outside it."""

    def first(names: tuple[str, ...], *prefixes: str) -> str | None:
        candidates = (prefix + name for prefix in prefixes for name in names)
        return next((name for name in candidates if name in tensors), None)

    own = first(layout.input, prefix)
    output, norm = first(layout.output, prefix, ""), first(layout.norm, prefix, "")
    # An output alone tells nothing: many layouts call it the same.
    if own is None and (output is None or norm is None):
        return None
    decoder = first(tuple(sorted(layout.input, key=lambda name: "encoder" in name)), prefix)
    return _Match(layout, own, output, norm, prefix, decoder)


def _match_inside(layouts: tuple[Layout, ...], tensors: Mapping[str, TensorInfo]) -> list[_Match]:
    """Layouts all of whose names bear one prefix, if one tensor alone can be their input."""
    matches: list[_Match] = []
    for layout in layouts:
        if matches and layout.name.startswith("static"):
            continue  # "embedding" is a name for much else in a larger model
        for name in layout.input:
            ends = [full for full in tensors if full.endswith(("." + name, "/" + name))]
            # A layer may have an embedding of its own (multi-token prediction), and so may a part.
            ends = [full for full in ends if not _LAYER.search(full)] or ends
            found = [_match(layout, tensors, full[: -len(name)]) for full in ends]
            matches += [match for match in found if match]
            if ends:
                break
    inputs = dict.fromkeys(str(match.input) for match in matches)
    if len(inputs) > 1:
        several = ", ".join(list(inputs)[:4])
        raise SourceError(f"several tensors could be the embedding ({several}); {_ask(tensors)}")
    return matches


def same_bytes(file: TensorFile, a: str, b: str) -> bool:
    """Whether two tensors of a file have the same type, shape and bytes."""
    first, second = file.tensors[a], file.tensors[b]
    if (first.dtype, first.shape) != (second.dtype, second.shape):
        return False
    left, right = file.raw(a), file.raw(b)
    step = 2**20  # so that two large matrices that differ early are not read to their ends
    return left.size == right.size and all(
        np.array_equal(left[low : low + step], right[low : low + step])
        for low in range(0, left.size, step)
    )
