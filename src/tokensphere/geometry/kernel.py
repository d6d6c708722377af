"""The compiled library of the exact search: where it is, and which of its paths this processor takes.

A path is the code for one instruction set. All give the same ids and values to the bit, and so does
NumPy's, which serves where there is no library.
"""

from __future__ import annotations

import ctypes
import os
from functools import cache
from importlib.util import find_spec
from typing import NamedTuple

from tokensphere.errors import InputError

VARIABLE = "TOKENSPHERE_KERNEL"
LIBRARY = "TOKENSPHERE_KERNEL_LIBRARY"
NUMPY = "numpy"
_VERSION = 4
_NAMES = {
    "amx": "bfloat16 on the tile unit (AMX)",
    "avx512int16": "16-bit integers (AVX-512-VNNI)",
    "avx512bf16": "bfloat16 (AVX-512-BF16)",
    "avx512": "float32 (AVX-512)",
    "avx2int16": "16-bit integers (AVX2)",
    "avx2": "float32 (AVX2)",
    "neon": "float32 (NEON)",
    "emulated": "bfloat16 in plain C, for tests",
    NUMPY: "float32, by NumPy's BLAS",
}
_TAKEN = 1  # as the library has it: 0 if the processor lacks it, 2 if another is faster


class Choice(NamedTuple):
    """A path, and whether it can be taken.

    Attributes
    ----------
    name : ``"amx"``, ``"avx512int16"``, ``"avx512bf16"``, ``"avx512"``, ``"avx2int16"``, ``"avx2"``,
        ``"neon"`` or ``"numpy"``; in a build for tests ``"emulated"``
    what : what its products are made of
    usable : whether it can run here
    reason : why it can, cannot, or is the one
    chosen : whether it is the one that runs
    """

    name: str
    what: str
    usable: bool
    reason: str
    chosen: bool


class Kernel(NamedTuple):
    """The library, and the number of the path that it is to take."""

    library: ctypes.CDLL
    path: int


@cache
def _opened(given: str | None) -> tuple[ctypes.CDLL | None, str]:
    """The library, or why there is none."""
    if given is None:
        spec = find_spec("tokensphere.geometry._kernel")
        if spec is None or spec.origin is None:
            return None, "no C compiler was found when tokensphere was installed, or it failed"
        given = spec.origin
    try:
        library = ctypes.CDLL(given)
        version = library.tokensphere_kernel_version()
    except (OSError, AttributeError) as error:
        return None, f"the compiled library does not load: {error}"
    if version != _VERSION:
        return None, f"the compiled library has version {version}, not {_VERSION}; install again"
    library.tokensphere_path.restype = ctypes.c_char_p
    library.tokensphere_open.restype = ctypes.c_void_p
    return library, ""


def _paths(library: ctypes.CDLL) -> list[tuple[str, int]]:
    """The paths that the library was built with, the best first, and how they run here."""
    found: list[tuple[str, int]] = []
    usable = ctypes.c_int()
    while name := library.tokensphere_path(len(found), ctypes.byref(usable)):
        found.append((name.decode(), usable.value))
    return found


def survey() -> tuple[Choice, ...]:
    """All paths, in the order in which they are preferred.

    Raises
    ------
    InputError
        ``TOKENSPHERE_KERNEL`` asks for one that there is not, or that cannot run here
    """
    return _survey(*_asked())


def _asked() -> tuple[str | None, str | None]:
    """The path and the library that the environment asks for."""
    return os.environ.get(VARIABLE) or None, os.environ.get(LIBRARY) or None


@cache
def _survey(asked: str | None, given: str | None) -> tuple[Choice, ...]:
    library, why = _opened(given)
    built = [] if library is None else _paths(library)
    there = [*built, (NUMPY, _TAKEN)]
    can = [name for name, usable in there if usable]
    if asked is not None and asked not in _NAMES:
        names = ", ".join(name for name in _NAMES if name != "emulated")
        raise InputError(f"{VARIABLE} is {asked!r}, but must be one of {names}, or unset")
    if asked is not None and asked not in can:
        no = why or ("this processor lacks it" if (asked, 0) in there else "it is of other processors")
        raise InputError(
            f"{VARIABLE} asks for {asked}, which cannot run here: {no};"
            f" unset it, or take {' or '.join(can)}"
        )
    first = asked or next(name for name, usable in there if usable == _TAKEN)
    choices: list[Choice] = []
    for name, usable in there:
        if name == first:
            reason = f"asked for by {VARIABLE}" if asked else why if library is None else "the best here"
        elif name == NUMPY:
            reason = "always there"
        else:
            reason = ("this processor lacks it", "can run", "can run, but is slower here")[usable]
        choices.append(Choice(name, _NAMES[name], bool(usable), reason, name == first))
    return tuple(choices)


def chosen() -> Kernel | None:
    """The library and the path to take; None for NumPy's.

    Raises
    ------
    InputError
        see :func:`survey`
    """
    choices = survey()
    place = next(place for place, choice in enumerate(choices) if choice.chosen)
    library, _ = _opened(_asked()[1])
    return None if library is None or choices[place].name == NUMPY else Kernel(library, place)
