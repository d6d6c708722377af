"""Long work is stopped and goes on; its file is whole, of this work, and of one process at a time."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import tokensphere as ts
from tests.analysis.direction_test import spaces
from tests.analysis.spaces import space_of, written
from tests.cases import case
from tokensphere import run
from tokensphere.analysis.direction_test import measure
from tokensphere.analysis.job import Column, Job, Progress, Table
from tokensphere.analysis.survey import job as survey_job
from tokensphere.analysis.survey.job import SurrogateSpec, SurveyJob
from tokensphere.analysis.survey.result import Survey
from tokensphere.errors import FormatError, InputError
from tokensphere.formats import locks
from tokensphere.formats.parquet import read_columns, write_columns
from tokensphere.geometry.similarity import SearchSettings
from tokensphere.run import Done, alone, go_on, load

pytest.importorskip("pyarrow")

Numbers = npt.NDArray[np.int64]


class Squares:
    """The squares of 0 … n − 1, two at a time; can be interrupted before any block."""

    what = "list of squares"
    words: Mapping[str, str] = {"power": "of another power"}

    def __init__(
        self, n: int = 10, power: int = 2, *, stop_at: int | None = None, draws: int = 0, name: str = "x"
    ) -> None:
        self.n, self.draws, self.stop_at = n, draws, stop_at
        self.key: dict[str, Any] = {"power": power, "name": name}
        self.prepared = self.finished = False
        self.worked: list[int] = []  # starts of the blocks that were worked out

    @property
    def ready(self) -> bool:
        return self.prepared

    def __len__(self) -> int:
        return self.n

    def prepare(self, progress: Progress | None = None) -> None:
        if self.draws and progress is not None:
            progress(self.draws)
        if self.stop_at == -1:
            raise KeyboardInterrupt
        self.prepared = True

    def blocks(self, start: int) -> Iterator[Numbers]:
        for low in range(start, self.n, 2):
            if self.stop_at is not None and low >= self.stop_at:
                raise KeyboardInterrupt
            self.worked.append(low)
            yield np.arange(low, min(low + 2, self.n)) ** self.key["power"]

    def join(self, parts: Sequence[Numbers]) -> Numbers:
        return np.concatenate(parts)

    def finish(self, done: Numbers, progress: Progress | None, after: Callable[[], None]) -> None:
        if self.draws:
            after()
        self.finished = True

    def table(self, done: Numbers) -> Table:
        return Table({"square": done}, {"note": "made up"})

    def restore(self, columns: Mapping[str, Column]) -> Numbers:
        if "square" not in columns:
            raise FormatError("no column 'square'")
        return np.array(columns["square"])


ALL = np.arange(10) ** 2


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "squares.parquet"


def kept(path: Path) -> list[int]:
    squares: list[int] = np.asarray(read_columns(path)[0]["square"]).tolist()
    return squares


def only(path: Path) -> bool:
    """Whether nothing lies beside a file: no lock, nothing temporary."""
    return [entry.name for entry in path.parent.iterdir()] == [path.name]


def test_without_a_file_it_is_done_at_once() -> None:
    job, told = Squares(draws=3), list[int]()
    done = go_on(job, progress=told.append)
    np.testing.assert_array_equal(done.part, ALL)
    assert not done.stopped and job.finished and told == [3, 2, 2, 2, 2, 2]


def test_what_is_done_is_told_each_time_that_it_is_half_as_much_again(path: Path) -> None:
    for save in (None, path):
        told: list[Numbers] = []
        go_on(Squares(draws=3), save=save, told=told.append)
        # with the last block in any case, and after the step that was left
        lengths = [2, 4, 6, len(ALL), len(ALL)]
        assert [part.tolist() for part in told] == [ALL[:length].tolist() for length in lengths]


def test_a_file_says_what_it_is(path: Path) -> None:
    go_on(Squares(), save=path)
    _, about = read_columns(path)
    assert about == {
        "what": "list of squares", "schema": run.SCHEMA, "key": {"power": 2, "name": "x"},
        "note": "made up",
    }  # fmt: skip
    assert kept(path) == ALL.tolist() and only(path)


def test_from_wherever_it_was_stopped_it_comes_to_the_same_end(path: Path) -> None:
    for stops in ([2], [4, 4, 8], [2, 4, 6, 8], [8]):
        path.unlink(missing_ok=True)
        worked: list[int] = []
        for stop_at in stops:
            job = Squares(stop_at=stop_at)
            stopped = go_on(job, save=path)
            assert stopped.stopped and not job.finished
            np.testing.assert_array_equal(stopped.part, ALL[:stop_at])
            assert kept(path) == ALL[:stop_at].tolist() and only(path)
            worked += job.worked
        job = Squares()
        done = go_on(job, save=path)
        worked += job.worked
        with case(stops):
            assert not done.stopped and job.finished
            np.testing.assert_array_equal(done.part, ALL)
            assert kept(path) == ALL.tolist() and only(path)
            assert worked == [0, 2, 4, 6, 8]  # none twice


def test_what_is_done_is_not_done_again_nor_written_again(path: Path) -> None:
    go_on(Squares(), save=path)
    before = path.stat().st_mtime_ns, path.stat().st_ino
    job = Squares()
    np.testing.assert_array_equal(go_on(job, save=path).part, ALL)
    assert job.worked == [] and (path.stat().st_mtime_ns, path.stat().st_ino) == before
    go_on(Squares(draws=5), save=path)  # what depends on draws is made anew
    assert path.stat().st_ino != before[1] and kept(path) == ALL.tolist()


def test_more_may_be_asked_for_and_fewer_lose_nothing(path: Path) -> None:
    go_on(Squares(4), save=path)
    job = Squares(10)
    np.testing.assert_array_equal(go_on(job, save=path).part, ALL)
    assert job.worked == [4, 6, 8]
    np.testing.assert_array_equal(go_on(Squares(4), save=path).part, ALL)
    assert kept(path) == ALL.tolist()


def test_stopped_before_there_is_anything_to_show(path: Path) -> None:
    for stop_at in (-1, 0):
        with case(stop_at):
            with pytest.raises(KeyboardInterrupt):
                go_on(Squares(stop_at=stop_at), save=path)
            with pytest.raises(KeyboardInterrupt):
                go_on(Squares(stop_at=stop_at))
            assert not list(path.parent.iterdir())
    go_on(Squares(stop_at=4), save=path)
    assert go_on(Squares(stop_at=0), save=path).stopped  # the file has something to show,
    with pytest.raises(KeyboardInterrupt):
        go_on(Squares(stop_at=-1), save=path)  # but not before the job is ready
    assert kept(path) == ALL[:4].tolist() and only(path)


def test_an_error_keeps_the_file_that_was_there(path: Path) -> None:
    class Broken(Squares):
        def finish(self, done: Numbers, progress: Progress | None, after: Callable[[], None]) -> None:
            raise RuntimeError("broken")

    go_on(Squares(stop_at=4), save=path)
    before = path.read_bytes()
    with pytest.raises(RuntimeError, match="broken"):
        go_on(Broken(), save=path)
    assert path.read_bytes() == before and only(path)


def test_a_file_of_other_work_is_refused_and_stays_as_it_is(path: Path) -> None:
    class Cubes(Squares):
        what = "list of cubes"

    def written_by(job: Job[Any], **about: Any) -> None:
        go_on(job, save=path, fresh=True)
        columns, metadata = read_columns(path)
        write_columns(path, columns, {**metadata, **about})

    others: list[tuple[Callable[[], None], str]] = [
        (
            lambda: written_by(Squares(power=3)),
            r"holds a list of squares of another power; name another",
        ),
        (lambda: written_by(Squares(name="y")), "whose name is 'y', not 'x'; .* begin anew"),
        (lambda: written_by(Cubes()), "holds no list of squares; name another file"),
        (lambda: written_by(Squares(), schema=run.SCHEMA + 1), "by another version of tokensphere"),
        (lambda: written_by(Squares(), schema=None), "by another version of tokensphere"),
        (lambda: written_by(Squares(), key=None), "holds no list of squares"),
        (lambda: written_by(Squares(), key={}), "of another power"),
        (lambda: write_columns(path, {"square": ALL}, {}), "holds no list of squares"),
    ]
    for write, message in others:
        write()
        before = path.read_bytes()
        with case(message):
            with pytest.raises(InputError, match=message) as caught:
                go_on(Squares(), save=path)
            assert "\n" not in str(caught.value) and str(path) in str(caught.value)
            with pytest.raises(InputError, match=message):
                load(Squares(), path)
            assert path.read_bytes() == before and only(path)
        np.testing.assert_array_equal(go_on(Squares(), save=path, fresh=True).part, ALL)
        assert kept(path) == ALL.tolist() and only(path)


def test_a_damaged_file_is_told_and_stays_as_it_is(path: Path) -> None:
    go_on(Squares(), save=path)
    whole = path.read_bytes()
    middle = len(whole) // 2
    for damaged in (b"", b"PAR1", whole[:-20], whole[:middle], whole[middle:], b"x" * 1000):
        path.write_bytes(damaged)
        with case(damaged[:8]):
            with pytest.raises(FormatError) as caught:
                go_on(Squares(), save=path)
            assert "\n" not in str(caught.value)
            assert path.read_bytes() == damaged and only(path)
    path.write_bytes(whole)
    columns, about = read_columns(path)
    write_columns(path, {"cube": columns["square"]}, about)
    with pytest.raises(FormatError, match=r"cannot go on from .*: no column 'square'"):
        go_on(Squares(), save=path)


def test_fresh_begins_anew_whatever_the_file_holds(path: Path) -> None:
    go_on(Squares(power=3), save=path)
    job = Squares()
    go_on(job, save=path, fresh=True)
    assert job.worked == [0, 2, 4, 6, 8] and kept(path) == ALL.tolist()
    path.write_bytes(b"no table at all")
    assert not go_on(Squares(), save=path, fresh=True).stopped
    assert kept(path) == ALL.tolist()
    with pytest.raises(KeyboardInterrupt):
        go_on(Squares(stop_at=0), save=path, fresh=True)
    assert kept(path) == ALL.tolist()  # nothing was done, so nothing is lost


def test_each_step_after_the_last_direction_is_kept_too(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is done in place: what was interrupted within it, or after it, goes on from there."""

    class Halved(Squares):
        """Divides each number by itself, one after the other, and may be stopped before any."""

        steps: list[int]

        def finish(self, done: Numbers, progress: Progress | None, after: Callable[[], None]) -> None:
            self.steps = []
            for place in np.flatnonzero(done > 1).tolist():
                if len(self.steps) == self.stop:
                    raise KeyboardInterrupt
                done[place] //= done[place]
                self.steps.append(place)
                seen.append(sum(number > 1 for number in kept(path)) if path.exists() else -1)
                after()

        def __init__(self, stop: int | None = None) -> None:
            super().__init__()
            self.stop = stop

    seen: list[int] = []
    job = Halved(stop=3)
    stopped = go_on(job, save=path)
    assert stopped.stopped and job.steps == [2, 3, 4] and seen == [-1] * 3
    assert kept(path) == stopped.part.tolist() == [0, 1, 1, 1, 1, 25, 36, 49, 64, 81]
    before = path.read_bytes()
    assert go_on(Halved(stop=0), save=path).stopped and path.read_bytes() == before
    monkeypatch.setattr(run, "SAVE_AFTER", -1.0)
    seen.clear()
    job = Halved()
    done = go_on(job, save=path)
    assert not done.stopped and job.worked == [] and job.steps == [5, 6, 7, 8, 9]
    assert seen == [5, 4, 3, 2, 1] and kept(path) == done.part.tolist() == [0] + 9 * [1]
    inode = path.stat().st_ino
    go_on(Halved(), save=path)
    assert path.stat().st_ino == inode  # nothing was left to do


