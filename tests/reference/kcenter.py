"""Greedy k-center as one would write it down: a running minimum, one centre after the other."""

from __future__ import annotations

import numpy as np


def greedy_order(embeddings: np.ndarray, n: int) -> list[int]:
    """The first picks; the example nearest the mean first, ties to the smallest index."""
    points = np.asarray(embeddings, dtype=np.float32).astype(np.float64)
    mean = points.mean(axis=0)
    order = [int(np.argmin(((points - mean) ** 2).sum(axis=1)))]
    nearest = np.full(len(points), np.inf)
    while len(order) < n:
        nearest = np.minimum(nearest, ((points - points[order[-1]]) ** 2).sum(axis=1))
        nearest[order] = -1  # never again
        order.append(int(np.argmax(nearest)))
    return order[:n]


def greedy_order_by_products(embeddings: np.ndarray, n: int) -> list[int]:
    """The same with one product in float32 per pick: faster, and at the mercy of its rounding."""
    points = np.asarray(embeddings, dtype=np.float32)
    norms = np.einsum("nd,nd->n", points, points)
    order = [int(np.argmin(norms - 2 * points @ points.mean(axis=0)))]
    nearest = np.full(len(points), np.inf, dtype=np.float32)
    while len(order) < n:
        last = order[-1]
        np.minimum(nearest, norms - 2 * (points @ points[last]) + norms[last], out=nearest)
        nearest[order] = -np.inf
        order.append(int(np.argmax(nearest)))
    return order[:n]
