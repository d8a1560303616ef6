"""Check that arguments with a value per example have their rows in the same order.

The workflow calls the plain functions with arrays, without this check. The public functions are
made from them here, so the check stays out of the source of scores and metrics, which decides what
the workflow recomputes.
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
    """Refuse pandas Series that have the same rows in different orders, and iterators.

    Values are read by position: after ``scores.sort_values()`` an example would get another's
    score. Two columns are compared only if both are Series and their indices hold the same rows.
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


def of_examples(function: Callable[_P, _R], module: str, *names: str) -> Callable[_P, _R]:
    """Make a function refuse arguments ``names`` whose rows are in different orders.

    ``module`` is the module that exports the new function; pickle looks for it there.
    """
    return prepared(function, module, names, _same_rows)


def prepared(
    function: Callable[_P, _R],
    module: str,
    names: Sequence[str],
    prepare: Callable[[dict[str, Any]], dict[str, Any]],
) -> Callable[_P, _R]:
    """Make a function pass its arguments ``names``, as a dict, through ``prepare`` first."""
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


def _same_rows(columns: dict[str, Any]) -> dict[str, Any]:
    check_same_order(**columns)
    return columns
