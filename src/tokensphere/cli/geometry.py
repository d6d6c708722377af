"""``geometry``: orthogonality, where the variance lies, and the post's claims."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tokensphere.cli import options, progress, running
from tokensphere.cli.app import main, tell
from tokensphere.errors import InputError


@main.command()
@options.number("-n", 2000, "Number of random directions.", least=2, to="count")
@options.number("--seed", 0, "Of directions, clusters and random partitions.")
@options.option("--clusters", "Numbers of clusters for k-means, or 'none'.",
                default="100,300,1000", metavar="N,N,…")  # fmt: skip
@options.number("--surrogates", 5, "Vocabularies without words to compare with.", least=2)
@options.option("--labelling", "Clusters of your own: lines of token, tab, label.", type=options.FILE,
                metavar="FILE.tsv")  # fmt: skip
@options.k()
@options.device
@options.plot
@options.only_model
@options.csv
def geometry(
    count: int, seed: int, clusters: str, surrogates: int, labelling: Path | None, k: int, **_: Any
) -> None:
    """Are random vectors near anything, and do clusters matter? The post's claims, measured.

    How far random directions are from all tokens, where the variance of the cosine lies (within
    clusters of tokens or between them), how many clusters the nearest tokens come from, and how many
    of them share one; then six claims, what was measured, the same without words, and a verdict.
    """
    numbers = _numbers(clusters)
    running.check_paths()
    space = running.load_model()
    from tokensphere.analysis.claims.measure import measure_geometry
    from tokensphere.analysis.claims.surveyed import count_parts, with_survey
    from tokensphere.analysis.claims.wordless import WordlessSpec
    from tokensphere.labels.build import make_labels

    labels = None
    if labelling is not None:
        from tokensphere.labels.labelling import read_labelling

        read = read_labelling(labelling, space.vocabulary)
        labels = read.labels
        if read.unknown:
            lines = "1 line of" if read.unknown == 1 else f"{read.unknown:,} lines of"
            name = "names" if read.unknown == 1 else "name"
            tell(f"{lines} {labelling} {name} no token of this vocabulary")
    table = make_labels(space.vocabulary, store=running.null_files("labels"))
    wordless = WordlessSpec(surrogates)
    how: dict[str, Any] = {"compute": running.compute(), "store": running.null_files("surrogates")}

    def count_steps() -> int:
        own = labelling is not None
        return count_parts(space, table, numbers, k=k, wordless=wordless, labelling=own) + 1  # a survey

    with progress.steps_of("geometry", count_steps) as step:
        result = measure_geometry(
            space, n_directions=count, seed=seed, clusters=numbers, labelling=labels,
            labelling_name=labelling.name if labelling else "labelling", k=k, progress=step,
            labels=table, wordless=wordless, **how,
        )  # fmt: skip
        step("a survey")
        result = with_survey(space, result, **how)
    running.show(result)


def _numbers(text: str) -> tuple[int, ...]:
    """What ``--clusters`` says, as numbers."""
    if text.strip().lower() == "none":
        return ()
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isascii() and part.isdigit() and len(part) < 10 for part in parts):
        raise InputError(f"--clusters is {text!r}, but must be whole numbers with commas, as in 100,300")
    return tuple(map(int, parts))
