"""Pull class errors towards their mean, to the extent that chance explains their differences.

A class that errs with probability e shows x ~ Binomial(n, e) errors in n tries. With e itself drawn
from a beta distribution of mean m and variance t2, the expectation of e given x is

    (x + M m) / (n + M),    M = m (1 - m) / t2 - 1

Mean and variance are estimated from the classes (empirical Bayes by moments, as in Efron and
Morris, *Data Analysis Using Stein's Estimator and its Generalizations*, JASA 1975):

    m  = mean(x_k / n_k),    t2 = max(var(x_k / n_k) - mean(e_k (1 - e_k) / n_k), 0)

with divisor K in the variance. If t2 = 0, chance alone explains the differences and every class
gets m. A class without tries gets m too.
"""

from __future__ import annotations

import numpy as np


def shrunk(error: np.ndarray, tries: np.ndarray) -> np.ndarray:
    """Shrunk errors (K,).

    Parameters
    ----------
    error : ndarray of shape (K,)
        Observed, in [0, 1]; ignored for a class without tries.
    tries : ndarray of shape (K,)
        Number of examples that each error was measured on.

    Examples
    --------
    m = 0.3, t2 = 0.02 - 0.00475 = 0.01525, M = 0.21 / 0.01525 - 1 = 12.77:

    >>> shrunk(np.array([0.2, 0.2, 0.5]), np.array([40, 40, 40])).round(3)
    array([0.224, 0.224, 0.452])
    """
    known, mean, variance = _prior(error, tries)
    if variance == 0:
        return np.full(len(error), mean)
    weight = mean * (1 - mean) / variance - 1
    errors = np.where(known, error, 0) * tries
    total = tries + weight  # 0 where nothing was tried and the prior weighs nothing
    return np.divide(errors + weight * mean, total, out=np.full(len(error), mean), where=total > 0)


def true_variance(error: np.ndarray, tries: np.ndarray) -> float:
    """``t2``: variance of the true errors; 0 if chance explains all differences."""
    return _prior(error, tries)[2]


def standard_error(error: np.ndarray, tries: np.ndarray) -> np.ndarray:
    """Standard error ``sqrt(e_k (1 - e_k) / n_k)`` (K,) of errors or recalls; NaN without tries."""
    known = tries > 0
    variance = np.divide(error * (1 - error), tries, out=np.full(len(error), np.nan), where=known)
    return np.sqrt(variance)


def _prior(error: np.ndarray, tries: np.ndarray) -> tuple[np.ndarray, float, float]:
    """Mask of the classes with tries, and mean and variance of the true errors."""
    known = tries > 0
    observed = error[known]
    if len(observed) == 0:
        raise ValueError("tries must not be 0 for every class")
    by_chance = observed * (1 - observed) / tries[known]
    variance = max(float(observed.var() - by_chance.mean()), 0.0)
    return known, float(observed.mean()), variance
