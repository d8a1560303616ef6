"""StrategyQ: the class densities that a strategy's own global pruning produces.

    d_k = (examples of class k the strategy keeps) / N_k

With random selection within the classes, this separates what a strategy gains by its class
sizes from what it gains by its choice of examples. The quotas equal the strategy's counts
exactly, since ``d_k N_k`` is whole. A class without examples has density 0.
"""

from __future__ import annotations

import numpy as np

from fairprune import allocation
from fairprune._arrays import as_integers, check_within


def class_density(
    class_counts: np.ndarray, density: float, *, strategy_counts: np.ndarray
) -> np.ndarray:
    """Class densities from the counts of a strategy.

    Parameters
    ----------
    strategy_counts : ndarray of shape (K,)
        Examples per class that the strategy keeps at this density.
    """
    counts = as_integers("class_counts", class_counts, minimum=0)
    kept = as_integers("strategy_counts", strategy_counts, length=len(counts), minimum=0)
    check_within("strategy_counts", kept, counts)
    n_keep = allocation.n_keep(density, int(counts.sum()))
    if kept.sum() != n_keep:
        raise ValueError(
            f"strategy_counts must sum to {n_keep} at density {density:g}, got {kept.sum()}"
        )
    return np.divide(kept, counts, out=np.zeros(len(counts)), where=counts > 0)
