"""Class errors for the rules that start from recalls."""

from __future__ import annotations

import numpy as np

from fairprune import allocation
from fairprune.algorithms.shrinkage import shrunk


def class_errors(
    recall: np.ndarray, tries: np.ndarray | None, *, missing: allocation.Missing, shrink: bool
) -> np.ndarray:
    """Errors (K,) of recalls, optionally shrunk towards their mean."""
    error = allocation.class_errors(recall, missing=missing)
    if not shrink:
        return error
    if tries is None:
        raise ValueError("shrink needs tries, got None")
    return shrunk(error, np.asarray(tries))
