"""Uniform: the same share of every class, so that class sizes stay in proportion.

    d_k = d,    n_k proportional to N_k

With the selector ``stratified`` inside the classes this is CCS-CP, the class-proportional variant
of coverage-centric selection (Tsai, Zheng and Prakash, "Class-Proportional Coreset Selection for
Difficulty-Separable Data", arXiv 2507.10904).
"""

from __future__ import annotations

import numpy as np

from fairprune import allocation
from fairprune._validation import NotNegative, checked


@checked
def class_density(
    class_counts: np.ndarray, density: float, *, minimum_per_class: NotNegative = 0
) -> np.ndarray:
    """The density of the whole set, for every class."""
    weight = np.ones(len(class_counts))
    return allocation.proportional(
        weight, class_counts, density, minimum_per_class=minimum_per_class
    )
