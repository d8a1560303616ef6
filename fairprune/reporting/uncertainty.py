"""How sure a reported accuracy is: the test split is finite, and so is the number of seeds.

Estimand. What is reported is the mean over seeds of a statistic of the measured recalls, such as
min_k (n_k / m_k), as in the literature. The interval is for what this number estimates without
bias: its expectation over seeds and over test splits of this size, the number that the study would
give on average if it were repeated with other seeds and other test images.

For the average accuracy this is the accuracy in the population. For the minimum it is not: the
least of K noisy recalls lies below the least expected recall, the more so the more classes are
nearly worst (Jensen). That population value is no alternative. A minimum is not differentiable
where classes tie, so that no estimator of it is unbiased, not even locally (Hirano and Porter
2012); and the expected least recall of *one* model, E min_k p_sk, needs the spread of the p_sk,
which counts do not separate from test noise. ``bias`` estimates the distance to the least expected
recall; it is a column of its own and moves neither the value nor its interval.

Two variances, of one statistic T:

    variance of the mean over S seeds  =  C + W / S

C is the covariance of T between seeds, by what the test images do to all seeds alike. It comes from
resamples of the recall model (:mod:`fairprune.reporting.recall_model`). W is the variance between
seeds on the same images. Seeds show it, and what they show holds their part of the test noise,
which is therefore added nowhere else. S - 1 degrees of freedom alone say little; but the K classes
tell how much a run varies, with K (S - 1) degrees of freedom, and resamples turn that into a W of
T. The runs of a study tell how far these can be trusted: their variances over the resampled ones
are the s_g^2 of :mod:`fairprune.reporting.seed_spread`. So a run that spreads five times as much as
the others has its own W, even with two seeds.

    interval = value - l h, value + u h,    h = t sqrt(C + W / S)

t has Satterthwaite's degrees of freedom. l and u, about 1, are the tails of the resamples over
those of a normal distribution with their variance; a minimum has a longer lower one.

A difference between methods, and a mean over densities, are sums of such statistics with weights;
their resamples meet the same test images and are added with the same weights, and their seeds are
paired. What images do to both methods cancels in a difference so far as the same classes are worst.

Coverage and width are measured by ``python -m benchmarks intervals``; docs/definitions.md has the
table and where the intervals fail. One seed alone says nothing about others: its interval covers
the test images, and the tables' ``n_seeds`` says so.

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

ALONE = SeedSpread()  # of a run that is not compared with others
_BOUNDS = {"standard_deviation": (0.0, 0.5)}  # of a statistic; by default those of a share


@dataclass(frozen=True)
class Estimate:
    """A statistic and its interval.

    Attributes
    ----------
    value : float
        Mean over seeds of the statistic of the measured recalls.
    lower, upper : float
        Limits of the interval; always around ``value``.
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
    """How far the variance between seeds of these runs is that of their resamples."""
    return seed_spread(m.values / m.scale for m in measurements)


def interval(
    measurement: Measurement,
    spread: SeedSpread = ALONE,
    *,
    bounds: Sequence[float] = (0.0, 1.0),
) -> Estimate:
    """The interval of a measurement; ``spread`` is that of :func:`learned_spread`."""
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
    value = float(measurement.values.mean())
    return Estimate(
        value=value,
        lower=max(bounds[0], float(value - below * half)),
        upper=min(bounds[1], float(value + above * half)),
        bias=measurement.bias,
    )


def bounds(statistic: str) -> tuple[float, float]:
    """The least and the largest value that a statistic can have."""
    return _BOUNDS.get(statistic, (0.0, 1.0))
