"""A hub that behaves, and one that does not; what comes over the wire and what stays in the cache."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tokensphere as ts
from tests.formats.made import safetensors, safetensors_bytes
from tests.sources.hub.server import (
    COMMIT,
    Fault,
    HubServer,
    gpt2_files,
    gpt2_large,
    running,
    use,
    used,
)
from tokensphere.errors import FormatError, InputError, MissingExtraError, SourceError
from tokensphere.formats.safetensors import SafetensorsFile
from tokensphere.sources.cache import entries as cache
from tokensphere.sources.cache import writer as cache_writer
from tokensphere.sources.hub import client as hub
from tokensphere.sources.hub import repository as repository
from tokensphere.sources.hub.attempts import Patience
from tokensphere.sources.hub.http import Connection
from tokensphere.sources.hub.ranges import Range

_REASON = "huggingface_hub is missing: pip install 'tokensphere[hub]'"
utils: Any = pytest.importorskip("huggingface_hub.utils", reason=_REASON)

REPO = "openai-community/gpt2-large"
QUICK = Patience(attempts=3, first=0.001, longest=0.002, retry_after=2.0, timeout=5.0)
FILES = gpt2_files()
MATRIX = gpt2_large()["wte.weight"]
VOCABULARY = ("tokenizer.json", "config.json", "tokenizer_config.json")


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[HubServer]:
    """A hub with GPT-2 large, and an empty cache."""
    with used(monkeypatch, tmp_path / "cache") as hub_server:
        monkeypatch.setenv("HF_TOKEN", "hf_secret")
        hub_server.repos[REPO] = dict(FILES)
        yield hub_server


def fetch(repo: str = REPO, revision: str | None = None, **options: Any) -> cache.Entry:
    return hub.fetch(repo, revision, **{"patience": QUICK} | options)


def left() -> list[Path]:
    """All files in the cache."""
    return [path for path in cache.cache_root().rglob("*") if path.is_file()]


def tensor_of(entry: cache.Entry) -> Any:
    with SafetensorsFile(entry.tensor_file) as file:
        return file.matrix(entry.tensor)


def header_size(raw: bytes) -> int:
    return 8 + int.from_bytes(raw[:8], "little")


def test_the_tensor_its_vocabulary_and_little_more(server: HubServer) -> None:
    seen: list[tuple[int, int]] = []
    entry = fetch(progress=lambda done, total: seen.append((done, total)))
    np.testing.assert_array_equal(tensor_of(entry), MATRIX)
    assert (entry.tensor, entry.dtype, entry.shape) == ("wte.weight", "F32", MATRIX.shape)
    assert (entry.repo, entry.commit, entry.revision, entry.license) == (REPO, COMMIT, "main", "mit")
    assert entry.found is not None and entry.found.layout == "GPT-2"
    for name in VOCABULARY:
        assert (entry.path / name).read_bytes() == FILES[name]
    cache.verify(entry)
    vocabulary = sum(len(FILES[name]) for name in VOCABULARY)
    needed = header_size(FILES["model.safetensors"]) + MATRIX.nbytes + vocabulary
    assert sum(server.sent.values()) <= 1.01 * needed
    assert "pytorch_model.bin" not in server.sent and "vocab.json" not in server.sent
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert seen[-1] == (MATRIX.nbytes, MATRIX.nbytes)


def test_a_vocabulary_as_large_as_gpt2s(server: HubServer) -> None:
    server.repos[REPO] = gpt2_files(n=50_257)
    assert fetch().shape == (50_257, 16)


def test_a_second_start_needs_no_server(server: HubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    first = fetch()
    count = len(server.asked)
    assert fetch() == first and fetch(revision="main") == first and fetch(revision=COMMIT) == first
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    assert fetch() == first and fetch(refresh=True) == first
    assert len(server.asked) == count


def test_input_and_tied_output_are_one_entry(server: HubServer) -> None:
    entry, sent = fetch(), server.sent["model.safetensors"]
    output = fetch(matrix="output")
    assert output.path == entry.path and output.found is not None and output.found.tied
    assert server.sent["model.safetensors"] - sent < MATRIX.nbytes / 2  # the header again
    assert fetch(tensor="wte.weight").path == entry.path
    assert fetch(tensor="wpe.weight").shape == (1024, 16)
    assert len(cache.entries()) == 2


def test_the_final_norm_on_request(server: HubServer) -> None:
    assert fetch(matrix="output").norm_file is None
    entry = fetch(matrix="output", norm=True)
    assert entry.norm_file is not None
    with SafetensorsFile(entry.norm_file) as file:
        np.testing.assert_array_equal(file.array("ln_f.weight"), gpt2_large()["ln_f.weight"])
    cache.verify(entry)
    count = len(server.asked)
    assert fetch(matrix="output", norm=True) == entry and len(server.asked) == count
    entry.norm_file.write_bytes(entry.norm_file.read_bytes()[:-1] + b"?")
    with pytest.raises(FormatError, match=r"norm\.safetensors"):
        cache.verify(entry)


def test_of_several_files_only_the_one_with_the_tensor(server: HubServer) -> None:
    tensors = gpt2_large()
    early = {name: tensors[name] for name in list(tensors)[:200]}
    late = {name: tensors[name] for name in list(tensors)[200:]}
    shards = {"model-00001-of-00002.safetensors": early, "model-00002-of-00002.safetensors": late}
    files = server.repos[REPO]
    del files["model.safetensors"]
    files |= {name: safetensors_bytes(part) for name, part in shards.items()}
    index = {"weight_map": {name: shard for shard, part in shards.items() for name in part}}
    files["model.safetensors.index.json"] = json.dumps(index).encode()
    np.testing.assert_array_equal(tensor_of(fetch()), MATRIX)
    assert "model-00001-of-00002.safetensors" not in server.sent
    with pytest.raises(SourceError, match=r"no tensor 'lm_head'.*wpe\.weight \(1024 × 16\)"):
        fetch(tensor="lm_head")
    index["weight_map"]["wte.weight"] = "../../secret"
    files["model.safetensors.index.json"] = json.dumps(index).encode()
    with pytest.raises(FormatError, match=r"names '\.\./\.\./secret'"):
        fetch(matrix="output")


def test_a_broken_connection_is_resumed(server: HubServer) -> None:
    fetch_size = header_size(FILES["model.safetensors"]) + MATRIX.nbytes
    server.faults = [Fault("break", "model.safetensors", value=5, times=2)]
    server.faults += [Fault("break", "tokenizer.json", value=1000, times=1)]
    np.testing.assert_array_equal(tensor_of(fetch()), MATRIX)
    assert server.sent["model.safetensors"] == fetch_size  # no byte came twice


def test_a_connection_that_breaks_in_the_tensor(server: HubServer) -> None:
    server.faults = [Fault("break", "model.safetensors", value=40_000, after=2, times=1)]
    np.testing.assert_array_equal(tensor_of(fetch()), MATRIX)
    *_, broken, resumed = (asked.range for asked in server.asked if asked.path.endswith("safetensors"))
    start, end = (int(text) for text in str(broken).removeprefix("bytes=").split("-"))
    assert resumed == f"bytes={start + 40_000}-{end}"


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
@pytest.mark.parametrize("path", ["model.safetensors", "tokenizer.json", f"/api/models/{REPO}"])
def test_a_failure_that_passes(server: HubServer, status: int, path: str) -> None:
    server.faults = [Fault("status", path, value=status, times=2, headers={"Retry-After": "0"})]
    np.testing.assert_array_equal(tensor_of(fetch()), MATRIX)


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        (Fault("status", "model.safetensors", 429), "too many requests.*HTTP 429.*try again later"),
        (
            Fault("status", "model.safetensors", 429, headers={"Retry-After": "3600"}),
            r"asks to wait 3,600 s",
        ),
        (Fault("status", "large", 429, headers={"RateLimit": '"api";r=0;t=120'}), "asks to wait 120 s"),
        (
            Fault("status", "json", 503, headers={"Retry-After": "Wed, 01 Jan 2250 00:00:00 GMT"}),
            "asks to wait",
        ),
        (Fault("status", "model.safetensors", 503), "cannot give .* at the moment .HTTP 503"),
        (Fault("status", "large", 500), "at the moment .HTTP 500"),
        (Fault("status", "tokenizer.json", 401), "needs a valid token .*HF_TOKEN"),
        (
            Fault("status", "model.safetensors", 403, headers={"X-Error-Code": "GatedRepo"}),
            "is gated .*accept its conditions .*HF_TOKEN",
        ),
        (Fault("status", "large", 401, headers={"X-Error-Code": "GatedRepo"}), "is gated"),
        (Fault("status", "large", 401), "does not exist or needs a valid token"),
        (Fault("status", "model.safetensors", 403), "refused .HTTP 403"),
        (Fault("status", "model.safetensors", 404), "does not exist .HTTP 404"),
        (Fault("status", "model.safetensors", 418), "HTTP 418"),
        (Fault("status", "large", 200), "does not answer as a hub does"),
        (Fault("ignore-range", "model.safetensors"), "ignores Range .*nothing was read"),
        (Fault("wrong-total", "model.safetensors"), "were expected"),
        (Fault("wrong-range", "model.safetensors"), "sends the range"),
        (Fault("short", "model.safetensors"), "sends 7 bytes of"),
        (Fault("short", "tokenizer.json"), "were expected"),
        (Fault("break", "model.safetensors"), "no answer from 127.0.0.1"),
    ],
)
def test_one_clear_line_and_nothing_left(server: HubServer, fault: Fault, says: str) -> None:
    server.faults = [fault]
    with pytest.raises(SourceError, match=says) as caught:
        fetch()
    assert "\n" not in str(caught.value) and "hf_secret" not in str(caught.value)
    assert left() == []
    server.faults = []
    np.testing.assert_array_equal(tensor_of(fetch()), MATRIX)


@pytest.mark.parametrize("after", [0, 1, 2])
def test_an_ignored_range_is_not_read(server: HubServer, after: int) -> None:
    raw = safetensors_bytes({"wte.weight": np.zeros((8000, 1000), np.float32)})
    server.repos[REPO]["model.safetensors"] = raw
    server.faults = [Fault("ignore-range", "model.safetensors", after=after)]
    with pytest.raises(SourceError, match="ignores Range"):
        fetch()
    server.close()
    assert server.sent.get("model.safetensors", 0) < len(raw) / 2  # what fits between two sockets
    assert left() == []


def test_what_does_not_exist(server: HubServer) -> None:
    with pytest.raises(SourceError, match=r"none/such does not exist .*check the name"):
        fetch("none/such")
    with pytest.raises(SourceError, match=r"gpt2-large@v9 does not exist"):
        fetch(revision="v9")
    for name in ("../../etc", "a/b/c", "", "a--b/c", "a/..", "/x"):
        with pytest.raises(InputError, match="owner/name"):
            fetch(name)
    assert left() == []


def test_no_network(server: HubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    with running() as gone:
        pass
    use(gone.url, monkeypatch)
    with pytest.raises(SourceError, match=r"no answer from 127\.0\.0\.1.*check the network"):
        fetch()
    use("nonsense", monkeypatch)
    with pytest.raises(SourceError, match=r"no answer from .*HF_ENDPOINT"):
        fetch()
    assert left() == []


def test_offline_and_not_in_the_cache(server: HubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(SourceError, match=r"not in the cache .*HF_HUB_OFFLINE"):
        fetch()
    assert server.asked == [] and left() == []


def test_without_the_library(server: HubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'tokensphere\[hub\]'"):
        fetch()


def test_the_token_goes_to_no_other_host(server: HubServer) -> None:
    server.cdn = True
    np.testing.assert_array_equal(tensor_of(fetch()), MATRIX)
    for asked in server.asked:
        own = asked.host != "localhost" and asked.path != "/api/agent-harnesses"  # huggingface_hub's
        assert asked.token == ("Bearer hf_secret" if own else None), asked
    assert {asked.host for asked in server.asked} == {"localhost", "127.0.0.1"}


@pytest.mark.parametrize(
    ("other", "says"),
    [
        ("pytorch_model.bin", r"no safetensors; it has .*pytorch_model\.bin.*refs/pr/1"),
        ("model-Q8_0.gguf", r"no safetensors; .*hf download .*gpt2-large model-Q8_0\.gguf"),
        ("notes.txt", r"no safetensors; it has .*notes\.txt.*another repository"),
    ],
)
def test_a_repository_without_safetensors(server: HubServer, other: str, says: str) -> None:
    server.repos[REPO] = {other: b"x", "tokenizer.json": b"{}"}
    with pytest.raises(SourceError, match=says):
        fetch()
    assert left() == []


def test_other_repositories_that_do_not_do(server: HubServer) -> None:
    files = server.repos[REPO]
    kept = {name: files[name] for name in ("model.safetensors", "config.json")}
    server.repos[REPO] = kept
    with pytest.raises(SourceError, match=r"has no vocabulary .*it has config\.json"):
        fetch()
    server.repos[REPO] = files | {"config.json": b"[1]"}
    with pytest.raises(FormatError, match=r"config\.json .* is not a JSON object"):
        fetch()
    server.repos[REPO] = files | {"config.json": b"["}
    with pytest.raises(FormatError, match="not valid JSON"):
        fetch()
    parts = {"qweight": ("I32", (4, 2), bytes(32)), "scales": ("F16", (4, 1), bytes(8))}
    gptq = safetensors({f"wte.{name}": part for name, part in parts.items()})
    server.repos[REPO] = files | {"model.safetensors": gptq}
    with pytest.raises(SourceError, match=r"wte\.qweight.*GPTQ or AWQ"):
        fetch()
    server.repos[REPO] = {"a.safetensors": b"", "b.safetensors": b"", "tokenizer.json": b""}
    with pytest.raises(SourceError, match="several models"):
        fetch()
    assert left() == []


def test_other_places_of_model_and_vocabulary(server: HubServer) -> None:
    files = server.repos[REPO]
    server.repos[REPO] = {
        "0_Transformer/model.safetensors": files["model.safetensors"],
        "vocab.txt": b"a\nb\n",
        "added_tokens.json": b"{}",
    }
    assert list(fetch().files) == ["vocab.txt", "added_tokens.json"]


def test_damaged_headers(server: HubServer) -> None:
    raw = FILES["model.safetensors"]
    rng = np.random.default_rng(1)
    for count in range(100):
        damaged = bytearray(raw)
        for at in rng.integers(0, 400, 3):
            damaged[at] = rng.integers(256)
        cut = int(rng.integers(300, len(raw))) if count % 2 else len(raw)
        server.repos[REPO]["model.safetensors"] = bytes(damaged[:cut])
        try:
            fetch()
        except SourceError:
            assert left() == []
        else:  # what was hit does not matter for this tensor
            cache_writer.remove(REPO)


def test_a_refresh_asks_again(server: HubServer) -> None:
    old = fetch()
    server.commit = COMMIT[::-1]
    server.repos[REPO] = gpt2_files(seed=1)
    assert fetch() == old
    new = fetch(refresh=True)
    assert new.commit == COMMIT[::-1] and new.sha256 != old.sha256
    assert fetch() == new and fetch(revision=COMMIT).sha256 == old.sha256
    count = len(server.asked)
    assert fetch(refresh=True) == new and len(server.asked) == count + 1


def test_ctrl_c_leaves_nothing(server: HubServer) -> None:
    def interrupt(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch(progress=interrupt)
    assert left() == []


def test_threads_at_once(server: HubServer) -> None:
    found: list[cache.Entry] = []
    utils.get_session()  # huggingface_hub 1.0 makes, and forgets, one client for each of several threads
    threads = [threading.Thread(target=lambda: found.append(fetch())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({entry.path for entry in found}) == 1 and len(found) == 4
    assert len(cache.entries()) == 1 and not list((cache.cache_root() / "tmp").iterdir())


_PROGRAM = """
import sys
from tokensphere.sources.hub.client import fetch
entry = fetch(sys.argv[1])
print(entry.sha256, entry.path)
"""


def test_processes_at_once_with_the_usual_variables(server: HubServer) -> None:
    variables = {**os.environ, "HF_ENDPOINT": server.url + "/"}
    command = [sys.executable, "-c", _PROGRAM, REPO]
    programs = [
        subprocess.Popen(command, env=variables, stdout=subprocess.PIPE, text=True) for _ in range(2)
    ]
    answers = [program.communicate(timeout=60)[0] for program in programs]
    assert [program.returncode for program in programs] == [0, 0]
    assert answers[0] == answers[1]
    assert {asked.token for asked in server.asked if REPO in asked.path} == {"Bearer hf_secret"}
    cache.verify(cache.entries()[0])


def test_ranges_in_parallel_pieces_over_bad_connections(server: HubServer) -> None:
    content = np.random.default_rng(0).bytes(100_000)
    server.repos[REPO]["blob"] = content
    # After a connection that broke, others that were kept open may turn out to be closed, too.
    patient = replace(QUICK, attempts=6)
    for seed in range(30):
        rng = np.random.default_rng(seed)
        start, stop = sorted(rng.integers(0, len(content) + 1, 2).tolist())
        server.faults = [
            Fault("break", "blob", value=int(rng.integers(0, 3000)), times=1),
            Fault("status", "blob", value=503, times=1),
        ]
        out = bytearray(stop - start)
        seen: list[int] = []

        def write(at: int, part: bytes, out: bytearray = out) -> None:
            out[at : at + len(part)] = part

        def progress(done: int, total: int, seen: list[int] = seen) -> None:
            seen.append(done)

        Range(
            Connection(utils.get_session(), {}, patient),
            "blob",
            f"{server.url}/{REPO}/resolve/{COMMIT}/blob",
            range(start, stop),
            write=write,
            parts=4,
            piece=int(rng.integers(2000, 50_000)),
            progress=progress,
        ).fetch()
        assert bytes(out) == content[start:stop]
        assert seen == sorted(seen) and sum(seen[-1:]) == stop - start


def test_one_piece_that_fails_ends_all(server: HubServer) -> None:
    server.repos[REPO]["blob"] = bytes(100_000)
    server.faults = [Fault("status", "blob", value=404, times=1)]
    with pytest.raises(SourceError, match="does not exist"):
        Range(
            Connection(utils.get_session(), {}, QUICK),
            "blob",
            f"{server.url}/{REPO}/resolve/{COMMIT}/blob",
            range(100_000),
            write=lambda at, part: None,
            parts=2,
            piece=1000,
        ).fetch()
    assert len(server.asked) < 50


def test_a_file_that_is_too_long(server: HubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repository, "_LONGEST", 1000)
    with pytest.raises(SourceError, match="longer than 1,000 bytes"):
        fetch()
    assert left() == []


LLAMA = {"model.embed_tokens.weight": MATRIX, "model.norm.weight": MATRIX[0]}


def serve(server: HubServer, files: dict[str, dict[str, Any]], **more: bytes) -> None:
    """The repository with these safetensors files in place of its own."""
    kept = {name: server.repos[REPO][name] for name in ("tokenizer.json",)}
    made = {name: safetensors_bytes(tensors) for name, tensors in files.items()}
    server.repos[REPO] = kept | made | {name.replace("__", "."): raw for name, raw in more.items()}


def test_a_missing_output_needs_evidence(server: HubServer) -> None:
    serve(server, {"model.safetensors": LLAMA}, config__json=b'{"model_type": "llama"}')
    with pytest.raises(SourceError, match="by default 'llama' does not use"):
        fetch(matrix="output")
    serve(server, {"model.safetensors": LLAMA}, config__json=b'{"tie_word_embeddings": true}')
    found = fetch(matrix="output", refresh=True).found
    assert found is not None and found.tied and "tie_word_embeddings in config.json" in found.notes[0]


def test_files_without_an_index_are_one_model(server: HubServer) -> None:
    first, second = (f"model-0000{number}-of-00002.safetensors" for number in (1, 2))
    head = {"lm_head.weight": MATRIX[::-1].copy()}
    serve(server, {first: LLAMA}, config__json=b'{"tie_word_embeddings": true}')
    with pytest.raises(SourceError, match=f"{second} is missing in {REPO}"):
        fetch(matrix="output")
    serve(server, {first: LLAMA, second: head}, config__json=b'{"tie_word_embeddings": true}')
    assert fetch(matrix="output").tensor == "lm_head.weight"


def test_an_adapter_names_its_base_model(server: HubServer) -> None:
    changes = {"base_model.model.model.layers.0.q_proj.lora_A.weight": MATRIX[:2]}
    config = b'{"base_model_name_or_path": "some/base"}'
    serve(server, {"adapter_model.safetensors": changes}, adapter_config__json=config)
    with pytest.raises(SourceError, match=r"this is an adapter.*load 'some/base'"):
        fetch()
    for name in [name for name in server.repos[REPO] if "token" in name or "vocab" in name]:
        del server.repos[REPO][name]  # as most adapters are published
    with pytest.raises(SourceError, match=r"this is an adapter.*load 'some/base'"):
        fetch()


def test_a_missing_vocabulary_is_told_by_names_that_files_have(server: HubServer) -> None:
    server.repos[REPO] = {"model.safetensors": FILES["model.safetensors"]}
    with pytest.raises(
        SourceError, match=r"looked for tokenizer\.json.*source_vocabulary\.json"
    ) as caught:
        fetch()
    assert "{" not in str(caught.value)


@pytest.mark.parametrize("revision", ["..", ".", "../v1", "v1/../main", ""])
def test_revisions_that_git_does_not_have(server: HubServer, revision: str) -> None:
    """An address with two dots leads elsewhere: to the model's main branch, say."""
    for model, given in ((f"{REPO}@{revision}", None), (REPO, revision)):
        with pytest.raises(InputError, match="is no repository of a hub"):
            ts.load(model, revision=given)
    assert server.asked == []
