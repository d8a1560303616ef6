"""How measured recalls vary: with the test images, and from seed to seed.

Model. Class k has the expected recall mu_k over seeds and test images, and m_k test images. The
recall that seed s measures is

    mu_k + sqrt(mu_k (1 - mu_k) / m_k) (sqrt(a) u_k + sqrt(b) e_sk),    u, e standard normal.

- ``b``, the *dispersion between seeds*, is measured: the variance between the seeds of a run, over
  all classes together, divided by that of a binomial count. It contains the effect of the seed on a
  recall and the part of the test noise that differs between seeds. One degree of freedom is added
  for b = 1.
- ``a`` is the part of the test noise that the images give to all seeds alike. It cannot be told
  from counts, only from the outcomes of single images; ``IMAGES_SHARED`` is within the measured
  range (docs/definitions.md). ``a`` is at least 1 - b, since the noise of one seed is at least
  binomial; so a single seed, whose b is unknown, has a = 1.
- All methods are tested on the same images: between runs, u has the correlation ``METHODS_SHARED``.

The measured recalls are more spread out than the expected ones. The distribution of mu_k over
classes is estimated by nonparametric maximum likelihood (Laird 1978), smoothed by stopping EM early
(Efron 2014, section 4), on the scale of arcsin sqrt(mu); resamples draw mu_k from its posterior.
Drawing around the measured recalls instead would count the noise twice: among 100 equal classes,
one would seem clearly the worst. Variances are computed with one more correct and one more wrong
example.

References: Laird (1978), JASA 73; Efron (2014), Statistical Science 29.
"""

from __future__ import annotations

import numpy as np

IMAGES_SHARED = 0.6
METHODS_SHARED = 0.8
_EM_STEPS = 12
_GRID = 160  # values of the expected recall
_REACH = 2.5  # standard errors by which the grid extends beyond the measured recalls


def dispersion(correct: np.ndarray, test: np.ndarray) -> float:
    """Dispersion b of counts (S, K) and (K,): variance between seeds over the binomial one.

    It is 0 for a single seed.

    Examples
    --------
    >>> print(f"{dispersion(np.array([[40, 60], [60, 40]]), np.array([100, 100])):.3f}")
    5.667
    """
    n_seeds = len(correct)
    if n_seeds == 1:
        return 0.0
    between = (correct / test).var(0, ddof=1).sum()
    recall = _inner_recall(correct, test)
    freedom = (n_seeds - 1) * len(test)
    ratio = between / (recall * (1 - recall) / test).sum()
    return (freedom * ratio + 1) / (freedom + 1)


def image_share(between: float) -> float:
    """Part a of the test noise that all seeds share, given the dispersion b between them."""
    return max(IMAGES_SHARED, 1 - between)


def simulated_recalls(
    correct: np.ndarray,
    test: np.ndarray,
    n_resamples: int,
    images: np.random.Generator,
    own: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """Simulate the recalls that other seeds and other test images would give.

    Parameters
    ----------
    correct, test : ndarray of int, shapes (S, K) and (K,)
        Counts of a run; every class has test examples.
    n_resamples : int
        R.
    images : Generator
        For the effects of the test images. Runs whose generators are in the same state share
        simulated test images.
    own : Generator
        For the draws of this run alone.

    Returns
    -------
    expected : ndarray of shape (R, K)
        Expected recalls.
    measured : ndarray of shape (3, R, K)
        Recalls around them: of two seeds on the same test images, and of the second on others.
    """
    between = dispersion(correct, test)
    share = image_share(between)
    posterior, grid = expected_recalls(correct, test, share + between / len(correct))
    levels = own.random((n_resamples, len(test)), dtype=np.float32)
    expected = _drawn(posterior, grid, levels)
    size = test.astype(np.float32)
    inner = (expected * size + 1) / (size + 2)  # so that a recall of 0 keeps some variance
    error = np.sqrt(inner * (1 - inner) / size)  # (R, K)
    shape = (2, n_resamples, len(test))
    common = images.standard_normal(shape, dtype=np.float32)  # (2, R, K)
    common *= (share * METHODS_SHARED) ** 0.5
    common += (share * (1 - METHODS_SHARED)) ** 0.5 * own.standard_normal(shape, dtype=np.float32)
    seeds = between**0.5 * own.standard_normal(shape, dtype=np.float32)
    recall = common[[0, 0, 1]] + seeds[[0, 1, 1]]  # (3, R, K)
    recall *= error
    recall += expected
    return expected, np.clip(recall, 0, 1, out=recall)


def expected_recalls(
    correct: np.ndarray, test: np.ndarray, noise: float
) -> tuple[np.ndarray, np.ndarray]:
    """Posterior of the expected recall of each class, (K, G), and its grid of recalls, (G,).

    ``noise`` is the variance of a mean recall over the binomial one of a single seed.
    """
    angle = np.arcsin(np.sqrt(_inner_recall(correct, test)))  # about the same variance everywhere
    variance = noise / (4 * test)
    reach = _REACH * np.sqrt(variance)
    lowest, highest = max(0.0, (angle - reach).min()), min(np.pi / 2, (angle + reach).max())
    grid = np.linspace(lowest, highest, _GRID)

    log_likelihood = -0.5 * (angle[:, None] - grid) ** 2 / variance[:, None]  # (K, G)
    likelihood = np.exp(log_likelihood - log_likelihood.max(1, keepdims=True))
    prior = np.full(_GRID, 1 / _GRID)
    for _ in range(_EM_STEPS):
        prior = _posterior(likelihood, prior).mean(0)
    return _posterior(likelihood, prior), np.sin(grid) ** 2


def _posterior(likelihood: np.ndarray, prior: np.ndarray) -> np.ndarray:
    joint = likelihood * prior
    return joint / joint.sum(1, keepdims=True)


def _drawn(posterior: np.ndarray, grid: np.ndarray, levels: np.ndarray) -> np.ndarray:
    """Quantiles of each class's posterior at its levels, (R, K)."""
    quantiles = np.empty_like(levels)
    for k, steps in enumerate(posterior.cumsum(1)):
        quantiles[:, k] = np.interp(levels[:, k], steps, grid)
    return quantiles


def _inner_recall(correct: np.ndarray, test: np.ndarray) -> np.ndarray:
    """Mean recall over seeds, (K,), moved off 0 and 1 by half a test example."""
    return (correct.mean(0) + 0.5) / (test + 1)
