"""One Parquet shard: its columns checked, its labels read, its images streamed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from fairprune.data._images import Encoded

_BATCH_ROWS = 1024
_SPLITS = ("train", "test", "validation")


@dataclass(frozen=True)
class Shard:
    """A shard of n rows.

    Attributes
    ----------
    path : path
    image_column : str
    labels : ndarray of shape (n,), int64
    class_names : tuple of str, or None
        From the schema's metadata.
    groups : list of n str, or None
    splits : ndarray of shape (n,), str, or None
        The split of each row; None where the file as a whole belongs to one.
    """

    path: Path
    image_column: str
    labels: np.ndarray
    class_names: tuple[str, ...] | None
    groups: list[str] | None
    splits: np.ndarray | None

    def rows(self, split: str) -> np.ndarray:
        """Positions of the rows of a split."""
        if self.splits is None:
            return np.arange(len(self.labels))
        return np.flatnonzero(self.splits == split)

    def count(self, split: str) -> int:
        """Number of rows of a split."""
        return len(self.rows(split))

    def images(self, split: str) -> Iterator[Encoded]:
        """Encoded images of a split, in order, a batch of rows in memory at a time."""
        wanted = np.zeros(len(self.labels), dtype=bool)
        wanted[self.rows(split)] = True
        row = 0
        try:
            with pq.ParquetFile(self.path) as file:
                for batch in file.iter_batches(_BATCH_ROWS, columns=[self.image_column]):
                    column = batch.column(0)
                    encoded = pc.struct_field(column, "bytes")
                    for position in range(len(column)):
                        if wanted[row]:
                            yield self._image(row, encoded[position].as_py())
                        row += 1
        except (pa.ArrowException, OSError) as error:
            raise ValueError(f"{self.path} is damaged near row {row}: {error}") from error

    def _image(self, row: int, encoded: bytes | None) -> Encoded:
        name = f"{self.path}, column {self.image_column!r}, row {row}"
        if not encoded:
            raise ValueError(f"{name}: no image bytes (images kept in other files are not read)")
        return Encoded(name, lambda: encoded)


def open_shard(
    path: Path,
    image_column: str | None = None,
    label_column: str | None = None,
    group_column: str | None = None,
    split_column: str | None = None,
) -> Shard:
    """Open a shard and read all of it but the images.

    Raises
    ------
    ValueError
        If the file is no Parquet, or a column is missing, has the wrong type, holds nulls or
        values out of range; the message has file, column and row.
    """
    try:
        with pq.ParquetFile(path) as file:
            schema = file.schema_arrow
            features = class_labels(path, schema)
            image_column = _image_column(path, schema, image_column)
            label_column = _label_column(path, schema, features, label_column)
            columns = [c for c in (label_column, group_column, split_column) if c is not None]
            for name in columns:
                _need(path, schema, name)
            table = file.read(columns=columns)
    except (pa.ArrowException, OSError) as error:
        raise ValueError(f"{path} is not a readable Parquet file: {error}") from error
    names = features.get(label_column)
    splits = None
    if split_column is not None:
        splits = np.array(_texts(path, table, split_column, _SPLITS), dtype=str)
    groups = None
    if group_column is not None:
        groups = _group_names(path, table, group_column, features.get(group_column))
    labels = _labels(path, table, label_column, None if names is None else len(names))
    return Shard(path, image_column, labels, names, groups, splits)


def class_names_of(shards: Sequence[Shard]) -> tuple[str, ...]:
    """Class names that all shards agree on; the labels themselves where none are stored."""
    first = shards[0]
    for shard in shards:
        if shard.class_names != first.class_names:
            raise ValueError(f"{shard.path} and {first.path} name different classes")
    if first.class_names is not None:
        return first.class_names
    largest = max((int(shard.labels.max()) for shard in shards if len(shard.labels)), default=0)
    return tuple(map(str, range(largest + 1)))


def class_labels(path: Path, schema: pa.Schema) -> dict[str, tuple[str, ...]]:
    """Class names of each column of class labels, from the Hugging Face metadata."""
    stored = (schema.metadata or {}).get(b"huggingface")
    if stored is None:
        return {}
    try:
        features = json.loads(stored)["info"]["features"]
        labels = {k: v for k, v in features.items() if v.get("_type") == "ClassLabel"}
        return {k: tuple(map(str, v["names"])) for k, v in labels.items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{path}: unreadable 'huggingface' metadata: {error!r}") from error


def _need(path: Path, schema: pa.Schema, name: str) -> pa.DataType:
    if name not in schema.names:
        raise ValueError(f"{path}: no column {name!r}; it has {', '.join(schema.names)}")
    return schema.field(name).type


def _image_column(path: Path, schema: pa.Schema, name: str | None) -> str:
    if name is None:
        name = next((n for n in ("image", "img") if n in schema.names), None)
        if name is None:
            raise ValueError(
                f"{path}: no column 'image' or 'img'; set image_column to one of "
                f"{', '.join(schema.names)}"
            )
    kind = _need(path, schema, name)
    fields = {f.name: f.type for f in kind} if pa.types.is_struct(kind) else {}
    if fields.get("bytes") not in (pa.binary(), pa.large_binary()):
        raise ValueError(
            f"{path}: column {name!r} is {kind}, expected a struct with binary 'bytes'"
        )
    return name


def _label_column(path: Path, schema: pa.Schema, features: dict[str, Any], name: str | None) -> str:
    if name is None:
        integers = [field.name for field in schema if pa.types.is_integer(field.type)]
        candidates = [n for n in schema.names if n in features] or integers
        if len(candidates) != 1:
            raise ValueError(
                f"{path}: set label_column; columns that may be meant: "
                f"{', '.join(candidates) or 'none'}"
            )
        name = candidates[0]
    kind = _need(path, schema, name)
    if not pa.types.is_integer(kind):
        raise ValueError(f"{path}: column {name!r} is {kind}, expected integer labels")
    return name


def _labels(path: Path, table: pa.Table, column: str, n_classes: int | None) -> np.ndarray:
    values = table[column]
    _refuse_nulls(path, values, column)
    try:
        labels = values.cast(pa.int64()).to_numpy()
    except pa.ArrowException as error:
        raise ValueError(f"{path}: column {column!r}: {error}") from error
    upper = np.iinfo(np.int32).max if n_classes is None else n_classes - 1
    bad = np.flatnonzero((labels < 0) | (labels > upper))
    if len(bad):
        raise ValueError(
            f"{path}: column {column!r}, row {bad[0]}: label must be in 0 .. {upper}, "
            f"got {labels[bad[0]]}"
        )
    return labels


def _group_names(
    path: Path, table: pa.Table, column: str, names: Sequence[str] | None
) -> list[str]:
    if pa.types.is_integer(table[column].type):
        numbers = _labels(path, table, column, None if names is None else len(names))
        return [str(n) if names is None else names[n] for n in numbers.tolist()]
    return _texts(path, table, column)


def _texts(
    path: Path, table: pa.Table, column: str, allowed: Sequence[str] | None = None
) -> list[str]:
    values = table[column]
    if not (pa.types.is_string(values.type) or pa.types.is_large_string(values.type)):
        raise ValueError(f"{path}: column {column!r} is {values.type}, expected text")
    _refuse_nulls(path, values, column)
    texts = values.to_pylist()
    for row, text in enumerate(texts):
        if allowed is not None and text not in allowed:
            raise ValueError(
                f"{path}: column {column!r}, row {row}: must be one of "
                f"{', '.join(allowed)}, got {text!r}"
            )
    return texts


def _refuse_nulls(path: Path, values: pa.ChunkedArray, column: str) -> None:
    if values.null_count:
        row = values.is_null().to_pylist().index(True)
        raise ValueError(f"{path}: column {column!r}, row {row}: null")
