"""Where the densities of the classes cross, and where the average risk rises (appendix B.1).

Equations (8) to (10) of "Robust Data Pruning: Uncovering and Overcoming Implicit Bias", the steps
of its theorem B.1, and lemma B.2. The derivative of the average risk is p1 f1(t) - p0 f0(t), with
the densities f_k of the classes; its sign is that of

    h(t) = (t - mu0)^2 / (2 s0^2) - (t - mu1)^2 / (2 s1^2) - log(p0 s1 / (p1 s0)),

the logarithm of p1 f1 / (p0 f0). Equation (8) is h = 0, (9) its two solutions, (10) h > 0.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq

from fairprune.theory.mixture import Mixture, Pair, average_optimum


def log_density_ratio(mixture: Mixture, threshold: ArrayLike) -> np.ndarray:
    """Equation (8): h(t) = log(p1 f1(t) / (p0 f0(t))), zero where the scaled densities cross."""
    (mu0, mu1), (s0, s1) = mixture.means, mixture.standard_deviations
    p0, p1 = mixture.priors
    threshold = np.asarray(threshold, dtype=np.float64)
    squares = ((threshold - mu0) / s0) ** 2 - ((threshold - mu1) / s1) ** 2
    return squares / 2 - (np.log(p0 / p1) + np.log(s1 / s0))


def density_crossings(mixture: Mixture) -> Pair:
    """Equation (9): the solutions t- <= t* of (8); NaN where (6) fails.

    t- = [mu0 s1^2 - mu1 s0^2 - s0 s1 sqrt(D^2 + 2 (s1^2 - s0^2) log(p0 s1 / (p1 s0)))] /
    (s1^2 - s0^2), and t* is the same with a plus sign (3). With equal deviations there is only
    one crossing, and t- is -inf.

    Examples
    --------
    >>> [round(float(t), 4) for t in density_crossings(Mixture((-1, 1), (0.5, 1.0)))]
    [-3.1633, -0.17]
    """
    (mu0, mu1), (s0, s1) = mixture.means, mixture.standard_deviations
    upper = average_optimum(mixture)
    difference = (s1 - s0) * (s1 + s0)
    with np.errstate(divide="ignore", invalid="ignore"):
        lower = 2 * (mu0 * s1**2 - mu1 * s0**2) / difference - upper
    return np.where(difference > 0, lower, np.where(np.isnan(upper), np.nan, -np.inf)), upper


def risk_increases(mixture: Mixture, threshold: ArrayLike) -> np.ndarray:
    """Condition (10): h(t) > 0, so that the average risk rises at t.

    The risk rises below t- and above t*, and falls in between. So t* is its only local minimum,
    and only t = -inf can have a lower risk (theorem B.1).
    """
    return log_density_ratio(mixture, threshold) > 0


def minimax_crossing(
    increasing: Callable[[float], float],
    decreasing: Callable[[float], float],
    low: float,
    high: float,
) -> float:
    """Lemma B.2: the minimiser of max(f, g) is the only t where f(t) = g(t).

    Parameters
    ----------
    increasing, decreasing : callable
        Continuous and strictly monotone, f and g.
    low, high : float
        Where (12) holds: f(low) < g(low) and f(high) > g(high).

    Examples
    --------
    The worst-class optimum (4) is where the class risks are equal:

    >>> from fairprune.theory.mixture import class_risks, worst_class_optimum
    >>> mixture = Mixture((-1, 1), (0.5, 1.0))
    >>> r0, r1 = (lambda t, k=k: float(class_risks(mixture, t)[k]) for k in (0, 1))
    >>> t = minimax_crossing(r1, r0, -5, 5)
    >>> bool(abs(t - worst_class_optimum(mixture)) < 1e-9)
    True
    """

    def gap(t: float) -> float:
        return increasing(t) - decreasing(t)

    if not (low < high and gap(low) < 0 < gap(high)):
        raise ValueError(
            f"low = {low}, high = {high}; allowed: f < g at low and f > g at high (12), "
            f"got f - g = {gap(low):g} and {gap(high):g}"
        )
    return float(brentq(gap, low, high, xtol=1e-12))
