"""Convert arguments of the public functions to NumPy arrays, and check them.

Arguments may be NumPy arrays, sequences, or torch tensors on any device. Tensors are recognised by
their methods, so torch is never imported here. Errors name the argument, the value and what is
allowed.
"""

from __future__ import annotations

import math
import numbers
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

_EXACT = 2**53  # up to here float64 holds every whole number


def as_array(name: str, value: object) -> np.ndarray:
    """Return an argument as an array; its type and shape are not checked."""
    if hasattr(value, "detach"):
        tensor: Any = value.detach().cpu()
        # bfloat16 has no NumPy type, and double holds every float type exactly
        value = (tensor.double() if tensor.is_floating_point() else tensor).numpy()
    try:
        return np.asarray(value)
    except ValueError as error:
        raise ValueError(f"{name} must be a vector of numbers: {error}") from error


def as_vector(
    name: str,
    value: object,
    *,
    length: int | None = None,
    minimum: float | None = None,
    maximum: float | None = None,
    allow_nan: bool = False,
    per_class: bool = False,
) -> np.ndarray:
    """Return a finite one-dimensional argument as a float64 array.

    Whole numbers beyond 2**53 are refused, because different ones would become equal floats. The
    argument must have the ``length`` given, and values from ``minimum`` to ``maximum``, both
    included; the message names the first offending positions. ``allow_nan`` lets NaN pass, but not
    infinities. ``per_class`` is for values of classes: a pandas Series is read by its index.
    """
    vector = as_array(name, _in_class_order(name, value) if per_class else value)
    if vector.ndim != 1:
        raise ValueError(f"{name} must be one-dimensional, got shape {vector.shape}")
    if vector.dtype.kind not in "biuf":
        raise ValueError(f"{name} must be numeric, got dtype {vector.dtype}")
    if length is not None and len(vector) != length:
        raise ValueError(f"{name} must have length {length}, got {len(vector)}")
    if vector.dtype.kind in "iu":
        large = (vector > _EXACT) | (vector < -_EXACT)
        _refuse(name, vector, large, "at most 2**53 in size (float64 holds no larger ones exactly)")
    vector = vector.astype(np.float64)
    _refuse(name, vector, np.isinf(vector) | (np.isnan(vector) & (not allow_nan)), "finite")
    if minimum is not None:
        _refuse(name, vector, vector < minimum, f"at least {exact_text(minimum)}")
    if maximum is not None:
        _refuse(name, vector, vector > maximum, f"at most {exact_text(maximum)}")
    return vector


def as_matrix(name: str, value: object, shape: str) -> np.ndarray:
    """Return a finite two-dimensional argument; messages show ``shape``, such as ``"T, N"``."""
    matrix = as_array(name, value)
    if matrix.ndim != 2:
        raise ValueError(f"{name} must have shape ({shape}), got {matrix.shape}")
    if matrix.dtype.kind not in "biuf":
        raise ValueError(f"{name} must be numeric, got dtype {matrix.dtype}")
    if matrix.dtype.kind == "f" and not np.isfinite(matrix).all():
        row, column = np.argwhere(~np.isfinite(matrix))[0]
        raise ValueError(
            f"{name} must be finite, got {name}[{row}, {column}] = {matrix[row, column]}"
        )
    return matrix


def as_integers(
    name: str,
    value: object,
    *,
    length: int | None = None,
    minimum: int | None = None,
    maximum: int | None = None,
    per_class: bool = False,
) -> np.ndarray:
    """Return a one-dimensional argument as int64; floats must be whole numbers."""
    limits: dict[str, Any] = {"length": length, "minimum": minimum, "maximum": maximum}
    vector = as_vector(name, value, **limits, per_class=per_class)
    _refuse(name, vector, vector != np.floor(vector), "a whole number")
    return vector.astype(np.int64)


