"""Saved tables, changed where their structure is: in a value, a row, a column, a type, a way of storing.

Each change says whether it leaves the meaning as it is (other programs store the same numbers in other
ways) or makes it another: then a reader must refuse it, or the columns in question must not matter.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Change:
    """A table that was changed.

    Attributes
    ----------
    what : in words
    column : where, if it is one column
    table : columns (:func:`in_values`), or a pyarrow table (:func:`in_storage`)
    same : whether it still means the same
    """

    what: str
    column: str | None
    table: Any
    same: bool = False


def in_values(columns: Mapping[str, Any]) -> Iterator[Change]:
    """Every column with each kind of wrong value, and the table with other rows or columns."""
    for name, column in columns.items():
        others = {other: found for other, found in columns.items() if other != name}
        yield Change("missing", name, others)
        changes = _of_numbers(column) if isinstance(column, np.ndarray) else _of_texts(column)
        for what, changed in changes:
            yield Change(what, name, {**columns, name: changed})
    rows = np.arange(len(next(iter(columns.values()))))
    yield Change("one more column", None, {**columns, "more": np.zeros(len(rows))}, same=True)
    yield Change("other order of columns", None, dict(reversed([*columns.items()])), same=True)
    for what, order in {
        "a row twice": np.insert(rows, 3, 2), "a row dropped": np.delete(rows, 2),
        "two rows swapped": np.r_[1, 0, rows[2:]], "rows reversed": rows[::-1], "no rows": rows[:0],
    }.items():  # fmt: skip
        yield Change(what, None, {name: _taken(column, order) for name, column in columns.items()})


def _taken(column: Any, order: npt.NDArray[np.intp]) -> Any:
    return column[order] if isinstance(column, np.ndarray) else [column[i] for i in order.tolist()]


def _of_texts(column: list[str]) -> Iterator[tuple[str, Any]]:
    texts = {"unknown": "no such", "empty": "", "long": "x" * 100_000, "odd": "\x1b[31m\0"}
    for what, text in texts.items():
        if column[4] != text:
            yield f"{what} in row 4", [*column[:4], text, *column[5:]]
    yield "numbers for texts", np.arange(len(column))


def _of_numbers(column: npt.NDArray[Any]) -> Iterator[tuple[str, Any]]:
    floating = column.dtype.kind == "f"
    for dtype in (np.float32, np.float64, np.int8, np.int64, np.bool_):
        if dtype != column.dtype:
            with np.errstate(invalid="ignore"):
                yield f"as {np.dtype(dtype)}", column.astype(dtype)
    yield "as texts", [str(row) for row in column.tolist()]
    one = (4, *[0] * (column.ndim - 1))
    for value in (-1, 0, 2**31 - 1, *((np.nan, np.inf, -np.inf, 1e30, -1e-300) if floating else ())):
        changed = column.copy()
        with np.errstate(over="ignore"):
            changed[one] = np.array(value).astype(column.dtype)
        if not np.array_equal(changed, column, equal_nan=floating):
            yield f"{value} in row 4", changed
    if column.ndim == 1:
        yield "lists of one", column[:, None]
        return
    yield "longer lists", np.concatenate([column, column[:, :1]], axis=1)
    yield "shorter lists", column[:, :-1]
    yield "single values", column[:, 0]
    twice = np.append(column[4, 1], column[4, 1:])
    for what, row in {"reversed": column[4, ::-1], "one twice": twice}.items():
        changed = column.copy()
        changed[4] = row
        if not np.array_equal(changed, column, equal_nan=floating):
            yield f"{what} in row 4", changed


def in_storage(table: Any) -> Iterator[Change]:
    """The same table (pyarrow's) as other programs might store it, or with nothing where a value was."""
    import pyarrow as pa

    yield Change("other order of columns", None, table.select(table.column_names[::-1]), same=True)
    yield Change("in pieces", None, pa.concat_tables([table[:3], table[3:4], table[4:]]), same=True)
    for at, field in enumerate(table.schema):
        column, kind = table[field.name].combine_chunks(), field.type
        values, nested = column.to_pylist(), pa.types.is_fixed_size_list(kind)
        same = {"dictionary": column} if nested else {"dictionary": column.dictionary_encode()}
        wrong = {
            "a null": pa.array([*values[:2], None, *values[3:]], kind),
            "structs": pa.array([{"a": 1}] * len(table)),
            "times": pa.array([0] * len(table), pa.timestamp("s")),
        }
        if pa.types.is_string(kind):
            same["large strings"] = column.cast(pa.large_string())
        if nested:
            inner = pa.list_(kind.value_type)
            same |= {"lists": column.cast(inner), "large": column.cast(pa.large_list(kind.value_type))}
            holed = [*values[:2], [None, *values[2][1:]], *values[3:]]
            wrong |= {
                "ragged": pa.array([*values[:2], values[2][:-1], *values[3:]], inner),
                "empty lists": pa.array([[] for _ in values], inner),
                "a null in a list": pa.array(holed, kind),
            }
        for what, other in {**same, **wrong}.items():
            yield Change(what, field.name, table.set_column(at, field.name, other), what in same)
        yield Change("twice", field.name, table.append_column(field, column))


def in_metadata(metadata: Mapping[bytes, bytes]) -> Iterator[tuple[str, dict[bytes, bytes]]]:
    """What a file says of itself, missing, of another type, or too deep."""
    deep = b'{"a":' * 2000 + b"1" + b"}" * 2000
    objects = b'{"what": NaN}', deep, b"[" * 10**5 + b"]" * 10**5
    for key, said in metadata.items():
        yield f"no {key!r}", {other: value for other, value in metadata.items() if other != key}
        for text in (b"", b"{", b"[]", b"3", b"null", b"\xff", said[:-1], *objects):
            yield f"{key!r} is {text[:20]!r}", {**metadata, key: text}
        found = json.loads(said)
        values: tuple[Any, ...] = (None, 3, [], {}, "x" * 10**5)
        for name in found:
            for value in values:
                if found[name] != value:
                    text = json.dumps({**found, name: value}).encode()
                    yield f"{key!r} has {name} = {value!r:.20}", {**metadata, key: text}


def unsigned(path: Path, columns: Mapping[str, Any], original: Path) -> None:
    """Write columns as somebody would who changed the file: with the SHA-256 of the original's."""
    from pyarrow import parquet

    from tokensphere.formats.parquet import write_columns

    write_columns(path, columns, {})
    said = parquet.read_schema(original).metadata
    parquet.write_table(parquet.read_table(path).replace_schema_metadata(said), path)
