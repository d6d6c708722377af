"""Every layout in which dictionaries are published gives the vectors that it means, or is refused."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tests.directions.direction_files import safetensors
from tests.saes.released import RELEASED, D, Released, lens, npz, rows, told
from tokensphere.errors import FormatError, InputError, SourceError
from tokensphere.saes.find import VECTORS, Vectors
from tokensphere.saes.layouts import LAYOUTS
from tokensphere.saes.named import open_sae

SIZES = (24, D)  # as many features as dimensions, too: then no shape tells rows from columns


def written(made: Released, folder: Path) -> Path:
    """The dictionary in a folder that is called as the repository is."""
    return made.write(folder / made.repo.replace("/", "--"))


@pytest.mark.parametrize("name", RELEASED)
def test_a_layout_gives_its_vectors(name: str, tmp_path: Path) -> None:
    for size in SIZES:
        made = RELEASED[name](size)
        path = written(made, tmp_path / str(size))
        for kind in VECTORS:
            if not made.vectors(kind):
                with pytest.raises(SourceError, match="no encoder that is known"):
                    open_sae(path, vectors=kind)
                continue
            with open_sae(path, vectors=kind) as found:
                assert (found.model, found.d) == (made.model, D)
                same_vectors(found, made, kind)


def same_vectors(found, made: Released, kind: Vectors) -> None:  # type: ignore[no-untyped-def]
    called = " encoder" if kind == "encoder" else ""  # whatever tells a feature's name says it
    expected = {f"{title}{called}": own for title, own in made.vectors(kind).items()}
    assert found.vectors == kind
    assert found.groups == tuple(expected)
    everything = np.concatenate(list(expected.values()))
    np.testing.assert_array_equal(found.block(0, len(found)), everything)
    for low in range(0, len(found), 11):
        high = min(low + 17, len(found))
        np.testing.assert_array_equal(found.block(low, high), everything[low:high])
    names = [f"{title}[{i}]" for title, own in expected.items() for i in range(len(own))]
    assert list(found.names) == names
    counts = [len(own) for own in expected.values()]
    np.testing.assert_array_equal(found.group_of, np.repeat(np.arange(len(counts)), counts))
    if kind == "decoder":
        assert tuple(part.layer for part in found.parts) == made.layers


@pytest.mark.parametrize("name", RELEASED)
def test_one_feature_is_the_same_as_among_all(name: str, tmp_path: Path) -> None:
    made = RELEASED[name](24)
    path = written(made, tmp_path)
    with open_sae(f"{path}[7]") as one, open_sae(f"{path}[-3:]") as last:
        np.testing.assert_array_equal(one.block(0, len(one)), [own[7] for own in made.decoder.values()])
        assert list(one.names) == [f"{title}[7]" for title in made.decoder]
        assert [one.record(i)["row"] for i in range(len(one))] == [7] * len(made.decoder)
        rest = np.concatenate([own[-3:] for own in made.decoder.values()])
        np.testing.assert_array_equal(last.block(0, len(last)), rest)
    with pytest.raises(InputError, match="there is no 24"):
        open_sae(f"{path}[24]")


def test_every_layout_is_tried() -> None:
    tried = {layout.name for layout in LAYOUTS} - {"attention SAE (a configuration beside each file)"}
    assert len(RELEASED) >= len(tried)


NOT_RESIDUAL = {
    "blocks.3.attn.hook_z": "what attention heads put out, before W_O",
    "blocks.3.mlp.hook_post": "an MLP's neurons, before W_out",
    "somewhere.else": "which is no place that is known",
}


def test_vectors_that_are_no_directions_are_refused(tmp_path: Path) -> None:
    dec = rows(D, seed=1)
    (tmp_path / "sae_weights.safetensors").write_bytes(safetensors(lens(dec, dec)))
    for hook, why in NOT_RESIDUAL.items():
        (tmp_path / "cfg.json").write_bytes(told(hook_name=hook, model_name="gpt2"))
        with pytest.raises(SourceError, match=why):
            open_sae(tmp_path)


def test_gemma_scope_of_attention_is_refused_by_its_name(tmp_path: Path) -> None:
    for repo, path in (
        ("gemma-scope-2b-pt-att", "layer_3/width_16k/average_l0_9"),
        ("gemma-scope-2-1b-pt", "attn_out/layer_3_width_16k_l0_big"),
    ):
        folder = tmp_path / repo / path
        folder.mkdir(parents=True)
        dec = rows(D, seed=1)
        if "scope-2-" in repo:
            (folder / "params.safetensors").write_bytes(safetensors({"w_dec": dec, "w_enc": dec.T}))
        else:
            (folder / "params.npz").write_bytes(npz(lens(dec, dec), deflated=False))
        with pytest.raises(SourceError, match="attention heads"):
            open_sae(tmp_path / repo)


def test_a_decoder_that_lies_otherwise_than_its_layout_says_is_refused(tmp_path: Path) -> None:
    dec = rows(24, seed=1)
    turned = lens(dec, dec) | {"W_dec": dec.T}
    (tmp_path / "sae_weights.safetensors").write_bytes(safetensors(turned))
    (tmp_path / "cfg.json").write_bytes(told(hook_name="blocks.3.hook_resid_pre", model_name="gpt2"))
    with pytest.raises(FormatError, match=r"W_dec has the shape \(16, 24\).*its bias has 16 entries"):
        open_sae(tmp_path)


def test_what_is_no_dictionary_is_refused(tmp_path: Path) -> None:
    (tmp_path / "readme.txt").write_text("nothing")
    with pytest.raises(SourceError, match="holds no dictionary of a known layout"):
        open_sae(tmp_path)
    with pytest.raises(SourceError, match="there is no folder"):
        open_sae(tmp_path / "nowhere")
    with pytest.raises(SourceError, match="is a file: its tensors are named as FILE:TENSOR"):
        open_sae(tmp_path / "readme.txt")
    made = RELEASED["saelens_of_version_6"](24)
    path = written(made, tmp_path / "made")
    (path / "cfg.json").write_text("{")
    with pytest.raises(FormatError, match="is not valid JSON"):
        open_sae(path)
    (path / "cfg.json").write_text(json.dumps({"metadata": {}}))
    (path / "sae_weights.safetensors").write_bytes(b"\x00" * 8)
    with pytest.raises(FormatError):
        open_sae(path)


def test_several_models_are_not_mixed(tmp_path: Path) -> None:
    for name in ("saelens_of_version_6", "saelens_of_old"):
        RELEASED[name](24).write(tmp_path)
    with pytest.raises(SourceError, match="dictionaries of several models"):
        open_sae(tmp_path)
