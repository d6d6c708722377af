"""tokensphere: the geometry of language models' token embeddings, with honest statistics.

    import tokensphere as ts

    space = ts.load()                                      # the bundled model
    print(ts.nearest(space, ts.RandomDirections(576, 3)))  # random vectors and their nearest tokens
    print(ts.nearest(space, " Paris"))

Names are imported when they are first used, so that ``import tokensphere`` costs nothing.
"""

from __future__ import annotations

import importlib
from functools import partial
from typing import TYPE_CHECKING, Any

from tokensphere import above
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
    from tokensphere.analysis.atlas.result import Atlas
    from tokensphere.analysis.card.make import cards
    from tokensphere.analysis.card.result import Card, Cards
    from tokensphere.analysis.claims.measure import measure_geometry
    from tokensphere.analysis.claims.result import Geometry
    from tokensphere.analysis.compare.likeness import Likeness
    from tokensphere.analysis.compare.measure import compare
    from tokensphere.analysis.compare.result import Comparison
    from tokensphere.analysis.direction_test.asked import find_directions
    from tokensphere.analysis.direction_test.close_up import CloseUp, close_up
    from tokensphere.analysis.direction_test.job import SettleSpec, direction_test
    from tokensphere.analysis.direction_test.null import NullSpec
    from tokensphere.analysis.direction_test.result import DirectionTest
    from tokensphere.analysis.info import Info, info
    from tokensphere.analysis.map.kept import NeighborsKept, neighbors_kept
    from tokensphere.analysis.map.points import TokenMap
    from tokensphere.analysis.map.projection import pca_map, plane_map
    from tokensphere.analysis.map.umap import umap_map
    from tokensphere.analysis.naming.labels import label_members, list_labels
    from tokensphere.analysis.naming.lists import NamingSpec
    from tokensphere.analysis.naming.neighbors import NamedNeighbors, name_neighbors
    from tokensphere.analysis.naming.tokens import Naming, name_tokens
    from tokensphere.analysis.nearest import Neighbors, nearest
    from tokensphere.analysis.pair import Pair, PairCosine, pair
    from tokensphere.analysis.rating.compare import RatingsComparison, compare_ratings
    from tokensphere.analysis.rating.draw import draw_ratings
    from tokensphere.analysis.rating.judged import RatingResult, judge_ratings
    from tokensphere.analysis.rating.plan import Ratings, RatingSpec
    from tokensphere.analysis.selection import Selection, selection
    from tokensphere.analysis.survey.job import SurrogateSpec, name_survey, survey
    from tokensphere.analysis.survey.result import Survey
    from tokensphere.atlas.run import open_atlas, run_atlas
    from tokensphere.atlas.settings import AtlasSettings
    from tokensphere.directions.expressions import read_token_expressions
    from tokensphere.directions.file import open_directions
    from tokensphere.directions.given import make_directions
    from tokensphere.directions.named import Directions
    from tokensphere.directions.tokens import TokenSum
    from tokensphere.display import parse_visible, visible
    from tokensphere.geometry.compute import Compute
    from tokensphere.geometry.directions import RandomDirections, random_directions
    from tokensphere.geometry.similarity import SearchSettings
    from tokensphere.labels.build import make_labels
    from tokensphere.labels.table import Label, LabelTable
    from tokensphere.labels.user import labels_from_mapping, read_labels
    from tokensphere.opened import open_survey, open_test
    from tokensphere.ratings import read_ratings
    from tokensphere.saes.named import open_sae
    from tokensphere.saes.releases import list_saes
    from tokensphere.saes.source import SAESource
    from tokensphere.sources.load import load
    from tokensphere.sources.memory import from_gensim, from_transformers
    from tokensphere.space import EmbeddingSpace, Provenance
    from tokensphere.vocabulary import Kind, Vocabulary

