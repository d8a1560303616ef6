"""What the scores on embeddings share."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np


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
