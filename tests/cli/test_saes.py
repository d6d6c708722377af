"""``test``, ``nearest`` and ``explore`` with a dictionary of a known layout in place of a file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tokensphere as ts
from tests import small_model
from tests.cli.running import Command
from tests.directions.direction_files import safetensors

D, FEATURES = small_model.D, 40
TEST, NEAR = Command("test"), Command("nearest")


@pytest.fixture(autouse=True)
def surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKENSPHERE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("COLUMNS", "140")


@pytest.fixture
def vectors() -> dict[int, np.ndarray]:
    draw = np.random.default_rng(0)
    return {layer: draw.standard_normal((FEATURES, D)).astype(np.float32) for layer in (2, 10)}


@pytest.fixture
def saes(tmp_path: Path, vectors: dict[int, np.ndarray]) -> Path:
    """Two layers, whose encoders are the decoders turned round."""
    for layer, dec in vectors.items():
        hook = f"blocks.{layer}.hook_resid_post"
        folder = tmp_path / "saes" / hook
        folder.mkdir(parents=True)
        config = {"metadata": {"hook_name": hook, "model_name": "nobody-knows"}}
        (folder / "cfg.json").write_text(json.dumps(config))
        (folder / "sae_weights.safetensors").write_bytes(safetensors({"W_dec": dec, "W_enc": -dec.T}))
    return tmp_path / "saes"


def test_all_layers_are_groups(saes: Path, small_path: Path) -> None:
    found = TEST.record(saes, "-m", small_path, "--draws", 200, "--top", 0)
    groups = ["blocks.2.hook_resid_post", "blocks.10.hook_resid_post"]
    assert [group["group"] for group in found["groups"]] == groups
    named = [(row["group"], row["direction"]) for row in found["results"]]
    assert sorted(named) == sorted((of, f"{of}[{row}]") for of in groups for row in range(FEATURES))


def test_a_feature_is_what_its_tensor_gives(saes: Path, small_path: Path) -> None:
    """`test` and `nearest` of it, by the dictionary and by the tensor: the same lists."""
    one = f"{saes / 'blocks.10.hook_resid_post'}[7]"
    tensor = f"{saes / 'blocks.10.hook_resid_post' / 'sae_weights.safetensors'}:W_dec[7]"
    for command, more in ((TEST, ("--draws", 200)), (NEAR, ("--both-ends",))):
        by_name = command.record(one, "-m", small_path, *more)["results"]
        by_tensor = command.record(tensor, "-m", small_path, *more)["results"]
        for first, second in zip(by_name, by_tensor, strict=True):
            assert first["neighbors"] == second["neighbors"]
    named = {"vector": "blocks.10.hook_resid_post", "row": 7, "layer": 10}
    assert [row["direction"] for row in by_name] == [named, {**named, "opposite": True}]


def test_nearest_and_test_have_the_same_lists(
    saes: Path, vectors: dict[int, np.ndarray], small_path: Path, tmp_path: Path
) -> None:
    """By default, of a dictionary, of a file, of sums in a file; and where both are told the same."""
    np.save(tmp_path / "probe.npy", vectors[2][:3])
    (tmp_path / "sums.txt").write_text("id:3 - id:4\nid:5 + id:6 + id:7\n")
    own: tuple[tuple[object, ...], ...] = (
        (f"{saes}[:2]",), (tmp_path / "probe.npy",), ("--directions", tmp_path / "probe.npy"),
        ("--tokens", tmp_path / "sums.txt"),
    )  # fmt: skip
    for given in own:
        for more in ((), ("--raw",), ("--similarity", "dot"), ("--forms", "-k", 4)):
            near = NEAR.record(*given, *more, "-m", small_path)["results"]
            tested = TEST.record(*given, *more, "-m", small_path, "--draws", 50, "--top", 0)
            assert lists_of(near, more) == lists_of(tested["results"], more), (given, more)


def lists_of(results: list[dict[str, Any]], more: tuple[object, ...]) -> list[list[Any]]:
    """The neighbours of each direction; without dot products, which `test` has of unit vectors."""
    shown = ("id",) if "dot" in more else ("id", "similarity")
    return sorted([[one[name] for name in shown] for one in row["neighbors"]] for row in results)


def test_a_token_is_no_folder(saes: Path, small_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What happens to lie in the working folder under a token's name changes nothing."""
    (saes.parent / "king").mkdir()
    (saes.parent / " queen").symlink_to(saes)
    monkeypatch.chdir(saes.parent)
    for token in ("king", " queen"):
        here = NEAR.record(token, "-m", small_path)["results"]
        with monkeypatch.context() as elsewhere:
            elsewhere.chdir(small_path.parent)
            assert NEAR.record(token, "-m", small_path)["results"] == here
        assert "vector" not in here[0]["direction"]
    NEAR.good("./ queen[3]", "-m", small_path)


