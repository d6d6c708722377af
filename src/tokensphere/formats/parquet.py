"""Parquet: columns of numbers and texts, written whole or not at all, and read again."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tokensphere.errors import FormatError, InputError, how_to_install
from tokensphere.formats.files import opened, size_of
from tokensphere.formats.foreign import damage_told, optional
from tokensphere.formats.whole import check_writable, whole_file

MAGIC = b"PAR1"
_METADATA = b"tokensphere"
_DIGESTS = b"tokensphere_sha256"  # of each column, so that no change of a value goes unseen
_DEEPEST = 30  # levels of what a file says of itself
_ROWS_AT_ONCE = 65_536
_FREE, _SQUEEZED = 1 << 27, 1_000  # bytes that a file may come to, and as many more for each of its own
_ADVICE = "remove it or name another"
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


def write_columns(
    path: Path,
    columns: Mapping[str, Column],
    metadata: Mapping[str, Any],
    *,
    ascending: Sequence[str] = (),
    ready: Callable[[], None] = lambda: None,
) -> None:
    r"""Write columns and what they are to a Parquet file.

    It goes to a temporary file beside it, which takes its name when it is complete.

    Parameters
    ----------
    path : where to
    columns : name -> m values: a numeric or bool array of shape (m,); one of shape (m, j), which becomes
        lists of j; or m strings
    metadata : anything that JSON can hold; stored in the file under the key ``tokensphere``
    ascending : columns of whole numbers that mostly grow, which are stored as differences; with any such
        no column has a dictionary
    ready : called when only the name is missing; what it raises leaves `path` as it is

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
    digests = {name: _digest(column) for name, column in columns.items()}
    said = json.dumps(metadata).encode()
    encodings = dict.fromkeys(ascending, "DELTA_BINARY_PACKED")
    table = table.replace_schema_metadata({_METADATA: said, _DIGESTS: json.dumps(digests).encode()})
    with whole_file(path) as file:
        parquet.write_table(
            table, file, compression="zstd", row_group_size=_ROWS_AT_ONCE,
            **({"use_dictionary": False, "column_encoding": encodings} if ascending else {}),
        )  # fmt: skip
        ready()


def write_frame(path: Path, columns: Mapping[str, Any], metadata: Mapping[str, Any]) -> None:
    """Write any columns that other programs shall read, also with values that are not there.

    Parameters
    ----------
    path : where to
    columns : name -> m values: arrays of shape (m,) or (m, j), or lists; None stands for nothing
    metadata : anything that JSON can hold; stored in the file under the key ``tokensphere``

    Raises
    ------
    MissingExtraError
        pyarrow is not installed
    InputError
        the file cannot be written
    """
    pa, parquet = _pyarrow()
    arrays = {
        name: _to_arrow(pa, column) if isinstance(column, np.ndarray) else pa.array(list(column))
        for name, column in columns.items()
    }
    table = pa.table(arrays).replace_schema_metadata({_METADATA: json.dumps(metadata).encode()})
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
    stored = table.schema.metadata or {}
    if _METADATA not in stored:
        raise FormatError(f"{path} was not saved by tokensphere; name another file")
    metadata = _object(stored[_METADATA])
    if metadata is None:
        raise _damaged(path, "what it says of itself cannot be read")
    digests = _object(stored.get(_DIGESTS, b""))
    if digests is None:
        raise FormatError(f"{path} was not saved by this version of tokensphere; {_ADVICE}")
    if missing := [name for name in digests if table.column_names.count(name) != 1]:
        raise _damaged(path, f"column {missing[0]!r:.200} is missing, or there twice")
    pa, _ = _pyarrow()
    columns = {}
    for name in digests:
        with damage_told(f"{path} is damaged: column {name!r:.200} cannot be read", _ADVICE):
            columns[name] = _from_arrow(pa, table[name])
            found = _digest(columns[name])
        if found != digests[name]:
            raise _damaged(path, f"column {name!r:.200} is not what was saved (its SHA-256 differs)")
    if others := [name for name in table.column_names if name not in digests]:
        raise FormatError(
            f"{path} has a column {others[0]!r:.200} that tokensphere did not write, and would not keep;"
            " name another file"
        )
    return columns, metadata


