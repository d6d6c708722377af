"""The list of models: what its lines mean, and which are refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cases import every
from tokensphere.atlas.models import Model, as_models, parse_model, read_models, titles
from tokensphere.errors import FormatError, InputError, SourceError


def read(folder: Path, text: str) -> list[Model]:
    path = folder / "models.txt"
    path.write_text(text, encoding="utf-8")
    return read_models(path)


def test_a_line_is_a_name_and_what_is_known_of_it(tmp_path: Path) -> None:
    (tmp_path / "my model.gguf").write_bytes(b"")
    found = read(
        tmp_path,
        "\ufeff# models\n\nopenai-community/gpt2  family=gpt2 tied=yes  # the small one\n"
        "'my model.gguf' matrix=output fold_norm=yes\nowner/name revision=step1 step=1\n"
        "owner/name revision=step2 step=2\nowner/name control=gaussian\n",
    )
    assert [model.name for model in found] == [
        "openai-community/gpt2", str(tmp_path / "my model.gguf"), *(3 * ["owner/name"]),
    ]  # fmt: skip
    assert found[0].tags == {"family": "gpt2", "tied": "yes"} and not found[0].loaded
    assert found[1].loaded == {"matrix": "output", "fold_norm": True}
    assert [model.control for model in found] == [None, None, None, None, "gaussian"]
    assert len({model.id for model in found}) == 5
    assert found[1].title == "my model.gguf, matrix output"
    assert found[4].title == "owner/name, gaussian"


def test_what_one_knows_of_a_model_changes_nothing_of_its_results(tmp_path: Path) -> None:
    one, other = (parse_model(["owner/name", word], tmp_path) for word in ("a=1", "b=2"))
    assert one.id == other.id != parse_model(["owner/name", "matrix=output"], tmp_path).id
    assert Model.from_dict(one.to_dict()) == one


def test_titles_tell_models_apart(tmp_path: Path) -> None:
    lines = [["owner/name"], ["/a/x.gguf"], ["/b/x.gguf"], ["/c/y.gguf"], ["/d/c/y.gguf"], ["/e/z.gguf"]]
    models = [parse_model(words, tmp_path) for words in lines]
    found = [titles(models)[model.id] for model in models]
    assert found[:3] == ["owner/name", "a/x.gguf", "b/x.gguf"] and found[5] == "z.gguf"
    assert len(set(found)) == 6 and all("y.gguf (" in title for title in found[3:5])


def test_names_of_models_are_file_names_whatever_they_are(tmp_path: Path) -> None:
    for name in ("../../etc/passwd", "a b\tc", "é/日本", "x" * 300, "owner/name@refs/pr/1", "."):
        id = Model(name).id
        assert 11 < len(id) <= 51 and id.isascii() and not id.startswith(".") and "/" not in id


@every(
    ("line", "said"),
    [
        ("gpt2 tied", "'tied' is no name=value"),
        ("gpt2 matrix=both", "unknown matrix 'both'"),
        ("gpt2 control=chance", "unknown control 'chance': use one of gaussian, shuffled"),
        ("gpt2 fold_norm=perhaps", "unknown fold_norm"),
        ("gpt2 'tied=yes", "No closing quotation"),
        ("gpt2\ngpt2 a=1", "line 2: gpt2 is there a second time"),
    ],
)
def test_a_line_that_cannot_be_is_named(tmp_path: Path, line: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        read(tmp_path, line)
    assert said in str(caught.value) and str(caught.value).startswith("models.txt, line")


def test_lists_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="names no model"):
        read(tmp_path, "# nothing\n\n")
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00g")
    with pytest.raises(FormatError, match="no text in UTF-8"):
        read_models(tmp_path / "binary")
    with pytest.raises(SourceError, match="cannot read the list of models"):
        read_models(tmp_path / "missing.txt")
    with pytest.raises(InputError, match="no models"):
        as_models([])
    with pytest.raises(InputError, match="second time"):
        as_models(["gpt2", "gpt2"])
