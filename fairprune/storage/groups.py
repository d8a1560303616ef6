"""Groups of examples, from the column ``group`` of a canonical data set.

A group is a value of the column, whatever the class: a finer class, a subject, a hospital. Groups
are numbered in the order of their names, as text; a group may be missing from a split.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from fairprune.storage.canonical import SPLITS
from fairprune.storage.examples import rows_of


@dataclass(frozen=True)
class Groups:
    """The group of every example.

    Attributes
    ----------
    names : tuple of str
        Names of all groups of the data set, ascending.
    labels : dict of split to ndarray of shape (n,), int64
        Positions in ``names``, in the order of the split.
    """

    names: tuple[str, ...]
    labels: Mapping[str, np.ndarray]


def groups_of(examples: Path, table: pa.Table) -> Groups:
    """Groups of a canonical data set, from its table of examples.

    Raises
    ------
    ValueError
        If the table has no column ``group``.
    """
    if "group" not in table.column_names:
        raise ValueError(f"{examples}: no column 'group'; it has {', '.join(table.column_names)}")
    names, labels = np.unique(table["group"].to_numpy().astype(str), return_inverse=True)
    by_split = {split: labels[rows_of(examples, table, split)].astype(np.int64) for split in SPLITS}
    return Groups(tuple(names.tolist()), by_split)
