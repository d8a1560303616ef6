"""The Parquet tables of the workflow: their columns, and how they are written and read.

Every table is written atomically, with its provenance (the producing configuration entry, the
seed and the package version) as JSON under the key ``fairprune`` of the file's metadata, and
is checked against its schema both when it is written and when it is read.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from fairprune._text import problem
from fairprune.storage.atomic import atomic_path
from fairprune.storage.provenance import provenance

if TYPE_CHECKING:
    import pandas as pd


def _schema(**columns: pa.DataType | tuple[pa.DataType, bool]) -> pa.Schema:
    """Schema of non-null columns; ``(type, True)`` marks a column that may hold nulls."""
    pairs = {k: v if isinstance(v, tuple) else (v, False) for k, v in columns.items()}
    return pa.schema([pa.field(name, t, nullable=null) for name, (t, null) in pairs.items()])


_INT, _REAL, _TEXT = pa.int64(), pa.float64(), pa.string()
_CLASS = {"class": _INT, "class_name": _TEXT}
_GROUP = {"group": _INT, "group_name": _TEXT}
_RUN = {"experiment": _TEXT, "method": _TEXT, "density": _REAL, "seed": _INT}

EXAMPLES = _schema(index=_INT, split=_TEXT, label=pa.int32(), class_name=_TEXT, id=_TEXT)
GROUPED_EXAMPLES = EXAMPLES.append(pa.field("group", _TEXT, nullable=False))
RECALL = _schema(**_CLASS, n_validation=_INT, n_correct=_INT, recall=(_REAL, True))
OUTCOMES = _schema(index=_INT, label=pa.int32(), correct=pa.bool_())
ROUND_OUTCOMES = OUTCOMES.append(pa.field("split", _TEXT, nullable=False))
SCORE = _schema(index=_INT, label=pa.int32(), score=pa.float32())
MEAN_SCORE = _schema(
    index=_INT,
    label=pa.int32(),
    score=pa.float32(),
    score_std=pa.float32(),
    n_seeds=pa.int32(),
)
QUOTAS = _schema(
    **_CLASS,
    n_class=_INT,
    recall=(_REAL, True),
    class_density=_REAL,
    quota=_INT,
    recall_error=(_REAL, True),
)
ROUND_QUOTAS = QUOTAS.append(pa.field("log_weight", _REAL, nullable=False))
PRUNED = _schema(index=_INT, label=pa.int32())
FINAL = _schema(**_CLASS, n_train=_INT, n_test=_INT, n_correct=_INT, recall=(_REAL, True))
EPOCHS = _schema(
    epoch=pa.int32(),
    loss=_REAL,
    learning_rate=_REAL,
    validation_accuracy=(_REAL, True),
    worst_class_accuracy=(_REAL, True),
    worst_class=(pa.int32(), True),
)
METRICS = _schema(
    **_RUN,
    n_train=_INT,
    epochs=_INT,
    average_accuracy=_REAL,
    worst_class_accuracy=_REAL,
    worst_class=_TEXT,
    worst_tenth_accuracy=_REAL,
    difference=_REAL,
    standard_deviation=_REAL,
)
GROUP_RECALLS = _schema(
    **_RUN, **_GROUP, n_train=_INT, n_test=_INT, n_correct=_INT, recall=(_REAL, True)
)
GROUP_METRICS = _schema(
    **_RUN,
    n_groups=_INT,
    average_accuracy=_REAL,
    worst_group_accuracy=_REAL,
    worst_group=_TEXT,
    difference=_REAL,
    standard_deviation=_REAL,
)
CLASS_METRICS = _schema(**_RUN, **_CLASS, n_train=_INT, class_density=_REAL, recall=(_REAL, True))
CLAIMS = _schema(
    experiment=_TEXT,
    claim=_TEXT,
    comparison=_TEXT,
    metric=_TEXT,
    density=(_REAL, True),
    n_seeds=_INT,
    difference=_REAL,
    low=_REAL,
    high=_REAL,
    verdict=_TEXT,
)
COSTS = _schema(
    experiment=_TEXT,
    stage=_TEXT,
    name=_TEXT,
    density=(_REAL, True),
    seed=_INT,
    time_s=_REAL,
    memory_mb=_REAL,
    device=_TEXT,
    round=(_INT, True),
)
CLASS_COUNTS = _schema(**_RUN, **_CLASS, n_class=_INT, n_train=_INT, class_density=_REAL)


def write_table(
    path: Path | str,
    table: pa.Table | Mapping[str, Any] | pd.DataFrame,
    *,
    schema: pa.Schema | None = None,
    metadata: Mapping[str, Any] | None = None,
) -> None:
    """Write a table atomically, with its provenance in the file's metadata.

    Parameters
    ----------
    path : path
        Final name; the folder is made if it is missing.
    table : Table, mapping of columns, or DataFrame
        Cast to ``schema``, whose column order it takes over.
    schema : Schema, optional
        One of this module's schemas. Without it the table is written as it is.
    metadata : mapping, optional
        JSON-serialisable provenance: configuration entry, seed. The version is added, and the
        place under ``results``.

    Raises
    ------
    ValueError
        If columns are missing or unknown, have the wrong type, or hold unexpected nulls.
    """
    arrow = _as_arrow(table, schema, path)
    about = json.dumps(provenance(path, metadata), sort_keys=True)
    arrow = arrow.replace_schema_metadata({"fairprune": about})
    with atomic_path(path) as temporary:
        pq.write_table(arrow, temporary, compression="zstd", write_page_checksum=True)


def read_table(path: Path | str, schema: pa.Schema | None = None) -> pa.Table:
    """Read a table and check it against ``schema``; further columns are allowed.

    Raises
    ------
    ValueError
        If the file is no readable Parquet or its checksums are wrong, or a column is missing, has
        another type, or holds nulls where the schema allows none.
    FileNotFoundError
        If there is no such file.
    """
    with readable(path):
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            table = file.read()
        table.validate(full=True)
    if schema is not None:
        _check(table, schema, path)
    return table


def read_metadata(path: Path | str) -> dict[str, Any]:
    """The provenance that :func:`write_table` stored; empty if the file has none.

    Raises
    ------
    ValueError
        If the file is no readable Parquet, or its provenance is damaged.
    FileNotFoundError
        If there is no such file.
    """
    with readable(path):
        stored = pq.read_schema(path).metadata or {}
        return json.loads(stored.get(b"fairprune", b"{}"))


@contextmanager
def readable(path: Path | str) -> Iterator[None]:
    """Errors of reading a damaged or foreign file, as one that names it."""
    try:
        yield
    except (FileNotFoundError, MemoryError):
        raise
    except (pa.ArrowException, OSError, ValueError, RecursionError) as error:
        raise ValueError(f"{path} is not a readable Parquet table: {problem(error)}") from error


def _as_arrow(table: Any, schema: pa.Schema | None, path: Path | str) -> pa.Table:
    if isinstance(table, Mapping):
        table = pa.table(table)
    elif not isinstance(table, pa.Table):
        table = pa.Table.from_pandas(table, preserve_index=False)
    if schema is None:
        return table

    unknown = set(table.column_names) - set(schema.names)
    missing = set(schema.names) - set(table.column_names)
    if unknown or missing:
        raise ValueError(f"{path}: missing columns {sorted(missing)}, unknown {sorted(unknown)}")
    try:
        return table.select(schema.names).cast(schema)
    except (pa.ArrowException, ValueError) as error:
        raise ValueError(f"{path}: {error}") from error


def _check(table: pa.Table, schema: pa.Schema, path: Path | str) -> None:
    for field in schema:
        if field.name not in table.column_names:
            raise ValueError(
                f"{path}: no column {field.name!r}; it has {', '.join(table.column_names)}"
            )
        column = table[field.name]
        if column.type != field.type:
            raise ValueError(
                f"{path}: column {field.name!r} is {column.type}, expected {field.type}"
            )
        if not field.nullable and column.null_count:
            row = column.is_null().to_pylist().index(True)
            raise ValueError(f"{path}: column {field.name!r} is null in row {row}")
