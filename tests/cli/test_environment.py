"""What a command finds around it: streams, homes, limits, and what stands where a file should."""

from __future__ import annotations

import os
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest

from tests.cli.running import Command, assert_one_line

RUN = Command()
pytestmark = pytest.mark.skipif(os.name == "nt", reason="pipes, users and limits of Unix")


# --- what stands where a file should ------------------------------------------------------------------


@pytest.fixture(autouse=True)
def _not_for_ever() -> Iterator[None]:
    """What waits for a pipe fails."""

    def stop(*_: object) -> None:
        raise AssertionError("it waits")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(60)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def _socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(path.name)  # a whole path may be too long


def _in_circles(path: Path) -> None:
    path.symlink_to(path.name)


THINGS: dict[str, tuple[str, Callable[[Path], object], str]] = {
    "a pipe": ("it", os.mkfifo, "pipe|no regular file"),
    "a folder": ("it", os.mkdir, "folder|holds no|no regular file|empty"),
    "a socket": ("it", _socket, "socket|no regular file"),
    "a device": ("/dev/zero", Path, "device|no regular file"),
    "a circle": ("it", _in_circles, "symbolic link|leads to itself"),
    "what is missing": ("none/of/it", Path, "No such file|no file or folder"),
    "what is below a file": ("pairs.txt/of/it", Path, "Not a directory|no file or folder"),
    "an unknown user's": ("~nosuchuser/it", Path, "~nosuchuser"),
    "a long name": (300 * "x", Path, "too long"),
    "NUL": ("a\0b", Path, r"a\x00b"),
}
READ = {
    "--directions": "nearest --directions {}",
    "--tokens": "nearest --tokens {}",
    "directions": "test {}",
    "--sample": "test --tokens pairs.txt --null sample --sample {}",
    "sample:": "test --tokens pairs.txt --null sample:{}",
    "--labels": "labels --labels {}",
    "--labelling": "geometry -n 2 --clusters none --labelling {}",
    "--vocabulary": "info --model rows.npy --vocabulary {}",
    "a model": "info --model {}",
}
WRITTEN = {
    "--save .npy": "random -n 1 --save {}.npy",
    "--save .parquet": "survey -n 100 --save {}.parquet",
    "--plot": "survey -n 100 --plot {}.svg",
}


@pytest.fixture
def here(tmp_path: Path, small_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to be in, with a file of directions and a model without tokens."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TOKENSPHERE_MODEL", str(small_path))
    monkeypatch.setenv("TOKENSPHERE_CACHE", str(tmp_path / "cache"))
    Path("pairs.txt").write_text('" king" - " queen"\n')
    np.save("rows.npy", np.eye(4, dtype=np.float32))
    return tmp_path


def typed(command: str, name: str) -> list[str]:
    return [word.format(name) for word in command.split()]


@pytest.mark.parametrize("thing", THINGS)
@pytest.mark.parametrize("option", READ)
def test_what_cannot_be_read_has_one_line(option: str, thing: str, here: Path) -> None:
    name, make, expected = THINGS[thing]
    make(here / name)
    result = RUN.invoke(*typed(READ[option], name))
    assert_one_line(result)
    assert any(one in result.stderr for one in expected.split("|"))


@pytest.mark.parametrize("thing", THINGS)
@pytest.mark.parametrize("option", WRITTEN)
def test_what_cannot_be_written_has_one_line(option: str, thing: str, here: Path) -> None:
    name, make, expected = THINGS[thing]
    command = typed(WRITTEN[option], name)
    suffix = Path(command[-1]).suffix
    if name == "it":
        make(here / f"{name}{suffix}")
    elif thing == "a device":
        (here / f"it{suffix}").symlink_to(name)
        command[-1] = f"it{suffix}"
    before = sorted(here.iterdir())
    result = RUN.invoke(*command)
    assert_one_line(result)
    assert any(one in result.stderr for one in expected.split("|"))
    assert sorted({*here.iterdir()} - {here / "cache"}) == before


