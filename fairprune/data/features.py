"""Rows of features: a table with one column of vectors or a column per feature, or arrays.

Files are Parquet with a column of lists of one length, Parquet or CSV with columns of numbers,
``.npz`` with an array per column, or ``x_train.npy`` and ``y_train.npy``, see
:mod:`fairprune.data._tables`. Each feature is normalised by its mean and standard deviation over
the training set.

Features are kept in float32, which cannot tell apart times near 1.7e9 within the same minute. If a
feature's range in the training set is less than 1 / 2048 of its largest value, its least value
there is subtracted first, in float64.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from fairprune._text import shown
from fairprune._validation import NotNegative
from fairprune.data import _table_labels, _tables
from fairprune.data._ids import content_ids
from fairprune.data._rows import Rows
from fairprune.data._splits import DEFAULT_TEST_SHARE, Part, Share, placed, split
from fairprune.data._tables import files as files
from fairprune.storage.canonical import Dataset
from fairprune.storage.outside import needed

INPUTS = "features"
_Columns = str | tuple[str, ...]  # one of vectors, or several of numbers
_BLURRED = 1 << 11  # largest value / range, beyond which under 13 of float32's 24 bits are left

log = logging.getLogger(__name__)


def load(
    root: Path,
    *,
    feature_column: str = "features",
    feature_columns: tuple[str, ...] | None = None,
    label_column: str = "label",
    id_column: str | None = None,
    split_column: str | None = None,
    standardise: bool = True,
    seed: NotNegative = 0,
    test_share: Share = DEFAULT_TEST_SHARE,
) -> Dataset:
    """Load features and labels; the order is that of the sorted file names, then of the rows.

    Parameters
    ----------
    root : path
        A file, or a folder of files.
    feature_column, label_column : str
        Columns of vectors of one length, and of whole numbers or text. ``x_train`` and ``y_train``
        in NumPy files have the default names.
    feature_columns : tuple of str, optional
        Columns of numbers to use instead of ``feature_column``: one per feature, in this order.
    id_column : str, optional
        Column of stable ids; by default they come from the values.
    split_column : str, optional
        Column of text that says ``train``, ``test`` or ``validation``.
    standardise : bool, default=True
        Normalise each feature; otherwise they stay as they are, in float32.
    seed, test_share
        As in :func:`fairprune.data._splits.split`.

    Raises
    ------
    ValueError
        Naming the file and the column that is wrong.
    """
    columns = _columns(feature_column, feature_columns, label_column)
    tables = _tables.read_parts(root, _names(columns), label_column, id_column, split_column)
    names, labels = _table_labels.classes(tables, label_column, root)
    offset = _offset(tables["train"], columns, root, standardise)
    parts = {
        name: Part(
            _vectors(table, columns, f"{root}: {name}", offset),
            labels[name],
            _tables.ids_of(table, id_column, root),
        )
        for name, table in tables.items()
    }
    with placed(root):
        return split(parts, names, seed=seed, test_share=test_share, standardise=standardise)


def train_rows(
    root: Path,
    *,
    feature_column: str = "features",
    feature_columns: tuple[str, ...] | None = None,
    label_column: str = "label",
    id_column: str | None = None,
    split_column: str | None = None,
    standardise: bool = True,
    **_options: object,
) -> Rows:
    """The training rows with all of their columns."""
    columns = _columns(feature_column, feature_columns, label_column)

    def ids(table: _table_labels.Columns, labels: np.ndarray) -> list[str]:
        named = _tables.ids_of(table, id_column, root)
        if named is not None:
            return named
        offset = _offset(table, columns, root, standardise)
        return content_ids(_vectors(table, columns, f"{root}: train", offset), labels)

    return _tables.train_rows(root, _names(columns), label_column, id_column, split_column, ids)


def _columns(vectors: str, single: Sequence[str] | None, label_column: str) -> _Columns:
    """The column of vectors, or the columns of a number each."""
    if single is None:
        return vectors
    if len({*single, label_column}) <= len(single):
        raise ValueError(
            f"feature_columns must name each column once, and not that of the labels, "
            f"{label_column!r}, got {shown(single)}"
        )
    return tuple(single)


def _names(columns: _Columns) -> tuple[str, ...]:
    return (columns,) if isinstance(columns, str) else columns


def _offset(
    train: _table_labels.Columns, columns: _Columns, root: Path, standardise: bool
) -> dict[int, float]:
    """Least training values, to be subtracted, by position of the features float32 would blur."""
    values = _values(train, columns, root)
    if np.can_cast(values.dtype, np.float32):
        return {}
    low, high = (end.astype(np.float64) for end in (values.min(axis=0), values.max(axis=0)))
    with np.errstate(invalid="ignore"):  # what is not finite is refused later
        largest = np.maximum(np.abs(low), np.abs(high))
        blurred = (low < high) & (largest > _BLURRED * (high - low))
    if not standardise and blurred.any():
        log.warning(
            "%s: float32 keeps few values of feature %d, which lie near %g; subtract what they "
            "share, or standardise",
            root, np.argmax(blurred), low[np.argmax(blurred)],
        )  # fmt: skip
        return {}
    return {int(k): float(low[k]) for k in np.flatnonzero(blurred)}


def _vectors(
    table: _table_labels.Columns, columns: _Columns, where: str, offset: Mapping[int, float]
) -> np.ndarray:
    """Features (n, D), float32."""
    values = _values(table, columns, where)
    with np.errstate(over="ignore"):  # it is refused below
        vectors = np.ascontiguousarray(values, dtype=np.float32)
    for feature, least in offset.items():
        if feature < values.shape[1]:
            vectors[:, feature] = values[:, feature].astype(np.float64) - least
    if not np.isfinite(vectors).all():
        row, feature = np.argwhere(~np.isfinite(vectors))[0]
        name = columns if isinstance(columns, str) else columns[feature]
        raise ValueError(
            f"{where}: {name!r} must hold finite numbers of at most 3.4e38, got "
            f"{values[row, feature]} in feature {feature} of row {row}"
        )
    return vectors


def _values(table: _table_labels.Columns, columns: _Columns, where: object) -> np.ndarray:
    """Features (n, D), as the table has them."""
    if not isinstance(columns, str):
        return np.stack([_numbers(table, name, where) for name in columns], axis=1)
    values = needed(table, columns, where)
    if values.ndim != 2 or values.dtype.kind not in "biuf":
        raise ValueError(
            f"{where}: {columns!r} must hold vectors of one length, got {values.dtype} of shape "
            f"{values.shape}; images are for the source image_folder or parquet"
        )
    return values


def _numbers(table: _table_labels.Columns, name: str, where: object) -> np.ndarray:
    values = needed(table, name, where)
    if values.ndim != 1 or values.dtype.kind not in "biuf":
        raise ValueError(
            f"{where}: {name!r} must hold a number in each row, got {values.dtype} of shape "
            f"{values.shape}; write categories as a column of 0 and 1 each (pandas.get_dummies)"
        )
    return values
