"""Files on this machine: whether they are there, opened and read, with one line for what goes wrong."""

from __future__ import annotations

import json
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO, Self

from tokensphere.errors import FormatError, SourceError, TokensphereError

AGAIN = "download or convert it again"


def damaged(what: object, problem: str) -> FormatError:
    """The error for a file whose content cannot be used, to be raised."""
    return FormatError(f"{what} {problem}; {AGAIN}")


class Closing:
    """A context manager that closes."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        raise NotImplementedError


def at_home(path: str | Path) -> Path:
    """The path with ``~`` and ``~user`` replaced; of a user who is unknown, or has no home, as it is."""
    return Path(os.path.expanduser(path))  # noqa: PTH111  Path.expanduser raises on an unknown user


def exists(path: Path) -> bool:
    """Whether there is such a file or folder; a name that no file can have is none."""
    with suppress(OSError, ValueError):
        return path.exists()
    return False


def why_absent(path: Path) -> str:
    """A part of a message on a path at which nothing :func:`exists`: why, if there is more to say."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return "it is a link that leads nowhere; " if path.is_symlink() else ""
    except OSError as error:
        return f"the system says: {error.strerror or error}; "
    except ValueError:  # NUL
        pass
    return ""


def is_there(path: Path) -> bool:
    """Whether there is such a file.

    Raises
    ------
    SourceError
        there is a link that leads to none, as in a cache of which a download was cut off
    """
    if path.is_file():
        return True
    if os.path.islink(path) and not path.exists():  # noqa: PTH114  suppresses what a name can raise
        raise SourceError(f"{path} is a link that leads to no file; download it again")
    return False


@contextmanager
def system_told(
    problem: str, advice: str = "", kind: type[TokensphereError] = SourceError
) -> Iterator[None]:
    """One line for what the system says: the problem, its reason, what to do.

    Raises
    ------
    kind
        the system refuses something within the block
    """
    try:
        yield
    except OSError as error:
        rest = f"; {advice}" if advice else ""
        raise kind(f"{problem}: {error.strerror or error}{rest}") from error


@contextmanager
def opened(path: str | Path, problem: str = "cannot open {}") -> Iterator[BinaryIO]:
    """A file open for reading.

    Parameters
    ----------
    path : the file
    problem : what an error says before its reason, ``{}`` standing for the path

    Raises
    ------
    SourceError
        it is no regular file, see :func:`check_regular`; the system does not open it, or fails while it
        is read; or it stands in place of another, see :func:`check_itself`
    """
    check_regular(path, problem)
    with system_told(problem.format(path)), at_home(path).open("rb") as file:
        check_itself(path, file.read(_TELLING))
        file.seek(0)
        yield file


def check_regular(path: str | Path, problem: str = "cannot open {}") -> None:
    """Refuse what is no regular file: a pipe would be waited for, and a device may never end.

    Parameters
    ----------
    path : of the file, ``~`` being the user's home
    problem : what an error says before its reason, ``{}`` standing for the path

    Raises
    ------
    SourceError
        it is something else, or the system says that there is none
    """
    said = problem.format(path)
    if "\0" in str(path):
        raise SourceError(f"{said}: no file has such a name")
    with system_told(said):
        mode = at_home(path).stat().st_mode
    if not stat.S_ISREG(mode):
        what, advice = _OTHERS.get(stat.S_IFMT(mode), ("a device", "name a file"))
        raise SourceError(f"{said}: it is {what}, no regular file; {advice}")


_OTHERS = {
    stat.S_IFDIR: ("a folder", "name a file in it"),
    stat.S_IFIFO: ("a pipe", "save what comes through it in a file, and name that"),
    stat.S_IFSOCK: ("a socket", "name a file"),
}


_TELLING = 512  # bytes that show a pointer or a page
_POINTER = re.compile(rb"version https://(git-lfs\.github\.com|hawser\.github\.com)/spec/v1\r?\n")
_POINTER_SIZE = re.compile(rb"^size (\d{1,15})", re.MULTILINE)
_PAGE = re.compile(rb"(\xef\xbb\xbf)?\s*(<!--.{0,200}-->\s*)?(<!doctype html|<html[\s>])", re.I | re.S)


def check_itself(what: object, start: bytes) -> None:
    """Refuse what stands in place of a file: Git LFS's pointer to it, or a page of a web site.

    Parameters
    ----------
    what : the file's name in messages
    start : its first bytes

    Raises
    ------
    SourceError
        it is such a thing
    """
    if _POINTER.match(start):
        size = _POINTER_SIZE.search(start)
        whole = f" of {int(size[1]):,} bytes" if size else ""
        raise SourceError(
            f"{what} is Git LFS's pointer to a file{whole}, not the file; run 'git lfs pull' in its"
            " folder, or download the file itself"
        )
    if is_page(start):
        raise SourceError(
            f"{what} is a page of a web site (HTML), not the file; download the file itself: in an"
            " address of the Hugging Face Hub write /resolve/ for /blob/, and log in if it asks for that"
        )


def is_page(start: bytes) -> bool:
    """Whether a file that begins so is a page of a web site (HTML)."""
    return _PAGE.match(start) is not None


def read_bytes(path: str | Path, problem: str = "cannot open {}", *, most: int | None = None) -> bytes:
    """All of a small file, as :func:`opened`; a FormatError if it has more than `most` bytes."""
    with opened(path, problem) as file:
        if most is not None and (size := size_of(file)) > most:
            raise damaged(path, f"has {size:,} bytes, too many for what it is")
        return file.read()


def size_of(file: BinaryIO) -> int:
    """Bytes in an open file, which is at its begin afterwards."""
    size = file.seek(0, 2)
    file.seek(0)
    return size


def json_object(raw: bytes, what: str, *, strict: bool = False) -> dict[str, Any]:
    """A JSON object in UTF-8.

    Parameters
    ----------
    raw : its bytes
    what : the file's name in messages
    strict : no key comes twice, and numbers are those of JSON (no ``NaN``)

    Raises
    ------
    FormatError
        it is no JSON, or no object, or :func:`check_json` refuses it
    """
    check_json(raw, what)
    hooks: dict[str, Any] = {"object_pairs_hook": _unique, "parse_constant": _no_constant}
    try:
        found = json.loads(raw.decode("utf-8-sig"), **(hooks if strict else {}))
    except (ValueError, RecursionError) as error:  # malformed UTF-8 and JSON are ValueErrors, too
        raise damaged(what, f"is not valid JSON ({error})") from error
    if not isinstance(found, dict):
        raise damaged(what, "is not a JSON object")
    return found


_MOST_FREE = 65_536


def check_json(raw: bytes, what: object) -> None:
    """Refuse JSON of more lists and objects than the files of models have, one for 8 bytes or more.

    ``[]`` takes twenty times its bytes in memory and ``[[[[]]]]`` fifty; what is let through takes
    thirty at most.

    Parameters
    ----------
    raw : its bytes
    what : the file's name in messages

    Raises
    ------
    FormatError
        it has more
    """
    count = raw.count(b"[") + raw.count(b"{")
    if count > _MOST_FREE + len(raw) // 8:
        raise damaged(
            what, f"has {count:,} lists and objects in {len(raw):,} bytes, more than such a file needs"
        )


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) < len(pairs):
        raise ValueError("a key comes twice")
    return table


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no number of JSON")
