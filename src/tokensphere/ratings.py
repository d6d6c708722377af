"""Files of ratings: JSON, written whole or not at all, read with care; for pages and commands alike.

What a rater must not see before the end (of which urn a list is, and the seed that tells it) stands in
such a file folded away: compressed, in base64. That is no secret to whoever wants to know; it keeps from
reading it those who open the file, or share it with another rater.
"""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tokensphere._version import __version__
from tokensphere.analysis.rating.plan import Ratings
from tokensphere.analysis.rating.saved import check_saved, from_saved, to_saved
from tokensphere.errors import FormatError
from tokensphere.formats.files import json_object, read_bytes
from tokensphere.formats.whole import whole_file

MOST = 20_000_000  # bytes of a file, and of what is folded in it; 1,500 lists of 100 tokens have a tenth
_SEALED = "sealed"


def now() -> str:
    """The time as files of ratings have it: ISO 8601, UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def read_ratings(path: str | Path) -> Ratings:
    """The ratings in a file.

    Raises
    ------
    SourceError
        the file cannot be opened
    FormatError
        it holds no ratings, or is damaged
    """
    return parse_ratings(read_bytes(path, most=MOST), str(path))


def parse_ratings(raw: bytes, what: str) -> Ratings:
    """The ratings in the bytes of a file.

    Parameters
    ----------
    raw : its bytes
    what : the file's name in messages

    Raises
    ------
    FormatError
        they hold no ratings, or are damaged
    """
    found = _object(raw, what)
    check_saved(found, what)
    return from_saved(found, _unfolded(found.get(_SEALED), what), what)


def ratings_bytes(ratings: Ratings) -> bytes:
    """What a file of these ratings holds."""
    open_, known = to_saved(ratings)
    packed = zlib.compress(json.dumps(known, allow_nan=False).encode())
    sealed = {_SEALED: base64.b64encode(packed).decode()}
    about = {"tokensphere": __version__, **open_, **sealed}
    lines = (
        f"{json.dumps(name)}: {json.dumps(value, allow_nan=False)}" for name, value in about.items()
    )
    return ("{\n" + ",\n".join(lines) + "\n}\n").encode()


def write_ratings(ratings: Ratings, path: str | Path) -> None:
    """Write ratings to a file, whole or not at all.

    Raises
    ------
    InputError
        the file cannot be written
    """
    with whole_file(Path(path)) as file:
        file.write(ratings_bytes(ratings))


def _object(raw: bytes, what: str) -> dict[str, Any]:
    try:
        return json_object(raw, what, strict=True)
    except FormatError as error:
        raise FormatError(
            f"{what} holds no ratings, or is damaged: it is no JSON object; give a file that the page of"
            " ratings has saved"
        ) from error


def _unfolded(sealed: Any, what: str) -> dict[str, Any]:
    if not isinstance(sealed, str):
        raise FormatError(f"{what} is damaged: what is folded in it is missing; take another copy of it")
    unpacker = zlib.decompressobj()
    try:
        raw = unpacker.decompress(base64.b64decode(sealed, validate=True), MOST)
    except (binascii.Error, ValueError, zlib.error):
        raw = b""
    if not unpacker.eof or unpacker.unused_data:
        raise FormatError(f"{what} is damaged: what is folded in it is broken; take another copy of it")
    return _object(raw, f"what is folded in {what}")
