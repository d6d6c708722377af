"""Whether files are the vocabulary that they are called, before the cache keeps them and after."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

from tokensphere.errors import FormatError, SourceError
from tokensphere.formats.files import check_itself, json_object, system_told
from tokensphere.sources.cache.entries import ENTRY_FILE, Entry
from tokensphere.sources.tokens.beside import BESIDE
from tokensphere.sources.tokens.readers import read_vocabulary

_TELLING = 512  # bytes that show a page or a pointer


def check_vocabulary(files: Mapping[str, bytes], where: str) -> None:
    """Read a vocabulary, and what lies beside it, as it will be read when it is used.

    One of a kind that is not known passes: it is what the model has, and the user may name another.

    Parameters
    ----------
    files : content by name, without folder
    where : where they are from, for messages

    Raises
    ------
    SourceError
        one is a page of a web site, or Git LFS's pointer
    FormatError
        one is damaged
    """
    for name, raw in files.items():
        path = f"{where}/{name}"
        check_itself(path, raw[:_TELLING])
        if name in BESIDE:
            json_object(raw, path)
            continue
        try:
            read_vocabulary(raw, name=path)
        except FormatError:
            raise
        except SourceError:  # of a kind that is not known
            continue


def is_sound(entry: Entry) -> bool:
    """Whether the vocabulary of an entry in the cache can be read."""
    with suppress(OSError, SourceError):
        files = {name: (entry.path / name).read_bytes() for name in entry.files}
        check_vocabulary(files, str(entry.path))
        return True
    return False


def let_go(entry: Entry) -> None:
    """Make an entry none, so that it is fetched again and takes its place."""
    with system_told(f"cannot write to {entry.path}", "remove the folder by hand"):
        (entry.path / ENTRY_FILE).unlink(missing_ok=True)
