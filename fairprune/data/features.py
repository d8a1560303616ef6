"""Rows of features: a table with a column of vectors, or arrays.

Parquet with a column of lists of one length, ``.npz`` with an array a column, or ``x_train.npy``
and ``y_train.npy``, see :mod:`fairprune.data._tables`. Each feature is normalised by its mean and
standard deviation over the training set.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from fairprune._validation import NotNegative
from fairprune.data import _table_labels, _tables
from fairprune.data._ids import content_ids
from fairprune.data._rows import Rows
from fairprune.data._splits import DEFAULT_TEST_SHARE, Part, Share, placed, split
from fairprune.storage.canonical import Dataset

INPUTS = "features"


def load(
    root: Path,
    *,
    feature_column: str = "features",
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
        Of vectors of one length, and of whole numbers or text; ``x_train`` and ``y_train`` of
        NumPy files stand for the defaults.
    id_column : str, optional
        Of stable names; by default they come from the values.
    split_column : str, optional
        Column of text that says ``train``, ``test`` or ``validation``.
    standardise : bool, default=True
        Normalise each feature; otherwise they stay as they are.
    seed, test_share
        As in :func:`fairprune.data._splits.split`.

    Raises
    ------
    ValueError
        With the file and the column that is wrong.
    """
    tables = _tables.read_parts(root, feature_column, label_column, id_column, split_column)
    names, labels = _table_labels.classes(tables, label_column, root)
    parts = {
        name: Part(
            _vectors(table, feature_column, root),
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
    label_column: str = "label",
    id_column: str | None = None,
    split_column: str | None = None,
    **_options: object,
) -> Rows:
    """The training rows with all of their columns."""

    def ids(table: _table_labels.Columns, labels: np.ndarray) -> list[str]:
        named = _tables.ids_of(table, id_column, root)
        return named or content_ids(_vectors(table, feature_column, root), labels)

    return _tables.train_rows(root, feature_column, label_column, id_column, split_column, ids)


def files(root: Path, **_options: object) -> list[Path]:
    """The files that are read."""
    return _tables.find(root)


def _vectors(table: _table_labels.Columns, column: str, root: Path) -> np.ndarray:
    values = _table_labels.needed(table, column, root)
    if values.ndim != 2 or values.dtype.kind not in "biuf":
        raise ValueError(
            f"{root}: {column!r} must hold vectors of one length, got {values.dtype} of shape "
            f"{values.shape}; images are for the source image_folder or parquet"
        )
    return np.ascontiguousarray(values, dtype=np.float32)
