"""The model that comes with the package: SmolLM2-135M-Instruct's token embedding.

49,152 tokens × 576 dimensions, in the Q8_0 values of the GGUF file that it was cut from; and beside it
the weight of that file's final norm, an RMSNorm. ``scripts/make_bundled.py`` makes both.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tokensphere.errors import SourceError
from tokensphere.formats.safetensors import SafetensorsFile
from tokensphere.sources.gguf import EMBEDDING, load_gguf
from tokensphere.sources.layout.assemble import Choice, seen_through, vector
from tokensphere.sources.layout.config import Config
from tokensphere.sources.layout.search import Found
from tokensphere.space import EmbeddingSpace

NAME = "smollm2-135m-instruct"
PATH = Path(__file__).parent.parent / "data" / f"{NAME}.gguf"
NORM = "output_norm.weight"
_FOUND = Found(EMBEDDING, NORM, "GGUF", tied=True, notes=())
_CONFIG = Config(norm="RMSNorm")


def norm_path() -> Path:
    """The file with the weight of the final norm."""
    return PATH.with_name(f"{NAME}.norm.safetensors")


def load_bundled(choice: Choice | None = None) -> EmbeddingSpace:
    """The bundled model; its input and output matrix are one.

    Raises
    ------
    SourceError
        the package was installed without its data
    """
    choice = choice or Choice()
    for path in (PATH, *([norm_path()] if choice.fold_norm else [])):
        if not path.is_file():
            raise SourceError(f"the bundled model is missing at {path}; install tokensphere again")
    source = f"bundled with tokensphere ({PATH.name})"
    space = load_gguf(PATH, Choice(choice.matrix), model=NAME, source=source, trusted=True)
    if not choice.fold_norm:
        return space
    with SafetensorsFile(norm_path()) as file:
        norm = vector(file, NORM)
    rows, notes = seen_through(space.vectors, norm, choice, _FOUND, _CONFIG, NAME)
    known = space.provenance
    about = replace(known, notes=known.notes + notes, lens=choice.lens)
    return EmbeddingSpace(rows, space.vocabulary, about)