def _damaged(path: Path, problem: str) -> FormatError:
    return FormatError(f"{path} is damaged: {problem}; {_ADVICE}")


def _object(stored: bytes) -> dict[str, Any] | None:
    """A JSON object that is not too deep to be looked at; None if this is no such."""
    try:
        found = json.loads(stored)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and not _deeper(found, _DEEPEST) else None


def _deeper(value: object, levels: int) -> bool:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return levels == 0 or any(_deeper(one, levels - 1) for one in inner)


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
    pa, parquet = _pyarrow()
    problem = f"{name or path} cannot be read as Parquet: damaged or no Parquet file"
    with opened(path, "cannot read {}") as file, damage_told(problem, _ADVICE):
        limit = _FREE + _SQUEEZED * size_of(file)
        content = parquet.ParquetFile(file)
        batches = []
        for batch in content.iter_batches(_ROWS_AT_ONCE):
            batches.append(batch)
            if (limit := limit - batch.nbytes) < 0:
                raise ValueError("it holds far more values than so few bytes should")
        table = pa.Table.from_batches(batches, content.schema_arrow)
        table.validate(full=True)
        return table


def _to_arrow(pa: Any, column: Column) -> Any:
    if not isinstance(column, np.ndarray):
        texts = [text.encode("utf-8", "backslashreplace") for text in column]
        return pa.array(texts, type=pa.binary()).cast(pa.string())
    if column.ndim == 1:
        return pa.array(column)
    values = pa.array(np.ascontiguousarray(column).ravel())
    return pa.FixedSizeListArray.from_arrays(values, column.shape[1])


def _from_arrow(pa: Any, chunks: Any) -> npt.NDArray[Any] | list[str]:
    """A column as it was written, however another program has stored it since."""
    types, column = pa.types, _complete(chunks.combine_chunks())
    if types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if types.is_string(column.type) or types.is_large_string(column.type):
        strings: list[str] = column.to_pylist()
        return strings
    if types.is_fixed_size_list(column.type):
        return _numbers(types, column.flatten()).reshape(len(column), column.type.list_size)
    if types.is_list(column.type) or types.is_large_list(column.type):
        lengths = column.value_lengths().to_numpy()
        if len(lengths) and (lengths != lengths[0]).any():
            raise ValueError("its lists are of different lengths")
        return _numbers(types, column.flatten()).reshape(len(column), lengths[0] if len(lengths) else 0)
    return _numbers(types, column)


def _numbers(types: Any, column: Any) -> npt.NDArray[Any]:
    kind = column.type
    if not (types.is_integer(kind) or types.is_floating(kind) or types.is_boolean(kind)):
        raise ValueError(f"it holds {kind}, no numbers")
    return np.asarray(_complete(column).to_numpy(zero_copy_only=False))


def _complete(column: Any) -> Any:
    if column.null_count:
        row = int(np.argmax(column.is_null().to_numpy(zero_copy_only=False)))
        raise ValueError(f"there is nothing at place {row:,}")
    return column


def _digest(column: Column) -> str:
    """SHA-256 of the values of a column and their type, in hexadecimal."""
    if isinstance(column, np.ndarray):
        array = np.ascontiguousarray(column)
        about, content = f"{array.dtype.str} {array.shape}", array.reshape(-1).view(np.uint8).data
    else:
        texts = [text.encode("utf-8", "backslashreplace") for text in column]
        about, content = f"texts {[len(text) for text in texts]}", memoryview(b"".join(texts))
    hasher = sha256(about.encode())
    hasher.update(content)
    return hasher.hexdigest()


def _pyarrow() -> tuple[Any, Any]:
    """The package and its part for Parquet."""
    missing = f"Parquet files need the package pyarrow: {how_to_install('parquet')}"
    return optional("pyarrow", missing), optional("pyarrow.parquet", missing)
