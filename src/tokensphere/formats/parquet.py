"""Parquet: columns of numbers and texts, written whole or not at all, and read again."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tokensphere.errors import FormatError, InputError
from tokensphere.formats.files import opened
from tokensphere.formats.foreign import damage_told, optional
from tokensphere.formats.whole import check_writable, whole_file

MAGIC = b"PAR1"
_METADATA = b"tokensphere"
_ROWS_AT_ONCE = 65_536
Column = npt.NDArray[Any] | Sequence[str]


def check_parquet_path(path: Path) -> None:
    """Find out before the work begins whether its result can be written.

    Raises
    ------
    MissingExtraError
        pyarrow is not installed
    InputError
        the name does not end in ``.parquet``, or no file can be made there
    """
    _pyarrow()
    if path.suffix.lower() != ".parquet":
        raise InputError(f"cannot save to {path}: its name must end in .parquet")
    check_writable(path)


def write_columns(path: Path, columns: Mapping[str, Column], metadata: Mapping[str, Any]) -> None:
    r"""Write columns and what they are to a Parquet file.

    It goes to a temporary file beside it, which takes its name when it is complete.

    Parameters
    ----------
    path : where to
    columns : name -> m values: a numeric or bool array of shape (m,); one of shape (m, j), which becomes
        lists of j; or m strings
    metadata : anything that JSON can hold; stored in the file under the key ``tokensphere``

    A lone surrogate, which no Parquet file can hold, is escaped: in a string as ``\udcff``, in the
    metadata by JSON, which brings it back.

    Raises
    ------
    MissingExtraError
        pyarrow is not installed
    InputError
        the file cannot be written
    """
    pa, parquet = _pyarrow()
    table = pa.table({name: _to_arrow(pa, column) for name, column in columns.items()})
    table = table.replace_schema_metadata({_METADATA: json.dumps(metadata).encode()})
    with whole_file(path) as file:
        parquet.write_table(table, file, compression="zstd", row_group_size=_ROWS_AT_ONCE)


def read_columns(path: Path) -> tuple[dict[str, npt.NDArray[Any] | list[str]], dict[str, Any]]:
    """Read what :func:`write_columns` wrote.

    Returns
    -------
    columns : name -> array of shape (m,) or (m, j), or list of m strings
    metadata : as it was given

    Raises
    ------
    MissingExtraError
        pyarrow is not installed
    SourceError
        the file cannot be read
    FormatError
        it is damaged, or no file of tokensphere's
    """
    table = read_table(path)
    stored = (table.schema.metadata or {}).get(_METADATA)
    if stored is None:
        raise FormatError(f"{path} was not saved by tokensphere; name another file")
    try:
        metadata = json.loads(stored)
    except ValueError:
        metadata = None
    if not isinstance(metadata, dict):
        raise FormatError(f"{path} is damaged: what it says of itself cannot be read; name another file")
    pa, _ = _pyarrow()
    return {name: _from_arrow(pa, table[name].combine_chunks()) for name in table.column_names}, metadata


def read_table(path: Path, name: str | None = None) -> Any:
    """Any Parquet file as pyarrow's ``Table``.

    Parameters
    ----------
    path : the file
    name : what messages call it; its path by default

    Raises
    ------
    MissingExtraError
        pyarrow is not installed
    SourceError
        the file cannot be read
    FormatError
        it is damaged
    """
    _, parquet = _pyarrow()
    problem = f"{name or path} cannot be read as Parquet: damaged or no Parquet file"
    with opened(path, "cannot read {}") as file, damage_told(problem, "remove it or name another"):
        return parquet.read_table(file)


def _to_arrow(pa: Any, column: Column) -> Any:
    if not isinstance(column, np.ndarray):
        texts = [text.encode("utf-8", "backslashreplace") for text in column]
        return pa.array(texts, type=pa.binary()).cast(pa.string())
    if column.ndim == 1:
        return pa.array(column)
    values = pa.array(np.ascontiguousarray(column).ravel())
    return pa.FixedSizeListArray.from_arrays(values, column.shape[1])


def _from_arrow(pa: Any, column: Any) -> npt.NDArray[Any] | list[str]:
    if pa.types.is_string(column.type):
        strings: list[str] = column.to_pylist()
        return strings
    if pa.types.is_fixed_size_list(column.type):
        values = column.flatten().to_numpy(zero_copy_only=False)
        return np.asarray(values).reshape(len(column), column.type.list_size)
    return np.asarray(column.to_numpy(zero_copy_only=False))


def _pyarrow() -> tuple[Any, Any]:
    """The package and its part for Parquet."""
    missing = "Parquet files need the package pyarrow: pip install 'tokensphere[parquet]'"
    return optional("pyarrow", missing), optional("pyarrow.parquet", missing)
