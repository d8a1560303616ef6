"""Variance: class densities in proportion to the spread of the classes in an embedding.

    d_k = min(1, c s_k),    sum_k d_k N_k = d N,    s_k^2 = mean over class k of |h - mean h|^2

In the mixture of the paper's section 4, class sizes should be in proportion to the classes'
standard deviations (equation 5). The paper remarks that class densities could be read off the
variances around the class means in a network's last layer. It does not pursue this, because the
variances are noisy and hard to connect to accuracies. Here the variances are those of the query's
embedding. The score must be the distance of each example to the mean of its class, which is ``ssp``
with ``supervised: true``. With several query seeds the distances are averaged before they are
squared.

``power`` is the exponent of ``s_k``: 1 follows equation 5, which is for one dimension; 2 takes the
variance itself.
"""

from __future__ import annotations

from typing import Annotated

import numpy as np

from fairprune import allocation
from fairprune._validation import NotNegative, Range, checked


@checked
def class_density(
    class_counts: np.ndarray,
    density: float,
    *,
    class_scores: np.ndarray,
    power: Annotated[float, Range(0, 10)] = 1.0,
    minimum_per_class: NotNegative = 0,
) -> np.ndarray:
    """Class densities from the distances in each class.

    Parameters
    ----------
    class_scores : ndarray of shape (K,) of ndarrays of shape (N_k,)
        Distances of the examples of each class to its mean.
    power : float, default=1.0
        Exponent of ``s_k``, in [0, 10].
    """
    squares = (np.square(distances, dtype=np.float64) for distances in class_scores)
    spread = np.sqrt([square.mean() if len(square) else 0.0 for square in squares])
    return allocation.proportional(
        spread**power, class_counts, density, minimum_per_class=minimum_per_class
    )
