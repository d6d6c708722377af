from __future__ import annotations

import pytest
from rich.cells import cell_len

from tests.analysis.atlas.made import SETTINGS, atlas, model, some, state
from tests.cli.foreign import TEXTS
from tokensphere.analysis.atlas.result import Atlas
from tokensphere.analysis.atlas.state import AtlasState, ModelState
from tokensphere.views import to_text

OPEN = model("open", None)


def said(result: object, width: int = 100, *, full: bool = False) -> str:
    """Without line breaks."""
    return " ".join(to_text(result, width=width, full=full).split())


@pytest.mark.parametrize(
    ("result", "parts", "never"),
    [
        (Atlas.of(SETTINGS, [OPEN]), ["No model has a rate yet. 1 is still to be done."], ["go with"]),
        (
            Atlas.of(SETTINGS, [model("gone", None, failed="no such model"), OPEN]),
            ["No model has a rate yet.", "1 is still to be done. 1 failed, see below.",
             "gone no such model"],
            ["Coherent:"],
        ),
        (
            Atlas.of(SETTINGS, [model("one", 0.2)]),
            ["In one, 20.0 % (18.1–22.1) of 2,000 random directions have a coherent list (chance gives"
             " 5.0 %); the post's 20 % lies in that interval.", "with fewer than 4 models"],
            ["differ beyond", "1 models"],
        ),
        (
            Atlas.of(SETTINGS, [model("one", 0.1), model("c", 0.05, control="gaussian")]),
            ["the post's 20 % does not lie in that interval. In 1 control, a matrix with no words, the"
             " rate is 5.0 % (4.0–6.2); chance's 5.0 % lies in that interval."],
            ["1 controls"],
        ),
        (
            atlas(0, 3),
            ["No model has a rate yet. In 3 controls, matrices with no words, the rate is"],
            [],
        ),
        (
            Atlas.of(SETTINGS, [model("a", 0.2), model("b", 0.2, 1)]),
            ["In 2 models, 20.0 % of random", "differ no more than their intervals explain (p = 1).",
             "The post's 20 % lies in both intervals."],
            ["20.0 to"],
        ),
        (
            Atlas.of(SETTINGS, [model(f"{i}", 0.1 + 0.05 * i, i) for i in range(3)]),
            ["In 3 models, 10.0 to 20.0 % of random directions have a coherent list (mean 15.0 %; chance"
             " gives 5.0 %). The rates differ beyond their intervals: the true ones have a standard"
             " deviation of about 4.9 points (p < 10⁻⁶). The post's 20 % lies in the interval of 1 of"
             " 3."],
            [],
        ),
        (some(), ["2 have a rate of part of the directions so far.", "1,000 of 2,000",
                  "broken not enough memory", "Warning: versions or kernels are mixed"], []),
    ],
)  # fmt: skip
def test_the_answer_reads_well(result: Atlas, parts: list[str], never: list[str]) -> None:
    text = said(result)
    assert all(part in text for part in parts), text
    assert not any(part in text for part in never), text


def test_whatever_models_are_called_lines_fit_and_nothing_acts() -> None:
    names = [*TEXTS.values(), "漢字" * 60, "קבוצה " * 40, "a/" * 80]
    made = [model(name, 0.1 + 0.01 * i, i, of=name) for i, name in enumerate(names)]
    result = Atlas.of(SETTINGS, [*made, model(names[0], None, 99, failed=names[0])])
    for width in (60, 100, 200):
        text = to_text(result, width=width)
        assert all(cell_len(line) <= width for line in text.splitlines())
        assert text.replace("\n", "").replace("\u200e", "").isprintable()


def test_the_wider_the_terminal_the_more_columns_and_full_has_all() -> None:
    result, before = some(), 0
    for width in (40, 80, 120, 200):
        head = next(line for line in to_text(result, width=width).splitlines() if "centred, %" in line)
        assert cell_len(head) > before
        before = cell_len(head)
    assert "known of it" in head and "never, %" in head and "directions" in head
    assert "known of it" in to_text(result, width=40, full=True)


def test_of_many_models_both_ends_are_shown_and_full_has_all() -> None:
    result = atlas(100, 40)
    few, whole = to_text(result, width=100), to_text(result, width=100, full=True)
    assert "… 70 others" in few and "… 10 others" in few and "others" not in whole
    assert "80 models left out for want of room" in few and "left out" not in whole
    rows = [f"maker/model-{number:03} " for number in range(100)]
    assert all(row in whole for row in rows)
    assert whole.index("go with") < whole.index(rows[0]) and few.index(rows[0]) < few.index("go with")
    assert [row in few for row in rows] == [number < 15 or number >= 85 for number in range(100)]


def test_what_one_sort_of_versions_did_needs_no_warning() -> None:
    text = said(atlas(5))
    assert "Done in 5 units, 4 minutes of processors, by 1 machine: tokensphere" in text
    assert "Warning" not in text and "no independent witnesses" in text
    assert "4 models cannot have a p below 0.083" in said(atlas(4)) and "cannot" not in text


def test_how_far_it_is() -> None:
    text = said(state())
    assert text.startswith("4 of 7 units; 4 models: 1 done, 1 begun, 1 open, 1 failed")
    assert "b begun 1 of 2 c open 0 of 2" in text and "a machine 12" in text and "d it is gone" in text
    whole = AtlasState(SETTINGS, (ModelState("a", "a-1", 1, 1, None),), ())
    assert said(whole) == "1 of 1 unit; 1 model: 1 done"
    many = AtlasState(SETTINGS, (*(ModelState(f"{i}", f"{i}", 0, 1, None) for i in range(300)),), ())
    assert "and 280 others" in said(many)
