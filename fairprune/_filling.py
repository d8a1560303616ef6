"""Sizes in proportion to weights, between bounds, with an exact total.

    n_k = clip(c w_k, lower_k, upper_k)    with c such that    sum_k n_k = total

The total is piecewise linear in ``c``. Its breakpoints, where a class leaves its lower bound or
reaches its upper bound, are sorted, and a binary search finds the piece.
"""

from __future__ import annotations

import numpy as np


def water_fill(
    weight: np.ndarray, lower: np.ndarray, upper: np.ndarray, total: float
) -> np.ndarray:
    """Sizes ``clip(c * weight, lower, upper)`` with ``c`` such that they sum to ``total``.

    All arrays are (K,), float64. Weights must be positive, and
    ``sum(lower) <= total <= sum(upper)``.
    """
    with np.errstate(over="ignore"):
        leaves, arrives = lower / weight, upper / weight  # values of c at the two bounds
        breakpoints = np.unique(np.concatenate([leaves, arrives]))
        low, high = 0, len(breakpoints) - 1
        while high - low > 1:
            middle = (low + high) // 2
            reached = np.clip(breakpoints[middle] * weight, lower, upper).sum()
            low, high = (middle, high) if reached <= total else (low, middle)
    at_upper = arrives <= breakpoints[low]
    at_lower = leaves >= breakpoints[high]
    free = ~(at_upper | at_lower)
    sizes = np.where(at_upper, upper, lower)
    left = total - sizes[~free].sum()
    # take the share first: c itself overflows for errors near the smallest float
    sizes[free] = left * (weight[free] / weight[free].sum())
    return np.clip(sizes, lower, upper)


def fill(weight: np.ndarray, lower: np.ndarray, upper: np.ndarray, total: float) -> np.ndarray:
    """Like :func:`water_fill`, but weights may be 0.

    Classes of weight 0 stay at ``lower`` until all others are at ``upper``; what is left is
    then spread over them in proportion to ``upper``.
    """
    sizes = lower.copy()
    active = weight > 0
    rest = total - lower[~active].sum()
    if rest < upper[active].sum():
        sizes[active] = water_fill(weight[active], lower[active], upper[active], rest)
        return sizes
    sizes[active] = upper[active]
    idle = ~active & (upper > 0)
    if idle.any():
        sizes[idle] = water_fill(upper[idle], lower[idle], upper[idle], total - sizes[active].sum())
    return sizes
