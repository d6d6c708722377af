"""An atlas of small models: the same to the bit whoever does which part and whatever dies."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.atlas.small import DIRECTIONS, SETTINGS, SHAPES, said, save_list, save_model, sums
from tests.cases import every
from tokensphere.analysis.atlas.result import Atlas
from tokensphere.atlas import unit as units
from tokensphere.atlas.folder import Folder, Unit
from tokensphere.atlas.run import atlas_state, open_atlas, run_atlas
from tokensphere.atlas.settings import AtlasSettings
from tokensphere.atlas.unit import Outcome, Way, do_unit
from tokensphere.errors import FormatError, InputError


def run(models: Path, out: Path, **how: object) -> Atlas:
    units.forget()
    given = {"directions": DIRECTIONS, "settings": SETTINGS, "way": Way(threads=1), **how}
    return run_atlas(models, out, **given)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_list(tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="module")
def whole(models: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Atlas]:
    """The atlas of one process."""
    out = tmp_path_factory.mktemp("whole") / "atlas"
    return out, run(models, out)


def test_each_model_has_a_rate_and_controls_have_that_of_chance(whole: tuple[Path, Atlas]) -> None:
    out, atlas = whole
    assert len(atlas.finished) == 2 and len(atlas.controls) == 1 and not atlas.failures
    for model in (*atlas.finished, *atlas.controls):
        assert model.done and model.rates is not None and model.facts is not None
        assert model.rates.directions == DIRECTIONS
        low, high = model.rates.centered.interval
        assert (low <= 0.05 <= high) == (model.control is not None)
    shapes = {
        model.title: (model.facts.rows, model.facts.dimensions)
        for model in atlas.finished
        if model.facts
    }
    assert shapes == {f"{name}.safetensors": shape for name, shape in SHAPES.items()}
    state = atlas_state(out)
    assert (state.done, state.units, state.working) == (9, 9, ())
    assert not list((out / "claims").iterdir())


def test_parts_in_any_order_are_the_same_to_the_bit(
    models: Path, whole: tuple[Path, Atlas], tmp_path: Path
) -> None:
    counts = []
    for part in (3, 1, 4, 2):  # of 9 units: 2, 2, 3, 2
        parts = run(models, tmp_path, shard=(part, 4), way=Way(threads=2))
        counts.append(atlas_state(tmp_path).done)
    assert counts == [2, 4, 7, 9]  # each does its own and no other
    assert said(parts) == said(whole[1]) and parts == whole[1]
    assert sums(tmp_path) == sums(whole[0])


@pytest.mark.slow
def test_more_directions_go_on_from_those_that_are_there(
    models: Path, whole: tuple[Path, Atlas], tmp_path: Path
) -> None:
    run(models, tmp_path, directions=200)
    folder = Folder(tmp_path)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.glob("models/*/0*.parquet")}
    atlas = run(models, tmp_path)
    assert said(atlas) == said(whole[1]) and sums(tmp_path) == sums(whole[0])
    assert len(before) == 6
    assert all(path.stat().st_mtime_ns == time for path, time in before.items())
    fewer = run(models, tmp_path, directions=150)  # those that were asked for stay
    assert said(fewer) == said(atlas) and {one.directions for one in folder.models()} == {DIRECTIONS}


def test_models_that_cannot_be_had_stop_nobody_and_are_tried_again(tmp_path: Path) -> None:
    models = save_list(tmp_path / "models", "later.safetensors", "broken.gguf")
    (tmp_path / "models" / "broken.gguf").write_bytes(b"GGUF and no more")
    out = tmp_path / "atlas"
    atlas = run(models, out, directions=100)
    reasons = {model.title: model.failed for model in atlas.failures}
    assert set(reasons) == {"later.safetensors", "broken.gguf"} and len(atlas.finished) == 2
    assert reasons["later.safetensors"] and "no file or folder" in reasons["later.safetensors"]
    assert atlas_state(out).units == 3
    save_model(tmp_path / "models" / "later.safetensors", (150, 5))
    later = tmp_path / "models" / "later.safetensors"
    listed = [str(later), *(str(tmp_path / "models" / f"{name}.safetensors") for name in SHAPES)]
    atlas = run(models, out, directions=100)
    assert len(listed) == len(atlas.finished)
    assert [model.title for model in atlas.failures] == ["broken.gguf"]


def test_a_model_that_has_changed_is_refused(tmp_path: Path) -> None:
    models = save_list(tmp_path / "models", shapes={"a": (150, 6)})
    out = tmp_path / "atlas"
    run(models, out, directions=100)
    save_model(tmp_path / "models" / "a.safetensors", (150, 6), seed=99)
    atlas = run(models, out, directions=200)
    failed = {model.control: model.failed for model in atlas.models}
    assert "has other values, or another vocabulary" in str(failed[None])
    assert failed["shuffled"]
    assert all(model.rates and model.rates.directions == 100 for model in atlas.models)


@every(
    "damage",
    [
        lambda path: path.write_bytes(path.read_bytes()[:-100]),
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(path.with_name("000000000100-100.parquet").read_bytes()),
        lambda path: path.write_bytes(b"PAR1" + path.read_bytes()[4:200] + bytes(99) + b"PAR1"),
    ],
)
def test_a_damaged_result_is_told_and_done_again(
    damage: object, whole: tuple[Path, Atlas], models: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    out = tmp_path_factory.mktemp("damaged")
    copy_of(whole[0], out)
    id = whole[1].finished[0].id
    damage(out / "models" / id / "000000000000-100.parquet")  # type: ignore[operator]
    (out / "models" / id / "joined.parquet").write_bytes(b"PAR1")
    with pytest.raises(FormatError, match=id):
        open_atlas(out)
    assert said(run(models, out)) == said(whole[1]) and sums(out) == sums(whole[0])


def copy_of(folder: Path, out: Path) -> None:
    for path in sorted(folder.rglob("*")):
        to = out / path.relative_to(folder)
        to.mkdir(exist_ok=True) if path.is_dir() else to.write_bytes(path.read_bytes())


@pytest.mark.slow
def test_facts_that_are_damaged_are_found_again(
    whole: tuple[Path, Atlas], models: Path, tmp_path: Path
) -> None:
    copy_of(whole[0], tmp_path)
    for path in tmp_path.glob("models/*/facts.parquet"):
        path.write_bytes(path.read_bytes()[:50])
    for path in tmp_path.glob("models/*/*100-100.parquet"):
        path.unlink()
    assert said(run(models, tmp_path)) == said(whole[1])


def test_an_atlas_of_other_settings_is_refused(models: Path, whole: tuple[Path, Atlas]) -> None:
    for name, value in (("seed", 1), ("block", 200), ("k", 5), ("surrogates", 20)):
        with pytest.raises(InputError, match=f"was begun with {name}"):
            run(models, whole[0], settings=replace(SETTINGS, **{name: value}))  # type: ignore[arg-type]
    with pytest.raises(InputError, match="is no atlas, but not empty"):
        run(models, models.parent)
    assert not (models.parent / "atlas.json").exists()
    with pytest.raises(InputError, match="is no atlas: it has no"):
        open_atlas(models.parent)


@every(
    ("given", "said"),
    [
        ({"block": 99}, "of a unit is 99"),
        ({"surrogates": 18}, "surrogates is 18"),
        ({"k": 1}, "k is 1"),
        ({"seed": -1}, "seed is -1"),
        ({"surrogate": "plain"}, "unknown surrogate"),
    ],
)
def test_settings_that_cannot_be(given: dict[str, object], said: str) -> None:
    with pytest.raises(InputError, match=said):
        AtlasSettings(**given)  # type: ignore[arg-type]


FULL = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (6000, 6000))
import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
from tokensphere.cli import main
main(sys.argv[1:])
"""


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="no limits of files there")
def test_where_there_is_no_room_it_ends_with_a_line_and_goes_on_later(
    models: Path, whole: tuple[Path, Atlas], tmp_path: Path
) -> None:
    asked = [str(models), "--out", str(tmp_path / "out"), "-n", str(DIRECTIONS), "--block", "100"]
    given = {**os.environ, "TOKENSPHERE_CACHE": str(tmp_path / "cache")}
    done = subprocess.run(
        [sys.executable, "-c", FULL, "atlas", *asked],
        capture_output=True, encoding="utf-8", env=given, timeout=120,
    )  # fmt: skip
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr.count("\n") == 1 and "cannot write" in done.stderr, done.stderr
    assert "File too large" in done.stderr
    assert not list((tmp_path / "out").rglob("*.part")) and not list(
        (tmp_path / "out" / "claims").iterdir()
    )
    assert said(run(models, tmp_path / "out")) == said(whole[1])


def test_how_a_unit_goes(models: Path, whole: tuple[Path, Atlas]) -> None:
    id = whole[1].finished[0].id
    found = do_unit(whole[0], SETTINGS, Unit(id, 0, 100))
    assert found == Outcome(Unit(id, 0, 100), "there", size=found.size) and found.size > 0
    lost = do_unit(whole[0], SETTINGS, Unit("nobody", 0, 100))
    assert lost.state == "no room" and "has no model nobody" in lost.reason


def test_who_has_done_it_stands_in_every_unit(whole: tuple[Path, Atlas]) -> None:
    work = whole[1].to_dict()["work"]
    assert work["units"] == 9 and len(work["hosts"]) == len(work["versions"]) == 1
    for model in whole[1].models:
        assert {one["pid"] for one in model.by.values()} == {os.getpid()}
    json.dumps(whole[1].to_dict())
