"""Damage that knows what it damages: the same bytes and the same random numbers give the same damage.

A container is opened, one thing in it changed, and closed again, so that the damage gets past the first
check; half of the time only bytes are changed.
"""

from __future__ import annotations

import gzip
import io
import json
import re
import struct
import zipfile
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np

Rng = np.random.Generator
_EDGES = [
    sign * (2**power + off) for power in (7, 8, 15, 16, 31, 32, 53, 63, 64) for off in (-1, 0, 1)
    for sign in (1, -1)
]  # fmt: skip
_NUMBERS: list[Any] = [0, -1, 1, 1.5, -0.0, 1e308, 1e-320, float("nan"), float("inf"), *_EDGES]
_TEXTS = [
    "",
    " ",
    "\x00",
    "\x1b[31m\u202e",
    "\ud800",
    "é" * 3000,
    "../../etc/passwd",
    "-1",
    "nan",
    "F64",
]
_OTHERS: list[Any] = [None, True, False, [], {}, [[]], {"": None}, [1, 2], [None], list(range(300))]
_DEEP = 100_000


def damaged(content: bytes, rng: Rng) -> bytes:
    """Other content, damaged in one or two ways that its kind can be damaged in."""
    for _ in range(int(rng.integers(1, 3))):
        ways = [way for fits, way in _KINDS if fits(content)] or [_text if _is_text(content) else _bytes]
        way = ways[0] if rng.random() < 0.7 else _bytes
        try:
            content = way(content, rng)
        except _NOT_OF_THAT_KIND:
            content = _bytes(content, rng)
    return content


# What opening a file raises that damage has made another kind of.
_NOT_OF_THAT_KIND = (
    ValueError, KeyError, OSError, EOFError, zlib.error, struct.error, zipfile.BadZipFile,
    RecursionError, NotImplementedError, MemoryError, OverflowError, Warning,
)  # fmt: skip


def _pick(rng: Rng, things: list[Any]) -> Any:
    return things[int(rng.integers(len(things)))]


def _bytes(content: bytes, rng: Rng) -> bytes:
    """Bytes changed, cut, put in, repeated; or a whole number in them at an edge."""
    raw = bytearray(content)
    size = len(raw)
    # Headers are short and matter most.
    at = int(rng.integers(max(1, size if rng.random() < 0.4 else min(size, 600))))
    match int(rng.integers(8)):
        case 0:
            del raw[at:]
        case 1:
            raw += rng.bytes(int(rng.integers(1, 64)))
        case 2:
            raw[at : at + int(rng.integers(1, 40))] = b""
        case 3:
            raw[at:at] = rng.bytes(int(rng.integers(1, 40)))
        case 4:
            raw[at : at + 64] = raw[at : at + 64] * 2
        case 5 | 6:
            form = _pick(rng, ["<I", "<Q", "<H", ">I"])
            number = _pick(rng, _EDGES) % (1 << 8 * struct.calcsize(form))
            raw[at : at + struct.calcsize(form)] = struct.pack(form, number)
        case _:
            for _ in range(int(rng.integers(1, 5))):
                if raw:
                    raw[int(rng.integers(len(raw)))] = int(rng.integers(256))
    return bytes(raw)


def _is_text(content: bytes) -> bool:
    try:
        return bool(content) and "\0" not in content.decode()
    except UnicodeDecodeError:
        return False


def _text(content: bytes, rng: Rng) -> bytes:
    """A number at an edge, or a line gone, repeated, joined, emptied, moved or very long."""
    text = content.decode()
    numbers = list(re.finditer(r"-?\d+(\.\d+)?", text))
    if numbers and rng.random() < 0.5:
        found = _pick(rng, numbers[:20] if rng.random() < 0.5 else numbers)
        text = text[: found.start()] + str(_pick(rng, _NUMBERS)) + text[found.end() :]
        return text.encode()
    lines = text.split("\n")
    at = int(rng.integers(len(lines)))
    match int(rng.integers(7)):
        case 0:
            del lines[at]
        case 1:
            lines.insert(at, lines[at])
        case 2:
            lines[at] = ""
        case 3:
            lines[at] = lines[at][:10_000] * 500
        case 4:
            lines[at] += _pick(rng, ["\t", " ", ",", "\r", "\x00", '"', "\u2028", " nan", " 1"])
        case 5:
            lines.append(lines.pop(at))
        case _:
            lines[at] = _pick(rng, _TEXTS)
    return "\n".join(lines).encode("utf-8", "surrogatepass")


def _json(content: bytes, rng: Rng) -> bytes:
    """One value another, gone, of another type or far too deep; or one key twice."""
    value = json.loads(content)
    holders = list(_holders(value))
    if not holders:
        return json.dumps(_pick(rng, [*_NUMBERS, *_TEXTS, *_OTHERS])).encode()
    holder, key = _pick(rng, holders[:30] if rng.random() < 0.5 else holders)
    mark = "\x01here"
    replaced: str | None = None
    match int(rng.integers(8)):
        case 0:
            del holder[key]
        case 1 if isinstance(holder, dict):
            holder[_pick(rng, _TEXTS)] = holder[key]
        case 1:
            holder.insert(key, holder[key])
        case 2:
            holder[key], replaced = mark, _pick(rng, ["[", '{"a":']) * _DEEP
        case 3 if isinstance(holder, dict):
            other = json.dumps(_pick(rng, [*_NUMBERS, *_TEXTS]))
            replaced = f"{json.dumps(holder[key])},{json.dumps(key)}:{other}"
            holder[key] = mark
        case 4 | 3:
            holder[key], replaced = mark, "9" * int(rng.integers(1, 6000))
        case 5:
            holder[key] = _pick(rng, _TEXTS)
        case 6:
            holder[key] = _pick(rng, _NUMBERS)
        case _:
            holder[key] = _pick(rng, _OTHERS)
    text = json.dumps(value)
    return (text if replaced is None else text.replace(json.dumps(mark), replaced, 1)).encode()


