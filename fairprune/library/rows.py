"""Columns of examples side by side: whether they have the rows in one order."""

from __future__ import annotations

from collections import Counter
from typing import Any


def check_same_order(labels: Any, **columns: Any) -> None:
    """Refuse a Series of pandas that has the rows of the labels in another order.

    Values of examples are read by position: after ``scores.sort_values()`` an example would get the
    score of another. Where labels and column are not both Series, or their indices hold other rows,
    there is nothing to compare.
    """
    if not hasattr(labels, "sort_index"):
        return
    rows = labels.index
    for name, column in columns.items():
        if not hasattr(column, "sort_index") or column.index.equals(rows):
            continue
        if Counter(column.index) != Counter(rows):
            continue
        first = next(i for i, row in enumerate(rows) if row != column.index[i])
        raise ValueError(
            f"{name} must have the rows of labels in their order, got row {column.index[first]!s} "
            f"at {first}, where labels has {rows[first]!s}: pass {name}.reindex(labels.index), or "
            f"{name}.to_numpy() if the positions are right"
        )
