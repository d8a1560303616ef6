"""Helpers shared by the scores on embeddings."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from fairprune._arrays import as_labels, as_matrix


def labelled_points(
    embeddings: ArrayLike, labels: ArrayLike, n_classes: int | None = None
) -> tuple[np.ndarray, np.ndarray, int]:
    """Check and return embeddings (N, D), their labels (N,) and the number of classes K."""
    points = as_matrix("embeddings", embeddings, "N, D")
    labels, n_classes = as_labels(labels, n_classes)
    if len(labels) != len(points):
        raise ValueError(f"labels must have length {len(points)}, got {len(labels)}")
    return points, labels, n_classes


def class_centres(
    embeddings: np.ndarray,
    labels: np.ndarray,
    n_classes: int,
    centre: Callable[..., np.ndarray] = np.mean,
) -> np.ndarray:
    """Centre of each class, ndarray of shape (K, D), float64; NaN for a class without examples.

    Parameters
    ----------
    embeddings : ndarray of shape (N, D)
    labels : ndarray of shape (N,), int64
    n_classes : int
        K.
    centre : callable, default=numpy.mean
        Reduces an (n, D) array over ``axis=0``.
    """
    centres = np.full((n_classes, embeddings.shape[1]), np.nan)
    for k in np.unique(labels):
        centres[k] = centre(embeddings[labels == k].astype(np.float64), axis=0)
    return centres


def unit_rows(vectors: np.ndarray) -> np.ndarray:
    """Rows scaled to unit length; zero rows stay zero."""
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.where(norms > 0, norms, 1.0)
