from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any
from unittest.mock import patch

import matplotlib as mpl
import pytest

from tests.cli.foreign import TEXTS
from tokensphere.errors import InputError, MissingExtraError
from tokensphere.views.figures.canvas import (
    SUFFIXES,
    check_figure_path,
    drawing,
    figure_of,
    save_figure,
)
from tokensphere.views.figures.layout import describe

INSTALL = r"pip install 'tokensphere\[plot\]'"
STARTS = {".png": b"\x89PNG", ".svg": b"<?xml", ".pdf": b"%PDF"}


def _figure() -> Any:
    with drawing(None, 2, 2) as (ax,):
        ax.plot([0, 1])
    return figure_of(ax)


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_figure_becomes_a_file_of_its_kind(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix.upper()}"
    with drawing(path, 4, 3, "AAB;CCB") as axes:
        assert len(axes) == 3
        axes[0].plot([0, 1], [1, 0])
    assert path.read_bytes().startswith(STARTS[suffix])
    (tmp_path / "other").write_text("", encoding="utf-8")
    assert path.stat().st_mode == (tmp_path / "other").stat().st_mode
    assert names_in(tmp_path) == [path.name, "other"]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_same_figure_is_the_same_bytes(tmp_path: Path, suffix: str) -> None:
    for name in ("a", "b"):
        with drawing(tmp_path / f"{name}{suffix}", 3, 2) as (ax,):
            ax.plot([0, 1, 2], [1, 0, 3], label="x")
            describe(ax, "a", "b", "c")
    assert (tmp_path / f"a{suffix}").read_bytes() == (tmp_path / f"b{suffix}").read_bytes()


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_names_are_no_formulas_and_do_no_harm(tmp_path: Path, text: str) -> None:
    with drawing(tmp_path / "a.svg", 9, 4, title=text) as (ax,):
        ax.plot([1, 2], [1, 100], label=text[:12] + text[-90:])
        ax.set_yscale("log")
        describe(ax, f"title {text[:12]}", f"x\n{text[:12]}", "y")
    written = re.findall("<!-- (.*?) -->", (tmp_path / "a.svg").read_text("utf-8"), re.DOTALL)
    names = [said for said in written if "pwned" in said]
    assert len(names) == 4
    assert all(said.isprintable() and r"\x1b]0;" in said and len(said) < 250 for said in names)
    assert r"$\mathdefault{10^{1}}$" in written  # the axis' own formulas stay


def test_no_global_state_is_left() -> None:
    _figure()
    pyplot = sys.modules.get("matplotlib.pyplot")
    assert pyplot is None or not pyplot.get_fignums()


def test_settings_of_matplotlib_do_nothing_and_are_left_as_they_were(tmp_path: Path) -> None:
    ugly: dict[Any, Any] = {
        "font.size": 30, "axes.facecolor": "black", "lines.linewidth": 9, "font.family": "serif",
        "text.parse_math": False, "xtick.labelsize": 3, "figure.dpi": 40, "savefig.transparent": True,
        "axes.unicode_minus": False, "figure.constrained_layout.w_pad": 2, "xtick.color": "white",
    }  # fmt: skip
    for name, settings in (("a.svg", {}), ("b.svg", ugly)):
        with mpl.rc_context(settings):
            before = dict(mpl.rcParams)
            with drawing(tmp_path / name, 3, 2, title="all") as (ax,):
                ax.plot([-1, 2], [1, 100], label="one")
                ax.set_yscale("log")
                describe(ax, "a", "b", "c")
            assert dict(mpl.rcParams) == before
            with pytest.raises(InputError), drawing(tmp_path / "nowhere" / name, 3, 2):
                pass
            assert dict(mpl.rcParams) == before
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


@pytest.mark.parametrize("name", ["a", "a.jpg", "a.png.txt", ".png"])
def test_other_kinds_are_refused_before_the_work(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match=r"must end in \.png, \.svg, \.pdf"):
        check_figure_path(tmp_path / name)
    with pytest.raises(InputError, match="must end in"):
        save_figure(_figure(), tmp_path / name)
    assert names_in(tmp_path) == []


def test_places_that_cannot_be_written_are_refused_before_the_work(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    (tmp_path / "folder.png").mkdir()
    for path in (
        tmp_path / "no" / "a.png",
        tmp_path / "file" / "a.png",
        tmp_path / ("x" * 300 + ".png"),
        tmp_path / "folder.png",
    ):
        with pytest.raises(InputError, match="cannot write") as caught:
            check_figure_path(path)
        assert "\n" not in str(caught.value)
    assert names_in(tmp_path) == ["file", "folder.png"]


def test_checking_leaves_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"precious")
    check_figure_path(tmp_path / "a.png")
    check_figure_path(tmp_path / "b.svg")
    assert names_in(tmp_path) == ["a.png"] and (tmp_path / "a.png").read_bytes() == b"precious"


def test_a_failure_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"precious")
    figure = _figure()
    with (
        patch("os.replace", side_effect=OSError(28, "No space left on device")),
        pytest.raises(InputError, match="No space left"),
    ):
        save_figure(figure, path)
    with (
        patch.object(type(figure), "savefig", side_effect=KeyboardInterrupt),
        pytest.raises(KeyboardInterrupt),
    ):
        save_figure(figure, path)
    assert path.read_bytes() == b"precious" and names_in(tmp_path) == ["a.png"]


def test_without_matplotlib_the_command_that_installs_it_is_named(tmp_path: Path) -> None:
    with (
        patch("importlib.util.find_spec", return_value=None),
        pytest.raises(MissingExtraError, match=INSTALL),
    ):
        check_figure_path(tmp_path / "a.png")
    with (
        patch.dict(sys.modules, {"matplotlib.figure": None}),
        pytest.raises(MissingExtraError, match=INSTALL),
    ):
        _figure()
