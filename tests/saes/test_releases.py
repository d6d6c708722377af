"""The table of public releases: whole, searched, and each of its dictionaries can be named."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.running import Command
from tests.saes.released import RELEASED
from tests.sources.hub.server import HubServer, used
from tokensphere.errors import InputError
from tokensphere.saes.hooks import place_of
from tokensphere.saes.models import hub_name, of_repository
from tokensphere.saes.named import open_sae
from tokensphere.saes.releases import list_saes, named, table
from tokensphere.sources.hub.names import parse

SAES = Command("saes")


def test_every_dictionary_can_be_named() -> None:
    releases = table().releases
    assert len({release.name for release in releases}) == len(releases) > 100
    for release in releases:
        assert parse(release.repo) is not None and "/" in release.model
        assert len({one.id for one in release.saes}) == len(release.saes)
        whole, every = named(f"{release.name}/*")
        assert (whole, every) == (release, release.saes)
        first = release.saes[0]
        assert named(f"{release.name}/{first.id}") == (release, (first,))


def test_models_that_repositories_tell_are_those_of_the_table() -> None:
    """Where the name of a repository tells a model, it is the one that the table has."""
    told = 0
    for release in table().releases:
        model = of_repository(release.repo)
        if model is not None:
            told += 1
            assert model.lower() == release.model.lower(), release
    assert told > 80


def test_hooks_of_the_table_are_known() -> None:
    ids = {one.id for release in table().releases for one in release.saes if "hook_" in one.id}
    plain = {re.sub(r"_\d+$", "", id) for id in ids if "__" not in id}  # a width may stand behind
    assert len(plain) > 80
    assert all(place_of(hook).space != "unknown" and place_of(hook).layer is not None for hook in plain)


@pytest.mark.parametrize(
    ("told", "meant"),
    {
        "gpt2": "openai-community/gpt2", "gpt2-xl": "openai-community/gpt2-xl",
        "EleutherAI/pythia-70m": "EleutherAI/pythia-70m", "qwen3-1.7b": "Qwen/Qwen3-1.7B",
        "gemma-2b-it": "google/gemma-2b-it", "google/gemma-v3-270m-pt": "google/gemma-3-270m",
        "google/gemma-2-9b": "google/gemma-2-9b", "mistral-7b": "mistralai/Mistral-7B-v0.1",
    }.items(),
)  # fmt: skip
def test_names_of_models(told: str, meant: str) -> None:
    assert hub_name(told) == meant


def test_what_is_not_in_the_table_is_refused() -> None:
    for name, message in {
        "gpt2-small-res-j/x": "did you mean gpt2-small-res-jb",
        "qqqqqqqqqqqqqqqqq/x": "'tokensphere saes WORD' searches them",
        "gpt2-small-res-jb": "name one, as sae:gpt2-small-res-jb/blocks.0.hook_resid_pre",
        "gpt2-small-res-jb/blocks.8.hook_resid_pr": "did you mean blocks.8.hook_resid_pre",
        "gpt2-small-res-jb/*.nothing": "it has blocks.0.hook_resid_pre",
    }.items():
        with pytest.raises(InputError) as error:
            named(name)
        assert message in str(error.value)


def test_search_takes_all_words() -> None:
    every = list_saes()
    assert every == list(table().releases)
    for words in (["gemma-2", "transcoder"], ["GPT2", "hook_z"], ["blocks.8.hook_resid_pre"]):
        found = list_saes(*words)
        assert found
        for release in every:
            for one in release.saes:
                about = (
                    f"{release.name} {release.repo} {release.model} {release.layout} {one.id}".lower()
                )
                fits = all(word.lower() in about for word in words)
                kept = [sae for other in found if other.name == release.name for sae in other.saes]
                assert (one in kept) == fits


def test_the_command() -> None:
    text = SAES.good("gpt2-small-res-jb")
    assert "sae:gpt2-small-res-jb/blocks.8.hook_resid_pre" in text
    assert f"{len(table().releases):,} releases of" in SAES.good()
    record = json.loads(SAES.good("gpt2-small-res-jb", "--json"))
    (release,) = record["releases"]
    assert release["repo"] == "jbloom/GPT2-Small-SAEs-Reformatted" and len(release["saes"]) == 13
    lines = SAES.good("gpt2-small-res-jb", "--csv").splitlines()
    assert lines[0].startswith("release,id,repository") and len(lines) == 14
    assert "more (--all)" in SAES.good("gemma-scope-2b-pt-res")
    assert "more (--all)" not in SAES.good("gemma-scope-2b-pt-res", "--all")
    SAES.fails("no release has 'nonsense' in its name", "nonsense")


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[HubServer]:
    pytest.importorskip("huggingface_hub")
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "shared"))
    with used(monkeypatch, tmp_path / "cache") as hub_server:
        yield hub_server


def test_a_release_by_its_name(server: HubServer) -> None:
    made = RELEASED["saelens_of_version_6"](24)
    server.repos["jbloom/GPT2-Small-SAEs-Reformatted"] = dict(made.files)
    spec = f"sae:gpt2-small-res-jb/{made.inside}"
    with open_sae(spec) as found:
        assert found.model == "openai-community/gpt2" and found.groups == (made.inside,)
    files = {
        f"layer_{layer}.safetensors": made.files[f"{made.inside}/sae_weights.safetensors"]
        for layer in range(36)
    }
    server.repos["mwhanna/qwen3-4b-transcoders"] = files
    with open_sae("sae:mwhanna-qwen3-4b-transcoders/layer_2*[5]") as found:
        assert [part.layer for part in found.parts] == [2, *range(20, 30)]
        assert found.model == "Qwen/Qwen3-4B"
