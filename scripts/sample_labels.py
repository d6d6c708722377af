"""Draw members of the labels of a model's tokens, to be judged by eye.

    python scripts/sample_labels.py [--seed 0] [--count 30] [--kind KIND] [--label NAME] [--model SPEC]

Of all labels of grammar, meaning and lists, or of those named. One line for each label: its name, how
many tokens have it, and a random sample of them. docs/labels.md records what the judgement was.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator

import numpy as np

import tokensphere as ts
from tokensphere.labels.build import make_labels

KINDS = ("grammar", "meaning", "list")


def samples(
    space: ts.EmbeddingSpace, kinds: list[str], names: list[str], count: int, seed: int
) -> Iterator[str]:
    """The lines. A label's sample depends on the seed and its members alone."""
    table = make_labels(space.vocabulary)
    for label in table.labels:
        if label.name not in names if names else label.kind not in kinds:
            continue
        members = table.members(label.name)
        drawn = np.random.default_rng(seed).permutation(members)[:count]
        shown = " ".join(space.vocabulary.visible(int(id)) for id in drawn)
        yield f"{label.name} ({len(members)}, {label.words}): {shown}"


def main() -> None:
    parser = argparse.ArgumentParser(description="Draw members of labels, to be judged by eye.")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--count", type=int, default=30, help="members a label")
    parser.add_argument("--kind", action="append", default=[], help="a kind of labels")
    parser.add_argument("--label", action="append", default=[], help="one label by name")
    parser.add_argument("--model", default=None, help="any model; the bundled one by default")
    given = parser.parse_args()
    space = ts.load(given.model) if given.model else ts.load()
    for line in samples(space, given.kind or list(KINDS), given.label, given.count, given.seed):
        print(line)


if __name__ == "__main__":
    main()
