"""Isolation: the mean distance of an example to its nearest neighbours in the embedding.

    score(x) = 1 / k sum_{j <= k} d(h(x), h(x_j))        x_1, ..., x_k: the k nearest others

Isolated examples are kept first. The inverse of this score, for k = 20, is the typicality of
Hacohen, Dekel and Weinshall, "Active Learning on a Budget: Opposite Strategies Suit High and Low
Budgets" (ICML 2022). The artifact is the graph of nearest neighbours (:func:`neighbour_graph`),
which the selectors ``message_passing`` and ``infomax`` use. One search serves all densities,
methods and seeds.

Embeddings are the inputs of the last linear layer of the trained query, in eval mode. Neighbours
are exact, found by scikit-learn without the N x N matrix.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from fairprune._arrays import as_matrix
from fairprune._validation import Positive, check_integer, checked
from fairprune.algorithms.neighbours import Metric, nearest

if TYPE_CHECKING:
    from fairprune.training.query import Query

QUERY = "full"
NEEDS = "model"
EMBEDDINGS = True  # the score needs nothing else of the model: they may come from a file
ARTIFACT = ("neighbours", "distances", "metric")


@checked
def neighbours(
    embeddings: ArrayLike, *, n_neighbours: Positive = 10, metric: Metric = "euclidean"
) -> np.ndarray:
    """Mean distance of each example to its nearest neighbours; needs scikit-learn.

    Parameters
    ----------
    embeddings : array_like of shape (N, D)
    n_neighbours : int, default=10
        k, at most N - 1.
    metric : {"euclidean", "cosine"}, default="euclidean"
        Distance between embeddings; the cosine distance is 1 - cos.

    Returns
    -------
    ndarray of shape (N,), float64
        Not negative.
    """
    _, distances = _search(embeddings, n_neighbours, metric)
    return distances.mean(axis=1, dtype=np.float64)


@checked
def neighbour_graph(
    embeddings: ArrayLike, *, n_neighbours: Positive = 10, metric: Metric = "euclidean"
) -> dict[str, np.ndarray]:
    """The nearest neighbours, for the selectors ``message_passing`` and ``infomax``.

    Parameters
    ----------
    embeddings, n_neighbours, metric
        As for :func:`neighbours`.

    Returns
    -------
    dict
        ``neighbours``, ndarray of shape (N, k), int32, from the nearest to the farthest;
        ``distances``, ndarray of shape (N, k), float32; ``metric``, ndarray of shape (), text.
    """
    found, distances = _search(embeddings, n_neighbours, metric)
    return {"neighbours": found, "distances": distances, "metric": np.array(metric)}


def _search(
    embeddings: ArrayLike, n_neighbours: int, metric: Metric
) -> tuple[np.ndarray, np.ndarray]:
    points = as_matrix("embeddings", embeddings, "N, D")
    check_integer("n_neighbours", n_neighbours, minimum=1, maximum=len(points) - 1)
    return nearest(points, n_neighbours, metric)


@checked
def score(query: Query, *, n_neighbours: Positive = 10, metric: Metric = "euclidean") -> np.ndarray:
    """The :func:`neighbours` score (N,) of a query's embeddings, with the same options."""
    return neighbours(query.embeddings, n_neighbours=n_neighbours, metric=metric)


@checked
def artifact(
    query: Query, *, n_neighbours: Positive = 10, metric: Metric = "euclidean"
) -> dict[str, np.ndarray]:
    """The :func:`neighbour_graph` of a query's embeddings, with the same options."""
    return neighbour_graph(query.embeddings, n_neighbours=n_neighbours, metric=metric)
