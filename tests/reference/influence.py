"""Influences and subsets of least joint influence, the slow way."""

from __future__ import annotations

import itertools

import numpy as np


def exact_influences(embeddings, probabilities, labels, damping):
    """S_z of the last layer, (N, K (D + 1)): the Hessian summed up one example at a time."""
    n, n_classes = probabilities.shape
    h = np.hstack([embeddings, np.ones((n, 1))]).astype(np.float64)
    p = probabilities.astype(np.float64)
    size = n_classes * h.shape[1]
    hessian = np.zeros((size, size))
    gradients = np.empty((n, size))
    for i in range(n):
        hessian += np.kron(np.diag(p[i]) - np.outer(p[i], p[i]), np.outer(h[i], h[i])) / n
        gradients[i] = np.kron(p[i] - np.eye(n_classes)[labels[i]], h[i])
    damped = hessian + damping * np.trace(hessian) / size * np.eye(size)
    return -np.linalg.solve(damped, gradients.T).T / n


def least_norm(influences, n_remove):
    """Norm of the best subset, all subsets tried; influences of shape (N, P)."""
    subsets = itertools.combinations(range(len(influences)), n_remove)
    return min(np.linalg.norm(influences[list(subset)].sum(axis=0)) for subset in subsets)


def smallest_first(influences, n_remove):
    """Positions with the smallest norms."""
    return np.argsort(np.linalg.norm(influences, axis=1), kind="stable")[:n_remove]


def herding(influences, n_remove):
    """Positions added one by one, each the one that leaves the smallest norm of the sum."""
    total, chosen = np.zeros(influences.shape[1]), []
    for _ in range(n_remove):
        norms = np.linalg.norm(total + influences, axis=1)
        norms[chosen] = np.inf
        chosen.append(int(np.argmin(norms)))
        total = total + influences[chosen[-1]]
    return np.array(chosen)