def test_home_is_known_to_every_option(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = here / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    (home / "pairs.txt").write_text('" king" - " queen"\n')
    (home / "labels.tsv").write_text(" king\troyal\n")
    RUN.good("nearest", "--tokens", "~/pairs.txt")
    RUN.good("nearest", " king", "--labels", "~/labels.tsv")
    RUN.good("random", "-n", 2, "--save", "~/made.npy")
    RUN.good("nearest", "--directions", "~/made.npy")
    assert (home / "made.npy").exists() and not (here / "~").exists()


@pytest.mark.parametrize("option", ["--tokens", "--labels", "--vocabulary"])
def test_a_file_has_a_name(option: str, here: Path) -> None:
    RUN.fails(f"'{option}': the name of the file is empty", "nearest", " king", option, "")


# --- streams ------------------------------------------------------------------------------------------


def shell(line: str, **environment: str | None) -> subprocess.CompletedProcess[str]:
    """What a shell makes of a line, in which ``tokensphere`` is the command."""
    python = f"{shlex.quote(sys.executable)} -m tokensphere"
    known = {name: value for name, value in {**os.environ, **environment}.items() if value is not None}
    return subprocess.run(
        ["bash", "-c", line.replace("tokensphere", python, 1)],
        capture_output=True, text=True, timeout=60, env=known, check=False, encoding="utf-8",
    )  # fmt: skip


GOOD, BAD = "tokensphere cache path", "tokensphere cache nonsense"


@pytest.mark.parametrize(
    ("line", "status", "prints", "says"),
    [
        (f"{GOOD} >&-", 1, False, "cannot write the output"),
        ("tokensphere --help >&-", 1, False, "cannot write the output"),
        ("tokensphere --version >&-", 1, False, "cannot write the output"),
        (f"{GOOD} > /dev/full", 1, False, "cannot write the output: No space"),
        ("tokensphere --help > /dev/full", 1, False, "cannot write the output: No space"),
        (f"{GOOD} 1< /dev/null", 1, False, "cannot write the output"),
        (f"{GOOD} 2>&-", 0, True, ""),
        (f"{GOOD} <&-", 0, True, ""),
        (f"{GOOD} <&- >&- 2>&-", 1, False, ""),
        (f"{BAD} 2>&-", 2, False, ""),
        (f"{BAD} 2> /dev/full", 2, False, ""),
        (f"{BAD} 2> >(exit)", 2, False, ""),
        (f"{BAD} <&- >&-", 2, False, "nonsense"),
        ("tokensphere --help > >(exit 0)", 0, False, ""),
    ],
)
def test_streams(line: str, status: int, prints: bool, says: str, here: Path) -> None:
    done = shell(line)
    assert done.returncode == status, done.stderr
    assert bool(done.stdout) == prints
    assert done.stderr.count("\n") == bool(says) and says in done.stderr


def test_what_is_saved_is_no_stream(here: Path) -> None:
    """The first file that is opened would get the number of a stream that is closed."""
    done = shell("tokensphere random -n 3 --save made.npy <&- >&- 2>&-")
    assert done.returncode == 1 and np.load("made.npy").shape == (3, 32)


@pytest.mark.slow
def test_a_pipe_that_does_not_wait_loses_nothing(here: Path) -> None:
    command = "tokensphere random -n 300 -k 20"
    not_waiting = "import os, sys; os.set_blocking(1, False); os.execv(sys.argv[1], sys.argv[1:])"
    lines = [f"{command} | cat", f"{sys.executable} -c '{not_waiting}' {command} | (sleep 1; cat)"]
    waiting, not_so = map(shell, lines)
    assert len(waiting.stdout) > 2**17 and not not_so.stderr
    assert waiting.stdout == not_so.stdout


# --- homes, folders, limits ---------------------------------------------------------------------------


@pytest.fixture
def homeless(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No variable names a folder, and the user's id is nobody's."""

    def unknown(_: object) -> None:
        raise KeyError

    for name in (
        "HOME",
        "TOKENSPHERE_CACHE",
        "XDG_CACHE_HOME",
        "HF_HUB_CACHE",
        "HF_HOME",
        "OLLAMA_MODELS",
    ):
        monkeypatch.delenv(name, raising=False)
    for name in ("getpwuid", "getpwnam"):
        monkeypatch.setattr(f"pwd.{name}", unknown)


@pytest.mark.usefixtures("homeless")
def test_without_a_home_there_is_no_cache(here: Path) -> None:
    RUN.good("nearest", " king", "--name")
    RUN.good("test", "--tokens", "pairs.txt", "--draws", 20)
    RUN.fails("looked in ~/.ollama", "info", "--model", "ollama:none")
    RUN.fails("name a folder in the variable TOKENSPHERE_CACHE", "cache", "list")
    RUN.fails("name a folder in the variable TOKENSPHERE_CACHE", "info", "--model", "owner/name")
    RUN.fails("~/none.txt", "nearest", "--tokens", "~/none.txt")
    assert not (here / "~").exists()


@pytest.mark.usefixtures("homeless")
@pytest.mark.parametrize("name", ["TOKENSPHERE_CACHE", "XDG_CACHE_HOME"])
def test_the_cache_of_an_unknown_user(name: str, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "~nosuchuser/x")
    RUN.good("nearest", " king", "--name")
    RUN.fails("there is no home for the cache ~nosuchuser/x", "cache", "path")
    assert not list(here.glob("~*"))


@pytest.mark.parametrize("folder", ["/dev/null", "/dev/null/below", "/proc/none"])
def test_a_cache_that_cannot_be_written_is_done_without(
    folder: str, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOKENSPHERE_CACHE", folder)
    monkeypatch.setenv("HOME", folder)
    RUN.good("nearest", " king", "--name")
    assert "nothing in" in RUN.good("cache", "list")


def test_a_clock_that_was_never_set(here: Path) -> None:
    with patch("time.time", return_value=5.0):
        first = RUN.good("nearest", " king", "--name")
    assert RUN.good("nearest", " king", "--name") == first and list(here.glob("cache/*/*.npz"))


@pytest.mark.parametrize("columns", ["", "0", "-1", "abc", "²", "٣", "1", "99999", 30 * "9"])
def test_a_width_that_is_none(columns: str, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    assert "king" in RUN.good("nearest", " king", "-k", 2).replace("\n", "")


def test_an_error_of_the_system_is_no_error_of_the_output(here: Path) -> None:
    """Whatever fails besides is told with its file, or else as what it is."""
    for error, match in (
        (PermissionError(13, "Permission denied", "/secret/f"), "refuses /secret/f: Permission denied"),
        (OSError(24, "Too many open files"), "refuses what is needed: Too many open files"),
        (RuntimeError("can't start new thread"), "refuses what is needed: can't start new thread"),
        (ImportError("no libc"), "a package cannot be loaded (no libc)"),
    ):
        with patch("tokensphere.analysis.info.info", side_effect=error):
            assert "the output" not in RUN.fails(match, "info")


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["nonsense", "module://none"])
def test_settings_of_matplotlib(backend: str, here: Path) -> None:
    done = shell("tokensphere survey -n 100 --surrogates 2 --plot made.svg", MPLBACKEND=backend)
    assert (done.returncode, done.stdout) == (2, "") or Path("made.svg").exists()
    assert "Traceback" not in done.stderr and done.stderr.count("\n") == bool(done.returncode)


def test_what_cannot_be_drawn_is_printed(here: Path) -> None:
    with patch("matplotlib.figure.Figure.savefig", side_effect=RuntimeError("no latex")):
        result = RUN.invoke("survey", "-n", 100, "--surrogates", 2, "--plot", "made.svg")
    assert result.exit_code == 1 and "cannot draw made.svg (no latex)" in result.stderr
    assert "coherent" in result.stdout and not Path("made.svg").exists()


SURVEY = "tokensphere survey -n 100 --surrogates 2 --save made.parquet --plot made.svg"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("line", "environment"),
    [
        (SURVEY, {"HOME": "/dev/null", "TOKENSPHERE_CACHE": None}),
        (SURVEY, {"HOME": "/proc/none", "TOKENSPHERE_CACHE": None}),
        (SURVEY, {"MPLCONFIGDIR": "/dev/null"}),
        (SURVEY, {"TMPDIR": "/none"}),
        (SURVEY, {"PYTHONOPTIMIZE": "2"}),
        (SURVEY, {"PYTHONWARNINGS": "error"}),
        ("env LC_ALL=xx_YY.bogus " + SURVEY, {"TERM": None}),
        (SURVEY, {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}),
        ("ulimit -n 20; " + SURVEY, {}),
        ("umask 777; " + SURVEY, {}),
        ("mkdir gone; cd gone; rmdir ../gone; " + SURVEY.replace(" made", " {here}/made"), {}),
    ],
)
def test_what_does_no_harm(line: str, environment: dict[str, str | None], here: Path) -> None:
    done = shell(line.replace("{here}", str(here)), **environment)
    assert done.returncode == 0 and not done.stderr, done.stderr
    assert done.stdout and Path("made.svg").stat().st_size and Path("made.parquet").stat().st_size


@pytest.mark.slow
@pytest.mark.parametrize(
    ("line", "match"),
    [
        (f"ulimit -f 1; {SURVEY}", "cannot write made.parquet: File too large"),
        (
            "ulimit -f 1; tokensphere random -n 100 --save made.npy",
            "cannot write made.npy: File too large",
        ),
    ],
)
def test_a_limit_of_files(line: str, match: str, here: Path) -> None:
    done = shell(line)
    assert done.returncode == 2 and done.stderr.count("\n") == 1 and match in done.stderr
    assert not list(here.glob("*made*"))
