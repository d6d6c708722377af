"""Columns of numbers that tokensphere saved in a Parquet file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tokensphere.errors import FormatError, MissingExtraError, SourceError

_METADATA = b"tokensphere"


def read_columns(path: Path) -> tuple[dict[str, npt.NDArray[Any] | list[str]], dict[str, Any]]:
    """Read what :func:`tokensphere.formats.parquet.write_columns` wrote.

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
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError as error:
        raise MissingExtraError(
            "Parquet files need the package pyarrow: pip install 'tokensphere[parquet]'"
        ) from error
    try:
        with path.open("rb") as file:
            table = parquet.read_table(file)
    except OSError as error:
        if isinstance(error, pa.ArrowException) or error.errno is None:
            raise FormatError(
                f"{path} is damaged or no Parquet file; remove it or name another"
            ) from error
        raise SourceError(f"cannot read {path}: {error.strerror or error}") from error
    except pa.ArrowException as error:
        raise FormatError(f"{path} is damaged or no Parquet file; remove it or name another") from error
    stored = (table.schema.metadata or {}).get(_METADATA)
    if stored is None:
        raise FormatError(f"{path} was not saved by tokensphere; name another file")
    try:
        metadata = json.loads(stored)
    except ValueError:
        metadata = None
    if not isinstance(metadata, dict):
        raise FormatError(f"{path} is damaged: what it says of itself cannot be read; name another file")
    return {name: _column(pa, table[name].combine_chunks()) for name in table.column_names}, metadata


def _column(pa: Any, column: Any) -> npt.NDArray[Any] | list[str]:
    if isinstance(column, pa.ChunkedArray):
        column = pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], type=column.type)
    if pa.types.is_string(column.type):
        strings: list[str] = column.to_pylist()
        return strings
    if pa.types.is_fixed_size_list(column.type):
        width = column.type.list_size
        values = column.flatten().to_numpy(zero_copy_only=False)
        return np.asarray(values).reshape(len(column), width)
    return np.asarray(column.to_numpy(zero_copy_only=False))
