"""Which map an address names, and the maps that were looked at last."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

import numpy as np

from tokensphere.analysis.map.kept import MapNeighbors
from tokensphere.analysis.map.points import TokenMap
from tokensphere.analysis.map.projection import pca_map, plane_map
from tokensphere.analysis.map.umap import UmapSpec, kept_umap
from tokensphere.directions.named import Directions
from tokensphere.errors import InputError
from tokensphere.web.axes import axis
from tokensphere.web.endpoint import Asked
from tokensphere.web.session import Session

KINDS = ("plane", "pca", "umap")
_MOST_MAPS = 6
_NO_MAP = "this map has not been made yet; start it on the page"


class Recent:
    """The maps that were looked at last, each with what finds neighbours on it."""

    def __init__(self) -> None:
        self._maps: OrderedDict[Any, Made] = OrderedDict()

    def get(self, key: Any) -> Made | None:
        """The map of a key, if it is still there."""
        if key in self._maps:
            self._maps.move_to_end(key)
        return self._maps.get(key)

    def put(self, key: Any, made: Made) -> Made:
        """Keep a map, and forget the one that was not looked at for longest."""
        self._maps[key] = made
        while len(self._maps) > _MOST_MAPS:
            self._maps.popitem(last=False)
        return made


@dataclass
class Made:
    """A map, and what finds neighbours on it once somebody asks."""

    map: TokenMap
    found: MapNeighbors | None = None

    @property
    def near(self) -> MapNeighbors:
        """What finds neighbours on it."""
        if self.found is None:
            self.found = MapNeighbors(self.map)
        return self.found


@dataclass(frozen=True)
class Wanted:
    """Which map an address names.

    Attributes
    ----------
    kind : plane, pca or umap
    x, y : of a plane, which directions, as in ``random:0:12``, ``tokens: king``, ``row:3``
    centered : whether of rows less their mean
    """

    kind: str
    x: str
    y: str
    centered: bool

    @classmethod
    def of(cls, asked: Asked) -> Wanted:
        """The map that a request names."""
        kind = asked.choice("kind", KINDS)
        plane = kind == "plane"
        x, y = asked.text("x", "random:0:0"), asked.text("y", "random:0:1")
        return cls(kind, x if plane else "", y if plane else "", asked.flag("centered"))

    def spec(self) -> UmapSpec:
        """How a map by UMAP is made."""
        return UmapSpec(centered=self.centered)


def find(session: Session, wanted: Wanted) -> Made | None:
    """The map, made now unless that takes long; None of UMAP that nobody has made yet."""
    recent: Recent = session.keep("maps", Recent)
    if (made := recent.get(wanted)) is not None:
        return made
    space = session.space
    if wanted.kind == "plane":
        both = [axis(session, text, wanted.centered)[0] for text in (wanted.x, wanted.y)]
        vectors = np.concatenate([np.asarray(one.read(0, 1), dtype=np.float64) for one in both])
        pair = Directions.held(vectors, [one.names[0] for one in both], "axes")
        return recent.put(wanted, Made(plane_map(space, pair, centered=wanted.centered)))
    if wanted.kind == "pca":
        return recent.put(wanted, Made(pca_map(space, centered=wanted.centered)))
    kept = kept_umap(space, wanted.spec(), session.files("maps"))
    return None if kept is None else recent.put(wanted, Made(kept))


def the_map(session: Session, asked: Asked) -> Made:
    """The map that a request names; an error where it must be made first."""
    made = find(session, Wanted.of(asked))
    if made is None:
        raise InputError(_NO_MAP)
    return made
