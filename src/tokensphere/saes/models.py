"""Which model a dictionary belongs to: names that configurations use -> names of the Hub."""

from __future__ import annotations

import re

from tokensphere.sources import bundled
from tokensphere.sources.hub.names import OLD_NAMES

# Names that TransformerLens gives models, without owner, and what the Hub calls them. Patterns, of which
# the first that fits counts; \1 is what the brackets found.
_ALIASES = (
    (r"gpt2-small", "openai-community/gpt2"),
    (r"(gpt2(?:-medium|-large|-xl)?)", r"openai-community/\1"),
    (r"(distilgpt2)", r"distilbert/\1"),
    (r"(pythia-[\w.-]+)", r"EleutherAI/\1"),
    (r"(gpt-neo-\S+|gpt-j-6B|gpt-neox-20b)", r"EleutherAI/\1"),
    (r"gemma-2-(2b|9b|27b)(-it)?", r"google/gemma-2-\1\2"),
    (r"(gemma-(?:2b|7b)(?:-it)?)", r"google/\1"),
    (r"gemma-(?:v)?3-(270m)(?:-pt)?", r"google/gemma-3-\1"),
    (r"gemma-(?:v)?3-([\w.-]+)", r"google/gemma-3-\1"),
    (r"mistral-7b", "mistralai/Mistral-7B-v0.1"),
    (r"mistral-7b-instruct", "mistralai/Mistral-7B-Instruct-v0.1"),
    (r"qwen3-([\d.]+)b", r"Qwen/Qwen3-\1B"),
    (r"qwen2\.5-([\d.]+)b(-instruct)?", r"Qwen/Qwen2.5-\1B\2"),
    (r"(Llama-3\.\d-\d+B(?:-Instruct)?)", r"meta-llama/\1"),
    (r"llama-3-8b-instruct", "meta-llama/Meta-Llama-3-8B-Instruct"),
    (r"tiny-stories-(\w+)", r"roneneldan/TinyStories-\1"),
    (r"(phi-\w+)", r"microsoft/\1"),
)
_QWEN_SCOPE = re.compile(r"SAE-Res-(.+)-W\d+K-L0_\d+")
_GEMMA_SCOPE = re.compile(r"gemma-scope-(2-)?(\d+m|\d+b)-(pt|it)")
_SPARSIFY = re.compile(r"\bsae-(pythia-[\w.]+?(?:-deduped)?)-\d+\w*")
# Repositories whose files do not say the model; read from the loaders and the model cards.
_FIXED = (
    (r"Llama3_1-8B-Base-L", "meta-llama/Llama-3.1-8B"),
    (r"Llama-Scope-R1-Distill|DeepSeek-R1-Distill-Llama-8B", "deepseek-ai/DeepSeek-R1-Distill-Llama-8B"),
    (r"Llama-3\.3-70B-Instruct-SAE", "meta-llama/Llama-3.3-70B-Instruct"),
    (r"Llama-3\.1-8B-Instruct-SAE", "meta-llama/Llama-3.1-8B-Instruct"),
    (r"attn-saes-gpt2-small", "openai-community/gpt2"),
    (r"clt-gemma-2-2b", "google/gemma-2-2b"),
    (r"qwen3-([\d.]+)b-transcoders", r"Qwen/Qwen3-\1B"),
)


def hub_name(told: str) -> str | None:
    """The name of a model that a configuration names: the Hub's, or the bundled one's; None if unknown.

    Examples
    --------
    >>> hub_name("gpt2-small"), hub_name("gemma-2-2b"), hub_name("google/gemma-v3-1b-pt")
    ('openai-community/gpt2', 'google/gemma-2-2b', 'google/gemma-3-1b-pt')
    >>> hub_name("my-model") is None
    True
    """
    if told in OLD_NAMES:
        return OLD_NAMES[told]
    if told == bundled.NAME:
        return told
    owner, slash, name = told.rpartition("/")
    if slash and owner != "google":
        return told
    for pattern, meant in _ALIASES:
        if re.fullmatch(pattern, name, re.IGNORECASE):
            found = re.sub(pattern, meant, name, flags=re.IGNORECASE)
            return found if not slash or found.startswith("google/") else told
    return told if slash else None


def of_repository(repo: str) -> str | None:
    """The model that the name of a repository tells.

    Examples
    --------
    >>> of_repository("google/gemma-scope-2b-pt-res"), of_repository("google/gemma-scope-2-270m-pt")
    ('google/gemma-2-2b', 'google/gemma-3-270m')
    >>> of_repository("Qwen/SAE-Res-Qwen3-1.7B-Base-W32K-L0_50")
    'Qwen/Qwen3-1.7B-Base'
    """
    if found := _QWEN_SCOPE.search(repo):
        return f"Qwen/{found[1]}"
    if found := _SPARSIFY.search(repo):
        return f"EleutherAI/{found[1]}"
    if found := _GEMMA_SCOPE.search(repo):
        third, size, kind = found.groups()
        if third:
            return hub_name(f"gemma-3-{size}-{kind}")
        return hub_name(f"gemma-2-{size}{'-it' if kind == 'it' else ''}")
    fixed = ((re.search(pattern, repo), model) for pattern, model in _FIXED)
    return next((found.expand(model) for found, model in fixed if found), None)
