"""Models of a hub: fetched once by however many, pinned to their commit, let go of when done."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

import tokensphere as ts
from tests.atlas.small import save_list
from tests.sources.hub.server import COMMIT, HubServer, gpt2_files, used
from tokensphere.atlas import fetch
from tokensphere.atlas import unit as units
from tokensphere.atlas.fetch import is_fetched, load_model
from tokensphere.atlas.folder import Folder
from tokensphere.atlas.models import Model
from tokensphere.atlas.run import run_atlas
from tokensphere.atlas.settings import AtlasSettings
from tokensphere.atlas.unit import Way
from tokensphere.sources.cache import entries as cache

pytest.importorskip(
    "huggingface_hub", reason="huggingface_hub is missing: pip install 'tokensphere[hub]'"
)

REPOS = [f"owner/model{number}" for number in range(3)]
MATRIX = 200 * 16 * 4  # bytes


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[HubServer]:
    units.forget()
    with used(monkeypatch, tmp_path / "cache") as hub:
        for seed, repo in enumerate(REPOS):
            hub.repos[repo] = gpt2_files(n=200, seed=seed)
        yield hub
    units.forget()


def sent(server: HubServer) -> int:
    """Bytes of weights that were sent."""
    return sum(size for name, size in server.sent.items() if name.endswith(".safetensors"))


def test_of_many_at_once_one_fetches(server: HubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch, "_POLL", 0.05)
    barrier, found = threading.Barrier(4), []
    ts.load(REPOS[1])
    one = sent(server)

    def load() -> None:
        barrier.wait()
        found.append(load_model(Model(REPOS[0])))

    threads = [threading.Thread(target=load) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(fetched for _, fetched in found) == [False, False, False, True]
    assert len({space.provenance.sha256 for space, _ in found}) == 1
    assert sent(server) == 2 * one > 2 * MATRIX


@pytest.mark.slow
def test_models_are_let_go_of_when_they_are_done(server: HubServer, tmp_path: Path) -> None:
    ts.load(REPOS[1])  # was there before, and stays
    one = sent(server)
    listed = [*REPOS, f"{REPOS[0]} control=gaussian", "owner/none"]
    models = save_list(tmp_path / "models", *listed, shapes={"a": (160, 6)})
    atlas = run_atlas(
        models, tmp_path / "atlas", directions=100, settings=AtlasSettings(block=100), way=Way(1, keep=0)
    )
    assert [model.title for model in atlas.failures] == ["owner/none"]
    assert len(atlas.finished) == 4 and len(atlas.controls) == 2
    assert {entry.repo for entry in cache.entries()} == {REPOS[1]}
    assert sent(server) <= 4 * one  # of the control at most once more
    commits = {
        model.facts.revision for model in atlas.finished if model.facts and model.facts.dimensions == 16
    }
    assert commits == {COMMIT}
    assert not list((tmp_path / "atlas").glob("models/*/fetched-*"))


@pytest.mark.slow
def test_as_many_stay_as_shall(server: HubServer, tmp_path: Path) -> None:
    atlas = run_atlas(
        REPOS, tmp_path, directions=100, settings=AtlasSettings(block=100), way=Way(1, keep=2)
    )
    assert len(atlas.finished) == 3 and len(cache.entries()) == 2


def test_a_model_stays_the_commit_that_it_was(server: HubServer, tmp_path: Path) -> None:
    settings = AtlasSettings(block=100)
    run_atlas(REPOS[:1], tmp_path, directions=100, settings=settings, way=Way(1, keep=0))
    assert not cache.entries()
    units.forget()
    later = "b" * 40
    server.commit = later
    server.repos[REPOS[0]] = gpt2_files(n=200, seed=99)
    atlas = run_atlas(REPOS[:1], tmp_path, directions=200, settings=settings, way=Way(1, keep=0))
    (model,) = atlas.models
    asked = [one.path for one in server.asked if "resolve" in one.path]
    assert any(COMMIT in path for path in asked) and not any(later in path for path in asked)
    assert model.rates is not None and model.rates.directions >= 100
    assert Folder(tmp_path).models()[0].directions == 200


def test_what_is_fetched(tmp_path: Path) -> None:
    (tmp_path / "model.gguf").write_bytes(b"")
    fetched = {
        "owner/name": True,
        "gpt2": True,
        str(tmp_path): False,
        str(tmp_path / "model.gguf"): False,
    }
    fetched["smollm2-135m-instruct"] = False
    assert {name: is_fetched(Model(name)) for name in fetched} == fetched
