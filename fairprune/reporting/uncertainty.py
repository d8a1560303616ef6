"""Intervals for reported accuracies: the test split is finite, and so is the number of seeds.

Estimand. The reported value is the mean over seeds of a statistic of the measured recalls, such as
min_k (n_k / m_k), as in the literature. The interval is for what this value estimates without
bias: its expectation over seeds and over test splits of this size. The study would give this number
on average if it were repeated with other seeds and other test images.

For the average accuracy this is the accuracy in the population. For the minimum it is not: the
least of K noisy recalls lies below the least expected recall, the more so the more classes are
nearly worst (Jensen). That population value is no alternative. A minimum is not differentiable
where classes tie, so no estimator of it is unbiased, not even locally (Hirano and Porter 2012); and
the expected least recall of *one* model, E min_k p_sk, needs the spread of the p_sk, which counts
do not separate from test noise. ``bias`` estimates the distance to the least expected recall. It
has its own column and moves neither the value nor its interval.

A statistic T has two variances:

    variance of the mean over S seeds  =  C + W / S

C is the covariance of T between seeds that comes from testing them on the same images. Resamples of
the recall model give it (:mod:`fairprune.reporting.recall_model`). W is the variance between seeds
on the same images. The measured variance between seeds already contains their part of the test
noise, so that part is added nowhere else. S - 1 degrees of freedom alone say little; but the K
classes show how much a run varies with K (S - 1) degrees of freedom, and resamples turn this into a
W of T. The runs of a study show how far these W can be trusted: the ratios of measured to resampled
variances are the s_g^2 of :mod:`fairprune.reporting.seed_spread`. So a run that varies five times
as much as the others gets its own W, even with two seeds.

    interval = value - l h, value + u h,    h = t sqrt(C + W / S)

t has Satterthwaite's degrees of freedom. l and u, about 1, are the lengths of the resamples' tails
relative to those of a normal distribution of the same variance; a minimum has a longer lower tail.

A difference between methods and a mean over densities are weighted sums of such statistics. Their
resamples share simulated test images and are added with the same weights, and their seeds are
paired. In a difference, the effect of the images on both methods cancels as far as the same classes
are worst.

``python -m benchmarks intervals`` measures coverage and width; docs/definitions.md has the table
and says where the intervals fail. A single seed says nothing about other seeds: its interval is for
other test images only. The tables show this by ``n_seeds``.

References: Hirano and Porter (2012), Econometrica 80(4), 1769; Satterthwaite (1946), Biometrics
Bulletin 2(6); Wilson (1927), JASA 22.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from fairprune.reporting.measurement import LEVEL, Measurement
from fairprune.reporting.recall_counts import checked_counts
from fairprune.reporting.seed_spread import SeedSpread, seed_spread

ALONE = SeedSpread()  # for a run without others to learn from
_DECIMALS = 12  # beyond these digits values differ by rounding errors alone
_BOUNDS = {"standard_deviation": (0.0, 0.5)}  # of statistics that cannot reach all of [0, 1]


@dataclass(frozen=True)
class Estimate:
    """A statistic and its interval.

    Attributes
    ----------
    value : float
        Mean over seeds of the statistic of the measured recalls.
    lower, upper : float
        Limits of the interval, which always contains ``value``.
    bias : float
        Estimate of the expectation of ``value`` minus the statistic of the expected recalls.
    """

    value: float
    lower: float
    upper: float
    bias: float


def recall_interval(n_correct: np.ndarray, n_test: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Wilson's 95% interval for binomial proportions.

    Parameters
    ----------
    n_correct, n_test : ndarray of int, shapes that broadcast
        Correct and all test examples. A class without test examples gets (0, 1).

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
    correct, test = checked_counts(n_correct, n_test)
    z = special.ndtri(0.5 + LEVEL / 2)
    with np.errstate(invalid="ignore", divide="ignore"):
        p = correct / test
        centre = (p + z**2 / (2 * test)) / (1 + z**2 / test)
        half = z * np.sqrt(p * (1 - p) / test + (z / (2 * test)) ** 2) / (1 + z**2 / test)
    empty = test == 0
    lower = np.where(empty | (correct == 0), 0.0, centre - half)
    upper = np.where(empty | (correct == test), 1.0, centre + half)
    return lower, upper


def learned_spread(measurements: Iterable[Measurement]) -> SeedSpread:
    """Learn how the variance between seeds of these runs relates to that of their resamples."""
    return seed_spread(m.values / m.scale for m in measurements)


def interval(
    measurement: Measurement,
    spread: SeedSpread = ALONE,
    *,
    bounds: Sequence[float] = (0.0, 1.0),
) -> Estimate:
    """The interval of a measurement; ``spread`` comes from :func:`learned_spread`."""
    n_seeds = len(measurement.values)
    ratio, freedom = spread.moderate(measurement.values / measurement.scale)
    if n_seeds > 1 and spread.freedom > 0:  # the scale is itself estimated, from the classes
        trust = 1 / (1 + (n_seeds - 1) / spread.freedom)
        freedom = 1 / (1 / freedom + trust**2 / measurement.freedom)

    seeds = ratio * measurement.scale**2 / n_seeds
    variance = measurement.shared + seeds
    satterthwaite = freedom * (variance / seeds) ** 2 if seeds > 0 else np.inf
    half = special.stdtrit(min(satterthwaite, 1e6), 0.5 + LEVEL / 2) * np.sqrt(variance)
    below, above = measurement.tails()
    value = round(float(measurement.values.mean()), _DECIMALS) + 0.0  # 0, not a rounding error
    return Estimate(
        value=value,
        lower=max(bounds[0], float(value - below * half)),
        upper=min(bounds[1], float(value + above * half)),
        bias=measurement.bias,
    )


def bounds(statistic: str) -> tuple[float, float]:
    """The least and the largest value that a statistic can have."""
    return _BOUNDS.get(statistic, (0.0, 1.0))
