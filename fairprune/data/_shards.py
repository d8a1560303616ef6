"""Open one Parquet shard: check its columns, read its labels, and stream its images."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from fairprune._text import as_line, problem
from fairprune.data._columns import (
    ColumnNames,
    check_type,
    class_labels,
    image_column,
    is_text,
    label_column,
    needed,
)
from fairprune.data._images import Encoded
from fairprune.data._names import WORDS, splits_said

UNLABELLED, NULL = -1, -2  # in place of a label
_BATCH_ROWS = 64
_BATCH_BYTES = 1 << 27
_UNBOUNDED = np.iinfo(np.int64).max - 1


@dataclass(frozen=True)
class Shard:
    """A shard of n rows.

    Attributes
    ----------
    path : path
    image_column, label_column : str
    labels : ndarray of shape (n,), int64
        ``UNLABELLED`` or ``NULL`` where there is none.
    class_names : tuple of str, or None
        For integers, from the schema's metadata; for text, its values, in no order.
    has_text : bool
        Whether the labels are text.
    groups : list of n str, or None
    splits : ndarray of shape (n,), str, or None
        The split of each row; None if the whole file belongs to one.
    """

    path: Path
    image_column: str
    label_column: str
    labels: np.ndarray
    class_names: tuple[str, ...] | None
    has_text: bool
    groups: list[str] | None
    splits: np.ndarray | None

    def rows(self, split: str) -> np.ndarray:
        """Positions of the rows of a split."""
        if self.splits is None:
            return np.arange(len(self.labels))
        return np.flatnonzero(self.splits == split)

    def images(self, split: str) -> Iterator[Encoded]:
        """Encoded images of a split, in order, with one batch of rows in memory at a time."""
        wanted = np.zeros(len(self.labels), dtype=bool)
        wanted[self.rows(split)] = True
        row = 0
        with readable(self.path), pq.ParquetFile(self.path) as file:
            for group in range(file.num_row_groups):
                rows = _batch_rows(file.metadata.row_group(group).total_byte_size)
                for batch in file.iter_batches(rows, [group], [self.image_column]):
                    column = batch.column(0)
                    if pa.types.is_struct(column.type):
                        column = pc.struct_field(column, "bytes")
                    for encoded in column:
                        if wanted[row]:
                            yield self._image(row, encoded.as_py())
                        row += 1
            if row < len(wanted):
                raise IndexError(f"{row} images for {len(wanted)} labels")

    def tables(self, chosen: np.ndarray) -> Iterator[pa.Table]:
        """All columns of the rows in a mask (n,), with one batch in memory at a time."""
        start = 0
        with readable(self.path), pq.ParquetFile(self.path) as file:
            for group in range(file.num_row_groups):
                stop = start + file.metadata.row_group(group).num_rows
                if chosen[start:stop].any():
                    rows = _batch_rows(file.metadata.row_group(group).total_byte_size)
                    for batch in file.iter_batches(rows, [group]):
                        mask = pa.array(chosen[start : start + len(batch)])
                        yield pa.Table.from_batches([batch]).filter(mask)
                        start += len(batch)
                start = stop

    def _image(self, row: int, encoded: bytes | None) -> Encoded:
        name = f"{self.path}, column {self.image_column!r}, row {row}"
        if not encoded:
            raise ValueError(f"{name}: no image bytes (images kept in other files are not read)")
        return Encoded(name, lambda: encoded, len(encoded))


def open_shard(path: Path, columns: ColumnNames, *, needs_labels: bool = True) -> Shard:
    """Open a shard and read everything but the images.

    Raises
    ------
    ValueError
        If the file is not Parquet, or a column is missing, has the wrong type, or holds nulls or
        values out of range; the message names the file, column and row.
    """
    schema = schema_of(path)
    features = class_labels(path, schema)
    image = image_column(path, schema, columns.image)
    label = columns.label or label_column(path, schema, features, columns)
    labelled = needs_labels or (label in schema.names and not _is_empty(path, schema, label))
    named = (label, columns.group, columns.split) if labelled else (columns.split,)
    wanted = [name for name in named if name is not None]
    for name in wanted:
        check_type(path, name, needed(path, schema, name))
    table = _read(path, wanted)

    labels, names, has_text = np.full(table.num_rows, NULL), features.get(label), False
    if labelled:
        labels, texts = _coded(path, table, label)
        if texts and "" in texts:
            labels[labels == texts.index("")] = NULL
        has_text = texts is not None
        names = texts if has_text else names
    splits = None if columns.split is None else _splits(path, table, columns.split)
    groups = None
    if labelled and columns.group is not None:
        groups = _group_names(path, table, columns.group, features.get(columns.group))
    return Shard(path, image, label, labels, names, has_text, groups, splits)


def schema_of(path: Path) -> pa.Schema:
    """Names and types of the columns of a Parquet file."""
    with readable(path):
        return pq.read_schema(path)


def _is_empty(path: Path, schema: pa.Schema, column: str) -> bool:
    """Whether a column holds only nulls or NaN, as pandas writes labels that are all missing."""
    kind = needed(path, schema, column)
    if not (pa.types.is_null(kind) or pa.types.is_floating(kind)):
        return False
    with readable(path):
        values = pq.read_table(path, columns=[column])[column]
    return all(chunk.is_null(nan_is_null=True).true_count == len(chunk) for chunk in values.chunks)


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """Turn any error of a damaged file into a ValueError that names the file."""
    try:
        yield
    except MemoryError:
        raise
    except (pa.ArrowException, UnicodeDecodeError) as error:  # some are a ValueError too
        raise ValueError(f"{path} is not a readable Parquet file: {problem(error)}") from error
    except ValueError:
        raise
    except Exception as error:
        raise ValueError(f"{path} is not a readable Parquet file: {problem(error)}") from error


def _batch_rows(group_bytes: int) -> int:
    """How many rows of a group to read together; repeats, stored once, may fill each row."""
    return max(1, min(_BATCH_ROWS, _BATCH_BYTES // max(1, group_bytes)))


def _read(path: Path, columns: list[str]) -> pa.Table:
    """Read columns of labels; text is dictionary-encoded, so that repeats take no memory."""
    with readable(path), pq.ParquetFile(path, read_dictionary=columns) as file:
        table = file.read(columns=columns)
        table.validate(full=True)
    return table


def _coded(path: Path, table: pa.Table, column: str) -> tuple[np.ndarray, tuple[str, ...] | None]:
    """Values (n,), int64, ``NULL`` where missing; text becomes positions in the texts returned."""
    values, texts = table[column], None
    with readable(path):
        if is_text(values.type):
            if not pa.types.is_dictionary(values.type):
                values = values.cast(pa.string()).dictionary_encode()
            whole = values.unify_dictionaries().combine_chunks()
            texts, values = tuple(map(str, whole.dictionary.to_pylist())), whole.indices
        null = np.asarray(values.is_null())
    try:
        codes = np.asarray(values.cast(pa.int64()).fill_null(0))
    except pa.ArrowException as error:
        raise ValueError(f"{path}: column {column!r}: {error}") from error
    if texts is None and len(codes) and codes.min() < UNLABELLED:
        row = int(np.argmax(codes < UNLABELLED))
        raise ValueError(
            f"{path}: column {column!r}, row {row}: must not be negative, got {codes[row]}"
        )
    return np.where(null, NULL, codes), texts


def _group_names(
    path: Path, table: pa.Table, column: str, names: Sequence[str] | None
) -> list[str]:
    codes, texts = _coded(path, table, column)
    names = texts if texts is not None else names
    most = np.iinfo(np.int64).max if names is None else len(names) - 1
    refuse(path, column, codes, (codes < 0) | (codes > most), most)
    if names is not None:
        names = [*map(as_line, names)]
    return [str(n) if names is None else names[n] for n in codes.tolist()]


def refuse(path: Path, column: str, codes: np.ndarray, bad: np.ndarray, most: int) -> None:
    """Refuse labels or groups if any are ``bad``, naming the first such row."""
    if bad.any():
        row = int(np.argmax(bad))
        allowed = f"in 0 .. {most}" if most < _UNBOUNDED else "at least 0"
        reason = "null or empty" if codes[row] == NULL else f"must be {allowed}, got {codes[row]}"
        raise ValueError(f"{path}: column {column!r}, row {row}: {reason}")


def _splits(path: Path, table: pa.Table, column: str) -> np.ndarray:
    """Split that each row names, by any of the words for it."""
    codes, texts = _coded(path, table, column)
    if texts is None:
        raise ValueError(f"{path}: column {column!r} is {table[column].type}, expected text")
    refuse(path, column, codes, codes < 0, len(texts) - 1)
    said = [splits_said(text) for text in texts]
    for code, words in enumerate(said):
        if len(words) != 1:
            row = int(np.argmax(codes == code))
            raise ValueError(
                f"{path}: column {column!r}, row {row}: must be one of {', '.join(WORDS)}, "
                f"got {texts[code]!r}"
            )
    return np.array([next(iter(words)) for words in said] or [""])[codes]
