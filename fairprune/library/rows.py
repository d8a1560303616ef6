"""Columns of examples side by side: whether they have the rows in one order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import combinations
from typing import Any


def check_same_order(**columns: Any) -> None:
    """Refuse Series of pandas that have the same rows in different orders, and iterators.

    Values of examples are read by position: after ``scores.sort_values()`` an example would get the
    score of another. Where one of two columns is not a Series, or their indices hold other rows,
    there is nothing to compare.
    """
    for name, column in columns.items():
        if isinstance(column, Iterator):
            raise ValueError(
                f"{name} must be an array or a list, got a {type(column).__name__}: pass "
                f"list({name})"
            )
    series = [(name, each) for name, each in columns.items() if hasattr(each, "sort_index")]
    for (first, reference), (name, column) in combinations(series, 2):
        _check_pair(first, reference.index, name, column.index)


def _check_pair(first: str, rows: Any, name: str, others: Any) -> None:
    if others.equals(rows) or len(others) != len(rows) or Counter(others) != Counter(rows):
        return
    at = next(i for i, row in enumerate(rows) if row != others[i])
    raise ValueError(
        f"{name} must have the rows of {first} in their order, got row {others[at]!s} at {at}, "
        f"where {first} has {rows[at]!s}: reindex it by {first}.index, or pass its to_numpy() if "
        "the positions are right"
    )
