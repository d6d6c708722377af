"""The post's six claims as the page shows them, each with the numbers of its picture."""

from __future__ import annotations

from collections.abc import Callable
from math import inf, isfinite
from typing import Any

import numpy as np

from tokensphere.analysis.claims.result import Geometry
from tokensphere.analysis.claims.rules import (
    A_CLUSTER,
    ABOUT,
    DIFFERENT,
    HALF,
    NEARLY_ORTHOGONAL,
    OFTEN,
    ORDINARY,
    Claim,
)
from tokensphere.geometry.orthogonality import cosine_density
from tokensphere.web.survey_shown import GUESS, text_of

_POINTS = 161  # of a curve, and about as many bins
Band = list[list[float]]


def shown(found: Geometry) -> dict[str, Any]:
    """The claims as the page shows them, with the numbers of their pictures."""
    pictures = {
        1: _cosines(found),
        2: _of_labels(found.claims[1], "Var_S / Var of the median label", _about),
        3: _of_labels(found.claims[2], "share of the variance that the labels' means hold", _some),
        4: _of_labels(found.claims[3], f"different labels among the {found.settings.k} nearest", _other),
        5: _rates(found),
        6: _pair(found.claims[5]),
    }
    return {
        "directions": found.settings.n_directions,
        "tokens": found.n_tokens,
        "claims": [
            {
                **{name: getattr(one, name) for name in ("number", "claim", "measured", "chance")},
                "verdict": one.verdict, "why": one.why, "rule": one.rule,
                "picture": pictures[one.number],
            }
            for one in found.claims
        ],
        "text": text_of(found),
    }  # fmt: skip


def _cosines(found: Geometry) -> dict[str, Any]:
    """All cosines beside their law, and those of the nearest token; each as high as its own highest."""
    seen = found.orthogonality
    edges, counts = seen.counts.coarse(_POINTS - 1)
    density = counts / counts.sum() / np.diff(edges)
    grid = np.linspace(float(edges[0]), float(edges[-1]), _POINTS)
    # In one dimension there is no density.
    law = cosine_density(seen.d, grid) if seen.d > 1 else np.zeros(_POINTS)
    nearest, bounds = np.histogram(seen.largest, bins=min(24, len(seen.largest)))
    highest = max(float(density.max()), float(np.nan_to_num(law, posinf=0).max()))
    return {
        "form": "cosines",
        "edges": edges.tolist(), "heights": (density / highest).tolist(),
        "law": {"at": grid.tolist(), "heights": np.clip(law / highest, 0, 1).tolist()},
        "nearest": {"edges": bounds.tolist(), "heights": (nearest / nearest.max()).tolist()},
        "independent": seen.law_largest_quartiles[1],
        "limit": NEARLY_ORTHOGONAL,
    }  # fmt: skip


def _about(chance: float) -> Band:
    return [[ABOUT[0] * chance, ABOUT[1] * chance]]


def _some(chance: float) -> Band:
    return [[chance + A_CLUSTER, chance + HALF * (1 - chance)]]


def _other(chance: float) -> Band:
    return [[HALF * chance, (1 - DIFFERENT) * chance], [(1 + DIFFERENT) * chance, inf]]


def _of_labels(claim: Claim, axis: str, holds: Callable[[float], Band]) -> dict[str, Any]:
    """A row for each kind of labels: its value beside the same without words, and where it holds."""
    rows = []
    for name, of in claim.values.get("of_labels", {}).items():
        if "value" not in of:
            continue
        low, high = of["interval_99"]  # of the value less the mean without words
        chance = of["value"] - of["excess"]
        rows.append(
            {
                "name": name, "value": of["value"], "chance": chance, "verdict": of["verdict"],
                "interval": [chance + low, chance + high],
                "without": [one for one in of["without"] if isfinite(one)],
                "holds": [[a, None if b == inf else b] for a, b in holds(chance)],
            }
        )  # fmt: skip
    return {"form": "rows", "axis": axis, "unit": "share" if claim.number == 3 else "", "rows": rows}


def _rates(found: Geometry) -> dict[str, Any]:
    """Claim 5: how often lists are coherent, and share a label, beside chance and the post's guess."""
    rows = []
    survey, sharing = found.coherence, found.sharing
    if survey is not None:
        rows.append(
            {"name": "coherent", "value": survey.rate, "chance": survey.chance,
             "interval": list(survey.interval), "holds": _often(survey.chance)}
        )  # fmt: skip
    if sharing is not None:
        scale = 1 - sharing.chance
        ends = [sharing.chance + scale * end for end in sharing.interval]
        rows.append(
            {"name": "share a label", "value": sharing.rate, "chance": sharing.chance,
             "interval": ends, "holds": [] if survey is not None else _often(sharing.chance)}
        )  # fmt: skip
    line = {"at": GUESS, "words": f"the post's {GUESS:.0%}".replace("%", " %")}
    return {
        "form": "rows",
        "axis": "share of the directions",
        "unit": "share",
        "rows": rows,
        "line": line,
    }


def _often(chance: float) -> Band:
    return [[chance + end * (1 - chance) for end in OFTEN]]


def _pair(claim: Claim) -> dict[str, Any]:
    """Claim 6: how many of all pairs are at least as alike."""
    rows = []
    if claim.values:
        rows.append(
            {"name": "this pair", "value": claim.values["share_of_pairs_at_least"],
             "interval": claim.values["interval_95"], "chance": None, "holds": [list(ORDINARY)]}
        )  # fmt: skip
    return {
        "form": "rows", "axis": "share of all pairs that are at least as alike", "unit": "share",
        "rows": rows, "whole": True,
    }  # fmt: skip
