"""tokensphere: the geometry of language models' token embeddings, with honest statistics.

    import tokensphere as ts

    space = ts.load()                                      # the bundled model
    print(ts.nearest(space, ts.RandomDirections(576, 3)))  # random vectors and their nearest tokens
    print(ts.nearest(space, " Paris"))

Names are imported when they are first used, so that ``import tokensphere`` costs nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from tokensphere._version import __version__
from tokensphere.errors import (
    FormatError,
    InputError,
    MissingExtraError,
    SourceError,
    TokensphereError,
    UnknownTokenError,
)

if TYPE_CHECKING:
    from tokensphere.analysis.neighbors import Neighbors, SearchSettings, nearest
    from tokensphere.analysis.pair import Pair, PairCosine, pair
    from tokensphere.analysis.summary import Summary, summarize
    from tokensphere.display import parse_visible, visible
    from tokensphere.geometry.directions import RandomDirections, random_directions
    from tokensphere.sources.gensim_vectors import from_gensim
    from tokensphere.sources.load import load
    from tokensphere.sources.transformers_model import from_transformers
    from tokensphere.space import EmbeddingSpace, Provenance
    from tokensphere.vocabulary import Kind, Vocabulary

_WHERE = {
    "EmbeddingSpace": "space",
    "Kind": "vocabulary",
    "Neighbors": "analysis.neighbors",
    "Pair": "analysis.pair",
    "PairCosine": "analysis.pair",
    "Provenance": "space",
    "RandomDirections": "geometry.directions",
    "SearchSettings": "analysis.neighbors",
    "Summary": "analysis.summary",
    "Vocabulary": "vocabulary",
    "from_gensim": "sources.gensim_vectors",
    "from_transformers": "sources.transformers_model",
    "load": "sources.load",
    "nearest": "analysis.neighbors",
    "pair": "analysis.pair",
    "parse_visible": "display",
    "random_directions": "geometry.directions",
    "summarize": "analysis.summary",
    "visible": "display",
}

__all__ = [
    "EmbeddingSpace",
    "FormatError",
    "InputError",
    "Kind",
    "MissingExtraError",
    "Neighbors",
    "Pair",
    "PairCosine",
    "Provenance",
    "RandomDirections",
    "SearchSettings",
    "SourceError",
    "Summary",
    "TokensphereError",
    "UnknownTokenError",
    "Vocabulary",
    "__version__",
    "from_gensim",
    "from_transformers",
    "load",
    "nearest",
    "pair",
    "parse_visible",
    "random_directions",
    "summarize",
    "visible",
]


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module 'tokensphere' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"tokensphere.{_WHERE[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
