"""Processes that are killed, coordinators that are stopped, two on one folder, a cluster."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

import pytest

from tests.atlas.small import said, save_list, sums
from tests.cases import every
from tokensphere.analysis.atlas.result import Atlas
from tokensphere.atlas import executors
from tokensphere.atlas.claims import read_claim
from tokensphere.atlas.executors import Here, LocalWorkers, shard_of
from tokensphere.atlas.run import atlas_state, open_atlas, run_atlas
from tokensphere.atlas.settings import AtlasSettings
from tokensphere.errors import InputError, SourceError
from tokensphere.geometry.compute import available_threads

SHAPES = {"a": (600, 16), "b": (400, 12)}
SETTINGS, DIRECTIONS = AtlasSettings(block=1_000), 3_000
ASKED = ["-n", str(DIRECTIONS), "--block", "1000"]
posix = pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")


@every("text", ["1/1", "3/64", "64/64"])
def test_a_part(text: str) -> None:
    assert "/".join(map(str, shard_of(text))) == text


@every("text", ["", "3", "0/3", "4/3", "1/0", "-1/3", "1/3/5", "a/b", "1/1000001", "¹/3", "1.0/3"])
def test_no_part(text: str) -> None:
    with pytest.raises(InputError, match="--shard is"):
        shard_of(text)


def test_here_an_error_is_the_future_s_and_ctrl_c_is_not() -> None:
    here = Here()
    assert here.submit(divmod, 7, 2).result() == (3, 1)
    with pytest.raises(ZeroDivisionError):
        here.submit(divmod, 7, 0).result()

    def stop() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        here.submit(stop)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_list(tmp_path_factory.mktemp("models"), shapes=SHAPES)


@pytest.fixture(scope="module")
def whole(models: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Atlas]:
    out = tmp_path_factory.mktemp("whole") / "atlas"
    return out, run_atlas(models, out, directions=DIRECTIONS, settings=SETTINGS)


def until(true: Callable[[], Any], seconds: float = 60) -> Any:
    """Wait for something that comes."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := true():
            return found
        time.sleep(0.02)
    raise AssertionError("it did not come")


def working(out: Path) -> list[int]:
    """Numbers of the processes that do counts now."""
    claims = [path for path in (out / "claims").glob("[!.]*") if not path.name.endswith(".facts")]
    return [held.pid for held in map(read_claim, claims) if held is not None]


@pytest.mark.slow
@posix
def test_a_worker_can_die_and_others_do_not_notice() -> None:
    crew = LocalWorkers(2)
    try:
        pids = crew.pids
        assert len(set(pids)) == 2 and os.getpid() not in pids
        futures = [crew.submit(time.sleep, 1.0) for _ in range(3)]
        time.sleep(0.3)
        os.kill(pids[0], signal.SIGKILL)
        outcomes = [type(future.exception()) for future in futures]
        assert sorted(outcomes, key=str) == sorted([type(None)] * 2 + [BrokenProcessPool], key=str)
        assert crew.submit(os.getpid).result() not in (pids[0], os.getpid())
    finally:
        crew.stop()
    with pytest.raises(RuntimeError, match="stopped"):
        crew.submit(os.getpid)
    for pid in crew.pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


@pytest.mark.slow
@posix
def test_local_workers_one_killed_in_the_middle_of_a_unit(
    models: Path, whole: tuple[Path, Atlas], tmp_path: Path
) -> None:
    killed: list[int] = []

    def kill() -> None:
        pid = until(lambda: working(tmp_path))[0]
        os.kill(pid, signal.SIGKILL)
        killed.append(pid)

    killer = threading.Thread(target=kill)
    killer.start()
    crew = executors.on_this_machine(2)
    atlas = run_atlas(models, tmp_path, directions=DIRECTIONS, settings=SETTINGS, crew=crew)
    killer.join()
    assert killed and said(atlas) == said(whole[1]) and sums(tmp_path) == sums(whole[0])
    by = {one["pid"] for model in atlas.models for one in model.by.values()}
    assert len(by) >= 2 and os.getpid() not in by
    assert not list((tmp_path / "claims").iterdir())


def command(models: Path, out: Path, *more: str) -> subprocess.Popen[str]:
    arguments = ["atlas", str(models), "--out", str(out), *ASKED, *more]
    return subprocess.Popen(
        [sys.executable, "-m", "tokensphere", *arguments], stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, encoding="utf-8", start_new_session=True,
    )  # fmt: skip


