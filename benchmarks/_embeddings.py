"""Embeddings like those of a trained network, at any size."""

from __future__ import annotations

import numpy as np

N_LATENT = 64


def relu_features(n: int, d: int, n_classes: int = 100) -> tuple[np.ndarray, np.ndarray]:
    """Random ReLU features of a Gaussian mixture in 64 dimensions.

    Returns
    -------
    embeddings : ndarray of shape (N, D), float32
        Not negative, about half of the entries zero.
    labels : ndarray of shape (N,), int64
        The component of each point.
    """
    generator = np.random.default_rng(0)
    labels = generator.integers(n_classes, size=n)
    centres = 2 * generator.normal(size=(n_classes, N_LATENT))
    latent = centres[labels] + generator.normal(size=(n, N_LATENT))
    mixed = latent @ generator.normal(size=(N_LATENT, d)) / np.sqrt(N_LATENT)
    return np.maximum(mixed, 0).astype(np.float32), labels