def as_labels(
    value: object, n_classes: int | None = None, *, name: str = "labels"
) -> tuple[np.ndarray, int]:
    """Return labels of shape (N,) and the number of classes, by default the largest label + 1."""
    labels = as_integers(name, value, minimum=0)
    if len(labels) == 0:
        raise ValueError(f"{name} must not be empty")
    if n_classes is not None and labels.max() >= n_classes:
        raise ValueError(f"{name} must be below the {n_classes} classes, got {labels.max()}")
    return labels, int(labels.max()) + 1 if n_classes is None else n_classes


def as_label_array(name: str, value: object) -> np.ndarray:
    """Return labels as an array; a list with text becomes objects, or NaN would turn into text."""
    has_text = isinstance(value, list | tuple) and any(isinstance(each, str) for each in value)
    return as_array(name, np.array(value, dtype=object) if has_text else value)


def as_classes(
    value: object, known: Iterable[Any] = (), *, name: str = "labels"
) -> tuple[np.ndarray, tuple[str, ...]]:
    """Return labels as numbers (N,), and the class names if the labels are names.

    The names are sorted and include those in ``known``, even without examples. They are empty if
    the labels are numbers.
    """
    labels = as_label_array(name, value)
    if labels.dtype.kind not in "OUST":
        return as_labels(labels, name=name)[0], ()
    values = labels.tolist()
    numbers_only = all(isinstance(each, numbers.Integral) for each in values)
    if labels.ndim == 1 and numbers_only:
        return as_labels(np.array(values), name=name)[0], ()
    for position, each in enumerate(values):
        if not isinstance(each, str):
            raise ValueError(
                f"{name} must be whole numbers or text, got {name}[{position}] = {each!r}"
            )
    names = sorted({*values, *map(str, known)})
    code = {each: number for number, each in enumerate(names)}
    return np.array([code[each] for each in values], np.int64), tuple(names)


def check_within(
    name: str,
    values: np.ndarray,
    counts: np.ndarray,
    of: str = "examples",
    names: Sequence[str] = (),
) -> None:
    """Refuse ``values`` (K,) above the ``counts`` (K,) of classes, which messages call by name."""
    over = np.flatnonzero(values > counts)
    if len(over):
        k = int(over[0])
        known = repr(names[k]) if names else k
        raise ValueError(f"{name}[{known}] = {values[k]}, but class {known} has {counts[k]} {of}")


def _in_class_order(name: str, value: Any) -> object:
    """Return a pandas Series in the order of the classes in its index; anything else unchanged.

    ``value_counts()`` sorts by count: read by position, a class would get another's value.
    """
    if not hasattr(value, "sort_index") or getattr(value, "ndim", 0) != 1:
        return value
    ordered = value.sort_index()
    classes = ordered.index.tolist()
    if len(set(classes)) < len(classes):
        raise ValueError(f"{name} must have each class once in its index, got {classes}")
    return ordered.to_numpy()


def floor_of(share: float, n: int) -> int:
    """``floor(share n)`` as if exact: 0.57 of 5000 is 2850, but slightly less in floats.

    Examples
    --------
    >>> floor_of(0.57, 5000), floor_of(0.5, 3), floor_of(0.999999, 1000)
    (2850, 1, 999)
    """
    return math.floor(round(share * n, 6))


def _refuse(name: str, vector: np.ndarray, bad: np.ndarray, allowed: str) -> None:
    if not bad.any():
        return
    positions = np.flatnonzero(bad)
    shown = ", ".join(f"{name}[{i}] = {exact_text(vector[i].item())}" for i in positions[:3])
    more = f" and {len(positions) - 3} more" if len(positions) > 3 else ""
    raise ValueError(f"{name} must be {allowed}, got {shown}{more}")


def exact_text(value: float) -> str:
    """The shortest text that reads back as the same number."""
    short = f"{value:g}"
    if float(short) == value or value != value:
        return short
    return str(int(value)) if value == int(value) else repr(value)
