"""Put values of classes in one order, for the public functions that take them.

The workflow calls the functions of :mod:`fairprune.allocation` and :mod:`fairprune.metrics` with
arrays. The public ones also take mappings and pandas Series. They read these by key or index and
sort the classes by name or number, even if the index is categorical with another order. Two of them
that share a class must share all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from numbers import Integral
from typing import Any

from fairprune import allocation, metrics
from fairprune._alignment import of_examples, prepared
from fairprune._validation import check_known


def as_mapping(what: str, values: Any) -> Any:
    """Return a pandas Series as a dictionary by its index; anything else unchanged.

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
    """Return the values of a mapping in the order of the classes, by name or whole number.

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


def _in_class_order(values: dict[str, Any]) -> dict[str, Any]:
    """Series and mappings among the values as lists in the order of their classes."""
    keyed = {
        name: as_mapping(name, each)
        for name, each in values.items()
        if isinstance(each, Mapping) or (hasattr(each, "sort_index") and each.ndim == 1)
    }
    first, *others = keyed or [""]
    for name in others:
        classes, known = keyed[name].keys(), keyed[first].keys()
        unmatched = sorted(classes ^ known, key=str)
        if unmatched and classes & known:  # names and numbers of the same classes may come together
            lacking = name if unmatched[0] in known else first
            raise ValueError(
                f"{first} and {name} must have the same classes, {lacking} lacks {unmatched[0]!r}; "
                "pass arrays if the positions are right"
            )
    return values | {name: _sorted_values(name, each) for name, each in keyed.items()}


def _sorted_values(what: str, values: Mapping[Any, Any]) -> list[Any]:
    try:
        return [values[key] for key in sorted(values)]
    except TypeError as error:
        raise ValueError(
            f"{what} must have classes of one kind, names or numbers, got {list(values)}"
        ) from error


class_recall = of_examples(metrics.class_recall, __name__, "y_true", "y_pred")
fairness = prepared(metrics.fairness, __name__, ("recall", "n_test"), _in_class_order)
metriq = prepared(allocation.metriq, __name__, ("recall", "class_counts"), _in_class_order)
quotas = prepared(allocation.quotas, __name__, ("class_density", "class_counts"), _in_class_order)
