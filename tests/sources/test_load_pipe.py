"""What is no file is refused at once rather than waited for."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, cast

import pytest

import tokensphere as ts


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_is_refused(tmp_path: Path) -> None:
    pipe = tmp_path / "model.gguf"
    os.mkfifo(pipe)
    with pytest.raises(ts.SourceError, match="neither a regular file nor a folder"):
        ts.load(pipe)


@pytest.mark.parametrize("model", [3, b"model.gguf", 1.5])
def test_what_is_no_name_is_refused(model: object) -> None:
    with pytest.raises(ts.InputError, match="a name or a path"):
        ts.load(cast("Any", model))
