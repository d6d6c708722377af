from __future__ import annotations

from tokensphere.views.groups import group_names


def test_names_are_shortened_to_what_differs() -> None:
    for names, short, common in (
        (["blk.1.w", "blk.2.w", "blk.12.w"], ("1", "2", "12"), "blk.*.w"),
        (["blk.1", "blk.11"], ("1", "11"), "blk.*"),
        (["x", "y"], ("x", "y"), ""),
        (["W", "W.out"], ("W", "W.out"), ""),
        (["only"], ("only",), ""),
        ([], (), ""),
    ):
        found = group_names(names)
        assert (found.short, found.common) == (short, common)


def test_layers_are_numbers_of_one_pattern_each_another() -> None:
    assert group_names(["blk.11.w", "blk.2.w"]).layers == (11, 2)
    assert group_names(["model.layers.0.mlp", "model.layers.7.mlp"]).axis == "layer"
    for names in (
        ["part.1", "part.2"],  # numbers, but of what?
        ["layer.1.a", "layer.1.b"],
        ["layer 1", "layer 01"],  # one place for two
        ["layer 1", "layer ²"],
        ["layer 1", f"layer {10**30}"],
        ["layer 1", "layer x"],
    ):
        found = group_names(names)
        assert found.layers is None and found.axis == "group", names
