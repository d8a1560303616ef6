"""Beta sampling: draw by score, and by a beta distribution of the mean probability (Cho, Shin, Kang
and Yun, "Lightweight Dataset Pruning without Full Training via Example Difficulty and Prediction
Uncertainty", ICML 2025).

From ``P`` candidates, ``n`` are drawn without replacement with probabilities proportional to

    w_i = score_i Beta(m_i; 16 - b, b),    b = 15 (1 - mu) (1 - rho^c),    rho = 1 - n / P

where ``m_i`` is the mean probability of the true class and ``mu`` its mean over the 10 candidates
with the highest scores. The more is pruned, the more the draw favours easy examples, whereas a cut
by score keeps the hardest. The intended score is DUAL, whose artifact has the mean probabilities.

The published code uses ``c = 4`` by default, and the ten highest scores. The draw uses one
exponential variate per candidate, which gives the same distribution as drawing one after another.
Mean probabilities are clipped to stay away from 0 and 1 by the resolution of float32. A candidate
with score 0 is kept only if no others are left; then the order of the pool decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import numpy as np

from fairprune._arrays import as_vector
from fairprune._validation import Positive, Range, checked

ARTIFACT = ("mean_probability",)

_RESOLUTION = 2.0**-24


@checked
def select(
    pool: np.ndarray,
    n_keep: int,
    *,
    scores: np.ndarray,
    artifact: Mapping[str, np.ndarray],
    generator: np.random.Generator,
    exponent: Annotated[float, Range(0)] = 4.0,
    n_anchors: Positive = 10,
) -> np.ndarray:
    """Draw from the pool by score and mean probability.

    Parameters
    ----------
    scores : ndarray of shape (N,)
        Scores of all examples, not negative.
    artifact : mapping
        ``mean_probability`` of all examples; see :func:`fairprune.scores.dual.artifact`.
    generator : Generator
        Draws one number per candidate.
    exponent : float, default=4.0
        ``c``, at least 0.
    n_anchors : int, default=10
        Number of highest scores that ``mu`` averages over.

    Raises
    ------
    ValueError
        If a score is negative, or a mean probability is not in [0, 1].
    """
    values = scores[pool].astype(np.float64)
    if (values < 0).any():
        raise ValueError(f"beta sampling needs scores that are not negative, got {values.min()}")
    name = "artifact['mean_probability']"
    known = as_vector(name, artifact["mean_probability"], length=len(scores), minimum=0, maximum=1)
    probability = known[pool]
    hardest = np.argsort(-values, kind="stable")[:n_anchors]
    mu = probability[hardest].mean() if len(pool) else 0.0
    rho = 1 - n_keep / max(len(pool), 1)
    b = 15 * (1 - mu) * (1 - rho**exponent)
    waits = np.log(generator.exponential(size=len(pool)))  # the first n of them to arrive are kept
    order = np.argsort(waits - _log_weights(values, probability, b), kind="stable")
    return np.sort(pool[order[:n_keep]])


def _log_weights(scores: np.ndarray, probability: np.ndarray, b: float) -> np.ndarray:
    """Logarithms of score times density of Beta(16 - b, b), up to a constant."""
    p = np.clip(probability, _RESOLUTION, 1 - _RESOLUTION)
    with np.errstate(divide="ignore"):
        return np.log(scores) + (15 - b) * np.log(p) + (b - 1) * np.log1p(-p)
