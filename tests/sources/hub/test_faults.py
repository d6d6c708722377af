"""Each fault of a hub: what is said, or that it does not matter; and the cache, whole or as before."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tokensphere as ts
from tests.cases import case
from tests.formats.made import safetensors_bytes
from tests.sources.hub.server import (
    COMMIT,
    PAGE,
    POINTER,
    Fault,
    HubServer,
    gpt2_files,
    gpt2_large,
    used,
)
from tokensphere.errors import FormatError, SourceError
from tokensphere.sources.cache import entries as cache
from tokensphere.sources.cache import writer as cache_writer
from tokensphere.sources.hub import client as hub
from tokensphere.sources.hub.attempts import Patience
from tokensphere.sources.hub.checked import is_sound

pytest.importorskip("huggingface_hub", reason="huggingface_hub is missing: install 'tokensphere[hub]'")

REPO = "openai-community/gpt2-large"
N = 500
FILES, OTHER = gpt2_files(N), gpt2_files(N, seed=1)
MATRIX = gpt2_large(N)["wte.weight"]
MODEL = "model.safetensors"
QUICK = Patience(2, 0.001, 0.002, retry_after=1.0, timeout=0.5, slowest=2000, window=0.8)
HURRIED = replace(QUICK, timeout=0.25, window=0.4)  # where nothing but the fault is waited for
CALM = replace(QUICK, attempts=4, timeout=5.0, window=20.0)
WAITS = {"stall", "mute", "dribble", "slow-head"}  # faults that take as long as we wait


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache that has one matrix of GPT-2 large."""
    folder = tmp_path_factory.mktemp("begun") / "cache"
    with pytest.MonkeyPatch.context() as patch, used(patch, folder) as hub_server:
        hub_server.repos[REPO] = dict(FILES)
        hub.fetch(REPO, tensor="wpe.weight")
    return folder


