"""The model that comes with the package: SmolLM2-135M-Instruct's token embedding.

49,152 tokens × 576 dimensions, in the Q8_0 values of the GGUF file that it was cut from;
``scripts/make_bundled.py`` makes it.
"""

from __future__ import annotations

from pathlib import Path

from tokensphere.errors import SourceError
from tokensphere.sources.gguf import load_gguf
from tokensphere.sources.layout.assemble import Choice
from tokensphere.sources.layout.search import Matrix
from tokensphere.space import EmbeddingSpace

NAME = "smollm2-135m-instruct"
PATH = Path(__file__).parent.parent / "data" / f"{NAME}.gguf"


def load_bundled(matrix: Matrix = "input") -> EmbeddingSpace:
    """The bundled model; its input and output matrix are one.

    Raises
    ------
    SourceError
        the package was installed without its data
    """
    if not PATH.is_file():
        raise SourceError(f"the bundled model is missing at {PATH}; install tokensphere again")
    source = f"bundled with tokensphere ({PATH.name})"
    return load_gguf(PATH, Choice(matrix), model=NAME, source=source, trusted=True)
