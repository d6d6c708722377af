"""Is a probe's weight more than chance? A linear probe, beside probes of shuffled labels.

    python examples/probe.py

The probe tells verbs of the third person (" determines") from base forms (" determine"): ridge
regression on half of the tokens; the other half says how well it does. Beside *random* directions even
a probe of shuffled labels stands out, for it is a sum of token rows. So the null is a sample: 400 probes
of the same tokens with shuffled labels (control tasks: Hewitt & Liang 2019).
"""

import numpy as np
import numpy.typing as npt

import tokensphere as ts

Floats = npt.NDArray[np.float64]
PENALTY, CONTROLS = 1.0, 400


def probes(x: Floats, y: Floats) -> Floats:
    """Ridge regression's weights, shape (m, d), for labels y of shape (n, m)."""
    gram = x.T @ x + PENALTY * np.eye(x.shape[1])
    weights: Floats = np.linalg.solve(gram, x.T @ (y - y.mean(axis=0))).T
    return weights


def main() -> None:
    """Train on half of the tokens, measure on the other, test the direction."""
    rng = np.random.default_rng(0)
    space = ts.load()
    table = ts.make_labels(space.vocabulary)
    singular, base = (
        ts.label_members(space, table, name, most=5000).ids for name in ("grammar:VBZ", "grammar:VB")
    )
    ids = np.setxor1d(singular, base)  # a form that is both tells nothing
    y = np.where(np.isin(ids, singular), 1.0, -1.0)
    x = space.vectors[ids].astype(np.float64)
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    x -= x.mean(axis=0)
    train = rng.random(len(ids)) < 0.5
    probe = probes(x[train], y[train, None])
    right = np.mean(np.sign(x[~train] @ probe[0]) == y[~train])
    share = max(np.mean(y[~train] > 0), np.mean(y[~train] < 0))
    unseen = np.sum(~train)
    print(f"right for {right:.0%} of {unseen} tokens it was not trained on ({share:.0%} by guessing)\n")
    shuffled = np.stack([rng.permutation(y[train]) for _ in range(CONTROLS)], axis=1)
    controls = probes(x[train], shuffled)
    null = ts.NullSpec("sample", sample=controls)
    directions = ts.make_directions(space, probe, ts.SearchSettings(centered=True)).both_ends()
    print(ts.direction_test(space, directions, null=null))


if __name__ == "__main__":
    main()
