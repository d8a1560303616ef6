"""Weighted: class densities in proportion to your own weights, from a file.

    d_k = min(1, c w_k),    sum_k d_k N_k = d N

The file gives a ``weight`` per class. It may give a ``quota`` or ``class_density`` instead, which
serves as the weight with c = 1. The file must name every class, and its quotas must add up to what
the density keeps.
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
        ``w_k``, not negative.
    minimum_per_class : int, default=0
        Smallest number of examples to keep per class; a smaller class is kept whole.
    """
    return allocation.proportional(
        weight, class_counts, density, minimum_per_class=minimum_per_class
    )
