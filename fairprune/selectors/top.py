"""Keep the examples with the highest scores, equal ones in the order of the pool."""

from __future__ import annotations

import numpy as np


def select(pool: np.ndarray, n_keep: int, *, scores: np.ndarray) -> np.ndarray:
    """The ``n_keep`` highest scores of the pool.

    Parameters
    ----------
    pool : ndarray of shape (P,), int64
        Candidates, positions in ``scores``, in the order in which equals are kept.
    n_keep : int
        Number to keep, at most P.
    scores : ndarray of shape (N,)
        Scores of all examples; higher is kept first.

    Returns
    -------
    ndarray of shape (n_keep,), int64
        Kept positions, ascending.
    """
    order = np.argsort(-scores[pool], kind="stable")
    return np.sort(pool[order[:n_keep]])
