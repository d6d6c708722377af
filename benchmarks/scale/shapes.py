"""Shapes of the embedding matrices of open models: rows × width.

As each model's ``config.json`` says (``vocab_size`` × ``hidden_size``, or what its family calls them).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Shape:
    """A model's matrix.

    Attributes
    ----------
    name : as its hub calls it
    rows, width : of the matrix
    """

    name: str
    rows: int
    width: int

    @property
    def size(self) -> int:
        """Values in it."""
        return self.rows * self.width

    @property
    def fetched(self) -> int:
        """Bytes, of 16 bits each."""
        return 2 * self.size


SHAPES = tuple(Shape(*one) for one in (
    ("bert-base-uncased", 30_522, 768), ("gpt2", 50_257, 768), ("gpt2-xl", 50_257, 1_600),
    ("EleutherAI/pythia-70m", 50_304, 512), ("EleutherAI/gpt-j-6b", 50_400, 4_096),
    ("facebook/opt-6.7b", 50_272, 4_096), ("bigscience/bloom-560m", 250_880, 1_024),
    ("bigscience/bloom", 250_880, 14_336), ("tiiuae/falcon-7b", 65_024, 4_544),
    ("TinyLlama/TinyLlama-1.1B", 32_000, 2_048), ("meta-llama/Llama-2-7b", 32_000, 4_096),
    ("meta-llama/Llama-2-70b", 32_000, 8_192), ("meta-llama/Llama-3.2-1B", 128_256, 2_048),
    ("meta-llama/Llama-3.1-8B", 128_256, 4_096), ("meta-llama/Llama-3.1-70B", 128_256, 8_192),
    ("meta-llama/Llama-3.1-405B", 128_256, 16_384), ("mistralai/Mistral-7B-v0.1", 32_000, 4_096),
    ("mistralai/Mistral-Nemo-Base-2407", 131_072, 5_120), ("microsoft/phi-2", 51_200, 2_560),
    ("microsoft/Phi-3-mini-4k-instruct", 32_064, 3_072), ("Qwen/Qwen2.5-0.5B", 151_936, 896),
    ("Qwen/Qwen2.5-7B", 152_064, 3_584), ("Qwen/Qwen2.5-72B", 152_064, 8_192),
    ("google/gemma-2-2b", 256_000, 2_304), ("google/gemma-2-9b", 256_000, 3_584),
    ("google/gemma-3-270m", 262_144, 640), ("HuggingFaceTB/SmolLM2-135M", 49_152, 576),
    ("allenai/OLMo-2-1124-7B", 100_352, 4_096), ("deepseek-ai/DeepSeek-V3", 129_280, 7_168),
))  # fmt: skip


def drawn(count: int, seed: int = 0) -> Sequence[Shape]:
    """So many models' shapes, each as likely as any."""
    rng = np.random.default_rng(seed)
    return [SHAPES[n] for n in rng.integers(len(SHAPES), size=count)]
