"""D2 pruning: messages between neighbours (Maharana, Yadav and Bansal, "D2 Pruning: Message Passing
for Balancing Diversity and Difficulty in Data Pruning", ICLR 2024).

The graph joins nearest neighbours, with distances ``d_ij`` in the embedding. Each score first gains
from those of its neighbours. Then the highest is taken repeatedly, and its neighbours are lowered:

    forward   x_i = s_i + sum_{j in N(i)} exp(-gamma_f d_ij^2) s_j
    reverse   k = argmax x;    x_j = x_j - exp(-gamma_r d_kj^2) x_k    for j in N(k)

Hard examples in hard regions therefore come first, and near duplicates of taken examples come last.
The published code uses ``d`` instead of its square, as does ``distance="plain"``. Two examples
are neighbours if one is among the other's nearest, as in that code for CIFAR (for ImageNet its
edges have one direction).

Conventions: the smallest score of the pool is subtracted, so that none is negative; edges to
examples outside the pool (with quotas, those of other classes) are left out; among equal values the
first in the order of the pool is taken. The paper also stratifies; that is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

import numpy as np

from fairprune._validation import Range, checked
from fairprune.algorithms.neighbours import graph, greedy
from fairprune.selectors._artifact import rows_of

ARTIFACT = ("neighbours", "distances")

Gamma = Annotated[float, Range(0)]


@checked
def select(
    pool: np.ndarray,
    n_keep: int,
    *,
    scores: np.ndarray,
    artifact: Mapping[str, np.ndarray],
    gamma_forward: Gamma = 1.0,
    gamma_reverse: Gamma = 1.0,
    distance: Literal["squared", "plain"] = "squared",
) -> np.ndarray:
    """Select difficult and diverse examples of the pool.

    Parameters
    ----------
    artifact : mapping
        ``neighbours`` and ``distances`` (N, k); see :func:`fairprune.scores.neighbour_graph`.
    gamma_forward, gamma_reverse : float, default=1.0
        How fast messages fade with distance, at least 0.
    distance : {"squared", "plain"}, default="squared"
        Whether the exponents use the squared or the plain distance.

    Raises
    ------
    ValueError
        If the artifact belongs to another number of examples.
    """
    power = 2 if distance == "squared" else 1
    neighbours = rows_of(artifact, "neighbours", scores)
    distances = rows_of(artifact, "distances", scores).astype(np.float64) ** power
    forward = graph(neighbours, np.exp(-gamma_forward * distances), pool)
    reverse = graph(neighbours, np.exp(-gamma_reverse * distances), pool)
    values = scores[pool].astype(np.float64)
    values = values - values.min(initial=np.inf)
    values = values + forward @ values
    return np.sort(pool[greedy(values, reverse, n_keep, in_proportion=True)])