@pytest.mark.slow
@posix
@pytest.mark.parametrize("more", [[], ["--workers", "2"]], ids=["one", "two"])
def test_ctrl_c_leaves_no_process_and_what_is_done_is_kept(
    models: Path, whole: tuple[Path, Atlas], tmp_path: Path, more: list[str]
) -> None:
    process = command(models, tmp_path, *more)
    pids = until(lambda: atlas_state_done(tmp_path) and working(tmp_path))
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to all of them
    output, said_there = process.communicate(timeout=60)
    assert process.returncode == 130 and output == ""
    assert said_there.count("\n") == 1 and "the same command goes on from there" in said_there
    until(lambda: not any(map(alive, pids)))
    done = atlas_state(tmp_path).done
    assert 0 < done < 9
    before = {path: path.stat().st_mtime_ns for path in tmp_path.glob("models/*/0*.parquet")}
    atlas = run_atlas(models, tmp_path, directions=DIRECTIONS, settings=SETTINGS)
    assert said(atlas) == said(whole[1]) and sums(tmp_path) == sums(whole[0])
    assert all(path.stat().st_mtime_ns == then for path, then in before.items())


def atlas_state_done(out: Path) -> int:
    return len(list(out.glob("models/*/0*.parquet")))


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.slow
@posix
def test_workers_do_not_outlive_their_coordinator(models: Path, tmp_path: Path) -> None:
    process = command(models, tmp_path, "--workers", "2")
    pids = until(lambda: working(tmp_path))
    process.kill()
    process.communicate()
    until(lambda: not any(map(alive, pids)), 15)


@pytest.mark.slow
@posix
def test_two_coordinators_on_one_folder_share_the_work(
    models: Path, whole: tuple[Path, Atlas], tmp_path: Path
) -> None:
    both = [command(models, tmp_path, "--threads", "1", "--json") for _ in range(2)]
    outputs = [process.communicate(timeout=120) for process in both]
    assert [process.returncode for process in both] == [0, 0], outputs
    atlas = open_atlas(tmp_path)
    assert said(atlas) == said(whole[1]) and sums(tmp_path) == sums(whole[0])
    assert {one["pid"] for model in atlas.models for one in model.by.values()} == {
        process.pid for process in both
    }


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=50
    ) as found:
        yield found


@pytest.mark.slow
@posix
@pytest.mark.filterwarnings("ignore")
def test_a_dask_cluster_one_of_whose_workers_is_killed(
    cluster: Any, models: Path, whole: tuple[Path, Atlas], tmp_path: Path
) -> None:
    killed: list[int] = []

    def kill() -> None:
        pid = until(lambda: working(tmp_path))[0]
        os.kill(pid, signal.SIGKILL)
        killed.append(pid)

    cluster.wait_for_workers(2)
    with executors.on_dask(cluster.scheduler_address) as found:  # a thread each of two workers here
        assert (found.count(), found.threads) == (2, max(1, available_threads() // 2))
    killer = threading.Thread(target=kill)
    killer.start()
    crew = executors.on_dask(cluster.scheduler_address)
    atlas = run_atlas(models, tmp_path, directions=DIRECTIONS, settings=SETTINGS, crew=crew)
    killer.join()
    assert killed and said(atlas) == said(whole[1]) and sums(tmp_path) == sums(whole[0])
    assert os.getpid() not in {one["pid"] for model in atlas.models for one in model.by.values()}


@pytest.mark.slow
@posix
def test_a_cluster_whose_scheduler_is_killed_ends_with_a_line(models: Path, tmp_path: Path) -> None:
    pytest.importorskip("distributed")
    file, out = tmp_path / "scheduler.json", tmp_path / "out"
    own: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    python = [sys.executable, "-m"]
    scheduler = subprocess.Popen(
        [*python, "distributed.cli.dask_scheduler", "--scheduler-file", str(file), "--host", "127.0.0.1",
         "--port", "0", "--no-dashboard"], **own,
    )  # fmt: skip
    worker = subprocess.Popen(
        [*python, "distributed.cli.dask_worker", "--scheduler-file", str(file), "--nthreads", "1",
         "--no-dashboard", "--host", "127.0.0.1"], **own, start_new_session=True,
    )  # fmt: skip
    try:
        process = command(models, out, "--scheduler-file", str(file))
        until(lambda: out.is_dir() and working(out))
        scheduler.kill()
        output, error = process.communicate(timeout=90)
        assert process.returncode == 1 and output == "", error
        assert "the cluster is gone" in error and "Traceback" not in error
    finally:
        scheduler.kill()
        os.killpg(worker.pid, signal.SIGKILL)
        scheduler.wait()
        worker.wait()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_scheduler_that_is_not_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pytest.importorskip("distributed")
    monkeypatch.setattr(executors, "_START", 1)
    given: list[dict[str, Any]] = [
        {"address": "tcp://127.0.0.1:9"},
        {"scheduler_file": tmp_path / "none.json"},
    ]
    for where in given:
        with (
            pytest.raises(SourceError, match="there is no Dask scheduler at"),
            executors.on_dask(**where),
        ):
            pass