def _holders(value: Any) -> Any:
    """Each place in a JSON value, the outer ones first: what holds it, and its key there."""
    level = [value]
    while level:
        inner = []
        for holder in level:
            if isinstance(holder, dict | list):
                keys = list(holder) if isinstance(holder, dict) else range(min(len(holder), 200))
                for key in keys:
                    yield holder, key
                    inner.append(holder[key])
        level = inner


def _safetensors(content: bytes, rng: Rng) -> bytes:
    """The header changed, and its length with it."""
    length = int.from_bytes(content[:8], "little")
    header = _json(content[8 : 8 + length], rng)
    return len(header).to_bytes(8, "little") + header + content[8 + length :]


def _zip(content: bytes, rng: Rng) -> bytes:
    """One member damaged, gone, twice, or under another name."""
    with zipfile.ZipFile(io.BytesIO(content)) as old:
        members = [(info.filename, old.read(info), info.compress_type) for info in old.infolist()]
    at = int(rng.integers(len(members)))
    name, inside, way = members[at]
    match int(rng.integers(6)):
        case 0:
            del members[at]
        case 1:
            members[at] = (_pick(rng, ["../x", "/x", "x" * 300, "a.npy", name + "/"]), inside, way)
        case 2:
            members[at] = (name, bytes(10**7), zipfile.ZIP_DEFLATED)
        case _:
            members[at] = (name, damaged(inside, rng), way)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as new:
        for each, raw, method in members:
            new.writestr(each, raw, method)
    return out.getvalue()


def _gzip(content: bytes, rng: Rng) -> bytes:
    inside = gzip.decompress(content)
    if rng.random() < 0.1:
        inside = bytes(10**7)
    return gzip.compress(damaged(inside, rng), mtime=0)


def _parquet(content: bytes, rng: Rng) -> bytes:
    """A column or row gone, twice, null or of another type; a number at an edge; other metadata."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    table = pq.read_table(io.BytesIO(content))
    at = int(rng.integers(table.num_columns))
    name, column = table.column_names[at], table.column(at)
    row = int(rng.integers(max(1, table.num_rows)))
    match int(rng.integers(9)):
        case 0:
            table = table.drop_columns([name])
        case 1:
            table = table.append_column(name, column)
        case 2:
            table = table.set_column(at, name, pa.nulls(table.num_rows, column.type))
        case 3:
            kind = _pick(
                rng, [pa.string(), pa.float32(), pa.int8(), pa.int64(), pa.bool_(), pa.binary()]
            )
            table = table.set_column(at, name, pc.cast(column, kind, safe=False))
        case 4:
            table = pa.concat_tables([table.slice(0, row), table.slice(row + 1)])
        case 5:
            table = pa.concat_tables([table, table.slice(row, 1)])
        case 6:
            table = table.take(rng.permutation(table.num_rows))
        case 7:
            about = dict(table.schema.metadata or {})
            key = _pick(rng, sorted(about))
            about[key] = damaged(about[key], rng)
            table = table.replace_schema_metadata(about)
        case _:
            values = column.to_pylist()
            values[row] = _edge(values[row], rng)
            table = table.set_column(at, name, pa.array(values, column.type))
    out = io.BytesIO()
    pq.write_table(table, out)
    return out.getvalue()


def _edge(value: Any, rng: Rng) -> Any:
    if isinstance(value, list) and value and rng.random() < 0.7:
        at = int(rng.integers(len(value)))
        return [*value[:at], _edge(value[at], rng), *value[at + 1 :]]
    if isinstance(value, list):
        return value[:-1] if rng.random() < 0.5 else [*value, *value[-1:]]
    if isinstance(value, bool):
        return _pick(rng, [None, not value])
    if isinstance(value, int):
        return _pick(rng, [None, -1, 2**31 - 1, value + 1, *_EDGES])
    return _pick(rng, [None, *(_TEXTS if isinstance(value, str) else map(float, _NUMBERS))])


def _is_json(content: bytes) -> bool:
    if content[:1] not in (b"{", b"["):
        return False
    try:
        json.loads(content)
    except (ValueError, RecursionError):
        return False
    return True


def _is_safetensors(content: bytes) -> bool:
    return content[8:9] == b"{" and int.from_bytes(content[:8], "little") <= len(content)


_KINDS: list[tuple[Callable[[bytes], bool], Callable[[bytes, Rng], bytes]]] = [
    (_is_safetensors, _safetensors),
    (_is_json, _json),
    (lambda content: content[:2] == b"PK", _zip),
    (lambda content: content[:2] == b"\x1f\x8b", _gzip),
    (lambda content: content[:4] == b"PAR1", _parquet),
]
