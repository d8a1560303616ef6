"""Values of the classes in one order, and the functions that take several of them.

The functions are those of :mod:`fairprune.allocation` and :mod:`fairprune.metrics`, which the
workflow calls with arrays. Columns of DataFrames can have an order of their own: a Series is read
by its index, whose classes are sorted by name or number even where they are categories in another
order, and two Series that share a class must share all. Columns of examples must have one order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from numbers import Integral
from typing import Any

from fairprune import allocation, metrics
from fairprune._alignment import of_examples, prepared
from fairprune._validation import check_known


def as_mapping(what: str, values: Any) -> Any:
    """A Series as a dictionary, by its index; anything else as it is.

    Raises
    ------
    ValueError
        If a class is in the index twice: the dictionary would keep its last value.
    """
    if not hasattr(values, "to_dict"):
        return values
    by_class = values.to_dict()
    if len(by_class) < len(values.index) and values.ndim == 1:
        twice = values.index[values.index.duplicated()].tolist()[0]
        raise ValueError(f"{what} must have each class once in its index, got {twice!r} twice")
    return by_class


def in_order(
    what: str, values: Mapping[Any, Any], names: Sequence[str], present: set[int], absent: float
) -> list[Any]:
    """Values of a mapping in the order of the classes, by name or by whole number.

    A class number that no example has may be missing, such as 0 where classes begin at 1.
    """
    kind, word = (str, "text") if names else (Integral, "whole numbers")
    for key in values:
        if not isinstance(key, kind):
            raise ValueError(f"{what} must have the classes as keys, {word}, got {key!r}")
    if not values:
        raise ValueError(f"{what} must not be empty")
    if names:
        for name in names:
            check_known(name, values, f"{what} has no class {name!r}")
        return [values[name] for name in names]
    n_classes = max(values) + 1
    missing = sorted(present.difference(values))
    if missing:
        raise ValueError(f"{what} has no class {missing[0]}")
    return [values.get(k, absent) for k in range(n_classes)]


def _same_classes(values: dict[str, Any]) -> dict[str, Any]:
    """The Series among the values with plain indices: categories have an order of their own."""
    series = {
        name: each.set_axis(each.index.tolist())
        for name, each in values.items()
        if hasattr(each, "sort_index") and each.ndim == 1
    }
    first, *others = series or [""]
    for name in others:
        classes, known = set(series[name].index), set(series[first].index)
        unmatched = sorted(classes ^ known, key=str)
        if unmatched and classes & known:  # names and numbers of the same classes may come together
            lacking = name if unmatched[0] in known else first
            raise ValueError(
                f"{first} and {name} must have the same classes in their indices, {lacking} lacks "
                f"{unmatched[0]!r}; pass to_numpy() of each if the positions are right"
            )
    return values | series


class_recall = of_examples(metrics.class_recall, __name__, "y_true", "y_pred")
fairness = prepared(metrics.fairness, __name__, ("recall", "n_test"), _same_classes)
metriq = prepared(allocation.metriq, __name__, ("recall", "class_counts"), _same_classes)
quotas = prepared(allocation.quotas, __name__, ("class_density", "class_counts"), _same_classes)