@pytest.fixture
def server(begun: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[HubServer]:
    """A hub with GPT-2 large, of which the cache has one matrix."""
    with used(monkeypatch, Path(shutil.copytree(begun, tmp_path / "cache"))) as hub_server:
        hub_server.repos[REPO] = dict(FILES)
        yield hub_server


def kept() -> dict[Path, str]:
    """All files in the cache, and what is in them."""
    files = filter(Path.is_file, cache.cache_root().rglob("*"))
    return {file: sha256(file.read_bytes()).hexdigest() for file in files}


def check_matrix(entry: cache.Entry) -> None:
    cache.verify(entry)
    assert is_sound(entry)
    assert entry.sha256 == sha256(MATRIX.tobytes()).hexdigest()


def refused(match: str, patience: Patience = CALM) -> None:
    """One line, soon, and the cache is as before."""
    before, start = kept(), time.monotonic()
    with pytest.raises(SourceError, match=match) as caught:
        hub.fetch(REPO, patience=patience)
    assert time.monotonic() - start < 20
    said = str(caught.value)
    assert "\n" not in said and len(said) < 600 and kept() == before


def slow(*values: object) -> Any:
    """Values of a parameter that are tried with the slow tests only."""
    return pytest.param(*values, marks=pytest.mark.slow)


V2 = {"ETag": '"2"'}
ERROR = b'{"error": "Please log in"}'
TOKENIZER = FILES["tokenizer.json"]
LATE = r"did not come within \d\.\d s; try again later"
DRIBBLE = r"comes too slowly: \d+ bytes in \d.*2,000 a second are the least; try again later"
STORE = "the store that the hub names .* refuses it .HTTP 403.*clock"


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        (Fault("other", MODEL, after=2, content=OTHER[MODEL], headers=V2), "changed .*etag .1., now"),
        (Fault("other", MODEL, after=1, headers={"ETag": 'W/"1"'}), 'has changed on the server .*W/"1"'),
        (Fault("other", "tokenizer.json", content=PAGE), "page of a web site .*login.*HF_ENDPOINT"),
        (Fault("other", "config.json", content=PAGE), r"a page .* in place of config\.json of openai"),
        (Fault("other", "tokenizer_config.json", content=POINTER), "Git LFS's pointer .* 1,234 bytes"),
        (Fault("other", "tokenizer.json", content=ERROR), "tokenizer.json has None as its 'model'"),
        (Fault("other", "tokenizer.json", content=TOKENIZER[:-9]), "tokenizer.json is no complete JSON"),
        (Fault("other", "tokenizer.json", content=b"[]"), "tokenizer.json has no tokens"),
        (Fault("other", "/config.json", content=b"[]"), "config.json .* is not a JSON object"),
        (Fault("other", "tokenizer_config.json", content=b"null"), "config.json is not a JSON object"),
        (Fault("other", MODEL, content=PAGE + bytes(500)), "claims a header"),
        (Fault("other", MODEL, content=POINTER), "claims a header"),
        (Fault("other", MODEL, content=b"\2" + bytes(7)), "shorter than any safetensors"),
        (Fault("other", MODEL, content=FILES[MODEL][:-9], after=1), "bytes of model.* were expected"),
        (Fault("page", MODEL), "page of a web site .*login"),
        (Fault("page", MODEL, after=2), "page of a web site .*login"),
        (Fault("page", "tokenizer.json"), "page of a web site .*login"),
        (Fault("page", COMMIT), "does not answer as a hub does"),
        (Fault("status", MODEL, 416), r"fewer bytes .*HTTP 416"),
        (Fault("status", MODEL, 204), "HTTP 204"),
        (Fault("gzip", MODEL), "compresses"),
        (Fault("long", MODEL), "sends 9 bytes of"),
        (Fault("chunked-cut", MODEL, 3), "no answer from .*HF_ENDPOINT"),
        (Fault("chunked-cut", "tokenizer.json", 300), "no answer from .*HF_ENDPOINT"),
        (Fault("long", "tokenizer.json"), "no answer from .*HF_ENDPOINT"),
        (Fault("nonsense", MODEL), "no answer from .*HF_ENDPOINT"),
        (Fault("loop", "tokenizer.json"), "no answer from .*redirects.*HF_ENDPOINT"),
        (Fault("stall", MODEL, 3), "no answer from .*timed out.*HF_ENDPOINT"),
        slow(Fault("stall", "tokenizer.json", 3), "no answer from .*timed out.*HF_ENDPOINT"),
        slow(Fault("mute", MODEL, after=2), "no answer from .*timed out.*HF_ENDPOINT"),
        (Fault("mute", COMMIT), "no answer from .*timed out.*HF_ENDPOINT"),
        (Fault("dribble", MODEL, 20, after=1), f"{MODEL} of {REPO} {DRIBBLE}"),
        slow(Fault("dribble", "tokenizer.json", 20), f"tokenizer.json of {REPO} {DRIBBLE}"),
        slow(Fault("slow-head", MODEL, 20), f"{MODEL} of {REPO} {LATE}"),
        (Fault("slow-head", COMMIT, 20), f"the hub's answer {LATE}"),
        (Fault("status", MODEL, 403, host="localhost"), STORE),
        (Fault("status", MODEL, 302, headers={"Location": f"http://{'a' * 300}/"}), "no answer .*idna"),
        (Fault("status", MODEL, 302, headers={"Location": "http://localhost:1/"}), "from localhost:1 "),
    ],
)  # fmt: skip
def test_a_fault_that_lasts_is_one_line(server: HubServer, fault: Fault, says: str) -> None:
    server.sizes = fault.kind != "other"  # else the lengths would tell
    server.cdn = bool(fault.host)
    server.faults = [fault]
    refused(says, HURRIED if fault.kind in WAITS else CALM)
    server.faults = []
    check_matrix(hub.fetch(REPO))


@pytest.mark.parametrize(
    "fault",
    [
        *(Fault(kind, MODEL, 50, times=1, after=2)
          for kind in ("break", "stall", "chunked-cut", "nonsense", "mute", "dribble", "slow-head")),
        *(slow(Fault(kind, path, 50, times=1, after=after))
          for kind in ("break", "stall", "chunked-cut", "nonsense", "mute", "dribble", "slow-head")
          for path, after in ((MODEL, 1), ("tokenizer.json", 0), (COMMIT, 0))),
        *(Fault("status", MODEL, status, times=2, after=2, host="localhost") for status in (403, 404)),
        Fault("chunked", MODEL), Fault("chunked", "json"),
        Fault("gzip", "json"), Fault("extra", MODEL), Fault("extra", "json"),
    ],
)  # fmt: skip
def test_a_fault_that_passes_does_not_matter(server: HubServer, fault: Fault) -> None:
    server.cdn = bool(fault.host)
    server.faults = [fault]
    check_matrix(hub.fetch(REPO, patience=replace(QUICK, attempts=5) if fault.kind in WAITS else CALM))


