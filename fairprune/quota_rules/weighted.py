"""Weighted: class densities in proportion to weights of one's own, from a file.

    d_k = min(1, c w_k),    sum_k d_k N_k = d N

The file's ``weight`` of each class; its ``quota`` or ``class_density`` are weights too, for which
c = 1. It must name every class, and its quotas must add up to what the density keeps.
"""

from __future__ import annotations

import numpy as np

from fairprune import allocation
from fairprune._validation import NotNegative, checked


@checked
def class_density(
    class_counts: np.ndarray,
    density: float,
    *,
    weight: np.ndarray,
    minimum_per_class: NotNegative = 0,
) -> np.ndarray:
    """Class densities in proportion to weights.

    Parameters
    ----------
    weight : ndarray of shape (K,)
        Not negative.
    minimum_per_class : int, default=0
        Examples to keep of each class at least, or all where a class has fewer.
    """
    return allocation.proportional(
        weight, class_counts, density, minimum_per_class=minimum_per_class
    )