_NAMES = {
    "analysis.atlas.result": "Atlas",
    "analysis.card.make": "cards",
    "analysis.card.result": "Card Cards",
    "analysis.claims.measure": "measure_geometry",
    "analysis.claims.result": "Geometry",
    "analysis.compare.likeness": "Likeness",
    "analysis.compare.measure": "compare",
    "analysis.compare.result": "Comparison",
    "analysis.direction_test.asked": "find_directions",
    "analysis.direction_test.close_up": "CloseUp close_up",
    "analysis.direction_test.job": "SettleSpec direction_test",
    "analysis.direction_test.null": "NullSpec",
    "analysis.direction_test.result": "DirectionTest",
    "analysis.map.kept": "NeighborsKept neighbors_kept",
    "analysis.map.points": "TokenMap",
    "analysis.map.projection": "pca_map plane_map",
    "analysis.map.umap": "umap_map",
    "analysis.naming.labels": "label_members list_labels",
    "analysis.naming.lists": "NamingSpec",
    "analysis.naming.neighbors": "NamedNeighbors name_neighbors",
    "analysis.naming.tokens": "Naming name_tokens",
    "analysis.nearest": "Neighbors nearest",
    "analysis.pair": "Pair PairCosine pair",
    "analysis.selection": "Selection selection",
    "analysis.rating.compare": "RatingsComparison compare_ratings",
    "analysis.rating.draw": "draw_ratings",
    "analysis.rating.judged": "RatingResult judge_ratings",
    "analysis.rating.plan": "RatingSpec Ratings",
    "analysis.info": "Info info",
    "analysis.survey.job": "SurrogateSpec name_survey survey",
    "analysis.survey.result": "Survey",
    "atlas.run": "open_atlas run_atlas",
    "atlas.settings": "AtlasSettings",
    "directions.expressions": "read_token_expressions",
    "directions.file": "open_directions",
    "directions.given": "make_directions",
    "directions.named": "Directions",
    "directions.tokens": "TokenSum",
    "display": "parse_visible visible",
    "geometry.compute": "Compute",
    "geometry.directions": "RandomDirections random_directions",
    "geometry.similarity": "SearchSettings",
    "labels.build": "make_labels",
    "labels.table": "Label LabelTable",
    "labels.user": "labels_from_mapping read_labels",
    "opened": "open_survey open_test",
    "ratings": "read_ratings",
    "sources.load": "load",
    "sources.memory": "from_gensim from_transformers",
    "saes.named": "open_sae",
    "saes.releases": "list_saes",
    "saes.source": "SAESource",
    "space": "EmbeddingSpace Provenance",
    "vocabulary": "Kind Vocabulary",
}
_WHERE = {name: module for module, names in _NAMES.items() for name in names.split()}

__all__ = [
    "Atlas", "AtlasSettings", "Card", "Cards", "CloseUp", "Comparison", "Compute", "DirectionTest",
    "Directions", "EmbeddingSpace", "FormatError", "Geometry", "Info", "InputError", "Kind", "Label",
    "LabelTable", "Likeness", "MissingExtraError", "NamedNeighbors", "Naming", "NamingSpec",
    "Neighbors", "NeighborsKept", "NullSpec", "Pair", "PairCosine", "Provenance", "RandomDirections",
    "RatingResult", "RatingSpec", "Ratings", "RatingsComparison", "SAESource", "SearchSettings",
    "Selection", "SettleSpec", "SourceError", "SurrogateSpec", "Survey", "TokenMap", "TokenSum",
    "TokensphereError", "UnknownTokenError", "Vocabulary", "__version__", "cards", "close_up",
    "compare", "compare_ratings", "direction_test", "draw_ratings", "find_directions", "from_gensim",
    "from_transformers", "info", "judge_ratings", "label_members", "labels_from_mapping", "list_labels",
    "list_saes", "load", "make_directions", "make_labels", "measure_geometry", "name_neighbors",
    "name_survey", "name_tokens", "nearest", "neighbors_kept", "open_atlas", "open_directions",
    "open_sae", "open_survey", "open_test", "pair", "parse_visible", "pca_map", "plane_map",
    "random_directions", "read_labels", "read_ratings", "read_token_expressions", "run_atlas",
    "selection", "survey", "umap_map", "visible",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module 'tokensphere' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"tokensphere.{_WHERE[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)


def _late(module: str, name: str, *given: Any) -> Any:
    return getattr(importlib.import_module(f"tokensphere.{module}"), name)(*given)


above.answer("text", partial(_late, "views", "to_text"))
above.answer("full text", partial(_late, "views", "to_full_text"))
above.answer("html", partial(_late, "views", "to_html"))
above.answer("bar", partial(_late, "views.progress", "bar"))
above.answer("fetching", partial(_late, "views.progress", "fetching"))
above.answer("so far", partial(_late, "views.terminal.survey", "so_far"))
above.answer("steps", partial(_late, "views.progress", "steps"))
above.answer("page", partial(_late, "views", "write_page"))
above.answer("plot", partial(_late, "views", "draw"))
above.answer("save_result", partial(_late, "views.saved", "save_result"))
above.answer("save", partial(_late, "sources.saved", "save_space"))
above.answer("explore", partial(_late, "web.notebook", "explore"))
above.answer("gensim", partial(_late, "sources.memory", "to_gensim"))
