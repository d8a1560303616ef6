"""Record fields computed from a classifier's logits, in NumPy.

With the logits ``z`` of an example, its class ``y`` and ``p = softmax(z)``:

    probability = p_y
    correct     = [the first of the largest logits is y]
    el2n        = ||p - onehot(y)||_2                  Paul et al. 2021, definition 3
    margin      = z_y - max_{k != y} z_k               Pleiss et al. 2020

The workflow's trainings compute the same fields on their device, in float32
(:class:`fairprune.training.evaluation.Observation`).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from fairprune._arrays import as_labels, as_matrix

_EPSILON = 1e-8  # of TDDS's published code
_BLOCK = 1 << 22  # outputs at a time


class Outputs(NamedTuple):
    """The four fields of a record, each of shape (N,): float64, but ``correct`` is bool."""

    probability: np.ndarray
    correct: np.ndarray
    el2n: np.ndarray
    margin: np.ndarray


def read_logits(logits: ArrayLike, labels: ArrayLike) -> Outputs:
    """Compute the fields of a record for each example.

    Parameters
    ----------
    logits : array_like of shape (N, K)
        At least two classes.
    labels : array_like of shape (N,)
        Classes, 0 to K - 1.

    Raises
    ------
    ValueError
        If the shapes do not match, or a logit is not finite.

    Examples
    --------
    >>> read_logits([[0.0, 0.0], [3.0, 1.0]], [0, 1]).margin
    array([ 0., -2.])
    """
    logits = as_matrix("logits", logits, "N, K").astype(np.float64)
    n, n_classes = logits.shape
    if n_classes < 2:
        raise ValueError(f"logits must have at least 2 columns, got shape {logits.shape}")
    labels, _ = as_labels(labels, n_classes)
    if len(labels) != n:
        raise ValueError(f"labels must have length {n}, the rows of the logits, got {len(labels)}")

    rows = np.arange(n)
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    probability = powers / powers.sum(axis=1, keepdims=True)
    true = probability[rows, labels]
    correct = logits.argmax(axis=1) == labels
    probability[rows, labels] = 0
    missing = probability.sum(axis=1)  # 1 - p_y, without cancellation
    probability[rows, labels] = missing
    el2n = np.linalg.norm(probability, axis=1)

    own = logits[rows, labels]
    logits[rows, labels] = -np.inf
    return Outputs(true, correct, el2n, own - logits.max(axis=1))


def log_softmax(logits: np.ndarray) -> np.ndarray:
    """Log-probabilities (N, K), float64."""
    shifted = logits.astype(np.float64)
    shifted -= shifted.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


def kl_steps(before: np.ndarray, after: np.ndarray) -> dict[str, np.ndarray]:
    """``kl_step`` and ``absolute_kl_step`` (N,), float32, of log-probabilities (N, K).

    The NumPy version of :func:`fairprune.training.series.kl_steps`.
    """
    steps = {name: np.empty(len(after), np.float32) for name in ("kl_step", "absolute_kl_step")}
    size = max(1, _BLOCK // after.shape[1])
    for start in range(0, len(after), size):
        rows = slice(start, start + size)
        p, q = (np.exp(part[rows].astype(np.float64)) for part in (after, before))
        steps["kl_step"][rows] = np.maximum((p * (after[rows] - before[rows])).sum(axis=1), 0)
        change = np.log(p + _EPSILON) - np.log(q + _EPSILON)
        steps["absolute_kl_step"][rows] = np.abs(p * change).sum(axis=1)
    return steps
