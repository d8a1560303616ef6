"""Columns of examples side by side: whether they have the rows in one order.

The functions that the workflow calls with arrays do not look: here the public ones are made of
them. The source of a score or metric decides what the workflow recomputes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import wraps
from inspect import signature
from itertools import combinations
from typing import Any, ParamSpec, TypeVar

_P = ParamSpec("_P")
_R = TypeVar("_R")


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


def of_examples(module: str, *names: str) -> Callable[[Callable[_P, _R]], Callable[_P, _R]]:
    """Decorate a function of values per example, the arguments of these names.

    ``module`` is the one that offers the decorated function, where pickle looks for it.
    """
    return prepared(module, names, _same_rows)


def prepared(
    module: str, names: Sequence[str], prepare: Callable[[dict[str, Any]], dict[str, Any]]
) -> Callable[[Callable[_P, _R]], Callable[_P, _R]]:
    """Decorate a function to take the arguments of these names as ``prepare`` returns them."""

    def decorate(function: Callable[_P, _R]) -> Callable[_P, _R]:
        parameters = signature(function)

        @wraps(function)
        def call(*args: _P.args, **kwargs: _P.kwargs) -> _R:
            try:
                bound = parameters.bind(*args, **kwargs)
            except TypeError:
                return function(*args, **kwargs)  # Python's own message names the function
            bound.arguments |= prepare({k: v for k, v in bound.arguments.items() if k in names})
            return function(*bound.args, **bound.kwargs)

        call.__module__ = module
        return call

    return decorate


def _same_rows(columns: dict[str, Any]) -> dict[str, Any]:
    check_same_order(**columns)
    return columns
