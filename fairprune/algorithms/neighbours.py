"""Graphs of nearest neighbours, built without the matrix of distances, and greedy picks on them."""

from __future__ import annotations

import heapq
from typing import Literal

import numpy as np
from scipy import sparse

from fairprune._optional import needed

Metric = Literal["euclidean", "cosine"]


def nearest(
    points: np.ndarray, n_neighbours: int, metric: Metric = "euclidean"
) -> tuple[np.ndarray, np.ndarray]:
    """The nearest other points of each point, exactly, by scikit-learn.

    Parameters
    ----------
    points : ndarray of shape (N, D)
    n_neighbours : int
        k, at most N - 1.
    metric : {"euclidean", "cosine"}, default="euclidean"
        Distance; the cosine distance is 1 - cos, and 1/2 from a point at zero to any other.

    Returns
    -------
    neighbours : ndarray of shape (N, k), int32
        From the nearest to the farthest.
    distances : ndarray of shape (N, k), float32
    """
    search = needed("sklearn.neighbors", "scores")  # takes a second to import
    if metric == "cosine":
        norms = np.linalg.norm(points, axis=1, keepdims=True)
        points = points / np.where(norms > 0, norms, 1.0)
    index = search.NearestNeighbors(n_neighbors=n_neighbours, algorithm="brute")
    distances, neighbours = index.fit(points).kneighbors()
    if metric == "cosine":
        distances = distances**2 / 2  # of points of unit length
    return neighbours.astype(np.int32), distances.astype(np.float32)


def graph(neighbours: np.ndarray, weights: np.ndarray, pool: np.ndarray) -> sparse.csr_array:
    """Symmetric graph of the candidates: an edge joins two if one is among the other's nearest.

    Parameters
    ----------
    neighbours : ndarray of shape (N, k), int
    weights : ndarray of shape (N, k)
        Weight of the edge to each neighbour, not negative; the larger of the two directions counts.
    pool : ndarray of shape (P,), int64
        The candidates; edges to others are left out.

    Returns
    -------
    csr_array of shape (P, P), float64
        In the order of the pool.
    """
    place = np.full(len(neighbours), -1)
    place[pool] = np.arange(len(pool))
    columns = place[neighbours[pool]]  # (P, k)
    rows = np.broadcast_to(np.arange(len(pool))[:, None], columns.shape)
    inside = columns >= 0
    edges = (weights[pool][inside].astype(np.float64), (rows[inside], columns[inside]))
    directed = sparse.csr_array(edges, shape=(len(pool), len(pool)))
    return sparse.csr_array(directed.maximum(directed.T))


def greedy(
    values: np.ndarray, penalties: sparse.csr_array, n: int, *, in_proportion: bool = False
) -> np.ndarray:
    """Repeatedly take the largest value and lower the values of its neighbours.

    Parameters
    ----------
    values : ndarray of shape (P,), float64
    penalties : csr_array of shape (P, P)
        What neighbours lose when a point is taken.
    n : int
        Number to take, at most P.
    in_proportion : bool, default=False
        Whether neighbours lose the penalty times the value of the point taken.

    Returns
    -------
    ndarray of shape (n,), int64
        Positions in the order taken; of equal values the smaller position comes first.
    """
    values, taken = values.copy(), np.zeros(len(values), dtype=bool)
    queue = list(zip((-values).tolist(), range(len(values)), strict=True))
    heapq.heapify(queue)
    order = np.empty(n, np.int64)
    for step in range(n):
        value, i = heapq.heappop(queue)
        while taken[i] or -value != values[i]:  # outdated: every change was pushed again
            value, i = heapq.heappop(queue)
        order[step], taken[i] = i, True
        edges = slice(penalties.indptr[i], penalties.indptr[i + 1])
        loss = penalties.data[edges] * (values[i] if in_proportion else 1.0)
        for j, change in zip(penalties.indices[edges].tolist(), loss.tolist(), strict=True):
            if change and not taken[j]:
                values[j] -= change
                heapq.heappush(queue, (-values[j], j))
    return order
