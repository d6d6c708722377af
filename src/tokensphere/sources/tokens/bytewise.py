"""Vocabularies that list the bytes of their tokens: tiktoken's files, Mistral's ``tekken.json``, RWKV's.

Pieces are spelled as byte-level tokenizers spell them (``ĠParis``), since such files have no spelling.

- tiktoken (``load.py``): a line for each token, its bytes in base64 and its rank, which is its id. The
  special tokens stand in the program that reads it, not in the file.
- ``tekken.json`` (mistral-common, ``tekken.py``): ranks come after the special tokens; of the listed
  tokens as many are used as `default_vocab_size` has room for.
- RWKV (``rwkv_tokenizer.py``): id, a Python literal of text or bytes, and the number of its bytes.
"""

from __future__ import annotations

import ast
import base64
import binascii
import re
from collections.abc import Collection
from itertools import pairwise
from typing import Any

from tokensphere.sources.tokens.draft import Draft, short
from tokensphere.vocabulary import Kind, encode_byte_level

TIKTOKEN_LINE = re.compile(rb"[A-Za-z0-9+/]*={0,2} \d{1,9}")
RWKV_LINE = re.compile(rb"\d{1,9} b?(?:'.*'|\".*\") \d{1,9}", re.DOTALL)
_LLAMA_3, _QWEN = 128_000, 151_643  # ranks in their files
_QWEN_SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", *(f"<|extra_{i}|>" for i in range(205))]
# Those that Llama 3, 3.1 and later have alike; what the others mean depends on the version.
_LLAMA_SPECIAL = {
    0: "<|begin_of_text|>", 1: "<|end_of_text|>",
    6: "<|start_header_id|>", 7: "<|end_header_id|>", 9: "<|eot_id|>",
}  # fmt: skip
# Of tekken.json without special tokens of its own (versions up to 7).
_TEKKEN_SPECIAL = (
    "<unk>", "<s>", "</s>", "[INST]", "[/INST]", "[AVAILABLE_TOOLS]", "[/AVAILABLE_TOOLS]",
    "[TOOL_RESULTS]", "[/TOOL_RESULTS]", "[TOOL_CALLS]", "[IMG]", "<pad>", "[IMG_BREAK]", "[IMG_END]",
    "[PREFIX]", "[MIDDLE]", "[SUFFIX]", "[SYSTEM_PROMPT]", "[/SYSTEM_PROMPT]", "[TOOL_CONTENT]",
)  # fmt: skip


def is_tiktoken(raw: bytes) -> bool:
    """Whether the first lines are base64 and a rank that rises from 0, as tiktoken's are."""
    lines = [line.rstrip(b"\r") for line in raw[:4096].split(b"\n")]
    lines = lines[:-1] if len(raw) > 4096 else lines
    lines = [line for line in lines if line]
    if not lines or not all(TIKTOKEN_LINE.fullmatch(line) for line in lines):
        return False
    words = [line.partition(b" ")[0] for line in lines]
    ranks = [int(line.rpartition(b" ")[2]) for line in lines]
    rises = ranks[0] == 0 and all(low < high for low, high in pairwise(ranks))
    return rises and all(len(word) % 4 == 0 for word in words)


def fill_tiktoken(draft: Draft, families: Collection[str]) -> None:
    """Tokens of tiktoken's file, and the special ones of Qwen and Llama 3.

    Raises
    ------
    FormatError
        a line is none of its format
    """
    for number, line in enumerate(draft.raw.split(b"\n"), 1):
        line = line.rstrip(b"\r")
        if not line:
            continue
        if not TIKTOKEN_LINE.fullmatch(line):
            raise draft.bad(f"has no token in base64 and rank in line {number}")
        word, _, rank = line.partition(b" ")
        draft.add(encode_byte_level(_base64(draft, word, f"line {number}")), int(rank))
    size = len(draft.pieces)
    if size == _QWEN or not {"qwentokenizer", "qwen"}.isdisjoint(families):
        special = dict(enumerate(_QWEN_SPECIAL))
    elif size == _LLAMA_3 or "llama" in families:
        special = _LLAMA_SPECIAL
    else:
        return
    for i, piece in special.items():
        draft.add(piece, size + i, Kind.CONTROL)


def _base64(draft: Draft, word: bytes | str, where: str) -> bytes:
    try:
        return base64.b64decode(word, validate=True)
    except (binascii.Error, ValueError) as error:
        raise draft.bad(f"has no base64 in {where} ({error})") from None


def fill_tekken(draft: Draft, content: dict[str, Any]) -> None:
    """Tokens of a ``tekken.json``.

    Raises
    ------
    FormatError
        it contradicts itself
    """
    config = draft.expect(dict, content.get("config"), "'config'")
    vocab = draft.expect(list, content.get("vocab"), "'vocab'")
    size, n_special = config.get("default_vocab_size"), config.get("default_num_special_tokens")
    if type(size) is not int or type(n_special) is not int or not 0 <= n_special <= size:
        raise draft.bad(f"says {short(size)} tokens, of which {short(n_special)} are special")
    if size > len(vocab) + n_special or n_special > 65_536:
        raise draft.bad(f"says {short(size)} tokens, but has {len(vocab):,}")
    listed = content.get("special_tokens")
    if listed is None:
        listed = [{"rank": i, "token_str": piece} for i, piece in enumerate(_TEKKEN_SPECIAL)]
    for entry in draft.expect(list, listed, "'special_tokens'"):
        token = draft.expect(dict, entry, "special token")
        piece = draft.text(token.get("token_str"))
        if draft.id(piece, token.get("rank")) < n_special:
            draft.add(piece, token.get("rank"), Kind.CONTROL)
    for id in range(n_special):
        if id not in draft.pieces:
            draft.add(f"<SPECIAL_{id}>", id, Kind.UNUSED)
    for entry in vocab:
        token = draft.expect(dict, entry, "token")
        raw = draft.text(token.get("token_bytes"))
        rank = draft.id(raw, token.get("rank"))
        if rank < size - n_special:
            draft.add(encode_byte_level(_base64(draft, raw, f"rank {rank}")), n_special + rank)
    if len(draft.pieces) < size:
        raise draft.bad(f"says {size:,} tokens, but has ranks for {len(draft.pieces):,}")


def fill_rwkv(draft: Draft) -> None:
    """Tokens of RWKV's list; the id 0, which it lacks, ends a text.

    Raises
    ------
    FormatError
        a line is none of its format, or its bytes are not as many as it says
    """
    for number, line in enumerate(draft.raw.split(b"\n"), 1):
        line = line.rstrip(b"\r")
        if not line:
            continue
        try:
            if len(line) > 4096 or not RWKV_LINE.fullmatch(line):
                raise ValueError("not an id, a literal and a length")
            id, _, rest = line.partition(b" ")
            literal, _, length = rest.rpartition(b" ")
            token = ast.literal_eval(literal.decode())
            token = token.encode() if isinstance(token, str) else token
            if not isinstance(token, bytes) or len(token) != int(length):
                raise ValueError(f"not {int(length)} bytes")
        except (ValueError, SyntaxError, RecursionError, MemoryError) as error:
            raise draft.bad(f"has no token in line {number} ({error})".replace("\n", " ")) from None
        draft.add(encode_byte_level(token), int(id))
    if 0 not in draft.pieces:
        draft.add("<|endoftext|>", 0, Kind.CONTROL)
