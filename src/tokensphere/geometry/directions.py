"""Random directions that have names: direction `j` of seed `s` is one fixed vector."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from tokensphere.arrays import Float32s, Int64s
from tokensphere.errors import MOST, InputError, check_whole

BLOCK = 256  # directions drawn from one stream; part of what a name means, never to change


def stream(seed: int, *key: int) -> np.random.Generator:
    """The random numbers of a seed that have this key; those of different keys are independent."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=key)))


def random_pairs(rng: np.random.Generator, n: int, count: int) -> tuple[Int64s, ...]:
    """Pairs of different numbers below `n`, uniform over all of them: two arrays of shape (count,)."""
    first = rng.integers(n, size=count)
    return first, (first + rng.integers(1, n, size=count)) % n


def _block(d: int, seed: int, block: int, count: int) -> Float32s:
    """The first `count` directions of a block, shape (count, d)."""
    normal = stream(seed, block).standard_normal((count, d))
    # A running sum adds in one order on every machine; a plain sum's order depends on its vector
    # instructions.
    lengths = np.sqrt(np.cumsum(normal * normal, axis=1)[:, -1:])
    return np.asarray(normal / lengths, dtype=np.float32)


def random_directions(d: int, indices: Iterable[int] | int, *, seed: int = 0) -> Float32s:
    """Unit vectors drawn uniformly from the sphere, by name.

    ``v = g / ‖g‖`` with ``g ~ N(0, I_d)`` (Muller 1959). The direction with a given `d`, `seed` and
    index is the same vector whatever else is asked for. Block ``j // 256`` is drawn from
    ``PCG64(SeedSequence(seed, spawn_key=(block,)))``.

    Parameters
    ----------
    d : number of dimensions, at least 1
    indices : int or iterable of m ints, each 0 or more
    seed : int, 0 or more

    Returns
    -------
    float32 array of shape (m, d); (1, d) for a single index

    Raises
    ------
    InputError
        a negative or fractional seed, index or d

    Examples
    --------
    >>> import numpy as np
    >>> some = random_directions(8, range(300), seed=0)
    >>> bool(np.all(some[257] == random_directions(8, 257, seed=0)))
    True
    """
    numbers = np.asarray([indices] if isinstance(indices, (int, np.integer)) else list(indices))
    if numbers.size == 0:
        numbers = numbers.astype(np.int64)
    if numbers.ndim != 1 or numbers.dtype.kind not in "iu" or (numbers < 0).any():
        raise InputError("the indices of random directions are whole numbers, 0 or more")
    check_whole("the seed", seed)
    check_whole("the number of dimensions", d, 1)
    directions = np.empty((len(numbers), d), dtype=np.float32)
    blocks = numbers // BLOCK
    for block in sorted(set(blocks.tolist())):
        here = np.flatnonzero(blocks == block)
        within = numbers[here] - block * BLOCK
        directions[here] = _block(d, int(seed), block, int(within.max()) + 1)[within]
    return directions


class RandomDirections(Sequence[Float32s]):
    """A range of named random directions that are drawn when they are looked at.

    Parameters
    ----------
    d : number of dimensions
    count : how many
    first : index of the first
    seed : int, 0 or more
    """

    def __init__(self, d: int, count: int, *, first: int = 0, seed: int = 0) -> None:
        if count < 1 or first < 0:
            raise InputError(f"{count} directions from index {first}: need 1 or more, from 0 or more")
        check_whole("the number of directions", count, 1, MOST)
        random_directions(d, [], seed=seed)  # checks d and seed
        self.d, self.first, self.seed = d, first, seed
        self._count = count

    def __len__(self) -> int:
        return self._count

    @property
    def indices(self) -> range:
        """The names of the directions under their seed."""
        return range(self.first, self.first + self._count)

    def __getitem__(self, which: int | slice) -> Float32s:  # type: ignore[override]
        """One direction, shape (d,), or several, shape (m, d)."""
        chosen = self.indices[which]
        if isinstance(chosen, range):
            return random_directions(self.d, chosen, seed=self.seed)
        direction: Float32s = random_directions(self.d, chosen, seed=self.seed)[0]
        return direction
