from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from itertools import groupby, product
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest

import tokensphere as ts
from tests import small_model
from tests.cli.running import Command, assert_one_line
from tokensphere.analysis.nearest import Search
from tokensphere.cli.app import say
from tokensphere.errors import MissingExtraError
from tokensphere.geometry.similarity import Similarity

COMMANDS = ["random", "nearest", "pair", "info"]


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


RUN = Command(model=small_model.NAME)
invoke, good, record = RUN.invoke, RUN.good, RUN.record


@pytest.fixture(autouse=True)
def surroundings(small_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The small model is what commands use, and no variable of the user's shell is seen."""
    monkeypatch.setenv("TOKENSPHERE_MODEL", str(small_path))
    monkeypatch.delenv("COLUMNS", raising=False)


def run(
    arguments: Sequence[object], environment: dict[str, str] | None = None, code: str | None = None
) -> subprocess.CompletedProcess[str]:
    start = ["-c", code] if code else ["-m", "tokensphere"]
    return subprocess.run(
        [sys.executable, "-W", "error", *start, *map(str, arguments)],
        capture_output=True,
        env={**os.environ, "PYTHONUTF8": "1", **(environment or {})},
        encoding="utf-8",
        timeout=60,
    )


# What commands print


def test_a_device_without_pytorch(small: ts.EmbeddingSpace, tmp_path: Path) -> None:
    np.save(tmp_path / "one.npy", np.eye(1, small.shape[1]))
    commands = [("random",), ("nearest", small.vocabulary.text(5))]
    commands += [("survey",), ("geometry",), ("test", str(tmp_path / "one.npy"))]
    missing = MissingExtraError("PyTorch is needed: pip install 'tokensphere[torch]'")
    with patch("tokensphere.geometry.compute._present", side_effect=missing):
        for command in commands:
            assert_one_line(invoke(*command, "--device", "cpu"), "pip install 'tokensphere[torch]'")


def test_a_device_changes_no_result(small: ts.EmbeddingSpace) -> None:
    pytest.importorskip("torch")
    for command in [("random",), ("nearest", small.vocabulary.text(5))]:
        assert good(*command, "--json", "--device", "cpu") == good(*command, "--json")
        assert_one_line(invoke(*command, "--device", "gpu"), "has no device 'gpu' here")


def test_random_prints_and_gives_names(small: ts.EmbeddingSpace) -> None:
    text = good("random", "-n", 2, "-k", 4, "--seed", 3, "--first", 7)
    assert "seed 3, index 7" in text and "seed 3, index 8" in text
    parsed = record("random", "-n", 2, "-k", 4, "--seed", 3, "--first", 7)
    assert [r["direction"] for r in parsed["results"]] == [
        {"seed": 3, "index": 7}, {"seed": 3, "index": 8},
    ]  # fmt: skip
    directions = ts.RandomDirections(small_model.D, 2, first=7, seed=3)
    want = ts.nearest(small, directions, k=4).to_dict()
    assert parsed["results"] == json.loads(json.dumps(want["results"]))


def test_a_direction_is_the_same_alone_and_in_company() -> None:
    two = record("random", "-n", 2, "-k", 30)["results"]
    assert record("random", "--first", 1, "-n", 1, "-k", 30)["results"] == two[1:]
    assert record("random", "-n", 1, "-k", 30)["results"] == two[:1]
    columns = [line.split() for line in good("random", "-n", 2, "-k", 5).splitlines()[1:6]]
    alone = [line.split() for line in good("random", "--first", 1, "-n", 1, "-k", 5).splitlines()[1:6]]
    assert [row[3:5] for row in columns] == [row[1:3] for row in alone]


def test_options_reach_the_search(small: ts.EmbeddingSpace) -> None:
    similarities: tuple[Similarity, ...] = ("cosine", "dot", "euclidean")
    for similarity, centered, forms in product(similarities, (False, True), (False, True)):
        want = ts.nearest(small, " king", k=6, similarity=similarity, centered=centered, forms=forms)
        flags = ["--centered"] * centered + ["--forms"] * forms
        parsed = record("nearest", " king", "-k", 6, "--similarity", similarity, *flags)
        assert parsed["settings"] == want.settings.to_dict()
        found = [entry["id"] for entry in parsed["results"][0]["neighbors"]]
        assert found == want.ids[0].tolist(), (similarity, flags)


def test_near_tokens_sums_and_vectors(small: ts.EmbeddingSpace, tmp_path: Path) -> None:
    def ids(*arguments: object) -> list[list[int]]:
        results = record("nearest", "-k", 5, *arguments)["results"]
        return [[entry["id"] for entry in result["neighbors"]] for result in results]

    king = small.vocabulary.id(" king")
    want = ts.nearest(small, " king", k=5).ids.tolist()
    assert ids(" king") == ids("␣king") == ids(f"id:{king}") == want
    assert ids(" king", " Paris") == ts.nearest(small, [" king", " Paris"], k=5).ids.tolist()
    sums = ts.nearest(small, positive=[" king", " woman"], negative=[" man"], k=5).ids.tolist()
    assert ids(" king", "--negative", " man", "--positive", " woman") == sums
    assert ids("--positive", " king", "--positive", " woman", "--negative", " man") == sums
    vectors = np.random.default_rng(0).standard_normal((3, small_model.D))
    path = tmp_path / "probe.npy"
    np.save(path, vectors)
    assert ids("--directions", path, "--raw") == ts.nearest(small, vectors, k=5).ids.tolist()
    assert ids(path) == ts.nearest(small, vectors, k=5, centered=True).ids.tolist()
    names = [r["direction"] for r in record("nearest", "--directions", path)["results"]]
    assert names == [{"vector": "probe.npy", "row": row} for row in range(3)]


def test_pair_and_info(small: ts.EmbeddingSpace) -> None:
    parsed = record("pair", " king", "king", "--pairs", 1000, "--seed", 4)
    want = ts.pair(small, " king", "king", n_pairs=1000, seed=4).to_dict()
    assert parsed | {"tokensphere": None} == json.loads(json.dumps(want)) | {"tokensphere": None}
    assert f"{want['raw']['cosine']:.3f}" in good("pair", " king", "king", "--pairs", 1000)
    parsed = record("info")
    assert parsed["shape"] == list(small.shape)
    assert small_model.NAME in good("info") and str(small.provenance.sha256) in good("info")


def test_info_tells_what_computes_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKENSPHERE_MODEL", str(tmp_path / "none"))  # none is loaded
    monkeypatch.setenv("TOKENSPHERE_CACHE", str(tmp_path / "kept"))
    monkeypatch.setenv("TOKENSPHERE_KERNEL", "numpy")
    parsed, text = Command().record("info", "--system"), good("info", "--system")
    assert parsed["packages"]["numpy"] == np.__version__ and np.__version__ in text
    assert parsed["cache"] == str(tmp_path / "kept") == good("cache", "path").strip()
    chosen = [kernel for kernel in parsed["kernels"] if kernel["chosen"]]
    assert [kernel["name"] for kernel in chosen] == [parsed["kernel"]] == ["numpy"]
    assert "TOKENSPHERE_KERNEL" in chosen[0]["reason"]
    for kernel in parsed["kernels"]:
        (line,) = (line for line in text.splitlines() if f"{kernel['name']}, {kernel['what']}" in line)
        assert line.endswith(kernel["reason"]) and ("searches" in line) is kernel["chosen"]
    monkeypatch.setenv("TOKENSPHERE_CACHE", "~nosuchuser/kept")
    assert Command().record("info", "--system")["cache"] is None
    assert "no home" in good("info", "--system")


def test_info_of_the_system_takes_no_model_and_no_kernel_that_cannot_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for more in (["--model", "a.gguf"], ["--matrix", "input"], ["--refresh"]):
        RUN.fails("leave out --model", "info", "--system", *more)
    monkeypatch.setenv("TOKENSPHERE_KERNEL", "abacus")
    RUN.fails("TOKENSPHERE_KERNEL is 'abacus', but must be one of", "info", "--system")


def test_the_width_of_pipes_can_be_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    wide = good("random", "-n", 6)
    monkeypatch.setenv("COLUMNS", "60")
    narrow = good("random", "-n", 6)
    assert max(map(len, narrow.splitlines())) <= 60 < max(map(len, wide.splitlines())) <= 100


def test_a_width_that_is_no_number_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    want = good("info")
    monkeypatch.setenv("COLUMNS", "wide")
    assert good("info") == want


# Which model


def test_the_model_is_chosen_by_option_or_variable(
    tmp_path: Path, small_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other.gguf"
    other.write_bytes(small_path.read_bytes().replace(b"small <b>model</b>", b"other <b>model</b>"))

    def used(*arguments: object) -> str:
        return str(json.loads(good(*arguments, "--json"))["model"]["source"])

    assert used("info") == str(small_path)
    assert used("info", "--model", other) == used("info", "-m", other) == str(other)
    assert used("random", "--model", other) == str(other)
    assert used("nearest", " king", "--model", other) == str(other)
    assert used("pair", " king", "king", "--model", other) == str(other)
    assert used("info", other) == used("info", other, "--model", other) == str(other)
    assert_one_line(invoke("info", other, "--model", "b"), "two models are named")
    for command in ("random", "labels"):
        assert_one_line(invoke(command, other), "a model is named by --model (-m)")
    monkeypatch.delenv("TOKENSPHERE_MODEL")
    assert used("info") == "bundled with tokensphere (smollm2-135m-instruct.gguf)"
    assert used("info", "--model", "smollm2-135m-instruct") == used("info")


# Saving


def test_save_writes_the_directions(tmp_path: Path) -> None:
    path = tmp_path / "d.npy"
    good("random", "-n", 5, "--first", 250, "--seed", 2, "--save", path)
    saved = np.load(path)
    assert saved.dtype == np.float32
    np.testing.assert_array_equal(saved, ts.random_directions(small_model.D, range(250, 255), seed=2))
    drawn = record("random", "-n", 5, "--first", 250, "--seed", 2)["results"]
    asked = record("nearest", "--directions", path, "--raw")["results"]
    assert [r["neighbors"] for r in drawn] == [r["neighbors"] for r in asked]


def test_save_leaves_nothing_where_it_cannot_write(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    for path in (tmp_path / "missing" / "d.npy", tmp_path / "file" / "d.npy", tmp_path):
        assert_one_line(invoke("random", "--save", path))
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    if not os.access(closed, os.W_OK):
        assert_one_line(invoke("random", "--save", closed / "d.npy"), "cannot write")
    assert names_in(tmp_path) == ["closed", "file"] and not names_in(closed)


def test_a_failed_search_saves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "d.npy"
    path.write_bytes(b"precious")
    assert_one_line(invoke("random", "-k", 10**6, "--save", path), "k is 1000000")
    assert path.read_bytes() == b"precious" and names_in(tmp_path) == ["d.npy"]


# Mistakes: one line, exit status 2


MISTAKES: list[tuple[list[str], str]] = [
    (["nearest", " kingg"], "did you mean '␣king'"),
    (["nearest", "\udcff\udcfe"], r"no token '\xff\xfe'"),
    (["nearest", "line\nbreak"], r"line\nbreak"),
    (["nearest", "id:99999"], "no token has the id 99999"),
    (["nearest"], "nothing to look for"),
    (["nearest", " king", "-k", "0"], "Invalid value for '-k'"),
    (["nearest", " king", "-k", "-3"], "Invalid value for '-k'"),
    (["nearest", " king", "-k", "x"], "Invalid value for '-k'"),
    (["nearest", " king", "-k", "10000"], "k is 10000"),
    (["nearest", " king", "--similarity", "l2"], "l2"),
    (
        ["nearest", " king", "--directions", "x.npy"],
        "give tokens, --directions or --tokens, and only one of them",
    ),
    (["nearest", " king", " man", "--positive", "one"], "give one token and the others as --positive"),
    (["nearest", " king", "--negative", " king"], "cancel out"),
    (["nearest", "--positive", "nothing"], "no token 'nothing'"),
    (["nearest", "--directions", "missing.npy"], "there is no file or folder 'missing.npy'"),
    (["nearest", " king", "--model", "no-such-model"], "no-such-model"),
    (["pair", " king"], "Missing argument"),
    (["pair", " king", " king"], "both tokens are"),
    (["pair", " king", "no such"], "no token 'no␣such'"),
    (["pair", " king", "king", "--pairs", "5"], "--pairs"),
    (["info", "no-such-model"], "no-such-model"),
    (["info", "--model", "."], "model"),
    (["random", "-n", "0"], "Invalid value for '-n'"),
    (["random", "-n", str(2**63 - 1)], "is more than 1,000,000,000,000,000"),
    (["survey", "-n", str(10**30)], "is more than 1,000,000,000,000,000"),
    (["survey", "--surrogates", str(10**30)], "is more than 1,000,000,000,000,000"),
    (["geometry", "-n", str(10**30)], "is more than 1,000,000,000,000,000"),
    (["pair", " king", "king", "--pairs", str(10**30)], "is more than 1,000,000,000,000,000"),
    (["random", "--json", "--jsonl"], "give --json or --jsonl, not both"),
    (["random", "--seed", "-1"], "Invalid value for '--seed'"),
    (["random", "--first", "-1"], "Invalid value for '--first'"),
    (["random", "--first", str(2**80)], "whole numbers"),
    (["random", "-k", "10000"], "k is 10000"),
    (["random", "one", "two"], "'one' names no random direction"),
    (["random", "--no-such-option"], "No such option"),
    (["no-such-command"], "No such command"),
]


def test_mistakes_are_told_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for arguments, match in MISTAKES:
        assert_one_line(invoke(*arguments), match)
        assert_one_line(invoke(*arguments, "--json"), match)


def vectors_that_are_wrong() -> dict[str, Any]:
    good_row = np.ones(small_model.D)
    broken = np.ones((3, small_model.D))
    broken[1, 5] = np.nan
    zero = np.eye(3, small_model.D)
    zero[2] = 0
    return {
        "shape (7,), without an axis of length 32": np.ones(7),
        "NaN or infinite": broken,
        "infinite": good_row * np.inf,
        "direction 2 is the zero vector": zero,
        "without an axis of length 32": np.ones((1, 1, small_model.D + 1)),
        "values of type <U1; directions must be real numbers": np.full(small_model.D, "x"),
        "values of type <c16; directions must be real numbers": good_row * 1j,
        "values of type |b1; directions must be real numbers": good_row > 0,
        "shape (0, 32)": np.ones((0, small_model.D)),
        "values of type object; directions must be real numbers": np.array([{"a": 1}], dtype=object),
    }


def test_wrong_vectors(tmp_path: Path) -> None:
    path = tmp_path / "v.npy"
    for match, vectors in vectors_that_are_wrong().items():
        np.save(path, vectors, allow_pickle=True)
        assert_one_line(invoke("nearest", "--directions", path), match)


@pytest.mark.parametrize(
    "content", [b"", b"garbage", b"\x80\x04K\x01.", b"PK\x03\x04", b"\x93NUMPY\x01"]
)
def test_files_that_are_no_vectors_or_models(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "v.npy"
    path.write_bytes(content)
    assert_one_line(invoke("nearest", "--directions", path), "v.npy")
    assert_one_line(invoke("info", "--model", path))
    assert_one_line(invoke("nearest", "--directions", tmp_path))


@pytest.mark.parametrize("size", ["tiny", "huge"])
def test_vectors_of_any_length_have_a_direction(size: str, tmp_path: Path) -> None:
    vector = np.random.default_rng(0).standard_normal(small_model.D)
    found = []
    for factor in (1.0, 1e-200 if size == "tiny" else 1e200):
        np.save(tmp_path / "v.npy", vector * factor)
        neighbors = record("nearest", "--directions", tmp_path / "v.npy")["results"][0]["neighbors"]
        found.append([entry["id"] for entry in neighbors])
    assert found[0] == found[1]


def test_no_command_shows_the_commands_in_lines() -> None:
    lines = (invoke().stdout + invoke().stderr).splitlines()
    assert len(lines) < 2 or all(any(command in line for line in lines) for command in COMMANDS)
    assert max(map(len, lines)) <= 120


# Being stopped, and what stands around


def test_a_group_alone_shows_its_help_and_fails() -> None:
    for arguments in ([], ["cache"]):
        result = invoke(*arguments)
        assert (result.exit_code, result.stderr, result.stdout) == (2, "", good(*arguments, "--help"))


def test_help_and_version() -> None:
    for arguments in ([], *([command] for command in COMMANDS)):
        for flag in ("-h", "--help"):
            text = good(*arguments, flag)
            assert text.startswith("Usage: ")
            assert max(map(len, text.splitlines())) <= 100
    assert all(command in good("--help") for command in COMMANDS)
    assert good("--version") == f"tokensphere {ts.__version__}\n"


def test_a_keyboard_interrupt_is_one_line_and_130() -> None:
    for where in ("tokensphere.analysis.nearest.Search.parts", "tokensphere.sources.load.load"):
        with patch(where, side_effect=KeyboardInterrupt):
            result = invoke("random")
        assert result.exit_code == 130 and result.stdout == ""
        assert [line for line in result.stderr.splitlines() if line] == ["tokensphere: stopped"]


@pytest.mark.skipif(os.name != "posix", reason="signals as POSIX has them")
def test_a_signal_stops_a_search() -> None:
    code = (
        "import os, signal, sys\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in the background\n"
        "import tokensphere.geometry.search as search\n"
        "from tokensphere.cli import main\n"
        "workers = search.workers\n"
        "def stopped(threads):\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n"
        "    return workers(threads)\n"
        "search.workers = stopped\n"
        "main(['random', '-n', '3'])\n"
    )
    done = run([], code=code)
    assert done.returncode == 130 and done.stdout == ""
    assert [line for line in done.stderr.splitlines() if line] == ["tokensphere: stopped"]


STOPPED = (
    "import os, signal, sys\n"
    "signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in the background\n"
    "from tokensphere.analysis.nearest import Search\n"
    "from tokensphere.cli import main, running\n"
    "find, say, where = Search._find, running.say, sys.argv.pop()\n"
    "def found(self, low, *rest):\n"
    "    if where == 'search' and low:\n"
    "        os.kill(os.getpid(), signal.SIGINT)\n"
    "    return find(self, low, *rest)\n"
    "def said(*args, **more):\n"
    "    if where == 'print':\n"
    "        os.kill(os.getpid(), signal.SIGINT)\n"
    "        globals().update(where='')\n"
    "    say(*args, **more)\n"
    "Search._find, running.say = found, said\n"
    "main(sys.argv[1:])\n"
)


@pytest.mark.skipif(os.name != "posix", reason="signals as POSIX has them")
@pytest.mark.parametrize(
    ("where", "flags"),
    [
        ("search", []), ("print", ["--json"]), ("print", ["--jsonl"]),
        *(pytest.param(where, flags, marks=pytest.mark.slow) for where, flags in (
            ("print", []), ("search", ["--json"]), ("search", ["--jsonl"]),
        )),
    ],
)  # fmt: skip
def test_a_signal_leaves_whole_what_was_printed(where: str, flags: list[str]) -> None:
    """As if no more than the lists that were found had been asked for."""
    done = run(["random", "-n", 600, "-k", 2, *flags, where], code=STOPPED)
    assert done.returncode == 130
    assert done.stderr == "tokensphere: stopped after 256 of 600 directions\n"
    assert done.stdout == good("random", "-n", 256, "-k", 2, *flags)


def test_lists_are_printed_before_the_next_are_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []

    def noting(what: str, function: Any) -> Any:
        def noted(*args: Any, **more: Any) -> Any:
            done.append(what)
            return function(*args, **more)

        return noted

    monkeypatch.setattr(Search, "_find", noting("found", Search._find))
    monkeypatch.setattr("tokensphere.cli.running.say", noting("said", say))
    for flags in ([], ["--json"], ["--jsonl"]):
        done.clear()
        good("random", "-n", 2000, "-k", 2, *flags)
        turns = [kind for kind, _ in groupby(done)]
        assert done.count("found") > 2 and turns == ["found", "said"] * done.count("found"), flags


def test_json_lines_are_the_results_of_json(tmp_path: Path) -> None:
    path = tmp_path / "v.npy"
    np.save(path, np.random.default_rng(0).standard_normal((300, small_model.D)))
    for command in (
        ("random", "-n", 300),
        ("nearest", "--directions", path),
        ("nearest", " king", " Paris"),
    ):
        lines = good(*command, "-k", 3, "--jsonl").splitlines()
        assert list(map(json.loads, lines)) == record(*command, "-k", 3)["results"]


def test_a_vector_that_is_wrong_is_told_before_any_list(tmp_path: Path) -> None:
    vectors = np.ones((5000, small_model.D), dtype=np.float32)
    vectors[4999, 1] = np.nan
    np.save(tmp_path / "v.npy", vectors)
    for flags in ([], ["--json"], ["--jsonl"]):
        assert_one_line(
            invoke("nearest", "--directions", tmp_path / "v.npy", *flags), "direction 4999 has"
        )


def test_memory_that_is_not_there() -> None:
    with patch("tokensphere.analysis.nearest.Search.parts", side_effect=MemoryError):
        assert_one_line(invoke("random"), "not enough memory")


def test_help_needs_neither_numpy_nor_rich() -> None:
    code = (
        "import sys\n"
        "from tokensphere.cli import main\n"
        "try:\n"
        "    main(sys.argv[1:])\n"
        "except SystemExit as stop:\n"
        "    assert stop.code == 0\n"
        "heavy = {'numpy', 'rich', 'threadpoolctl', 'tokensphere.space'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    for arguments in (["--help"], ["random", "--help"], ["--version"]):
        done = run(arguments, code=code)
        assert done.returncode == 0, done.stderr


def test_the_bundled_model_needs_nothing_that_speaks_to_others() -> None:
    code = (
        "import sys\n"
        "from tokensphere import load\n"
        "load()\n"
        "heavy = {'ssl', 'http.client', 'urllib.request', 'scipy', 'pyarrow'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    done = run([], code=code)
    assert done.returncode == 0, done.stderr


def test_as_a_module_and_in_a_pipe() -> None:
    done = run(["nearest", " king", "-k", "3", "--json"])
    assert done.returncode == 0 and done.stderr == ""
    assert len(json.loads(done.stdout)["results"][0]["neighbors"]) == 3
    assert "␣king" in run(["nearest", " king", "-k", "3"]).stdout
    wrong = run(["nearest", "kingdoom"])
    assert wrong.returncode == 2 and wrong.stdout == ""
    assert wrong.stderr.startswith("tokensphere: ") and wrong.stderr.count("\n") == 1


@pytest.mark.skipif(os.name != "posix", reason="pipes as POSIX has them")
def test_a_closed_pipe_ends_quietly() -> None:
    endless = ["random", "-n", str(10**12)]
    for arguments in (endless, [*endless, "--json"], [*endless, "--jsonl"], ["--help"]):
        process = subprocess.Popen(
            [sys.executable, "-m", "tokensphere", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert process.stdout is not None and process.stderr is not None
        process.stdout.read(1)
        process.stdout.close()
        errors = process.stderr.read()
        process.stderr.close()
        status = process.wait(timeout=60)
        assert errors == b"" and status in (0, 1, 128 + signal.SIGPIPE, -signal.SIGPIPE)


@pytest.mark.parametrize(
    "encoding",
    [
        "ascii",
        "cp1252",
    ],
)
def test_an_output_that_cannot_hold_every_character(encoding: str) -> None:
    """As on Windows, where output to a file is in a code page."""
    environment = {**os.environ, "PYTHONUTF8": "0", "PYTHONIOENCODING": encoding}
    command = [sys.executable, "-m", "tokensphere", "info"]
    done = subprocess.run(command, capture_output=True, env=environment, timeout=60)
    assert done.returncode == 0 and not done.stderr
    shown = done.stdout.decode(encoding)
    assert (r"\u2016\u03bc\u2016\xb2" if encoding == "ascii" else r"\u2016\u03bc\u2016²") in shown


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a full disk")
def test_a_full_disk_is_told_in_one_line() -> None:
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        command = [sys.executable, "-m", "tokensphere", "info"]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, encoding="utf-8", timeout=60)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1 and "Traceback" not in done.stderr


def test_random_directions_by_name() -> None:
    two = record("random", "-n", 2, "--seed", 3, "--first", 7, "-k", 5)["results"]
    assert record("random", "3/7", "3/8", "-k", 5)["results"] == two
    assert record("nearest", "3/8", "-k", 5)["results"] == two[1:]
    for option in ("-n", "--seed", "--first"):
        assert_one_line(invoke("random", "0/1", option, 1), f"leave out {option}")


def test_the_named_directions_are_saved(tmp_path: Path) -> None:
    good("random", "0/300", "2/1", "--save", tmp_path / "d.npy")
    saved = np.load(tmp_path / "d.npy")
    want = [ts.random_directions(small_model.D, i, seed=seed)[0] for seed, i in ((0, 300), (2, 1))]
    np.testing.assert_array_equal(saved, want)


def test_what_exists_with_a_space_is_told() -> None:
    told = invoke("nearest", "king", "-k", 2)
    assert told.exit_code == 0 and told.stderr.count("\n") == 1 and "'␣king' exists, too" in told.stderr
    assert invoke("nearest", " king", "␣Paris", "-k", 2).stderr == ""
    (found,) = record("nearest", "king", "-k", 2)["results"]
    assert [one["token"] for one in found["direction"]["also"]] == [" king"]


def test_the_short_form_of_nearest() -> None:
    assert good("near", " king - man", "-k", 3) == good("nearest", "Ġking - Ġman", "-k", 3)
