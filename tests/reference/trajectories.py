"""Trajectory scores straight from the definitions: one example at a time in plain Python, and as
whole arrays in NumPy."""

from __future__ import annotations

import itertools
import math
import statistics
from collections.abc import Sequence

import numpy as np


def softmax(logits: Sequence[float]) -> list[float]:
    """Softmax of one example's logits."""
    largest = max(logits)
    powers = [math.exp(z - largest) for z in logits]
    return [power / sum(powers) for power in powers]


def el2n(logits: Sequence[float], label: int) -> float:
    """L2 norm of the error vector of one example."""
    return math.sqrt(sum((p - (k == label)) ** 2 for k, p in enumerate(softmax(logits))))


def margin(logits: Sequence[float], label: int) -> float:
    """Logit of the true class minus the largest other logit."""
    return logits[label] - max(z for k, z in enumerate(logits) if k != label)


def forgetting(correct: Sequence[bool], never_learned: float) -> float:
    """Correct -> wrong transitions of one example."""
    if not any(correct):
        return never_learned
    return sum(bool(a) and not b for a, b in itertools.pairwise(correct))


def dynamic_uncertainty(probability: Sequence[float], window: int) -> float:
    """He et al.: mean deviation over the windows k = 0 .. T - J - 1."""
    n_windows = len(probability) - window
    deviations = [statistics.stdev(probability[k : k + window]) for k in range(n_windows)]
    return sum(deviations) / n_windows


def dynamic_uncertainty_streaming(probability: Sequence[float], window: int) -> float:
    """The code of the paper that proposed MetriQ, as a stream over the epochs.

    When epoch ``e >= J`` begins, the deviation over the rows held (then ``J - 1``) is added
    and the oldest row dropped; the sum is divided by ``T - J``.
    """
    held: list[float] = []
    total = 0.0
    for epoch, value in enumerate(probability, start=1):
        if epoch >= window:
            total += statistics.stdev(held)
            held.pop(0)
        held.append(value)
    return total / (len(probability) - window)


def dual(probability: Sequence[float], window: int) -> float:
    """Mean of (1 - mean) * deviation over all T - J + 1 windows."""
    windows = [probability[k : k + window] for k in range(len(probability) - window + 1)]
    return sum((1 - sum(w) / window) * statistics.stdev(w) for w in windows) / len(windows)


def array_forgetting(correct: np.ndarray) -> np.ndarray:
    """Correct -> wrong transitions, of (T, N); the number of epochs where never correct."""
    events = (correct[:-1] & ~correct[1:]).sum(axis=0).astype(np.float64)
    return np.where(correct.any(axis=0), events, len(correct))


def array_dynamic_uncertainty(probability: np.ndarray, window: int) -> np.ndarray:
    """Mean deviation over the windows k = 0 .. T - J - 1, of (T, N)."""
    p = probability.astype(np.float64)
    n_windows = len(p) - window
    return sum(p[k : k + window].std(axis=0, ddof=1) for k in range(n_windows)) / n_windows


def array_dual(probability: np.ndarray, window: int) -> np.ndarray:
    """Mean of (1 - mean) * deviation over all T - J + 1 windows, of (T, N)."""
    p = probability.astype(np.float64)
    windows = [p[k : k + window] for k in range(len(p) - window + 1)]
    return sum((1 - w.mean(axis=0)) * w.std(axis=0, ddof=1) for w in windows) / len(windows)
