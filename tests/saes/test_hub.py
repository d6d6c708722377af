"""Dictionaries of a hub: the same vectors as from a folder, few bytes fetched, and none twice."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.directions.direction_files import safetensors
from tests.saes.released import RELEASED, D, Released, lens, rows, told
from tests.saes.test_layouts import same_vectors
from tests.sources.hub.server import COMMIT, Fault, HubServer, used
from tokensphere.errors import FormatError, InputError, SourceError, TokensphereError
from tokensphere.saes.find import VECTORS
from tokensphere.saes.named import means_sae, open_sae
from tokensphere.sources.cache.entries import cache_root, entries, verify

pytest.importorskip(
    "huggingface_hub", reason="huggingface_hub is missing: pip install 'tokensphere[hub]'"
)
REPO, HOOK = "owner/sae", "blocks.8.hook_resid_pre"


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[HubServer]:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "shared"))
    with used(monkeypatch, tmp_path / "cache") as hub_server:
        yield hub_server


def put(server: HubServer, made: Released) -> str:
    """The repository on the hub, and what its dictionaries are called."""
    server.repos[made.repo] = dict(made.files)
    return f"{made.repo}:{made.inside or '*'}"


@pytest.mark.parametrize("name", RELEASED)
def test_the_same_as_from_a_folder(
    name: str, server: HubServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = RELEASED[name](24)
    spec = put(server, made)
    for kind in filter(made.vectors, VECTORS):
        with open_sae(spec, vectors=kind) as found:
            assert (found.model, found.d) == (made.model, D)
            by_name(found, made, kind)
    for entry in entries():
        verify(entry)
    server.asked.clear()
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    for kind in filter(made.vectors, VECTORS):
        with open_sae(f"{spec}[7]", vectors=kind) as found:
            expected = [own[7] for own in made.vectors(kind).values()]
            np.testing.assert_array_equal(found.block(0, len(found)), expected)
    assert not server.asked
    assert not list((cache_root() / "tmp").iterdir())


def by_name(found, made: Released, kind) -> None:  # type: ignore[no-untyped-def]
    """The vectors, where a dictionary may be called by its whole path."""
    short = tuple(title.rpartition("/")[2] if made.inside else title for title in found.groups)
    expected = made.vectors(kind)
    if short == tuple(expected) and short != found.groups:
        np.testing.assert_array_equal(
            found.block(0, len(found)), np.concatenate(list(expected.values()))
        )
    else:
        same_vectors(found, made, kind)


@pytest.mark.parametrize("deflated", [False, True])
def test_only_what_is_needed_is_fetched(server: HubServer, deflated: bool) -> None:
    """Of a safetensors file the header and one tensor, of an archive its directory and one member."""
    f = 40_000
    dec, enc = np.repeat(rows(400, seed=1), 100, axis=0), rows(f, seed=2)
    made = RELEASED["gemma_scope_deflated" if deflated else "gemma_scope"](24)
    (path,) = made.files
    from tests.saes.released import npz

    content = npz(lens(dec, enc), deflated=deflated)
    server.repos[made.repo] = {path: content}
    with open_sae(f"{made.repo}:{made.inside}") as found:
        np.testing.assert_array_equal(found.block(0, f), dec)
    assert server.sent[path] < 0.9 * len(content)
    config = told(metadata={"hook_name": HOOK, "model_name": "gpt2"})
    weights = safetensors(lens(dec, enc))
    server.repos[REPO] = {"cfg.json": config, "sae_weights.safetensors": weights}
    with open_sae(f"{REPO}:") as found:
        np.testing.assert_array_equal(found.block(0, f), dec)
    assert server.sent["sae_weights.safetensors"] < dec.nbytes + 10_000 < 0.6 * len(weights)


def test_several_are_named_or_refused(server: HubServer) -> None:
    made = RELEASED["sparsify_of_all_layers"](24)
    put(server, made)
    for spec in (f"{made.repo}:", f"https://huggingface.co/{made.repo}", f"hf://{made.repo}"):
        with pytest.raises(InputError, match=rf"3 dictionaries \(layers.0.mlp, .*{made.repo}:\*'"):
            open_sae(spec)
    asked = len(server.asked)
    for spec, layers in (
        (f"{made.repo}:layers.10.mlp", [10]),
        (f"https://huggingface.co/{made.repo}/tree/main/layers.2.mlp", [2]),
        (f"hf://{made.repo}/layers.0.mlp", [0]),
        (f"{made.repo}@v1:layers.*.mlp", [0, 2, 10]),
    ):
        with open_sae(spec) as found:
            assert [part.layer for part in found.parts] == layers
    assert len(server.asked) > asked
    with pytest.raises(SourceError, match=r"has nothing called 'layers.9'; it has layers.0.mlp"):
        open_sae(f"{made.repo}:layers.9")
    with pytest.raises(SourceError):
        open_sae("owner/nowhere:layers.0")


def test_the_shared_cache_of_the_hub_is_used(server: HubServer, tmp_path: Path) -> None:
    made = RELEASED["saelens_of_version_6"](24)
    folder = tmp_path / "shared" / "models--owner--sae"
    made.write(folder / "snapshots" / COMMIT)
    (folder / "refs").mkdir()
    (folder / "refs" / "main").write_text(COMMIT)
    with open_sae(f"{REPO}:{made.inside}") as found:
        same_vectors(found, made, "decoder")
    assert not server.asked


FAULTS = {
    "refused": Fault("status", "sae_weights.safetensors", 403, after=2),
    "page": Fault("page", "sae_weights.safetensors"),
    "gone": Fault("status", "cfg.json", 404),
}


@pytest.mark.parametrize("name", FAULTS)
def test_nothing_half_fetched_stays(
    name: str, server: HubServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.sources.hub.test_client import QUICK
    from tokensphere.sources.hub import client

    monkeypatch.setattr(client, "_PATIENCE", QUICK)
    made = RELEASED["saelens_of_version_6"](24)
    spec = put(server, made)
    monkeypatch.setattr(client.open_repository, "__defaults__", (None, QUICK))
    server.faults = [FAULTS[name]]
    with pytest.raises(SourceError):
        open_sae(spec)
    assert not entries()
    assert not list((cache_root() / "tmp").iterdir()) if (cache_root() / "tmp").exists() else True
    server.faults = []
    with open_sae(spec) as found:
        same_vectors(found, made, "decoder")


def test_a_damaged_answer_is_asked_for_anew(server: HubServer) -> None:
    made = RELEASED["saelens_of_version_6"](24)
    spec = put(server, made)
    open_sae(spec).close()
    (answer,) = cache_root().rglob("@sae*")
    for content in ("", "[]", "[1]", '[{"layout": "SAELens"}]', answer.read_text().replace("fd", "fx")):
        answer.write_text(content)
        with open_sae(spec) as found:
            same_vectors(found, made, "decoder")


def test_a_damaged_archive_is_refused(server: HubServer) -> None:
    made = RELEASED["gemma_scope_deflated"](240)
    ((path, content),) = made.files.items()
    at = content.index(b"W_dec.npy") + 200
    broken = content[:at] + bytes(255 - byte for byte in content[at : at + 40]) + content[at + 40 :]
    for damaged in (broken, content[: len(content) // 2], b"PK\x03\x04" + bytes(500)):
        server.repos[made.repo] = {path: damaged}
        with pytest.raises(TokensphereError) as error:
            open_sae(f"{made.repo}:{made.inside}")
        assert isinstance(error.value, FormatError | SourceError)
        assert not entries()


def test_what_means_a_dictionary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "owner").mkdir()
    (tmp_path / "owner" / "probe").write_bytes(b"")
    for spec, means in {
        "sae:gpt2-small-res-jb/blocks.8.hook_resid_pre": True,
        "owner/name:layers.5": True,
        "owner/name@refs%2Fpr%2F1:layers.5[8]": True,
        "https://huggingface.co/owner/name/tree/main/layers.5": True,
        "owner/probe:W_dec": False,
        "probe.npy": False,
        "model.gguf:blk.*.w": False,
        "dir/model.gguf:blk.*.w": False,
        "./owner/name:W": False,
        "http://": False,
        "https://www": False,
        " king - man": False,
        "0/867": False,
    }.items():
        assert means_sae(spec) == means, spec
