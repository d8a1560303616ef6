"""Tables that were made elsewhere: scores, embeddings, quotas and recalls from files.

A file is Parquet, CSV with a header (packed or not), or ``.npz`` with an array a column. Rows are
joined by a key, not by their order; a file that lacks examples is refused.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from fairprune._text import problem, shown
from fairprune.storage.decimals import without_decimals
from fairprune.storage.npz import read_npz
from fairprune.storage.tables import readable

SUFFIXES = (".parquet", ".csv", ".npz")
_PACKED = (".gz", ".bz2", ".zst")  # Arrow unpacks a CSV of these suffixes, in small letters
_NOT_PLAIN = r"^\s*-?0([0-9]+|[xX][0-9a-fA-F]+)\s*$"


@dataclass(frozen=True, eq=False)
class TableColumns(Mapping[str, np.ndarray]):
    """Columns of a table, made arrays (n,) or (n, D) when asked for: others may hold anything.

    Attributes
    ----------
    path : path
    table : Table
        Text is encoded by a dictionary, so that repeats take no memory.
    schema : Schema
        As the file has it.
    nullable : collection of str
        Columns of numbers whose nulls are NaN, which pandas writes so; in others they are refused.
    """

    path: Path
    table: pa.Table
    schema: pa.Schema
    nullable: Collection[str] = ()

    def __post_init__(self) -> None:
        twice = [name for name, n in Counter(self.schema.names).items() if n > 1]
        if twice:
            raise ValueError(f"{self.path}: two columns are called {twice[0]!r}")

    def __getitem__(self, name: str) -> np.ndarray:
        return _array(self.path, name, self.table[name], name in self.nullable)

    def __contains__(self, name: object) -> bool:
        return name in self.table.column_names

    def __iter__(self) -> Iterator[str]:
        return iter(self.table.column_names)

    def __len__(self) -> int:
        return self.table.num_columns


def read_columns(path: Path, as_written: Collection[str] = ()) -> Mapping[str, np.ndarray]:
    """Columns of a file; in a CSV those ``as_written`` are text, so that 007 stays.

    Raises
    ------
    ValueError
        If the file is not readable, or is of another kind.
    """
    suffix = suffix_of(path)
    if suffix not in SUFFIXES:
        raise ValueError(f"{path} must be one of {', '.join(SUFFIXES)}")
    if suffix == ".npz":
        return read_npz(path)
    return _read_parquet(path) if suffix == ".parquet" else _read_csv(path, as_written)


def suffix_of(path: Path) -> str:
    """Suffix of a table's name, in lower case; ``.csv`` of a packed CSV too.

    Examples
    --------
    >>> suffix_of(Path("train.csv.gz")), suffix_of(Path("train.tar.gz"))
    ('.csv', '.gz')
    """
    before = path.with_suffix("").suffix.lower()
    return before if path.suffix in _PACKED and before == ".csv" else path.suffix.lower()


def as_text(values: np.ndarray, where: object) -> np.ndarray:
    """Values (n,) as text, in an array of objects, where the longest does not set the size of all.

    Raises
    ------
    ValueError
        With ``where``, if bytes are no UTF-8.
    """
    try:
        texts = [v.decode() if isinstance(v, bytes) else str(v) for v in values.tolist()]
    except UnicodeDecodeError as error:
        raise ValueError(f"{where}: text must be UTF-8, got {error.object!r}") from error
    return np.array(texts, dtype=object)


def is_text(kind: pa.DataType) -> bool:
    """Whether the values of a type are text, or none at all."""
    values = kind.value_type if pa.types.is_dictionary(kind) else kind
    tests = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)
    return any(test(values) for test in (*tests, pa.types.is_binary, pa.types.is_null))


def is_list(kind: pa.DataType) -> bool:
    """Whether the values of a type are lists, of one length or of several."""
    tests = (pa.types.is_list, pa.types.is_large_list, pa.types.is_fixed_size_list)
    return any(test(kind) for test in tests)


def _read_parquet(path: Path) -> TableColumns:
    with readable(path):
        with pq.ParquetFile(path) as file:
            schema, leaves = file.schema_arrow, map(file.schema.column, range(len(file.schema)))
            text = [leaf.path for leaf in leaves if leaf.physical_type == "BYTE_ARRAY"]
        checked = {"read_dictionary": text, "page_checksum_verification": True}
        with pq.ParquetFile(path, **checked) as file:
            table = file.read()
        table.validate(full=True)
    return TableColumns(path, table, schema)


def _read_csv(path: Path, as_written: Collection[str]) -> TableColumns:
    columns = _csv(path)
    others = [f.name for f in columns.schema if f.name in as_written and not is_text(f.type)]
    if not others:
        return columns
    table, written = columns.table, _csv(path, dict.fromkeys(others, pa.string())).table
    for name in others:
        texts = pc.if_else(table[name].is_null(), None, written[name])
        table = table.set_column(table.column_names.index(name), name, texts)
    return TableColumns(path, table, table.schema)


def has_leading_zeros(path: Path, column: str) -> bool:
    """Whether a column of a CSV, if it has that, writes numbers as 01 or 0x1."""
    texts = _csv(path, {column: pa.binary()}).table[column]
    return bool(pc.any(pc.match_substring_regex(texts, _NOT_PLAIN)).as_py())


def _csv(path: Path, types: Mapping[str, pa.DataType] | None = None) -> TableColumns:
    """All columns, or some of given types, null where there are none."""
    from pyarrow import csv

    in_quotes = csv.ParseOptions(newlines_in_values=True)
    some = csv.ConvertOptions(
        include_columns=list(types or ()), column_types=types, include_missing_columns=True
    )
    with readable_csv(path):
        table = csv.read_csv(path, parse_options=in_quotes, convert_options=some)
        return TableColumns(path, table, table.schema)


@contextmanager
def readable_csv(path: Path) -> Iterator[None]:
    """Errors of reading a foreign or damaged CSV, as one that names it."""
    try:
        yield
    except (FileNotFoundError, PermissionError):
        raise
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:  # OSError: of unpacking
        raise ValueError(f"{path} is not a readable CSV: {problem(error)}") from error


def _array(path: Path, name: str, column: pa.ChunkedArray, is_nullable: bool) -> np.ndarray:
    if column.null_count and not is_nullable:
        row = pc.index(column.is_null(), True).as_py()
        raise ValueError(f"{path}: column {name!r} is null in row {row}")
    if not is_list(column.type):
        return without_decimals(column).to_numpy()
    lengths = pc.list_value_length(column).unique().to_pylist()
    if len(lengths) > 1:
        said = f"{min(lengths)} to {max(lengths)} values"
        raise ValueError(f"{path}: the lists of column {name!r} must be of one length, got {said}")
    values = pc.list_flatten(column)
    if values.null_count:
        raise ValueError(f"{path}: a list of column {name!r} holds null")
    return values.to_numpy().reshape(len(column), -1)  # (n, D)


def joined(path: Path, wanted: np.ndarray, *, key: str, column: str) -> np.ndarray:
    """Values of a column for the wanted keys, in their order.

    Parameters
    ----------
    path : path
    wanted : ndarray of shape (N,)
        Keys, text or whole numbers, each once. The file may hold others besides.
    key, column : str
        Names of columns.

    Returns
    -------
    ndarray of shape (N,) or (N, D), float64
        Finite.

    Raises
    ------
    ValueError
        If a key is missing or occurs twice, or a value is not a finite number.
    """
    columns = read_columns(path, () if wanted.dtype.kind in "iu" else (key,))
    keys, values = needed(columns, key, path), _numbers(path, columns, column)
    if keys.ndim != 1 or values.shape[:1] != keys.shape:
        raise ValueError(f"{path}: {key!r} and {column!r} have shapes {keys.shape}, {values.shape}")
    if wanted.dtype.kind not in "iu":
        keys, wanted = as_text(keys, path), as_text(wanted, path)
    elif keys.dtype.kind not in "iu":
        raise ValueError(f"{path}: column {key!r} must hold whole numbers, got {keys.dtype}")
    rows = _rows(path, key, keys, wanted)
    chosen = values[rows].astype(np.float64)
    bad = ~np.isfinite(chosen).reshape(len(chosen), -1).all(axis=1)
    if bad.any():
        raise ValueError(f"{path}: {column!r} of {key} {wanted[bad].tolist()[0]!r} is not finite")
    return chosen


def by_class(
    path: Path, names: Sequence[str], density: float, wanted: Sequence[str]
) -> dict[str, np.ndarray]:
    """Those of the wanted columns (K,) that a table has, in the order of the classes.

    It has one row a class. Classes are found by the column ``class_name``, or by their numbers in
    ``class``. Of a table with a column ``density``, the rows of this density count. A recall that
    is null is NaN.

    Raises
    ------
    ValueError
        If a class is missing or occurs twice, there are no rows of the density, or ``class`` or a
        wanted column does not hold one number a row.
    """
    columns = read_columns(path, ("class_name",))
    if isinstance(columns, TableColumns):
        columns = replace(columns, nullable=("recall",))
    key = "class_name" if "class_name" in columns else "class"
    known = [n for n in (key, "density", *wanted) if n in columns and n != "class_name"]
    values = {key: needed(columns, key, path)}
    values |= {name: _numbers(path, columns, name) for name in known}
    shapes = {name: each.shape for name, each in values.items()}
    if {*shapes.values()} != {(values[key].size,)}:
        raise ValueError(f"{path}: columns must hold one value a class each, got shapes {shapes}")

    if "density" in values:
        densities = values["density"].astype(np.float64)
        chosen = np.isclose(densities, density, rtol=0, atol=1e-9)
        if not chosen.any():
            there = ", ".join(f"{d:g}" for d in np.unique(densities))
            raise ValueError(f"{path} has no rows of density {density:g}; it has {there}")
        values = {name: each[chosen] for name, each in values.items()}
    keys, classes = values[key], np.arange(len(names))
    if key == "class_name":
        keys, classes = (as_text(each, path) for each in (keys, np.array(names, dtype=object)))
    rows = _rows(path, key, keys, classes)
    return {name: values[name][rows] for name in wanted if name in values}


def needed(columns: Mapping[str, np.ndarray], name: str, where: object) -> np.ndarray:
    """A column that must be there."""
    if name not in columns:
        raise ValueError(f"{where}: no column {name!r}; it has {shown(sorted(columns), 9)}")
    return columns[name]


def _numbers(path: Path, columns: Mapping[str, Any], name: str) -> np.ndarray:
    values = needed(columns, name, path)
    if values.dtype.kind not in "biuf":
        raise ValueError(f"{path}: column {name!r} must be numeric, got {values.dtype}")
    return values


def _rows(path: Path, key: str, keys: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Row of each wanted key."""
    row_of: dict[object, int] = {}
    for row, name in enumerate(keys.tolist()):
        if row_of.setdefault(name, row) != row:
            raise ValueError(f"{path}: {key} {name!r} occurs twice")
    missing = [repr(name) for name in wanted.tolist() if name not in row_of]
    if missing:
        said = f"{len(missing)} of {len(wanted)} wanted by {key}: {shown(missing)}"
        raise ValueError(f"{path} has no row for {said}")
    return np.array([row_of[name] for name in wanted.tolist()], dtype=np.intp)