@pytest.mark.parametrize(
    "marks", [{}, {"ETag": 'W/"x"'}, {"Last-Modified": "Wed, 01 Jan 2025 00:00:00 GMT"}]
)
def test_marks_of_a_version_are_optional(server: HubServer, marks: dict[str, str]) -> None:
    server.marks = marks
    check_matrix(hub.fetch(REPO, patience=CALM))


def test_the_hubs_own_mark_goes_before_those_of_stores(server: HubServer) -> None:
    server.cdn = True
    changed = Fault("other", MODEL, after=4, headers=V2, host="localhost")
    server.faults = [replace(changed, after=1)]
    check_matrix(hub.fetch(REPO, patience=CALM))
    cache_writer.remove(REPO)
    linked = Fault("other", MODEL, after=2, headers={"X-Linked-ETag": '"2"'}, host="127.0.0.1")
    server.faults = [linked]
    refused("x-linked-etag")


def test_without_any_mark_the_length_tells(server: HubServer) -> None:
    server.marks, server.sizes = {}, False
    server.faults = [Fault("other", MODEL, after=2, content=OTHER[MODEL] + b"!")]
    refused("were expected")


def test_a_vocabulary_of_unknown_kind_is_kept(server: HubServer, tmp_path: Path) -> None:
    server.repos[REPO]["tokenizer.json"] = b'{"model": {"type": "New", "vocab": {}}}'
    with pytest.raises(SourceError, match="has a model of type 'New'"):
        ts.load(REPO)
    (tokens := tmp_path / "t.json").write_text(json.dumps([f"t{id}" for id in range(N)]))
    assert ts.load(REPO, vocabulary=tokens).vocabulary.token(1) == b"t1"


@pytest.mark.parametrize("poison", [PAGE, ERROR, TOKENIZER[:-9], b""])
def test_a_refresh_replaces_what_cannot_be_read(server: HubServer, poison: bytes) -> None:
    entry = hub.fetch(REPO)
    (entry.path / "tokenizer.json").write_bytes(poison)
    about = json.loads((entry.path / "entry.json").read_text())
    about["files"]["tokenizer.json"] = sha256(poison).hexdigest()  # as if it had come so
    (entry.path / "entry.json").write_text(json.dumps(about))
    for _ in range(2):
        with pytest.raises(FormatError, match=rf"what the cache has of {REPO} is damaged .*--refresh"):
            ts.load(REPO)
    np.testing.assert_array_equal(ts.load(REPO, refresh=True).vectors, MATRIX)
    check_matrix(hub.fetch(REPO))
    count = len(server.asked)
    assert ts.load(REPO).provenance.revision == COMMIT and len(server.asked) == count


