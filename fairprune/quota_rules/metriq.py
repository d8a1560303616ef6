"""MetriQ: class densities in proportion to the class errors on the validation split.

    d_k = min(1, c (1 - r_k)),    sum_k d_k N_k = d N

See :mod:`fairprune.allocation` for the algorithm and its edge cases.

Options: ``minimum_per_class``, ``rule`` ("paper" or "authors") and ``missing`` ("error" or
"mean"), as in :func:`fairprune.allocation.metriq`.
"""

from __future__ import annotations

import numpy as np

from fairprune import allocation
from fairprune._validation import NotNegative


def class_density(
    class_counts: np.ndarray,
    density: float,
    *,
    recall: np.ndarray,
    minimum_per_class: NotNegative = 0,
    rule: allocation.Rule = "paper",
    missing: allocation.Missing = "error",
) -> np.ndarray:
    """Class densities from recalls.

    Parameters
    ----------
    class_counts : ndarray of shape (K,)
        Training examples per class, ``N_k``.
    density : float
        Share of the training set kept, in (0, 1].
    recall : ndarray of shape (K,)
        Recalls on the validation split.
    minimum_per_class, rule, missing
        As in :func:`fairprune.allocation.metriq`.

    Returns
    -------
    ndarray of shape (K,), float64
    """
    return allocation.metriq(
        recall,
        class_counts,
        density,
        minimum_per_class=minimum_per_class,
        rule=rule,
        missing=missing,
    )
