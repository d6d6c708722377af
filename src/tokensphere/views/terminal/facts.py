"""Two tokens, a space, or what computes, in a few facts -> a table for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from rich.console import RenderableType
from rich.table import Table

from tokensphere._version import __version__
from tokensphere.analysis.info import Info
from tokensphere.analysis.pair import Pair, PairCosine
from tokensphere.analysis.system import System
from tokensphere.display import told
from tokensphere.geometry.kernel import Choice
from tokensphere.space import Provenance
from tokensphere.views.terminal.render import (
    Row,
    Text,
    caption,
    cell,
    cells,
    spaced,
    table,
    table_with_text,
)
from tokensphere.views.text import cosine, model_name, number, percent, short

_WIDEST_TOKEN = 24
_LONGEST_FACT = 500
_PACKAGES = {"numpy": "NumPy", "scipy": "SciPy", "torch": "PyTorch"}
_CALLED = {"dtype": "stored as", "sha256": "SHA-256", "license": "licence"}


def pair(result: Pair, _width: int) -> RenderableType:
    """The cosine of two tokens, raw and centred, beside those of random pairs."""
    a, b = (short(result.vocabulary.visible(id), _WIDEST_TOKEN) for id in (result.first, result.second))
    both = (result.raw, result.centered)
    rows: list[Row] = [
        cells((f"{a} and {b}", "raw", "centred"), "bold"),
        ["cosine", *(cosine(c.cosine) for c in both)],
        ["typical pair: mean", *(cosine(c.mean_of_pairs) for c in both)],
        ["typical pair: sd", *(cosine(c.sd_of_pairs) for c in both)],
        ["pairs at least as similar", *(_share(c, result.n_pairs) for c in both)],
        ["  95 % interval", *(" to ".join(map(percent, c.share_interval_95)) for c in both)],
        [f"place of {b} near {a}", *(f"{c.rank_of_second_from_first:,}" for c in both)],
        [f"place of {a} near {b}", *(f"{c.rank_of_first_from_second:,}" for c in both)],
    ]
    about = caption(
        model_name(result.provenance.model),
        f"{result.n_pairs:,} random pairs of its {result.n_tokens:,} tokens (seed {result.seed})",
        "places are exact, 1 is the nearest",
    )
    return spaced([table(rows)], [about])


def _share(value: PairCosine, sampled: int) -> str:
    share = value.share_of_pairs_at_least
    return percent(share) if share else f"none of {sampled:,}"


def info(result: Info, _width: int) -> Table:
    """Where a space comes from, and what it is like."""
    left_out = result.zero + result.not_finite + result.padding
    low, q25, median, q75, high = map(number, result.norms)
    rows = [
        *_source_rows(result.provenance),
        ("shape", f"{result.n:,} tokens × {result.d:,} dimensions"),
        ("kinds of tokens", ", ".join(f"{count:,} {kind}" for kind, count in result.kinds.items())),
        (
            "left out",
            f"{left_out:,} rows ({result.zero:,} zero, {result.not_finite:,} not finite,"
            f" {result.padding:,} padding)",
        ),
        ("norms", f"{low} to {high}, median {median}, half of them in {q25} to {q75}"),
        ("mean cosine", f"{cosine(result.mean_cosine_different)} of two different tokens"),
        ("", f"{cosine(result.mean_cosine)} of two tokens, self-pairs included (‖μ‖²)"),
    ]
    return _facts(rows)


def system(result: System, _width: int) -> Table:
    """What computes here, a kernel a line in the order in which they are preferred."""
    packages = [
        (_PACKAGES[name], version or "not installed") for name, version in result.packages.items()
    ]
    return _facts(
        [
            ("tokensphere", __version__),
            ("Python", f"{result.python}, {result.platform}"),
            *packages,
            *(("BLAS", _library(one)) for one in result.blas),
            ("processor", f"{result.processor}, {result.usable:,} of {result.processors:,} usable"),
            *(("" if place else "kernel", _kernel(one)) for place, one in enumerate(result.kernels)),
            ("cache", result.cache or "there is no home for one"),
        ]
    )


def _kernel(choice: Choice) -> str:
    return f"{choice.name}, {choice.what}: {'searches, ' * choice.chosen}{choice.reason}"


def _library(blas: Mapping[str, str | int | None]) -> str:
    name = " ".join(str(blas[key]) for key in ("name", "version") if blas[key])
    more = [str(blas["architecture"])] if blas["architecture"] else []
    if blas["threads"]:
        more.append(f"{blas['threads']} {'thread' if blas['threads'] == 1 else 'threads'}")
    return ", ".join([name, *more])


def _facts(rows: Iterable[tuple[str, str]]) -> Table:
    return table_with_text((cell(label, "dim"), Text(told(text, _LONGEST_FACT))) for label, text in rows)


def _source_rows(source: Provenance) -> list[tuple[str, str]]:
    facts = source.to_dict()
    notes = [("note", note) for note in facts.pop("notes")]
    return [(_CALLED.get(name, name), text) for name, text in facts.items() if text is not None] + notes
