"""Columns of numbers -> a Parquet file, whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tokensphere.errors import InputError, MissingExtraError
from tokensphere.formats.whole import check_writable, whole_file

METADATA = b"tokensphere"
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
    """Write columns and what they are to a Parquet file.

    It goes to a temporary file beside it, which takes its name when it is complete.

    Parameters
    ----------
    path : where to
    columns : name -> m values: a numeric or bool array of shape (m,); one of shape (m, j), which becomes
        lists of j; or m strings
    metadata : anything that JSON can hold; stored in the file under the key ``tokensphere``

    Raises
    ------
    MissingExtraError
        pyarrow is not installed
    InputError
        the file cannot be written
    """
    pa = _pyarrow()
    from pyarrow import parquet

    arrays = {name: _array(pa, column) for name, column in columns.items()}
    table = pa.table(arrays)
    table = table.replace_schema_metadata({METADATA: json.dumps(metadata, ensure_ascii=False).encode()})
    with whole_file(path) as file:
        parquet.write_table(table, file, compression="zstd", row_group_size=_ROWS_AT_ONCE)


def _array(pa: Any, column: Column) -> Any:
    if not isinstance(column, np.ndarray):
        return pa.array(list(column), type=pa.string())
    if column.ndim == 1:
        return pa.array(column)
    return pa.FixedSizeListArray.from_arrays(
        pa.array(np.ascontiguousarray(column).ravel()), column.shape[1]
    )


def _pyarrow() -> Any:
    try:
        import pyarrow
    except ImportError as error:
        raise MissingExtraError(
            "Parquet files need the package pyarrow: pip install 'tokensphere[parquet]'"
        ) from error
    return pyarrow
