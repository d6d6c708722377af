"""One case after another: a process for each kind, with limits of its memory and of each case's time."""

from __future__ import annotations

import os
import resource
import signal
import sys
import tempfile
import traceback
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np
from pytest import skip

from tests.fuzz.mutate import damaged
from tests.fuzz.seeds import Seed
from tokensphere.errors import TokensphereError

MEMORY = 1 << 30  # bytes that a process may have more than at its begin; the files have some kB
SECONDS = 20.0  # for one case, on a slow machine
LONGEST = 2_000  # characters of a message


class TooLongError(BaseException):
    """The time for a case is over; nobody catches this by accident."""


@dataclass
class Outcome:
    """What came of the cases of one kind: how many were read and refused, and which failed, and how."""

    kind: str
    counts: Counter[str] = field(default_factory=Counter)
    failures: list[tuple[int, str]] = field(default_factory=list)


def run(seed: Seed, cases: range, *, memory: int = MEMORY, seconds: float = SECONDS) -> Outcome:
    """Damage the files of a seed in as many ways, and do with them what a user does.

    Parameters
    ----------
    seed : of which kind
    cases : numbers of the cases; each is the same whenever it is run
    memory, seconds : limits; beyond them a case fails, and so it does where the process ends
    """
    outcome, context = Outcome(seed.kind), get_context("fork")
    todo = list(cases)
    while todo:
        here, there = context.Pipe(duplex=False)
        process = context.Process(target=_work, args=(seed, todo, there, memory, seconds))
        process.start()
        there.close()
        while todo and here.poll(10 * seconds):
            try:
                result, text = here.recv()
            except EOFError:
                break
            if result == "skipped":
                todo.clear()
                break
            outcome.counts[result] += 1
            if result == "failed":
                outcome.failures.append((todo[0], text))
            del todo[0]
        if todo:  # killed, crashed or deaf to its own alarm
            process.kill()
            outcome.counts["failed"] += 1
            outcome.failures.append((todo.pop(0), "the process ended, or no alarm woke it"))
        process.join()
    return outcome


def _work(seed: Seed, cases: list[int], told: Connection, memory: int, seconds: float) -> None:
    with tempfile.TemporaryDirectory() as name:
        done = 0
        for result in results(seed, cases, Path(name), memory=memory, seconds=seconds):
            told.send(result)
            done += 1
        if not done:
            told.send(("skipped", ""))
    told.close()
    os._exit(0)  # whatever threads a case has left behind


def results(
    seed: Seed, cases: list[int], root: Path, *, memory: int, seconds: float
) -> Iterator[tuple[str, str]]:
    """``read``, ``refused`` or ``failed`` of each case, and why it failed."""
    _alone(root)
    folder = root / "files"
    folder.mkdir()
    try:
        act = seed.make(folder)
    except skip.Exception:
        return  # a package is missing that writes such files
    sound = {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
    targets = [path for path, content in sound.items() if content]
    with _limited(memory):
        for number in cases:
            rng = np.random.default_rng([number, *seed.kind.encode()])
            if not targets:
                yield "read", ""
                continue
            path = targets[int(rng.integers(len(targets)))]
            content = damaged(sound[path], rng)
            for each, raw in sound.items():
                if not each.is_file() or each.read_bytes() != raw:
                    each.parent.mkdir(parents=True, exist_ok=True)
                    each.write_bytes(raw)
            path.write_bytes(content)
            yield _result(act, seconds)


def _alone(root: Path) -> None:
    """No cache, home or hub but empty ones."""
    for name in ("TOKENSPHERE_CACHE", "HF_HOME", "HOME"):
        os.environ[name] = str(root / "elsewhere" / name)
    for name in ("HF_HUB_CACHE", "OLLAMA_MODELS", "TOKENSPHERE_MODEL"):
        os.environ.pop(name, None)
    os.environ["HF_HUB_OFFLINE"] = "1"
    warnings.simplefilter("error")


@contextmanager
def _limited(memory: int) -> Iterator[None]:
    now = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (now + memory, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


def _result(act: Callable[[], object], seconds: float) -> tuple[str, str]:
    signal.signal(signal.SIGALRM, _ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        act()
        return "read", ""
    except TokensphereError as error:
        said = str(error)
        if "\n" in said or len(said) > LONGEST or not said.isprintable():
            return "failed", f"a message of {len(said)} characters: {said[:300]!r}"
        return "refused", ""
    except (Exception, TooLongError, SystemExit):
        return "failed", traceback.format_exc()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _ring(*_: Any) -> None:
    raise TooLongError


def show(outcomes: list[Outcome]) -> None:
    """One line for each group of kinds, and each failure's last line."""
    groups: dict[str, Counter[str]] = {}
    for outcome in outcomes:
        groups.setdefault(outcome.kind.partition(":")[0], Counter()).update(outcome.counts)
    for name, counts in groups.items():
        told = (f"{counts[result]:7,} {result}" for result in ("read", "refused", "failed"))
        print(f"{name:14}", *told)
    for outcome in outcomes:
        for number, text in outcome.failures:
            last = text.strip().splitlines()[-1][:200]
            print(f"failed: --only {outcome.kind!r} --case {number}: {last}", file=sys.stderr)
