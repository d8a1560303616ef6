"""Selection within classes as one would write it down: a mask per class."""

from __future__ import annotations

import numpy as np


def keep_by_class(labels: np.ndarray, quotas: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Ascending indices of the best of each class; the scores are all different."""
    kept = []
    for k, quota in enumerate(quotas):
        members = np.flatnonzero(labels == k)
        best = np.argsort(-scores[members], kind="stable")[:quota]
        kept.append(members[best])
    return np.sort(np.concatenate(kept))