_STOPPED = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in the background
from tokensphere.cli import main
main(["info", "--model", *sys.argv[1:]])
"""


@pytest.mark.parametrize("variable", ["HF_ENDPOINT=http://[::1", slow("HF_HUB_ETAG_TIMEOUT=soon")])
def test_variables_that_make_no_sense(tmp_path: Path, variable: str) -> None:
    name, _, value = variable.partition("=")
    result = subprocess.run(
        [sys.executable, "-m", "tokensphere", "info", "--model", REPO],
        env={
            **os.environ,
            name: value,
            "TOKENSPHERE_CACHE": str(tmp_path),
            "HF_HUB_CACHE": str(tmp_path),
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert result.returncode == 1 and result.stderr.count("\n") == 1
    said = ("huggingface_hub does not start", "no answer from the hub")  # as its release has it
    assert any(line in result.stderr for line in said) and "HF_ENDPOINT" in result.stderr


SHARDS = [f"model-0000{number}-of-00009.safetensors" for number in range(1, 10)]
INDEX = {f"{number}.weight": shard for number, shard in enumerate(SHARDS)}


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT for one process")
@pytest.mark.parametrize(
    "fault",
    [
        Fault("stall", MODEL, 99, after=2),
        slow(Fault("mute", SHARDS[8])),
        slow(Fault("mute", COMMIT)),
        slow(Fault("stall", "tokenizer.json", 9)),
        slow(Fault("mute", MODEL, after=1)),
        slow(Fault("dribble", MODEL, 40, after=2)),
        slow(Fault("status", MODEL, 503, after=2, headers={"Retry-After": "50"})),
    ],
    ids=lambda fault: f"{fault.kind}-{fault.path}-{fault.after}",
)
def test_ctrl_c_ends_what_stalls(server: HubServer, fault: Fault) -> None:
    arguments, files = [REPO], server.repos[REPO]
    files[MODEL] = safetensors_bytes({"wte.weight": np.zeros((N, 20_000), np.float32)})  # three pieces
    if fault.path in SHARDS:  # for their headers several threads ask
        arguments += ["--tensor", "none"]
        files[f"{MODEL}.index.json"] = json.dumps({"weight_map": INDEX}).encode()
        files |= {shard: safetensors_bytes({name: MATRIX}) for name, shard in INDEX.items()}
        del files[MODEL]
    server.faults = [fault]
    before, asked = kept(), len(server.asked)
    program = subprocess.Popen(
        [sys.executable, "-c", _STOPPED, *arguments],
        env={**os.environ, "HF_ENDPOINT": server.url},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline, times = time.monotonic() + 60, fault.times
    while fault.times == times and time.monotonic() < deadline:
        time.sleep(0.02)
    time.sleep(0.3)  # until it waits
    start = time.monotonic()
    program.send_signal(signal.SIGINT)
    _, said = program.communicate(timeout=60)
    assert time.monotonic() - start < 5  # a stall is 10 s and more
    assert program.returncode == 130 and said.strip() == "tokensphere: stopped", said
    assert kept() == before and len(server.asked) > asked
    assert not list((cache.cache_root() / "tmp").iterdir())


KINDS = (
    "status", "page", "nonsense", "loop", "mute", "slow-head", "ignore-range", "wrong-total",
    "wrong-range", "other", "short", "long", "extra", "gzip", "chunked", "chunked-cut", "break",
    "stall", "dribble",
)  # fmt: skip


def any_fault(rng: np.random.Generator) -> Fault:
    kind = str(rng.choice(KINDS))
    values = [200, 204, 206, 301, 304, 401, 403, 404, 416, 429, 500, 503]
    content = [PAGE, POINTER, ERROR, b"", b"{}", b"\0" * 600, TOKENIZER, *OTHER.values()]
    content += [FILES[MODEL][:-40], TOKENIZER[:-1]]
    headers = [{}, {}, V2, {"ETag": 'W/"1"'}, {"Retry-After": "0"}, {"Content-Type": "text/html"}]
    headers += [{"Location": place} for place in ("http://[::1", "ftp://x/", "", f"http://{'a' * 300}/")]
    return Fault(
        kind,
        str(rng.choice([MODEL, "tokenizer.json", "/config.json", COMMIT, "json", ""])),
        int(rng.choice(values)) if kind == "status" else int(rng.integers(1, 3000)),
        times=int(rng.choice([1, 2, 10**9])),
        after=int(rng.integers(4)),
        headers=headers[rng.integers(len(headers))],
        content=content[rng.integers(len(content))],
    )


def survive(server: HubServer, count: int, seed: int) -> None:
    """Faults of all kinds at once: the right matrix, or one line and the cache as before."""
    rng, came_through = np.random.default_rng(seed), 0
    hurried = replace(QUICK, timeout=0.1, window=0.2)
    for number in range(count):
        server.faults = [any_fault(rng) for _ in range(rng.integers(1, 4))]
        server.cdn, server.sizes = bool(rng.integers(2)), bool(rng.integers(2))
        server.marks = {"ETag": '"1"'} if rng.integers(2) else {}
        before, start = kept(), time.monotonic()
        with case(number=number, faults=server.faults):
            try:
                entry = hub.fetch(REPO, patience=hurried)
            except SourceError as error:
                assert "\n" not in str(error) and kept() == before
            else:
                came_through += 1
                cache.verify(entry)
                assert is_sound(entry)
                vectors = ts.load(REPO).vectors
                whole = (MATRIX, gpt2_large(N, seed=1)["wte.weight"])
                assert any(np.array_equal(vectors, one) for one in whole)
                cache_writer.remove(REPO)
            assert time.monotonic() - start < 30
    assert 0 < came_through < count


@pytest.mark.slow
def test_some_faults_at_once(server: HubServer) -> None:
    survive(server, 25, seed=0)


@pytest.mark.fuzz
@pytest.mark.parametrize("seed", range(1, 9))
def test_many_faults_at_once(server: HubServer, seed: int) -> None:
    survive(server, 150, seed)