def test_a_sample_for_the_null(saes: Path, small_path: Path) -> None:
    """One layer beside the other: the dictionary, and its tensor, are the same sample."""
    first, second = (saes / f"blocks.{layer}.hook_resid_post" for layer in (2, 10))
    by_name, by_tensor = (
        TEST.record(first, "--null", f"sample:{sample}", "-m", small_path)["results"]
        for sample in (second, f"{second / 'sae_weights.safetensors'}:W_dec")
    )
    assert by_name == by_tensor


def test_a_close_up_is_by_the_statistic_that_is_named(saes: Path, small_path: Path) -> None:
    one = (f"{saes / 'blocks.2.hook_resid_post'}[3]", "-m", small_path, "--draws", 200)
    for name, said in (("nearness", "mean cosine of the 10 nearest"), ("cosine", "largest cosine")):
        assert f"By the {said}, the direction has p" in " ".join(
            TEST.good(*one, "--statistic", name).split()
        )
        assert TEST.record(*one, "--statistic", name)["order"]["statistic"] == name


def test_encoder_and_decoder(saes: Path, small_path: Path) -> None:
    one = f"{saes / 'blocks.2.hook_resid_post'}[3]"
    ends = NEAR.record(one, "-m", small_path, "--both-ends")["results"]
    encoder = NEAR.record(one, "-m", small_path, "--vectors", "encoder")["results"]
    assert encoder[0]["neighbors"] == ends[1]["neighbors"] != ends[0]["neighbors"]


def test_every_result_says_that_it_is_of_the_encoder(
    saes: Path, small_path: Path, tmp_path: Path
) -> None:
    """Terminal, JSON, CSV and what is saved; and what is saved of the decoder is another test."""
    path, told = saes / "blocks.2.hook_resid_post", "blocks.2.hook_resid_post encoder[3]"
    how = ("-m", small_path, "--draws", 60, "--vectors", "encoder")
    assert told in TEST.good(path, *how, "--top", 0) and told in TEST.good(
        path, *how, "--top", 0, "--csv"
    )
    assert TEST.good(f"{path}[3]", *how).startswith(told)
    assert " encoder[3]" in NEAR.good(f"{path}[3]", *how[:2], *how[4:])
    for kind in ("decoder", "encoder"):
        save = tmp_path / f"{kind}.parquet"
        record = TEST.record(path, *how[:4], "--vectors", kind, "--save", save)
        assert record["directions"]["vectors"] == kind
        again = ts.open_test(ts.load(small_path), save)
        assert again.directions.about["vectors"] == kind
        assert (told in again.names) is (kind == "encoder")
    assert "another file" in TEST.invoke(path, *how, "--save", tmp_path / "decoder.parquet").stderr


def test_the_model_is_asked_for(saes: Path) -> None:
    TEST.fails(f"{saes} does not say which model it belongs to; name it with --model", saes)


def test_the_model_is_found(saes: Path, small_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the name that the files tell, unless another is named, which is said."""
    for path in saes.glob("*/cfg.json"):
        told = path.read_text().replace("nobody-knows", "owner/told")
        path.write_text(told)
    asked: list[object] = []
    from tokensphere.sources import load

    whole = load.load

    def loaded(model: object, **options: object) -> object:
        asked.append(model)
        return whole(str(small_path), **options)  # type: ignore[arg-type]

    monkeypatch.setattr(load, "load", loaded)
    NEAR.good(f"{saes}[3]")
    assert asked == ["owner/told"]
    result = NEAR.invoke(f"{saes}[3]", "-m", "owner/other")
    assert asked == ["owner/told", "owner/other"] and result.exit_code == 0
    assert f"{saes} belongs to owner/told; owner/other is taken, as named" in result.stderr.replace(
        "[3]", ""
    )


def test_what_does_not_go_together_is_refused(saes: Path, small_path: Path, tmp_path: Path) -> None:
    probe = tmp_path / "probe.npy"
    np.save(probe, np.ones(D, np.float32))
    model = ("-m", small_path)
    TEST.fails(
        "--vectors encoder is for dictionaries of a known layout", probe, "--vectors", "encoder", *model
    )
    TEST.fails("the layout of a dictionary says its axis; leave out --axis", saes, "--axis", 1, *model)
    TEST.fails("there is no 40 in blocks.2.hook_resid_post", f"{saes}[40]", *model)
    NEAR.fails("look for it alone", f"{saes}[0]", " the", *model)


def test_half_a_dictionary_says_which_half_is_missing(saes: Path, small_path: Path) -> None:
    folder = saes / "blocks.2.hook_resid_post"
    for name, said in (
        ("cfg.json", "it has sae_weights.safetensors of a dictionary, but not its cfg.json"),
        ("sae_weights.safetensors", "it has the cfg.json of a dictionary, but not its weights"),
    ):
        aside = (folder / name).rename(saes / name)
        result = TEST.invoke(folder, "-m", small_path)
        assert result.exit_code == 1 and said in result.stderr and result.stdout == ""
        aside.rename(folder / name)
    for file in folder.iterdir():  # no half of anything
        file.rename(folder / f"other-{file.name}")
    assert "no whole dictionary" not in TEST.invoke(folder, "-m", small_path).stderr
