"""What a user names -> EmbeddingSpace."""

from __future__ import annotations

from pathlib import Path

from tokensphere.errors import SourceError
from tokensphere.sources import bundled
from tokensphere.sources.gguf_space import load_gguf
from tokensphere.space import EmbeddingSpace


def load(model: str | Path | None = None) -> EmbeddingSpace:
    """Load a model's token embeddings.

    Parameters
    ----------
    model : str or path, optional
        the bundled model's name (also the default), or the path of a GGUF file

    Raises
    ------
    SourceError
        there is no such model, or it cannot be read
    """
    if model is None or str(model) == bundled.NAME:
        return bundled.load_bundled()
    path = Path(model).expanduser()
    if path.is_file():
        return load_gguf(path)
    what = f"{path} is a folder" if path.is_dir() else f"there is no model or file {str(model)!r}"
    raise SourceError(f"{what}; use {bundled.NAME!r} (bundled) or the path of a GGUF file")
