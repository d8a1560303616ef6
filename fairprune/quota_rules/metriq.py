"""MetriQ: class densities in proportion to the class errors on the validation split.

    d_k = min(1, c (1 - r_k)),    sum_k d_k N_k = d N

See :mod:`fairprune.allocation` for the algorithm and its edge cases.

Options: ``minimum_per_class``, ``rule`` ("paper" or "authors") and ``missing`` ("error" or
"mean"), as in :func:`fairprune.allocation.metriq`. ``shrink`` uses the errors that
:mod:`fairprune.algorithms.shrinkage` estimates from the observed ones.
"""

from __future__ import annotations

import numpy as np

from fairprune import allocation
from fairprune._validation import NotNegative, checked
from fairprune.quota_rules._errors import class_errors


@checked
def class_density(
    class_counts: np.ndarray,
    density: float,
    *,
    recall: np.ndarray,
    tries: np.ndarray | None = None,
    minimum_per_class: NotNegative = 0,
    rule: allocation.Rule = "paper",
    missing: allocation.Missing = "error",
    shrink: bool = False,
) -> np.ndarray:
    """Class densities from recalls.

    Parameters
    ----------
    recall : ndarray of shape (K,)
        Recalls on the validation split.
    tries : ndarray of shape (K,), optional
        Examples that each recall was measured on; needed to shrink.
    rule, missing
        As in :func:`fairprune.allocation.metriq`.
    shrink : bool, default=False
        Pull the errors towards their mean to the extent that chance explains their differences.
    """
    error = class_errors(recall, tries, missing=missing, shrink=shrink)
    return allocation.proportional(
        error, class_counts, density, minimum_per_class=minimum_per_class, rule=rule
    )
