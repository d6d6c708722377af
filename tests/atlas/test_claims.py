"""Claims: one process has one at a time, whatever dies and whatever clocks say."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from tests.cases import every
from tokensphere.atlas import claims
from tokensphere.atlas.claims import Watched, claim, read_claim, this_machine

HOLDING = """
import sys, time
from pathlib import Path
from tokensphere.atlas.claims import claim
with claim(Path(sys.argv[1])) as ours:
    print(ours, flush=True)
    time.sleep(60)
"""


def held_elsewhere(path: Path) -> subprocess.Popen[str]:
    """Another process that has the claim."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDING, str(path)], stdout=subprocess.PIPE, encoding="utf-8"
    )
    assert process.stdout is not None and process.stdout.readline() == "True\n"
    return process


def write(path: Path, *, machine: str = "another", beat: int = 0, pid: int = 1) -> None:
    said = {"owner": "somebody", "machine": machine, "host": "far", "pid": pid, "beat": beat}
    path.write_bytes(json.dumps(said).encode().ljust(256))


def test_a_claim_is_one_process_s_and_gone_afterwards(tmp_path: Path) -> None:
    path = tmp_path / "unit"
    with claim(path) as ours:
        assert ours
        said = read_claim(path)
        assert said is not None and said.pid == os.getpid() and said.machine == this_machine()
        with claim(path) as again:
            assert not again
        assert path.exists()
    assert not list(tmp_path.iterdir())
    with claim(path) as ours, pytest.raises(ZeroDivisionError):
        assert ours
        with claim(tmp_path / "other"):
            raise ZeroDivisionError
    assert not list(tmp_path.iterdir())


def test_of_many_at_once_one_has_it(tmp_path: Path) -> None:
    path, found, barrier = tmp_path / "unit", [], threading.Barrier(8)

    def take() -> None:
        barrier.wait()
        with claim(path) as ours:
            found.append(ours)
            barrier.wait()

    threads = [threading.Thread(target=take) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [False] * 7 + [True]


@pytest.mark.skipif(os.name == "nt", reason="no locks of this kind there")
def test_what_a_killed_process_had_is_free_at_once(tmp_path: Path) -> None:
    path = tmp_path / "unit"
    process = held_elsewhere(path)
    with claim(path) as ours:
        assert not ours
    process.kill()
    process.communicate()
    assert path.exists()
    began = time.monotonic()
    with claim(path) as ours:
        assert ours and time.monotonic() - began < 1
        said = read_claim(path)
        assert said is not None and said.pid == os.getpid()
    assert not path.exists()


@every("ahead", [-(10**6), 0, 10**6])
def test_another_machine_s_claim_is_its_own_while_it_beats(
    ahead: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Of whatever time its clock is: only whether it changes counts, by our own."""
    path, watched = tmp_path_factory.mktemp("far") / "unit", Watched()
    for beat in range(3):
        write(path, beat=beat)
        os.utime(path, (time.time() + ahead,) * 2)
        time.sleep(0.06)
        with claim(path, watched=watched, still=0.1) as ours:
            assert not ours
    with claim(path, watched=watched, still=0.1) as ours:  # too soon
        assert not ours
    time.sleep(0.12)
    with claim(path, watched=watched, still=0.1) as ours:
        assert ours
        said = read_claim(path)
        assert said is not None and said.owner != "somebody"
    assert not list(path.parent.iterdir())


@every("content", [b"", b"{", b"[]", b'{"owner": 1}', b"\0" * 256])
def test_a_claim_that_says_nothing_is_watched_too(
    content: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path, watched = tmp_path_factory.mktemp("odd") / "unit", Watched()
    path.write_bytes(content)
    with claim(path, watched=watched, still=0.05) as ours:
        assert not ours
    time.sleep(0.06)
    with claim(path, watched=watched, still=0.05) as ours:
        assert ours


def test_a_claim_gives_signs_of_life(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claims, "BEAT", 0.02)
    path, seen = tmp_path / "unit", set[int]()
    with claim(path):
        until = time.monotonic() + 5
        while len(seen) < 3 and time.monotonic() < until:
            said = read_claim(path)
            assert said is not None  # it is never seen half written
            seen.add(said.beat)
    assert len(seen) >= 3


def test_what_was_taken_over_is_not_removed_by_its_first_owner(tmp_path: Path) -> None:
    """A machine that slept for a minute wakes up."""
    path = tmp_path / "unit"
    with claim(path) as ours:
        assert ours
        os.replace(path, tmp_path / "aside")
        write(path)
    said = read_claim(path)
    assert said is not None and said.owner == "somebody"


def test_where_locks_are_unknown_a_dead_process_is_known_by_its_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claims, "take", lambda handle: None)
    path = tmp_path / "unit"
    done = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"], stdout=subprocess.PIPE
    )
    write(path, machine=this_machine(), pid=int(done.stdout))
    with claim(path) as ours:
        assert ours
        with claim(path) as again:
            assert not again
