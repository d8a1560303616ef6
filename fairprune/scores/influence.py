"""Influence on the parameters (Yang et al., "Dataset Pruning: Reducing Training Data by
Examining Generalization Influence", ICLR 2023).

    score(z) = ||S_z||,   S_z = -(1/n) H^-1 grad L(z)

for the last linear layer of the trained query in eval mode, with a damped curvature;
:mod:`fairprune.algorithms.influence` says exactly which. Examples with much influence are kept
first.

The method of the paper does not rank examples one by one: it removes the set whose influences
add up to the least. That is the selector ``minimal_influence``, which takes the influences
themselves from :func:`artifact`. The norms serve tables, figures and quotas.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fairprune._validation import checked
from fairprune.algorithms import influence

if TYPE_CHECKING:
    from fairprune.training.query import Query

QUERY = "full"
NEEDS = "model"


@checked
def score(
    query: Query, *, damping: influence.Damping = 0.1, curvature: influence.Curvature = "kronecker"
) -> np.ndarray:
    """Norm of each example's influence on the last layer.

    Parameters
    ----------
    query : Query
        Trained query with its embeddings and probabilities.
    damping : float, default=0.1
        Added to the curvature, relative to its mean eigenvalue.
    curvature : {"kronecker", "exact"}, default="kronecker"
        Factored or exact Hessian of the layer.

    Returns
    -------
    ndarray of shape (N,), float64
        Not negative.
    """
    return np.sqrt(_factors(query, damping, curvature).squared_norms())


@checked
def artifact(
    query: Query, *, damping: influence.Damping = 0.1, curvature: influence.Curvature = "kronecker"
) -> dict[str, np.ndarray]:
    """The influences, for the selector: ``S_z = g_z a_z^T``.

    Parameters
    ----------
    query, damping, curvature
        As for :func:`score`.

    Returns
    -------
    dict
        ``a``, ndarray of shape (N, P), and ``g``, ndarray of shape (N, Q), float32.
    """
    influences = _factors(query, damping, curvature)
    return {"a": influences.a, "g": influences.g}


def _factors(query: Query, damping: float, curvature: influence.Curvature) -> influence.Factors:
    arguments = query.embeddings, query.probabilities, query.labels
    return influence.factors(*arguments, damping=damping, curvature=curvature)
