"""Where the blocks of a space's surrogates are kept: the key that says all they depend on."""

from __future__ import annotations

from hashlib import sha256

from tokensphere._version import __version__
from tokensphere.geometry.surrogate import BlockStore, KeptBlocks
from tokensphere.space import EmbeddingSpace

_VERSION = 1  # raised whenever the same rows would give other blocks


def kept_blocks(space: EmbeddingSpace, store: BlockStore | None) -> KeptBlocks | None:
    """The blocks of a space in a store, if there is one.

    The norms are part of the key: what a file says of itself may be wrong, what was read is not.

    Parameters
    ----------
    space : the embeddings
    store : keeps arrays by a flat key
    """
    if store is None:
        return None
    norms = sha256(space.moments.norms[space.usable].tobytes()).hexdigest()
    about = {"what": "blocks of the surrogates", "version": _VERSION, "tokensphere": __version__}
    return KeptBlocks(store, {**about, **space.key(), "norms": norms})
