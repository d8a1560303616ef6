"""Tempered MetriQ: class densities in proportion to a power of the class errors.

    d_k = min(1, c (1 - r_k)^a),    sum_k d_k N_k = d N

``a = 1`` is MetriQ and ``a = 0`` keeps the same share of every class. ``a = 1/2`` takes the square
root of a class's error, as RCAP (UAI 2025) does of its loss. Each further example helps a class
less, so the errors on the full data overstate how much the shares should differ. The best exponent
depends on the learner.

A class without errors gets density 0 for every ``a > 0``, as in MetriQ.
"""

from __future__ import annotations

from typing import Annotated

import numpy as np

from fairprune import allocation
from fairprune._validation import NotNegative, Range, checked
from fairprune.quota_rules._errors import class_errors


@checked
def class_density(
    class_counts: np.ndarray,
    density: float,
    *,
    recall: np.ndarray,
    tries: np.ndarray | None = None,
    exponent: Annotated[float, Range(0, 10)] = 0.5,
    minimum_per_class: NotNegative = 0,
    missing: allocation.Missing = "error",
    shrink: bool = False,
) -> np.ndarray:
    """Class densities from recalls.

    Parameters
    ----------
    recall : ndarray of shape (K,)
        Recalls on the validation split.
    exponent : float, default=0.5
        ``a``, in [0, 10].
    tries : ndarray of shape (K,), optional
        Examples that each recall was measured on; needed to shrink.
    missing, shrink
        As for :mod:`fairprune.quota_rules.metriq`.
    """
    error = class_errors(recall, tries, missing=missing, shrink=shrink)
    return allocation.proportional(
        error**exponent, class_counts, density, minimum_per_class=minimum_per_class
    )
