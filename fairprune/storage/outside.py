"""Tables that were made elsewhere: scores, embeddings, quotas and recalls from files.

A file is Parquet, CSV with a header, or ``.npz`` with an array a column. Rows are joined by a key,
never by their order: a file in another order is read right, and one that lacks examples is refused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from fairprune.storage.npz import read_npz
from fairprune.storage.tables import read_table

SUFFIXES = (".parquet", ".csv", ".npz")
_SHOWN = 3


def read_columns(path: Path) -> dict[str, Any]:
    """Columns of a file: arrays (n,), or (n, D) for lists of one length.

    Raises
    ------
    ValueError
        If the file is not readable, or of another kind.
    """
    if path.suffix not in SUFFIXES:
        raise ValueError(f"{path} must be one of {', '.join(SUFFIXES)}")
    if path.suffix == ".npz":
        return read_npz(path)
    table = read_table(path) if path.suffix == ".parquet" else _read_csv(path)
    return {name: _array(path, name, table[name]) for name in table.column_names}


def _read_csv(path: Path) -> pa.Table:
    from pyarrow import csv

    try:
        return csv.read_csv(path)
    except pa.ArrowException as error:
        raise ValueError(f"{path} is not a readable CSV: {error}") from error


def _array(path: Path, name: str, column: pa.ChunkedArray) -> np.ndarray:
    if column.null_count:
        row = column.is_null().to_pylist().index(True)
        raise ValueError(f"{path}: column {name!r} is null in row {row}")
    kind = column.type
    if not (pa.types.is_fixed_size_list(kind) or pa.types.is_list(kind)):
        return column.to_numpy()
    lengths = {len(part) for part in column}
    if len(lengths) != 1:
        raise ValueError(f"{path}: the lists of column {name!r} must be of one length")
    values = pa.concat_arrays([chunk.flatten() for chunk in column.chunks]).to_numpy()
    return values.reshape(len(column), -1)  # (n, D)


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
    columns = read_columns(path)
    keys, values = (_column(path, columns, name) for name in (key, column))
    if len(keys) != len(values) or keys.ndim != 1:
        raise ValueError(f"{path}: {key!r} and {column!r} have shapes {keys.shape}, {values.shape}")
    rows = _rows(path, key, keys.astype(wanted.dtype), wanted)
    if values.dtype.kind not in "biuf":
        raise ValueError(f"{path}: column {column!r} must be numeric, got {values.dtype}")
    found = values[rows].astype(np.float64)
    bad = ~np.isfinite(found).reshape(len(found), -1).all(axis=1)
    if bad.any():
        raise ValueError(f"{path}: {column!r} of {key} {wanted[bad].tolist()[0]!r} is not finite")
    return found


def by_class(path: Path, names: Sequence[str], density: float) -> dict[str, np.ndarray]:
    """Numeric columns (K,) of a table with one row a class, in the order of the classes.

    Classes are found by the column ``class_name``, or by their numbers in ``class``. Of a table
    with a column ``density``, the rows of this density count.

    Raises
    ------
    ValueError
        If a class is missing or occurs twice, or there are no rows of the density.
    """
    columns = read_columns(path)
    if "density" in columns:
        chosen = np.isclose(columns["density"].astype(np.float64), density, rtol=0, atol=1e-9)
        if not chosen.any():
            known = ", ".join(f"{d:g}" for d in np.unique(columns["density"]))
            raise ValueError(f"{path} has no rows of density {density:g}; it has {known}")
        columns = {name: column[chosen] for name, column in columns.items()}
    if "class_name" in columns:
        keys, wanted = columns["class_name"].astype(str), np.array(names, dtype=str)
        key = "class_name"
    else:
        key, keys = "class", _column(path, columns, "class")
        wanted = np.arange(len(names))
    rows = _rows(path, key, keys, wanted)
    return {name: c[rows] for name, c in columns.items() if c.dtype.kind in "biuf"}


def _column(path: Path, columns: Mapping[str, Any], name: str) -> np.ndarray:
    if name not in columns:
        raise ValueError(f"{path}: no column {name!r}; it has {', '.join(columns)}")
    return columns[name]


def _rows(path: Path, key: str, keys: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Row of each wanted key."""
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    twice = ordered[1:][ordered[1:] == ordered[:-1]]
    if len(twice):
        raise ValueError(f"{path}: {key} {twice.tolist()[0]!r} occurs twice")
    places = np.searchsorted(ordered, wanted)
    found = np.zeros(len(wanted), dtype=bool)
    inside = places < len(ordered)
    found[inside] = ordered[places[inside]] == wanted[inside]
    if not found.all():
        missing = wanted[~found]
        shown = ", ".join(map(repr, missing[:_SHOWN].tolist()))
        more = " ..." if len(missing) > _SHOWN else ""
        raise ValueError(
            f"{path} has no row for {len(missing)} of {len(wanted)} wanted by {key}: {shown}{more}"
        )
    return order[places]
