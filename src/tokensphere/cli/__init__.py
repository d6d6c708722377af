"""The command line: parse, call one library function, show.

Everything heavy is imported inside the commands, so that ``--help`` needs no NumPy.
"""

from tokensphere.cli import cache, commands, directiontest, geometry, naming, survey
from tokensphere.cli.app import main

__all__ = ["cache", "commands", "directiontest", "geometry", "main", "naming", "survey"]
