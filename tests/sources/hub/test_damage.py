"""Damaged headers, indices and configurations of a repository end in one line, without a server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from tests.damage import changed, read_or_refused
from tests.formats.made import safetensors_bytes
from tokensphere.formats.packed.view import UnpackedTensors
from tokensphere.sources.hub.ranges import Progress, Write
from tokensphere.sources.hub.repository import RemoteTensors, Repository
from tokensphere.sources.layout.search import find_matrix

E = np.arange(12, dtype="<f4").reshape(4, 3)
CONFIG = json.dumps({"model_type": "gpt2", "n_embd": 3, "vocab_size": 4}).encode()
PARTS = {
    "a.safetensors": safetensors_bytes({"wte.weight": E, "ln_f.weight": E[0]}),
    "b.safetensors": safetensors_bytes({"h.0.weight": E}),
}
WHERE = {"wte.weight": "a.safetensors", "ln_f.weight": "a.safetensors", "h.0.weight": "b.safetensors"}
INDEX = json.dumps({"weight_map": WHERE}).encode()
WHOLE: dict[str, dict[str, bytes]] = {
    "model.safetensors": {"model.safetensors": PARTS["a.safetensors"], "config.json": CONFIG},
    "model.safetensors.index.json": {"model.safetensors.index.json": INDEX, **PARTS},
    "config.json": {"model.safetensors": PARTS["a.safetensors"], "config.json": CONFIG},
}


class InMemory(Repository):
    """A repository whose files are there."""

    def __init__(self, content: dict[str, bytes]) -> None:
        unused: Any = None
        sizes = {name: len(raw) for name, raw in content.items()}
        super().__init__("owner/name", "0" * 40, None, {**sizes}, unused, unused)
        object.__setattr__(self, "content", content)

    content: dict[str, bytes]

    def whole(self, file: str) -> bytes:
        return self.content[file]

    def read(self, file: str, span: range, write: Write, progress: Progress | None = None) -> int:
        raw = self.content[file]
        write(0, raw[span.start : span.stop])
        return len(raw)


def look_at(content: dict[str, bytes]) -> object:
    """All that is done before the matrix is fetched."""
    repository = InMemory(content)
    tensors = RemoteTensors(repository)
    config = repository.config(tensors.folder)
    unpacked = UnpackedTensors(tensors, config.told)
    found = find_matrix(unpacked, "input", config=config)
    return unpacked[found.name]


def survive(name: str, count: int) -> None:
    files, rng = WHOLE[name], np.random.default_rng(len(name))
    high = min(len(files[name]), 400)

    def damaged() -> Iterator[bytes]:
        for _ in range(count):
            yield changed(files[name], rng, *b'{}[]",:0-9\\', high=high)

    look_at(files)
    read_or_refused(lambda raw: look_at({**files, name: raw}), damaged())


@pytest.mark.parametrize("name", WHOLE)
def test_damage_is_told(name: str) -> None:
    survive(name, 300)


@pytest.mark.fuzz
@pytest.mark.parametrize("name", WHOLE)
def test_much_damage_is_told(name: str) -> None:
    survive(name, 20_000)
