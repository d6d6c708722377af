"""A result -> JSON, with the version that made it."""

from __future__ import annotations

import json
from typing import Any

from tokensphere._version import __version__


def to_json(result: Any) -> str:
    """One JSON object, indented; ASCII, so that it is JSON in any encoding; ends without a newline."""
    record = {"tokensphere": __version__, **result.to_dict()}
    return json.dumps(record, indent=2, allow_nan=False)
