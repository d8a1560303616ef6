"""How sure a reported accuracy is: the test split is finite, and so is the number of seeds.

Model. Seed s of a method has the true recalls p_sk of K classes; n_sk of m_k test examples are
classified correctly, n_sk ~ Binomial(m_k, p_sk). The target is the expectation, over seeds, of a
statistic of the true recalls, such as min_k p_sk. Two sources of error are resampled:

- *test examples*: within each class, n_sk is redrawn from Binomial(m_k, n_sk / m_k). Every seed
  is tested on the same examples, so the draws of a class are made with one uniform number for
  all seeds (perfectly dependent). The tables hold counts, not outcomes, and this is the
  conservative end of what they allow: more seeds do not make the test split larger.
- *seeds*: the mean over S seeds is redrawn from Student's t with the variance between seeds, a
  parametric bootstrap: two seeds resampled would hold their expectation in 61 of 100 cases. What a
  few seeds cannot tell by themselves, the tables learn from all their runs together
  (:mod:`fairprune.reporting.seed_spread`). A run by itself has its own variance and S - 1 degrees
  of freedom. One seed by itself says nothing about other seeds: its interval covers the test
  examples alone, and ``n_seeds`` says so.

Bias of the minimum. The smallest of K noisy recalls lies below the smallest true recall, the
more so the more classes are nearly worst: E min_k (n_k / m_k) <= min_k p_k (Jensen). The value
reported is the plain one, as in the literature; ``bias`` is the bootstrap's estimate of its
error, mean(resampled) - value, negative for the minimum. The interval is made for the target:
it is centred at value - bias, and since the bias is itself only estimated, the spread of the
resamples is stretched from its standard error to its root mean squared error,
sqrt(variance + bias^2). Then it is extended to hold the value if it does not.

Coverage of nominal 95% intervals for the minimum, simulated with recalls that are logit-normal.
One seed: 0.93 to 0.95 for 10 classes of 500 test examples, 0.89 for 100 classes of 50, 0.80
to 0.85 for 200 classes of 25 (a plain percentile interval: 0.9, 0.7 and less than 0.4). With
hundreds of nearly worst classes the test split is too small for the minimum, and the true
value then tends to lie above the interval. Two seeds, 10 classes of 250 and 30 runs: 0.90 to 0.95,
the lower the more the spread between seeds differs from run to run (by a factor of 1.4, 2 or 3 for
one standard deviation); three seeds: 0.93 to 0.95. Alone, two seeds cover as often with 2.5 times
the median width, and one interval in ten goes from 0 to 1.

References: Efron and Tibshirani (1993), chapters 10 and 13; Wilson (1927), JASA 22.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import special

from fairprune.reporting.recall_counts import STATISTICS, check_statistic, checked_counts, measured
from fairprune.reporting.seed_spread import SeedSpread

ALONE = SeedSpread()  # of a run that is not compared with others


@dataclass(frozen=True)
class Estimate:
    """A statistic, its interval, and what the interval rests on.

    Attributes
    ----------
    value : float
        Mean over seeds of the statistic of the measured recalls.
    lower, upper : float
        Limits of the interval; always around ``value``.
    bias : float
        Bootstrap estimate of the expectation of ``value`` minus the target.
    n_seeds : int
        Seeds behind it.
    """

    value: float
    lower: float
    upper: float
    bias: float
    n_seeds: int


def recall_interval(
    n_correct: np.ndarray, n_test: np.ndarray, *, level: float = 0.95
) -> tuple[np.ndarray, np.ndarray]:
    """Wilson's interval for binomial proportions.

    Parameters
    ----------
    n_correct, n_test : ndarray of int, shapes that broadcast
        Correct and all test examples. A class without test examples gets (0, 1).
    level : float in (0, 1)
        Coverage.

    Returns
    -------
    lower, upper : ndarray
        In [0, 1].

    Examples
    --------
    >>> lower, upper = recall_interval(8, 10)
    >>> print(f"{lower:.3f} {upper:.3f}")
    0.490 0.943
    """
    _check_level(level)
    correct, test = checked_counts(n_correct, n_test)
    z = special.ndtri(0.5 + level / 2)
    with np.errstate(invalid="ignore", divide="ignore"):
        p = correct / test
        centre = (p + z**2 / (2 * test)) / (1 + z**2 / test)
        half = z * np.sqrt(p * (1 - p) / test + (z / (2 * test)) ** 2) / (1 + z**2 / test)
    empty = test == 0
    lower = np.where(empty | (correct == 0), 0.0, centre - half)
    upper = np.where(empty | (correct == test), 1.0, centre + half)
    return lower, upper


def estimate(
    n_correct: np.ndarray,
    n_test: np.ndarray,
    statistic: str = "worst_class_accuracy",
    *,
    spread: SeedSpread = ALONE,
    level: float = 0.95,
    n_resamples: int = 2000,
    seed: int | np.random.SeedSequence = 0,
) -> Estimate:
    """A statistic of the recalls with its bootstrap interval.

    Parameters
    ----------
    n_correct : ndarray of int, shape (S, K)
        Correct test examples per seed and class.
    n_test : ndarray of int, shape (K,)
        Test examples per class. Classes without any are left out.
    statistic : str
        One of ``recall_counts.STATISTICS``.
    spread : SeedSpread, optional
        What other runs say about the variance between seeds. By default nothing.
    level : float in (0, 1)
        Coverage.
    n_resamples : int
        Bootstrap resamples.
    seed : int or SeedSequence
        The same seed gives the same interval.
    """
    _check_options(statistic, level, n_resamples)
    correct, test = measured(n_correct, n_test)
    generator = np.random.default_rng(seed)
    values, resampled = _resampled(correct, test, statistic, n_resamples, generator)
    low, high = (0.0, 0.5) if statistic == "standard_deviation" else (0.0, 1.0)
    return _interval(values, resampled, spread, level, (low, high), generator)


def paired_difference(
    n_correct: np.ndarray,
    other_n_correct: np.ndarray,
    n_test: np.ndarray,
    statistic: str = "worst_class_accuracy",
    *,
    spread: SeedSpread = ALONE,
    level: float = 0.95,
    n_resamples: int = 2000,
    seed: int | np.random.SeedSequence = 0,
) -> Estimate:
    """The statistic of one method minus that of another, run with the same seeds.

    Row s of both arrays belongs to the same seed, and a resample takes the same seeds of both
    methods, so that what a seed does to both cancels. Test examples are redrawn independently for
    the two methods: their outcomes on an example are positively dependent in practice, but counts
    do not tell how much, and independence is the conservative side for a difference.

    Parameters
    ----------
    n_correct, other_n_correct : ndarray of int, shape (S, K)
        Correct test examples per seed and class of the two methods.
    n_test, statistic, spread, level, n_resamples, seed
        As in :func:`estimate`.
    """
    _check_options(statistic, level, n_resamples)
    if np.shape(n_correct) != np.shape(other_n_correct):
        raise ValueError(
            "n_correct and other_n_correct must have the same seeds and classes, "
            f"got shapes {np.shape(n_correct)} and {np.shape(other_n_correct)}"
        )
    generator = np.random.default_rng(seed)
    values: Any = 0.0
    resampled: Any = 0.0
    for sign, counts in ((1, n_correct), (-1, other_n_correct)):
        correct, test = measured(counts, n_test)
        value, resample = _resampled(correct, test, statistic, n_resamples, generator)
        values, resampled = values + sign * value, resampled + sign * resample
    return _interval(values, resampled, spread, level, (-1.0, 1.0), generator)


def _resampled(
    correct: np.ndarray,
    test: np.ndarray,
    statistic: str,
    n_resamples: int,
    generator: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """The statistic per seed, (S,), and for resampled test examples, (n_resamples, S)."""
    function = STATISTICS[statistic]
    uniform = generator.random((n_resamples, len(test)))  # (R, K), shared by the seeds
    recall = np.empty((n_resamples, *correct.shape))  # (R, S, K)
    for k, m in enumerate(test):
        support = np.arange(m + 1)
        cumulative = special.bdtr(support, m, correct[:, k, None] / m)  # (S, m + 1)
        for s, steps in enumerate(cumulative):
            recall[:, s, k] = np.searchsorted(steps[:-1], uniform[:, k], side="right") / m
    return function(correct / test, test), function(recall, test)


def _interval(
    values: np.ndarray,
    resampled: np.ndarray,
    spread: SeedSpread,
    level: float,
    bounds: tuple[float, float],
    generator: np.random.Generator,
) -> Estimate:
    """Join both sources of error; ``values`` is (S,), ``resampled`` (n_resamples, S)."""
    value = float(values.mean())
    over_seeds = resampled.mean(1)  # (R,)
    bias = float(over_seeds.mean()) - value
    variance = over_seeds.var()
    stretch = np.sqrt(1 + bias**2 / variance) if variance > 0 else 1.0
    errors = stretch * (over_seeds - over_seeds.mean())
    errors += _seed_errors(values, spread, generator.permutation(len(errors)))
    tail = (1 - level) / 2
    lower, upper = value - bias + np.quantile(errors, (tail, 1 - tail))
    low, high = bounds
    return Estimate(
        value=value,
        lower=max(low, min(float(lower), value)),
        upper=min(high, max(float(upper), value)),
        bias=bias,
        n_seeds=len(values),
    )


def _seed_errors(values: np.ndarray, spread: SeedSpread, order: np.ndarray) -> np.ndarray:
    """Errors of the mean over seeds: evenly spaced quantiles of Student's t, in this order."""
    variance, freedom = spread.moderate(values)
    levels = (order + 0.5) / len(order)
    return np.sqrt(variance / len(values)) * special.stdtrit(freedom, levels)


def _check_options(statistic: str, level: float, n_resamples: int) -> None:
    _check_level(level)
    check_statistic(statistic)
    if n_resamples < 100:
        raise ValueError(f"n_resamples must be at least 100, got {n_resamples}")


def _check_level(level: float) -> None:
    if not 0 < level < 1:
        raise ValueError(f"level must lie in (0, 1), got {level}")
