"""A folder gives the same rows and tokens, or is refused, wherever it lies: here or on a hub."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import tokensphere as ts
from tests.files.case import Case
from tests.files.test_table import CASES
from tests.sources.hub.server import HubServer, used
from tokensphere.errors import TokensphereError

_REASON = "huggingface_hub is missing: pip install 'tokensphere[hub]'"
pytest.importorskip("huggingface_hub", reason=_REASON)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubServer]:
    """A hub without repositories, and no cache."""
    with pytest.MonkeyPatch.context() as patch, used(patch, tmp_path_factory.mktemp("cache")) as hub:
        yield hub


@pytest.mark.parametrize("case", CASES, ids=[case.what for case in CASES])
def test_the_same_as_from_the_folder(
    case: Case, server: HubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HF_HOME", "HOME"):
        monkeypatch.setenv(name, str(tmp_path / "elsewhere" / name))
    folder = tmp_path / "files"
    folder.mkdir()
    want = case.make(folder)
    if Path(want.model) != folder or not any(folder.rglob("*.safetensors*")):
        return  # no repository of models
    repo, options = f"owner/model{CASES.index(case)}", dict(want.options)
    files = [file for file in folder.rglob("*") if file.is_file()]
    server.repos[repo] = {file.relative_to(folder).as_posix(): file.read_bytes() for file in files}
    if case.refused:
        with pytest.raises(TokensphereError) as caught:
            ts.load(repo, **options)
        assert "\n" not in str(caught.value)
        return
    far, near = ts.load(repo, **options), ts.load(folder, **options)
    np.testing.assert_array_equal(far.vectors, near.vectors)
    assert far.vocabulary.pieces == near.vocabulary.pieces
    one, other = far.provenance, near.provenance
    assert (one.tensor, one.sha256, one.dtype) == (other.tensor, other.sha256, other.dtype)
    # What the other matrix holds is not known where only one is fetched.
    told = [note for note in other.notes if not re.search("holds (the same|other) values", note)]
    assert list(one.notes) == told
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    again = ts.load(repo, **options)
    assert again.provenance == far.provenance
    np.testing.assert_array_equal(again.vectors, near.vectors)
