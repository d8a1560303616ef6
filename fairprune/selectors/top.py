"""Keep the examples with the highest scores, equal ones in the order of the pool."""

from __future__ import annotations

import numpy as np


def select(pool: np.ndarray, n_keep: int, *, scores: np.ndarray) -> np.ndarray:
    """The ``n_keep`` highest scores of the pool."""
    order = np.argsort(-scores[pool], kind="stable")
    return np.sort(pool[order[:n_keep]])
