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
    from tokensphere.analysis.claims.measure import measure_geometry
    from tokensphere.analysis.claims.result import Geometry
    from tokensphere.analysis.direction_test.job import test_directions
    from tokensphere.analysis.direction_test.result import DirectionTest
    from tokensphere.analysis.naming.tokens import Naming, name_tokens
    from tokensphere.analysis.nearest import Neighbors, SearchSettings, nearest
    from tokensphere.analysis.pair import Pair, PairCosine, pair
    from tokensphere.analysis.summary import Summary, summarize
    from tokensphere.analysis.survey.job import name_survey, survey
    from tokensphere.analysis.survey.result import Survey
    from tokensphere.directions.file import open_directions
    from tokensphere.display import parse_visible, visible
    from tokensphere.geometry.directions import RandomDirections, random_directions
    from tokensphere.labels.build import label_table
    from tokensphere.labels.table import Label, LabelTable
    from tokensphere.labels.user import labels_from_mapping, read_labels
    from tokensphere.sources.load import load
    from tokensphere.sources.memory import from_gensim, from_transformers
    from tokensphere.space import EmbeddingSpace, Provenance
    from tokensphere.vocabulary import Kind, Vocabulary

_WHERE = {
    "DirectionTest": "analysis.direction_test.result",
    "EmbeddingSpace": "space",
    "Geometry": "analysis.claims.result",
    "Kind": "vocabulary",
    "Label": "labels.table",
    "LabelTable": "labels.table",
    "Naming": "analysis.naming.tokens",
    "Neighbors": "analysis.nearest",
    "Pair": "analysis.pair",
    "PairCosine": "analysis.pair",
    "Provenance": "space",
    "RandomDirections": "geometry.directions",
    "SearchSettings": "analysis.nearest",
    "Summary": "analysis.summary",
    "Survey": "analysis.survey.result",
    "Vocabulary": "vocabulary",
    "from_gensim": "sources.memory",
    "from_transformers": "sources.memory",
    "label_table": "labels.build",
    "labels_from_mapping": "labels.user",
    "load": "sources.load",
    "measure_geometry": "analysis.claims.measure",
    "name_survey": "analysis.survey.job",
    "name_tokens": "analysis.naming.tokens",
    "nearest": "analysis.nearest",
    "open_directions": "directions.file",
    "pair": "analysis.pair",
    "parse_visible": "display",
    "random_directions": "geometry.directions",
    "read_labels": "labels.user",
    "summarize": "analysis.summary",
    "survey": "analysis.survey.job",
    "test_directions": "analysis.direction_test.job",
    "visible": "display",
}

__all__ = [
    "DirectionTest",
    "EmbeddingSpace",
    "FormatError",
    "Geometry",
    "InputError",
    "Kind",
    "Label",
    "LabelTable",
    "MissingExtraError",
    "Naming",
    "Neighbors",
    "Pair",
    "PairCosine",
    "Provenance",
    "RandomDirections",
    "SearchSettings",
    "SourceError",
    "Summary",
    "Survey",
    "TokensphereError",
    "UnknownTokenError",
    "Vocabulary",
    "__version__",
    "from_gensim",
    "from_transformers",
    "label_table",
    "labels_from_mapping",
    "load",
    "measure_geometry",
    "name_survey",
    "name_tokens",
    "nearest",
    "open_directions",
    "pair",
    "parse_visible",
    "random_directions",
    "read_labels",
    "summarize",
    "survey",
    "test_directions",
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
