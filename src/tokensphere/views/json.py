"""A result -> JSON, with the version that made it."""

from __future__ import annotations

import json
from typing import Any

from tokensphere._version import __version__


def to_json(result: Any) -> str:
    """One JSON object, indented, UTF-8; ends without a newline."""
    record = {"tokensphere": __version__, **result.to_dict()}
    return json.dumps(record, ensure_ascii=False, indent=2, allow_nan=False)
