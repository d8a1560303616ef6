"""CoreSet: greedy k-center on the embeddings (Sener and Savarese, "Active Learning for
Convolutional Neural Networks: A Core-Set Approach", ICLR 2018).

Embeddings are the inputs of the last linear layer of the trained query, in eval mode; the
distance is Euclidean. The greedy order starts with the example nearest the mean of the
embeddings and then always takes the example farthest from those taken before (see
:mod:`fairprune.algorithms.kcenter`). The score is

    score(x) = N - position of x in the greedy order, counted from 0

so that keeping the highest n scores keeps the first n picks: one run serves every density.
The order ignores the labels; with quotas, each class keeps the first of its own examples in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from fairprune._arrays import as_matrix
from fairprune.algorithms.kcenter import greedy_order

if TYPE_CHECKING:
    from fairprune.training.query import Query

QUERY = "full"
NEEDS = "model"
EMBEDDINGS = True  # the score needs nothing else of the model: they may come from a file


def k_center(embeddings: ArrayLike, n: int | None = None) -> np.ndarray:
    """First picks of greedy k-center, computed without the matrix of distances.

    Parameters
    ----------
    embeddings : array_like of shape (N, D)
        Finite points; taken as float32.
    n : int, optional
        Number of picks, at most N; all of them by default.

    Returns
    -------
    ndarray of shape (n,), int64
        Indices in the order picked.

    Examples
    --------
    >>> k_center([[0.0], [1.0], [2.0], [7.0]], 2)
    array([2, 3])
    """
    return greedy_order(as_matrix("embeddings", embeddings, "N, D"), n)


def coreset(embeddings: ArrayLike) -> np.ndarray:
    """Rank of each example as a pick of greedy k-center: N for the first pick, 1 for the last.

    Parameters
    ----------
    embeddings : array_like of shape (N, D)

    Returns
    -------
    ndarray of shape (N,), float64
        A permutation of 1 to N.
    """
    order = k_center(embeddings)
    scores = np.empty(len(order))
    scores[order] = np.arange(len(order), 0, -1)
    return scores


def score(query: Query) -> np.ndarray:
    """The :func:`coreset` score (N,) of a query's embeddings."""
    return coreset(query.embeddings)
