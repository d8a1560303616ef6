"""Statistics of a run: measured, and resampled for other seeds and test images.

Reference: Saltelli et al. (2010), Computer Physics Communications 181, 259.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import special

from fairprune.metrics import STATISTICS
from fairprune.reporting.recall_counts import measured
from fairprune.reporting.recall_model import simulated_recalls

LEVEL = 0.95  # coverage of all intervals
_LEAST_SCALE = 1e-6  # so that a statistic that never varies can be divided by its scale


@dataclass(frozen=True)
class Measurement:
    """A statistic of one run, or a weighted sum over several runs.

    Attributes
    ----------
    values : ndarray of shape (S,)
        The statistic of the measured recalls, by seed.
    resampled : ndarray of shape (3, R)
        The statistic of simulated recalls: of two seeds on the same test images, and of the second
        seed on other images.
    expected : ndarray of shape (R,)
        The statistic of the expected recalls around which these were simulated.
    freedom : int
        Degrees of freedom of the spread between seeds in the resamples, K (S - 1); for a sum, the
        smallest among its runs.
    """

    values: np.ndarray
    resampled: np.ndarray
    expected: np.ndarray
    freedom: int

    @property
    def scale(self) -> float:
        """Standard deviation between seeds on the same test images, from the resamples."""
        first, second, _ = self.resampled
        return max(math.sqrt(((first - second) ** 2).mean() / 2), _LEAST_SCALE)

    @property
    def shared(self) -> float:
        """Variance from the effect of the test images on all seeds alike, from the resamples.

        This is the covariance of two seeds on the same images, after subtracting from the second
        its value on other images. If the images had no effect it would be 0 (Saltelli et al. 2010,
        table 2, b).
        """
        first, second, elsewhere = self.resampled
        return max(0.0, float(((first - first.mean()) * (second - elsewhere)).mean()))

    @property
    def bias(self) -> float:
        """Expectation of a value minus the statistic of the expected recalls."""
        return float(self.resampled.mean() - self.expected.mean())

    def tails(self) -> tuple[float, float]:
        """Lengths of the lower and the upper tail, relative to those of a normal distribution."""
        normal = special.ndtri(0.5 + LEVEL / 2) * self.resampled.std()
        if normal == 0:
            return 1.0, 1.0
        lower, upper = np.quantile(self.resampled, (0.5 - LEVEL / 2, 0.5 + LEVEL / 2))
        centre = self.resampled.mean()
        return max(0.0, (centre - lower) / normal), max(0.0, (upper - centre) / normal)

    def of_seeds(self, chosen: Sequence[int]) -> Measurement:
        """The measurement with only the values of some seeds, by position."""
        return replace(self, values=self.values[list(chosen)])


def measure(
    n_correct: np.ndarray,
    n_test: np.ndarray,
    statistics: Iterable[str] = tuple(STATISTICS),
    *,
    n_resamples: int = 500,
    images: int | Sequence[int] | np.random.SeedSequence,
    own: int | Sequence[int] | np.random.SeedSequence,
) -> dict[str, Measurement]:
    """Statistics of a run, each with its resamples.

    Parameters
    ----------
    n_correct, n_test : ndarray of int, shapes (S, K) and (K,)
        Correct and all test examples. Classes without any are left out.
    statistics : iterable of str
        Names from ``metrics.STATISTICS``.
    n_resamples : int
        R, at least 100.
    images, own : seeds
        Runs with the same ``images`` share simulated test images; ``own`` differs between runs.
    """
    if n_resamples < 100:
        raise ValueError(f"n_resamples must be at least 100, got {n_resamples}")
    correct, test = measured(n_correct, n_test)
    generators = np.random.default_rng(images), np.random.default_rng(own)
    expected, resampled = simulated_recalls(correct, test, n_resamples, *generators)
    functions = {name: STATISTICS[name] for name in statistics}
    return {
        name: Measurement(
            values=function(correct / test, test),
            resampled=function(resampled, test),
            expected=function(expected, test),
            freedom=correct.size - len(test),
        )
        for name, function in functions.items()
    }


def combined(measurements: Sequence[Measurement], weights: Sequence[float]) -> Measurement:
    """Weighted sum of measurements, seed by seed and resample by resample.

    Examples
    --------
    >>> none = np.zeros((3, 1)), np.zeros(1)
    >>> one, two = (Measurement(np.full(1, value), *none, 1) for value in (0.5, 0.2))
    >>> float(combined([one, two], [1, -1]).values[0])
    0.3
    """
    pairs = list(zip(weights, measurements, strict=True))
    return Measurement(
        values=np.sum([weight * each.values for weight, each in pairs], axis=0),
        resampled=np.sum([weight * each.resampled for weight, each in pairs], axis=0),
        expected=np.sum([weight * each.expected for weight, each in pairs], axis=0),
        freedom=min(each.freedom for each in measurements),
    )
