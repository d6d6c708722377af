"""The Hub's shared cache beside ours and the hub itself: which is asked, in which order."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import tokensphere as ts
from tests.files.of_names_and_places import COMMIT, OLDER, ROWS, model, shared_cache
from tests.sources.hub.server import HubServer, used
from tokensphere.errors import FormatError, InputError, SourceError
from tokensphere.sources.hub.names import OLD_NAMES, Named, parse

_REASON = "huggingface_hub is missing: pip install 'tokensphere[hub]'"
pytest.importorskip("huggingface_hub", reason=_REASON)

REPO = "openai-community/gpt2"


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[HubServer]:
    """A hub whose rows are twice those of the shared cache; both caches are empty."""
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "shared"))
    with used(monkeypatch, tmp_path / "ours") as hub:
        files = model(tmp_path / "files", 2 * ROWS)
        hub.repos[REPO] = {file.name: file.read_bytes() for file in files.iterdir()}
        yield hub


def snapshot(tmp_path: Path) -> Path:
    shared_cache(REPO, root=tmp_path / "shared")
    return tmp_path / "shared" / "models--openai-community--gpt2" / "snapshots" / COMMIT


def test_nothing_is_fetched_that_the_shared_cache_has(server: HubServer, tmp_path: Path) -> None:
    folder = snapshot(tmp_path)
    for name in ("gpt2", REPO, f"https://huggingface.co/{REPO}/tree/main", f"hf://{REPO}"):
        space = ts.load(name)
        np.testing.assert_array_equal(space.vectors, ROWS)
        about = space.provenance
        assert (about.model, about.revision) == (REPO, COMMIT)
        assert about.source == str(folder / "model.safetensors") and about.tensor == "wte.weight"
    assert ts.load(folder).provenance == about and ts.load(folder.parent.parent).provenance == about
    assert server.asked == []


def test_a_refresh_asks_the_hub_and_ours_goes_first_from_then_on(
    server: HubServer, tmp_path: Path
) -> None:
    snapshot(tmp_path)
    np.testing.assert_array_equal(ts.load("gpt2", refresh=True).vectors, 2 * ROWS)
    count = len(server.asked)
    space = ts.load("gpt2")
    np.testing.assert_array_equal(space.vectors, 2 * ROWS)
    assert space.provenance.source == f"hub: {REPO}" and len(server.asked) == count


def test_offline_a_refresh_takes_what_is_there(
    server: HubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    snapshot(tmp_path)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    np.testing.assert_array_equal(ts.load("gpt2", refresh=True).vectors, ROWS)
    assert server.asked == []


@pytest.mark.parametrize("lacking", ["model.safetensors", "vocab.json"])
def test_what_a_snapshot_lacks_is_fetched(server: HubServer, tmp_path: Path, lacking: str) -> None:
    link = snapshot(tmp_path) / lacking
    link.resolve().unlink()  # the link stays and leads nowhere
    np.testing.assert_array_equal(ts.load("gpt2").vectors, 2 * ROWS)
    assert server.asked


def test_without_a_network_both_problems_are_told(server: HubServer, tmp_path: Path) -> None:
    (snapshot(tmp_path) / "vocab.json").unlink()
    del server.repos[REPO]
    with pytest.raises(SourceError, match=r"no vocabulary.* and openai-community/gpt2@.*does not exist"):
        ts.load("gpt2")


def test_a_damaged_file_of_the_shared_cache_is_told(server: HubServer, tmp_path: Path) -> None:
    (snapshot(tmp_path) / "model.safetensors").resolve().write_bytes(
        b"\x20" + bytes(7) + b"{" + bytes(99)
    )
    with pytest.raises(FormatError, match=r"snapshots.*model\.safetensors"):
        ts.load("gpt2")
    assert server.asked == []


def test_the_commit_in_our_cache_is_not_mixed_with_another(server: HubServer, tmp_path: Path) -> None:
    server.commit = "f" * 40
    ts.load("gpt2")
    snapshot(tmp_path)
    output = ts.load("gpt2", matrix="output")
    np.testing.assert_array_equal(output.vectors, 2 * ROWS)
    assert output.provenance.revision == "f" * 40


def test_two_revisions_are_one_too_many() -> None:
    with pytest.raises(InputError, match="two revisions"):
        ts.load("https://huggingface.co/gpt2/tree/v1", revision="v2")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("o/n", Named("o/n")),
        ("o/n@refs/pr/1", Named("o/n", "refs/pr/1")),
        ("gpt2@v1", Named(REPO, "v1")),
        ("https://huggingface.co/o/n/", Named("o/n")),
        ("http://www.huggingface.co/o/n.git", Named("o/n")),
        ("https://huggingface.co/o/n?library=transformers#usage", Named("o/n")),
        ("https://huggingface.co/o/n/tree/main/onnx", Named("o/n", "main", "onnx")),
        ("https://huggingface.co/o/n/tree/feature%2Fx", Named("o/n", "feature/x")),
        ("https://huggingface.co/o/n/blob/feature%2Fx/a%20b/c", Named("o/n", "feature/x", "a b/c")),
        ("https://someone:hf_secret@huggingface.co/o/n", Named("o/n")),
        ("https://huggingface.co/o/n/blob/refs/pr/3/a/b.gguf", Named("o/n", "refs/pr/3", "a/b.gguf")),
        ("https://huggingface.co/o/n/commit/" + OLDER, Named("o/n", OLDER)),
        ("https://huggingface.co/o/n/discussions/3", Named("o/n")),
        ("huggingface.co/gpt2/blob/main/config.json", Named(REPO, "main", "config.json")),
        ("git@hf.co:o/n", Named("o/n")),
        ("hf://o/n/a/b.bin", Named("o/n", None, "a/b.bin")),
        ("hf://models/o/n", Named("o/n")),
        ("hf://gpt2@refs/pr/1/config.json", Named(REPO, "refs/pr/1", "config.json")),
        ("hf://o/n@feature%2Fx/f", Named("o/n", "feature/x", "f")),
        *((name, None) for name in ("absent", "a/b/c", "D:\\x", "D:/x", "../a", "./a", "a/b.gguf", "~/x",
                               "")),
    ],
)  # fmt: skip
def test_what_is_typed(typed: str, meant: Named | None) -> None:
    assert parse(typed) == meant


@pytest.mark.parametrize(
    "typed",
    [
        "https://", "https://huggingface.co", "https://huggingface.co/owner", "hf://", "hf://owner",
        "s3://bucket/x", "https://[x/o/n", "file://[x", "https://huggingface.co/spaces/o/n",
        "hf://datasets/o/n", "https://example.org/o/n",
    ],
)  # fmt: skip
def test_addresses_of_no_model(typed: str) -> None:
    with pytest.raises((InputError, SourceError)) as caught:
        ts.load(typed)
    assert "\n" not in str(caught.value)


def test_old_names_have_one_owner_each() -> None:
    assert len(OLD_NAMES) == len(set(OLD_NAMES.values())) > 60
    assert OLD_NAMES["t5-small"] == "google-t5/t5-small"
    assert OLD_NAMES["xlm-roberta-base"] == "FacebookAI/xlm-roberta-base"