def test_now_and_then_what_is_done_is_saved(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a machine that stops loses no more than that."""
    monkeypatch.setattr(run, "SAVE_AFTER", -1.0)
    seen: list[int] = []

    class Watched(Squares):
        def blocks(self, start: int) -> Iterator[Numbers]:
            for part in super().blocks(start):
                seen.append(len(kept(path)) if path.exists() else 0)
                yield part

    np.testing.assert_array_equal(go_on(Watched(), save=path).part, ALL)
    assert seen == [0, 2, 4, 6, 8] and kept(path) == ALL.tolist()
    monkeypatch.setattr(run, "SAVE_AFTER", 1e9)
    seen.clear()
    go_on(Watched(), save=path, fresh=True)
    assert seen == [10] * 5  # the old file, until all is done


def test_where_nothing_can_be_saved_is_told_before_the_work(tmp_path: Path) -> None:
    job = Squares()
    for wrong in (tmp_path / "x.csv", tmp_path / "nowhere" / "x.parquet", tmp_path):
        with case(wrong), pytest.raises(InputError):
            go_on(job, save=wrong)
    assert not job.worked and not job.prepared and not list(tmp_path.iterdir())


# Two processes


HOLDER = """
import sys, time
from pathlib import Path
from tokensphere.run import alone
with alone(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""

SECOND = """
import sys
from pathlib import Path
from tokensphere.errors import InputError
from tokensphere.run import alone
try:
    with alone(Path(sys.argv[1])):
        pass
except InputError as error:
    sys.exit(f"refused: {error}")
"""


def python(code: str, path: Path, **how: Any) -> subprocess.Popen[str]:
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    environment = {**os.environ, "PYTHONPATH": str(Path(ts.__file__).parents[1])}
    return subprocess.Popen([sys.executable, "-c", code, str(path)], env=environment, **pipes, **how)


@contextlib.contextmanager
def holder(path: Path) -> Iterator[subprocess.Popen[str]]:
    process = python(HOLDER, path)
    try:
        assert process.stdout is not None and process.stdout.readline() == "held\n"
        yield process
    finally:
        process.kill()
        process.communicate()


def test_of_two_processes_the_second_is_told(path: Path) -> None:
    with alone(path):
        second = python(SECOND, path)
        _, said = second.communicate(timeout=60)
        assert second.returncode == 1 and said.startswith("refused: another process works on"), said
        with alone(path.with_name("other.parquet")):
            pass  # another file is nobody's business
    assert not list(path.parent.iterdir())
    second = python(SECOND, path)
    _, said = second.communicate(timeout=60)
    assert second.returncode == 0 and not list(path.parent.iterdir()), said


def test_a_lock_ends_with_its_process_however_that_ends(path: Path) -> None:
    with holder(path) as process:
        job = Squares()
        with pytest.raises(InputError, match=r"another process works on .*s\.parquet; wait for it"):
            go_on(job, save=path)
        assert not job.worked and not path.exists()
        process.send_signal(signal.SIGKILL)
        process.wait()
    np.testing.assert_array_equal(go_on(Squares(), save=path).part, ALL)
    assert only(path)


def test_one_file_has_one_lock_whatever_it_is_called(path: Path) -> None:
    link, folder = path.with_name("link.parquet"), path.parent / "folder"
    link.symlink_to(path.name)
    folder.symlink_to(path.parent, target_is_directory=True)
    for other in (link, folder / path.name, path.parent / "." / path.name):
        with case(other), alone(path), pytest.raises(InputError, match="another process works on"):
            go_on(Squares(), save=other)
    go_on(Squares(), save=link)
    assert link.is_symlink() and kept(path) == ALL.tolist()  # what it leads to was written


def test_a_lock_that_its_holder_has_just_removed_is_no_lock(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a third process, which makes a new one, would work beside the second."""
    lock, opened, real_take = path.with_name(f".{path.name}.lock"), list[int](), locks.take

    def take(handle: int) -> bool | None:
        if not opened:
            lock.unlink()
        opened.append(handle)
        return real_take(handle)

    monkeypatch.setattr(locks, "take", take)
    with alone(path):
        assert len(opened) == 2 and lock.exists()
        with pytest.raises(InputError, match="another process"), alone(path):
            pass


def test_where_no_lock_can_be_made_is_told(path: Path) -> None:
    (path.parent / "elsewhere").touch()
    path.with_name(f".{path.name}.lock").symlink_to("elsewhere")
    with pytest.raises(InputError, match=r"cannot lock .*squares\.parquet"):
        go_on(Squares(), save=path)
    assert not path.exists()


# Without locks, as on some network file systems


class Beside(Squares):
    """While it works, another process does other work and saves it to the same file."""

    def __init__(self, other: Job[Any], path: Path, n: int = 10, fresh: bool = False) -> None:
        super().__init__(n)
        self.other, self.path, self.fresh = other, path, fresh

    def finish(self, done: Numbers, progress: Progress | None, after: Callable[[], None]) -> None:
        go_on(self.other, save=self.path, fresh=self.fresh)
        after()


@pytest.fixture
def no_locks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locks, "take", lambda handle: None)


@pytest.mark.usefixtures("no_locks")
def test_without_locks_the_longer_is_kept(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    many = (np.arange(30) ** 2).tolist()
    for save_after in (1e9, -1.0):  # at the end, or also on the way: the second time it is there still
        monkeypatch.setattr(run, "SAVE_AFTER", save_after)
        for mine, theirs in ((4, 30), (30, 4), (30, 30)):
            for fresh in (False, True):
                path.unlink(missing_ok=True)
                done = go_on(Beside(Squares(theirs), path, mine, fresh), save=path, fresh=fresh)
                with case(mine, theirs, fresh, save_after):
                    assert kept(path) == many and only(path)
                    assert done.part.tolist() == many[:mine]


@pytest.mark.usefixtures("no_locks")
def test_without_locks_other_work_is_not_written_over(path: Path) -> None:
    beside = path.with_name(f"squares.{os.getpid()}.parquet")
    with pytest.raises(InputError, match=rf"other work to {path} meanwhile; .* is in {beside}"):
        go_on(Beside(Squares(power=3), path), save=path)
    assert kept(path) == (np.arange(10) ** 3).tolist() and kept(beside) == ALL.tolist()


@pytest.mark.usefixtures("no_locks")
def test_a_file_that_is_gone_meanwhile_is_written_again(path: Path) -> None:
    class Removed(Squares):
        def finish(self, done: Numbers, progress: Progress | None, after: Callable[[], None]) -> None:
            path.unlink()
            after()

    go_on(Squares(4), save=path)
    go_on(Removed(), save=path)
    assert kept(path) == ALL.tolist() and only(path)


def test_an_exception_lets_go_of_the_file(path: Path) -> None:
    for error in (RuntimeError, KeyboardInterrupt, SystemExit):
        with pytest.raises(error), alone(path):
            raise error
        assert not list(path.parent.iterdir())
    with alone(path):
        pass


# The real jobs


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch, few_pairs: None) -> None:
    monkeypatch.setattr(survey_job, "BLOCK", 40)
    monkeypatch.setattr(measure, "QUERIES_AT_ONCE", 16)


def interrupted(job: Any, after: int) -> Any:
    """The job, interrupted after some blocks."""
    blocks = job.blocks

    def few(start: int) -> Iterator[Any]:
        for number, part in enumerate(blocks(start)):
            if number == after:
                raise KeyboardInterrupt
            yield part

    job.blocks = few
    return job


def survey_of(**options: Any) -> SurveyJob:
    settings: dict[str, Any] = {"directions": 200, "search": SearchSettings(5), "ks": (3,)}
    settings |= {"surrogate": SurrogateSpec(count=1), **options}
    return SurveyJob(space_of(*written()), **settings)


W = np.random.default_rng(3).standard_normal((60, spaces.D))
W[:20], W[33, 1] = 0, np.nan


def direction_test_of(directions: Any = W, **options: Any) -> Any:
    return spaces.job_of(directions, **{"draws": 300, **options})


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("job_of", [survey_of, direction_test_of])
def test_a_real_job_that_was_stopped_comes_to_the_same_end_to_the_bit(
    job_of: Callable[..., Any], tmp_path: Path
) -> None:
    at_once, path = tmp_path / "at-once.parquet", tmp_path / "stopped.parquet"
    first = job_of()
    want = go_on(first, save=at_once)
    for after in (1, 2):
        assert go_on(interrupted(job_of(), after), save=path).stopped
    last = job_of()
    done: Done[Any] = go_on(last, save=path)
    assert not done.stopped and len(done.part) == len(want.part)
    one, other = first.result(want.part).to_dict(), last.result(done.part).to_dict()
    assert json.dumps(one) == json.dumps(other)
    (columns, about), (expected, expected_about) = read_columns(path), read_columns(at_once)
    assert about == expected_about and list(columns) == list(expected)
    for name, column in columns.items():
        np.testing.assert_array_equal(column, expected[name], err_msg=name)


@pytest.mark.slow
@pytest.mark.usefixtures("small_blocks")
def test_a_survey_goes_on_with_more_directions_and_more_surrogates(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In any order; equal to the one made at once, bit for bit; fewer are the first ones."""
    monkeypatch.setattr(survey_job, "BLOCK", 90)
    at_once, path = tmp_path / "at-once.parquet", tmp_path / "grown.parquet"

    def gone_on(n: int, count: int, save: Path | None) -> Survey:
        job = survey_of(directions=n, surrogate=SurrogateSpec(count=count))
        found = job.result(go_on(job, save=save).part)
        assert len(found) == n and found.records.surrogates_done == count
        assert found.records.nulls.shape[:2] == (n, count)
        return found

    want = gone_on(200, 3, at_once)
    for n, count in ((120, 0), (120, 2), (100, 3), (160, 1), (200, 3)):
        found = gone_on(n, count, path)
        with case(n, count):
            np.testing.assert_array_equal(found.records.nulls, want.records.nulls[:n, :count])
    assert json.dumps(found.to_dict()) == json.dumps(want.to_dict())
    assert path.read_bytes() == at_once.read_bytes()
    before = path.stat().st_ino
    for n, count in ((100, 1), (200, 0), (200, 3)):
        found = gone_on(n, count, path)
        assert path.stat().st_ino == before  # none is lost, so there is nothing to write
    assert json.dumps(gone_on(100, 1, path).to_dict()) == json.dumps(gone_on(100, 1, None).to_dict())


@pytest.mark.slow
@pytest.mark.usefixtures("small_blocks")
def test_a_survey_stopped_within_its_surrogates_keeps_those_that_are_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(survey_job, "BLOCK", 90)
    spec, path, at_once = SurrogateSpec(count=3), tmp_path / "x.parquet", tmp_path / "y.parquet"
    job = survey_of(surrogate=spec)
    want = job.result(go_on(job, save=at_once).part)
    told: list[int] = []

    def until(limit: int) -> Progress:
        def progress(step: int) -> None:
            told.append(step)
            if sum(told) >= limit:
                raise KeyboardInterrupt

        return progress

    # 200 directions, then 200 in each surrogate; of what a file has, surrogates are told again
    for limit, done, there in ((400 + 90, 1, 90), (200 + 180, 1, 180), (400 + 90, 2, 90)):
        told.clear()
        job = survey_of(surrogate=spec)
        stopped = go_on(job, save=path, progress=until(limit))
        found = job.result(stopped.part)
        with case(limit):
            assert stopped.stopped and len(found) == found.asked == 200
            assert found.records.surrogates_done == done
            np.testing.assert_array_equal(found.records.nulls[:, :done], want.records.nulls[:, :done])
            assert np.count_nonzero(~np.isnan(found.records.nulls[:, done, 0, 0, 0])) == there
            assert all((rate.own is not None) == (done > 0) for rate in found.rates)
            assert done == 0 or all(rate.own and rate.own.draws == done for rate in found.rates)
            assert read_columns(path)[0]["alike"].shape == (200,)  # type: ignore[union-attr]
    told.clear()
    go_on(survey_of(surrogate=spec), save=path, progress=told.append)
    assert told == [200, 200, 90, 90, 20]
    assert path.read_bytes() == at_once.read_bytes()


@pytest.mark.usefixtures("small_blocks")
def test_where_nothing_can_be_tested_yet_the_work_is_kept_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first block has only zeros: that is no reason to lose what comes after."""
    path = tmp_path / "x.parquet"
    monkeypatch.setattr(run, "SAVE_AFTER", -1.0)
    stopped = go_on(interrupted(direction_test_of(), 1), save=path)
    assert stopped.stopped and len(stopped.part) == 16
    job = direction_test_of()
    result = job.result(go_on(job, save=path).part)
    assert result.untestable == {"zero": 20, "not finite": 1}
    with pytest.raises(InputError, match=r"none of the 16 directions can be tested \(16 zero\)"):
        job.result(stopped.part)


@pytest.mark.usefixtures("small_blocks")
def test_real_jobs_refuse_what_is_of_others(tmp_path: Path) -> None:
    survey_path, test_path = tmp_path / "survey.parquet", tmp_path / "test.parquet"
    go_on(survey_of(), save=survey_path)
    go_on(direction_test_of(), save=test_path)
    v = np.random.default_rng(1).standard_normal((120, 16))
    given_path, made = tmp_path / "given.parquet", ts.make_directions(survey_of().space, v)
    go_on(survey_of(directions=made), save=given_path)
    refused: list[tuple[Any, Path, str]] = [
        (survey_of(), test_path, "holds no survey; name another file"),
        (direction_test_of(), survey_path, "holds no test of directions"),
        (survey_of(surrogate="gaussian"), survey_path, "whose surrogate is 'blockwise', not 'gaussian'"),
        (survey_of(search=SearchSettings(6)), survey_path, "holds a survey whose k is 5, not 6"),
        (survey_of(directions=2 * v), given_path, "holds a survey of other directions"),
        (survey_of(directions=made.both_ends()), given_path, "of one end of each direction"),
        (survey_of(), given_path, "whose seed is None, not 0"),
        (direction_test_of(2 * W), test_path, "holds a test of directions of other directions"),
        (direction_test_of(k=4), test_path, "with other labels or another k"),
    ]
    for job, path, message in refused:
        before = path.read_bytes()
        with case(message), pytest.raises(InputError, match=message):
            go_on(job, save=path)
        assert path.read_bytes() == before
    more = survey_of(directions=300)
    assert len(go_on(more, save=survey_path).part) == 300  # more of the same are the same work
    other_null = direction_test_of(law="covariance", seed=2)
    assert len(go_on(other_null, save=test_path).part) == 60
    assert read_columns(test_path)[1]["settings"]["null"] == "covariance"
