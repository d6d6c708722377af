"""What the benchmark of readers times, in a process of its own: one task on one file.

    python -m benchmarks.reader_tasks TASK PATH

All modules are imported before the clock starts, for everybody: what is timed is reading. Prints JSON:
seconds, peak resident bytes of the process until then, and a digest of what was read.
"""

from __future__ import annotations

import importlib
import json
import resource
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from benchmarks.processes import peak_bytes

_GGUF_TENSOR = "token_embd.weight"
_BERT_TENSOR = "embeddings.word_embeddings.weight"
_OUR_MODULES = (
    "numpy.ma",
    "numpy.random",
    "tokensphere.analysis.nearest",
    "tokensphere.sources.local",
    "tokensphere.sources.gguf",
    "tokensphere.sources.hub.space",
    "tokensphere.sources.load",
    "tokensphere.formats.safetensors",
    "tokensphere.sources.saved",
    "tokensphere.sources.tokens.find",
)

Answer = tuple[Any, Sequence[str]]  # float32 matrix of shape (n, d), n tokens as the file spells them


@dataclass(frozen=True)
class Task:
    """`run` reads the file; `modules` are what it needs."""

    run: Callable[[Path], Answer]
    modules: tuple[str, ...]


def _space(path: Path) -> Answer:
    """All that a search needs: matrix, vocabulary, SHA-256 of the tensor, norms."""
    import tokensphere as ts

    space = ts.load(path)
    assert space.usable.any() and space.provenance.sha256  # the norms are computed when asked for
    return space.vectors, space.vocabulary.pieces


def _gguf_package(path: Path) -> Answer:
    from gguf import GGUFReader
    from gguf.quants import dequantize

    reader = GGUFReader(path)
    tensor = next(tensor for tensor in reader.tensors if tensor.name == _GGUF_TENSOR)
    matrix = dequantize(tensor.data, tensor.tensor_type)
    return matrix, reader.fields["tokenizer.ggml.tokens"].contents()


def _safetensors_file(path: Path) -> Answer:
    from safetensors.numpy import load_file

    return load_file(path / "model.safetensors")[_BERT_TENSOR], _json_tokens(path)


def _safetensors_tensor(path: Path) -> Answer:
    from safetensors import safe_open

    with safe_open(path / "model.safetensors", framework="numpy") as file:
        matrix = file.get_tensor(_BERT_TENSOR)
    return matrix, _json_tokens(path)


def _json_tokens(folder: Path) -> list[str]:
    """The tokens of a tokenizer.json in the order of their ids, unchecked."""
    ids: dict[str, int] = json.loads((folder / "tokenizer.json").read_bytes())["model"]["vocab"]
    return sorted(ids, key=ids.__getitem__)


def _first_table(model: str | None) -> Answer:
    import tokensphere as ts

    space = ts.load(model)
    result = ts.nearest(space, ts.RandomDirections(space.shape[1], 3))
    assert len(result.ids) == 3
    return space.vectors, space.vocabulary.pieces


TASKS = {
    "tokensphere": Task(_space, _OUR_MODULES),
    "gguf": Task(_gguf_package, ("gguf", "gguf.quants")),
    "safetensors-file": Task(_safetensors_file, ("safetensors.numpy",)),
    "safetensors-tensor": Task(_safetensors_tensor, ("safetensors.numpy",)),
    "table-bundled": Task(lambda _: _first_table(None), _OUR_MODULES),
    "table-cached": Task(lambda path: _first_table(path.as_posix()), _OUR_MODULES),
}


def _measure(task: Task, path: Path) -> None:
    for name in ("numpy", *task.modules):
        importlib.import_module(name)
    start = time.perf_counter()
    matrix, tokens = task.run(path)
    seconds = time.perf_counter() - start
    peak = peak_bytes(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
    assert matrix.dtype == "float32" and len(matrix) == len(tokens)
    digest = sha256(matrix.data)
    digest.update("\0".join(tokens).encode("utf-8", "surrogateescape"))
    print(json.dumps([seconds, peak, digest.hexdigest(), matrix.nbytes]))


if __name__ == "__main__":
    _measure(TASKS[sys.argv[1]], Path(sys.argv[2]))
