"""CoreSet: greedy k-center on the embeddings (Sener and Savarese, "Active Learning for
Convolutional Neural Networks: A Core-Set Approach", ICLR 2018).

Embeddings are the inputs of the last linear layer of the trained query, in eval mode; the
distance is Euclidean. The greedy order starts with the example nearest the mean of the
embeddings and then always takes the example farthest from those taken before (see
:mod:`fairprune.algorithms.kcenter`). The score is

    score(x) = N - position of x in the greedy order, counted from 0

so that keeping the highest n scores keeps the first n picks: one run serves every density.
The order ignores the labels; with quotas, each class is cut from its own part of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fairprune.algorithms.kcenter import greedy_order

if TYPE_CHECKING:
    from fairprune.training.query import Query

QUERY = "full"
NEEDS = "model"


def score(query: Query) -> np.ndarray:
    """N for the first pick of greedy k-center, 1 for the last.

    Parameters
    ----------
    query : Query
        Trained query with its embeddings.

    Returns
    -------
    ndarray of shape (N,), float64
        A permutation of 1 to N.
    """
    order = greedy_order(query.embeddings)
    scores = np.empty(len(order))
    scores[order] = np.arange(len(order), 0, -1)
    return scores
