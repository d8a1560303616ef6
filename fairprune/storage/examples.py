"""The table of examples: the rows, labels and groups of a split, and the names of the classes.

In NumPy: sorting or grouping an Arrow table loads its query engine, in every job.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa

from fairprune.storage.fingerprint import NAME, SPLITS, examples_digest, read_fingerprint
from fairprune.storage.tables import EXAMPLES, read_table


def read_examples(path: Path | str) -> pa.Table:
    """Read a table of examples; where a fingerprint lies beside it, it must be that one's.

    Raises
    ------
    ValueError
        If it is another, or as :func:`fairprune.storage.tables.read_table`.
    """
    path = Path(path)
    table = read_table(path, EXAMPLES)
    known = read_fingerprint(path.parent).examples if (path.parent / NAME).exists() else None
    if known not in (None, examples_digest(table)):
        raise ValueError(
            f"{path} is not a readable table of examples: it is not that of {NAME} beside it"
        )
    return table


def rows_of(table: pa.Table, split: str) -> np.ndarray:
    """Rows of a table of examples that belong to a split, in the order of their indices."""
    rows = np.flatnonzero(table["split"].to_numpy() == split)
    return rows[np.argsort(table["index"].to_numpy()[rows], kind="stable")]


def labels_of(table: pa.Table, split: str) -> np.ndarray:
    """Labels (N,), int64, of a split in the order of its indices."""
    return table["label"].to_numpy()[rows_of(table, split)].astype(np.int64)


def class_names(table: pa.Table) -> tuple[str, ...]:
    """Names of all K classes of a table of examples, by label."""
    first = np.unique(table["label"].to_numpy(), return_index=True)[1]
    return tuple(table["class_name"].to_numpy()[first].tolist())


def groups_of(path: Path | str, table: pa.Table) -> tuple[tuple[str, ...], dict[str, np.ndarray]]:
    """Names of all groups, ascending as text, and the group (n,), int64, of each split's examples.

    A group is a value of the column ``group``, whatever the class: a finer class, a subject, a
    hospital. It may be missing from a split.

    Raises
    ------
    ValueError
        If there is no such column.
    """
    if "group" not in table.column_names:
        raise ValueError(f"{path}: no column 'group'; it has {', '.join(table.column_names)}")
    names, labels = np.unique(table["group"].to_numpy().astype(str), return_inverse=True)
    by_split = {split: labels[rows_of(table, split)].astype(np.int64) for split in SPLITS}
    return tuple(names.tolist()), by_split
