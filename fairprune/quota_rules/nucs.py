"""NUCS: class densities in proportion to the difficulty of the classes.

    d_k = min(1, c S_k),    sum_k d_k N_k = d N        S_k: winsorised mean of a score over class k

Zhang et al., "Non-Uniform Class-Wise Coreset Selection for Vision Model Fine-tuning" (arXiv
2504.13234): the budget of class k is ``d N_k S_k / T`` with ``T`` the mean of ``S`` over the
examples. Within each class they keep a window of difficulty; that is the selector ``window``.

We know the paper only by its abstract and summaries. We could not verify whether scores are
winsorised within each class, or by how much (``winsorise``, 5% at each end by default). Giving the
budget that a class cannot use to the others, as in MetriQ, is our choice.

The score must grow with difficulty and have a positive mean in every class, as ``el2n``, ``grand``
and ``forgetting`` do.
"""

from __future__ import annotations

from typing import Annotated

import numpy as np

from fairprune import allocation
from fairprune._arrays import floor_of
from fairprune._validation import NotNegative, Range, checked


@checked
def class_density(
    class_counts: np.ndarray,
    density: float,
    *,
    class_scores: np.ndarray,
    winsorise: Annotated[float, Range(0, 0.5, "[)")] = 0.05,
    minimum_per_class: NotNegative = 0,
) -> np.ndarray:
    """Class densities from the scores in each class.

    Parameters
    ----------
    class_scores : ndarray of shape (K,) of ndarrays of shape (N_k,)
        The averaged scores of the examples, by class.
    winsorise : float, default=0.05
        Share of the scores at each end that are replaced by the nearest other score.
    """
    difficulty = np.array([winsorised_mean(scores, winsorise) for scores in class_scores])
    negative = np.flatnonzero(difficulty < 0)
    if len(negative):
        k = int(negative[0])
        raise ValueError(
            f"nucs needs a score whose means are not negative, got {difficulty[k]:g} for class {k}"
        )
    return allocation.proportional(
        difficulty, class_counts, density, minimum_per_class=minimum_per_class
    )


def winsorised_mean(values: np.ndarray, share: float) -> float:
    """Mean with the ``floor(share n)`` smallest and largest replaced by the nearest other value.

    The mean of no values is 0.

    Examples
    --------
    >>> winsorised_mean(np.array([0.0, 1.0, 2.0, 3.0, 100.0]), 0.2)
    2.0
    """
    if len(values) == 0:
        return 0.0
    ordered = np.sort(np.asarray(values, dtype=np.float64))
    n_replaced = floor_of(share, len(ordered))
    return float(
        np.clip(ordered, ordered[n_replaced], ordered[len(ordered) - 1 - n_replaced]).mean()
    )
