"""How much a result varies from seed to seed, if each method has only a few seeds.

Two seeds estimate a variance with one degree of freedom: Student's t is then 12.7, and an interval
says nothing, while resampling the two covers their mean in 61 of 100 cases. But a study has dozens
of methods and densities whose variances differ little. Their estimates s_g^2, with d_g degrees of
freedom, are taken to be of variances sigma_g^2 ~ d0 s0^2 / chi2_d0 (Smyth 2004, section 6.2,
"moderated t"):

    variance of a run = (d0 s0^2 + d_g s_g^2) / (d0 + d_g),     degrees of freedom d0 + d_g

so that s_g^2 / s0^2 is distributed as F(d_g, d0). The more the runs agree in their variance, the
larger d0; if they do not agree, d0 goes to 0 and each run keeps its own variance.

Deviations: d0 and s0^2 maximise the likelihood instead of matching the moments of log s_g^2, which
are infinite if two seeds tie. The degrees of freedom are at most those of all runs together.

Reference: Smyth (2004), Statistical Applications in Genetics and Molecular Biology 3(1), 3.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from scipy import optimize
from scipy.special import betaln

_FREEDOM = (0.1, 1e3)  # range searched for d0; at its upper end d0 counts as infinite


@dataclass(frozen=True)
class SeedSpread:
    """The variance between seeds, learned from the runs of a study.

    Attributes
    ----------
    variance : float
        Typical variance, s0^2.
    freedom : float
        Degrees of freedom that it is worth, d0; 0 if nothing was learned.
    total_freedom : int
        Degrees of freedom of all runs together.
    """

    variance: float = 0.0
    freedom: float = 0.0
    total_freedom: int = 0

    def moderate(self, values: np.ndarray) -> tuple[float, float]:
        """Moderated variance between the seeds of one run of values (S,), and its freedom.

        Examples
        --------
        >>> SeedSpread(variance=2.0, freedom=3.0, total_freedom=9).moderate(np.array([1.0, 5.0]))
        (3.5, 4.0)
        """
        own_freedom = len(values) - 1
        total = self.freedom + own_freedom
        if total == 0:
            return 0.0, np.inf
        squares = own_freedom * np.var(values, ddof=1) if own_freedom else 0.0
        if np.isinf(self.freedom):
            return self.variance, float(self.total_freedom)
        variance = (self.freedom * self.variance + squares) / total
        return float(variance), float(min(total, max(self.total_freedom, own_freedom)))


def seed_spread(runs: Iterable[np.ndarray]) -> SeedSpread:
    """Learn from all runs of a study, each an array of shape (S,) of values by seed.

    Runs with one seed are ignored. Nothing is learned from fewer than two others.
    """
    several = [np.asarray(values, dtype=np.float64) for values in runs if len(values) > 1]
    if len(several) < 2:
        return SeedSpread()
    freedom = np.array([len(values) - 1 for values in several])
    variances = np.array([values.var(ddof=1) for values in several])
    total, pooled = int(freedom.sum()), float(freedom @ variances / freedom.sum())
    if pooled == 0:
        return SeedSpread(0.0, np.inf, total)
    start = np.log([0.5, 4.0])
    bounds = (-10.0, 5.0), tuple(np.log(_FREEDOM))
    arguments = variances / pooled, freedom
    logarithms = optimize.minimize(_minus_log_likelihood, start, arguments, bounds=bounds).x
    variance, d0 = np.exp(logarithms)
    if d0 >= 0.99 * _FREEDOM[1]:
        return SeedSpread(pooled, np.inf, total)
    return SeedSpread(float(pooled * variance), float(d0), total)


def _minus_log_likelihood(logs: np.ndarray, variances: np.ndarray, freedom: np.ndarray) -> float:
    """Minus the log-likelihood of log s0^2 and log d0, without terms that depend on neither."""
    variance, d0 = np.exp(logs)
    scale = freedom / (d0 * variance)
    terms = (freedom / 2) * np.log(scale) - betaln(freedom / 2, d0 / 2)
    terms -= (freedom + d0) / 2 * np.log1p(scale * variances)
    return -float(terms.sum())
