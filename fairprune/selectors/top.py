"""Keep the examples with the highest scores; the order of the pool breaks ties."""

from __future__ import annotations

import numpy as np


def select(pool: np.ndarray, n_keep: int, *, scores: np.ndarray) -> np.ndarray:
    """Keep the ``n_keep`` highest scores of the pool."""
    order = np.argsort(-scores[pool], kind="stable")
    return np.sort(pool[order[:n_keep]])
