"""Influence on the parameters (Yang et al., "Dataset Pruning: Reducing Training Data by
Examining Generalization Influence", ICLR 2023).

    score(z) = ||S_z||,   S_z = -(1/n) H^-1 grad L(z)

for the last linear layer of the trained query in eval mode, with a damped curvature that
:mod:`fairprune.algorithms.influence` defines. Examples with a large influence are kept first.

The method of the paper does not rank single examples: it removes the set whose summed influence
has the least norm. The selector ``minimal_influence`` does this with the influences from
:func:`influence_factors`. The scores are for tables, figures and quotas.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from fairprune._arrays import as_array, as_matrix
from fairprune._validation import checked
from fairprune.algorithms.least_sum import Curvature, Damping, Factors

if TYPE_CHECKING:
    from fairprune.training.query import Query

QUERY = "full"
NEEDS = "model"
ARTIFACT = ("a", "g")


@checked
def influence(
    embeddings: ArrayLike,
    probabilities: ArrayLike,
    labels: ArrayLike,
    *,
    damping: Damping = 0.1,
    curvature: Curvature = "kronecker",
) -> np.ndarray:
    """Norm of each example's influence on the last layer.

    Parameters
    ----------
    embeddings : array_like of shape (N, D)
        Inputs of the last linear layer, in eval mode.
    probabilities : array_like of shape (N, K)
        Softmax outputs.
    labels : array_like of shape (N,)
        Class of each example.
    damping : float, default=0.1
        Added to the curvature, relative to its mean eigenvalue.
    curvature : {"kronecker", "exact"}, default="kronecker"
        Factored or exact Hessian of the layer.

    Returns
    -------
    ndarray of shape (N,), float64
        Not negative.
    """
    return np.sqrt(_factors(embeddings, probabilities, labels, damping, curvature).squared_norms())


@checked
def influence_factors(
    embeddings: ArrayLike,
    probabilities: ArrayLike,
    labels: ArrayLike,
    *,
    damping: Damping = 0.1,
    curvature: Curvature = "kronecker",
) -> dict[str, np.ndarray]:
    """Factors of the influences ``S_z = g_z a_z^T``, for the selector ``minimal_influence``.

    Parameters
    ----------
    embeddings, probabilities, labels, damping, curvature
        As for :func:`influence`.

    Returns
    -------
    dict
        ``a``, ndarray of shape (N, P), and ``g``, ndarray of shape (N, Q), float32.
    """
    influences = _factors(embeddings, probabilities, labels, damping, curvature)
    return {"a": influences.a, "g": influences.g}


def _factors(
    embeddings: ArrayLike,
    probabilities: ArrayLike,
    labels: ArrayLike,
    damping: float,
    curvature: Curvature,
) -> Factors:
    from fairprune.algorithms.influence import factors  # SciPy's solvers

    points = as_matrix("embeddings", embeddings, "N, D")
    outputs = as_matrix("probabilities", probabilities, "N, K")
    return factors(
        points, outputs, as_array("labels", labels), damping=damping, curvature=curvature
    )


@checked
def score(
    query: Query, *, damping: Damping = 0.1, curvature: Curvature = "kronecker"
) -> np.ndarray:
    """The :func:`influence` score (N,) of a query, with the same options."""
    outputs = query.embeddings, query.probabilities, query.labels
    return influence(*outputs, damping=damping, curvature=curvature)


@checked
def artifact(
    query: Query, *, damping: Damping = 0.1, curvature: Curvature = "kronecker"
) -> dict[str, np.ndarray]:
    """The :func:`influence_factors` of a query."""
    outputs = query.embeddings, query.probabilities, query.labels
    return influence_factors(*outputs, damping=damping, curvature=curvature)
