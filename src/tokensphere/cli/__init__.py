"""The command line: parse, call one library function, show.

Everything heavy is imported inside the commands, so that ``--help`` needs no NumPy.
"""

from tokensphere.cli import (
    atlas,
    cache,
    commands,
    compare,
    explore,
    geometry,
    naming,
    ratings,
    saes,
    survey,
)
from tokensphere.cli import direction_test as directiontest
from tokensphere.cli.app import main

__all__ = [
    "atlas", "cache", "commands", "compare", "directiontest", "explore", "geometry", "main", "naming",
    "ratings", "saes", "survey",
]  # fmt: skip
