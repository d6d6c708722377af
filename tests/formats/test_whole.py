from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import tokensphere
from tests.cases import case
from tokensphere.errors import InputError
from tokensphere.formats.whole import check_writable, whole_file


def test_a_file_appears_when_the_block_ends_well(tmp_path: Path) -> None:
    path = tmp_path / "x"
    with whole_file(path) as file:
        file.write(b"one")
        assert not path.exists()
    assert path.read_bytes() == b"one"
    with pytest.raises(ZeroDivisionError), whole_file(path) as file:
        file.write(b"other")
        raise ZeroDivisionError
    assert path.read_bytes() == b"one" and list(tmp_path.iterdir()) == [path]


def test_places_that_cannot_be_written(tmp_path: Path) -> None:
    for path, reason in {
        tmp_path: "no regular file", tmp_path / "no" / "x": "No such file", Path("a\0b"): "such a name",
    }.items():  # fmt: skip
        with case(path), pytest.raises(InputError, match=f"cannot write .*{reason}"):
            check_writable(path)
        with case(path), pytest.raises(InputError, match=f"cannot write .*{reason}"), whole_file(path):
            pass
    check_writable(tmp_path / "x")
    assert not list(tmp_path.iterdir())


WRITER = """
import sys, time
from pathlib import Path
from tokensphere.formats.whole import whole_file
with whole_file(Path(sys.argv[1])) as file:
    file.write(b"half")
    file.flush()
    print("begun", flush=True)
    time.sleep(60)
"""


@contextmanager
def writer(path: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that has written half of a file."""
    environment = {**os.environ, "PYTHONPATH": str(Path(tokensphere.__file__).parents[1])}
    command = [sys.executable, "-c", WRITER, str(path)]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None and process.stdout.readline() == "begun\n"
            yield process
        finally:
            process.kill()


def names(path: Path) -> list[str]:
    return sorted(entry.name for entry in path.parent.iterdir())


def written(path: Path) -> None:
    with whole_file(path) as file:
        file.write(b"whole")


@pytest.mark.skipif(sys.platform == "win32", reason="nothing is removed there")
def test_what_a_killed_process_left_is_removed_and_a_living_one_s_is_not(tmp_path: Path) -> None:
    path, other = tmp_path / "x.npy", tmp_path / "y.npy"
    with writer(path) as alive, writer(path) as killed, writer(other) as elsewhere:
        assert len(names(path)) == 3 and all(name.endswith(".part") for name in names(path))
        for process in (killed, elsewhere):
            process.kill()
            process.wait()
        written(path)
        left = [name for name in names(path) if name.endswith(".part")]
        assert [name[:3] for name in left] == [".x.", ".y."]  # of `alive`, and of another file
        check_writable(other)
        assert names(path) == [left[0], "x.npy"]
        assert (tmp_path / left[0]).read_bytes() == b"half"
        alive.kill()
        alive.wait()
    written(path)
    assert names(path) == ["x.npy"] and path.read_bytes() == b"whole"


@pytest.mark.skipif(sys.platform == "win32", reason="as above")
def test_what_another_machine_writes_is_removed_when_it_is_old(tmp_path: Path) -> None:
    """Some network file systems do not tell one machine of another's locks."""
    path, part = tmp_path / "x.npy", tmp_path / ".x.npy.0badcafe-abcdefgh.part"
    user = tmp_path / ".x.npy.part.txt"
    for file in (part, user):
        file.touch()
    written(path)
    assert part.exists()
    yesterday = time.time() - 25 * 3600
    for file in (part, user):
        os.utime(file, (yesterday, yesterday))
    written(path)
    assert not part.exists() and user.exists()


def test_links_are_followed_and_stay(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    path, link = tmp_path / "there" / "x", tmp_path / "link"
    link.symlink_to(path)
    for content in (b"one", b"two"):
        with whole_file(link) as file:
            file.write(content)
        assert link.is_symlink() and path.read_bytes() == content and names(path) == ["x"]
