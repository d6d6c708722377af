"""Nothing of the process is other after a call than before, nor, but for the BLAS, while it runs."""

from __future__ import annotations

import csv
import decimal
import gc
import locale
import logging
import os
import random
import shutil
import signal
import socket
import sys
import tempfile
import threading
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from threadpoolctl import threadpool_info

import tokensphere as ts
from tests.small_model import D
from tokensphere.formats.foreign import no_warnings
from tokensphere.formats.whole import whole_file


def state() -> dict[str, Any]:
    """What one thread can change for all others."""
    root = logging.getLogger()
    return {
        "signals": {number: signal.getsignal(number) for number in signal.valid_signals()},
        "filters": list(warnings.filters),
        "showwarning": warnings.showwarning,
        "environ": dict(os.environ),
        "folder": Path.cwd(),
        "temporary": tempfile.tempdir,
        "locale": locale.setlocale(locale.LC_ALL),
        "recursion": sys.getrecursionlimit(),
        "digits": sys.get_int_max_str_digits(),
        "switch": sys.getswitchinterval(),
        "hooks": (sys.excepthook, sys.unraisablehook, threading.excepthook, sys.displayhook),
        "streams": (sys.stdout, sys.stderr, sys.stdin),
        "path": list(sys.path),
        "gc": (gc.isenabled(), gc.get_threshold()),
        "csv": csv.field_size_limit(),
        "decimal": repr(decimal.getcontext()),
        "random": random.getstate(),
        "numpy": (np.geterr(), np.get_printoptions()),
        "numpy's own generator": repr(np.random.get_state()),  # noqa: NPY002
        "logging": (root.level, list(root.handlers), logging.root.manager.disable),
        "timeout": socket.getdefaulttimeout(),
        "blas": threadpool_info(),
        "threads": {thread.name for thread in threading.enumerate()},
    }


def calls(space: ts.EmbeddingSpace, path: Path) -> list[Callable[[], object]]:
    """Some of each kind, on two threads; the last is an error."""
    how: dict[str, Any] = {"compute": ts.Compute(2)}
    vectors = np.random.default_rng(0).standard_normal((40, D))
    np.save(path.with_name("rows.npy"), vectors)
    return [
        lambda: ts.load(path),
        lambda: ts.open_directions(path.with_name("rows.npy"), d=D),
        lambda: ts.nearest(space, [ts.TokenSum((" king",))], k=3, **how),
        lambda: ts.pair(space, " king", " queen"),
        lambda: ts.direction_test(space, vectors, null=ts.NullSpec("isotropic", 40), **how),
        lambda: ts.info(space),
        lambda: ts.nearest(space, [ts.TokenSum(("no such token",))], k=3),
    ]


def test_the_process_is_as_it_was_after_calls_that_overlap(
    small: ts.EmbeddingSpace, small_path: Path, tmp_path: Path
) -> None:
    some = calls(small, Path(shutil.copy(small_path, tmp_path)))

    def call(number: int) -> None:
        for step in range(len(some)):
            which = (step + number) % len(some)
            with pytest.raises(ts.InputError) if which == len(some) - 1 else nullcontext():
                some[which]()

    call(0)  # what is imported when first needed
    before = state()
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(call, range(4)))
    after = state()
    for name, was in before.items():
        assert after[name] == was, name


def test_warnings_of_others_come_back_whoever_leaves_last() -> None:
    before = list(warnings.filters)
    for first_ends_first in (True, False):
        with ThreadPoolExecutor(1) as one, ThreadPoolExecutor(1) as two:
            inside = no_warnings(), no_warnings()
            one.submit(inside[0].__enter__).result()
            two.submit(inside[1].__enter__).result()
            two.submit(warnings.warn, "nobody hears this", stacklevel=1).result()
            ends = [(one, inside[0]), (two, inside[1])]
            for thread, block in ends if first_ends_first else ends[::-1]:
                thread.submit(block.__exit__, None, None, None).result()
        assert list(warnings.filters) == before


def test_the_rights_of_a_new_file_are_asked_of_no_umask(tmp_path: Path, monkeypatch: Any) -> None:
    """It can only be learned by changing it, for all threads."""
    (tmp_path / "plain").touch()

    def changed(mask: int) -> int:
        raise AssertionError("the umask of the process is changed")

    monkeypatch.setattr(os, "umask", changed)
    with whole_file(tmp_path / "whole") as file:
        file.write(b"1")
    assert (tmp_path / "whole").stat().st_mode == (tmp_path / "plain").stat().st_mode
