"""Average and worst-class optimal thresholds of a mixture of two Gaussians.

Classes 0 and 1 are normal with means mu0 < mu1, standard deviations s0 <= s1 and priors
p0 + p1 = 1; the rule with threshold t predicts class 1 where x > t. Equation numbers are those
of "Robust Data Pruning: Uncovering and Overcoming Implicit Bias", section 4 and appendix B.

Deviations: the average-risk optimum (3) is computed in a form that has a limit for s1 -> s0, so
that equal and nearly equal deviations need no special case. Everything is float64 and broadcasts:
a parameter may be an array, which stands for that many mixtures.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit, log_ndtr, ndtr, ndtri

Pair = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True, eq=False)
class Mixture:
    """Parameters of one mixture, or of many at once.

    Parameters
    ----------
    means : pair of float or ndarray
        mu0 < mu1.
    standard_deviations : pair of float or ndarray
        0 < s0 <= s1. A mixture with s0 > s1 is the mirror image of one with s0 < s1.
    priors : pair of float or ndarray, default=(0.5, 0.5)
        p0 and p1, both positive, with sum 1.

    Raises
    ------
    ValueError
        If a parameter is outside its range, or does not have the shape of a pair.
    """

    means: Sequence[Any]
    standard_deviations: Sequence[Any]
    priors: Sequence[Any] = (0.5, 0.5)

    def __post_init__(self) -> None:
        for name in ("means", "standard_deviations", "priors"):
            object.__setattr__(self, name, _pair(name, getattr(self, name)))
        (mu0, mu1), (s0, s1), (p0, p1) = (
            self.means,
            self.standard_deviations,
            self.priors,
        )
        _require(np.all(mu0 < mu1), "means", self.means, "mu0 < mu1")
        ordered = np.all((s0 > 0) & (s0 <= s1))
        _require(ordered, "standard_deviations", self.standard_deviations, "0 < s0 <= s1")
        proper = np.all((p0 > 0) & (p1 > 0) & (np.abs(p0 + p1 - 1) < 1e-9))
        _require(proper, "priors", self.priors, "p0 > 0, p1 > 0 and p0 + p1 = 1")

    def with_priors(self, priors: tuple[ArrayLike, ArrayLike]) -> Mixture:
        """The same classes, mixed in other proportions."""
        return replace(self, priors=priors)


def mixtures_of_separation(
    separation: float, ratios: np.ndarray, priors: Sequence[float]
) -> Mixture:
    """Mixtures with mu0 = 0, s1 = 1, s0 = ``ratios`` and (mu1 - mu0)/(s0 + s1) = ``separation``.

    Ratios are in (0, 1]. At the optimum (4) both classes have the risk Phi(-separation).
    """
    if not separation > 0:
        raise ValueError(f"separations must be positive, got {separation!r}")
    s0, s1 = ratios, np.ones_like(ratios)
    return Mixture((np.zeros_like(ratios), separation * (s0 + s1)), (s0, s1), tuple(priors))


def standardised(mixture: Mixture, threshold: ArrayLike) -> Pair:
    """Arguments of Phi in the class risks: (mu0 - t)/s0 and (t - mu1)/s1."""
    (mu0, mu1), (s0, s1) = mixture.means, mixture.standard_deviations
    threshold = np.asarray(threshold, dtype=np.float64)
    return (mu0 - threshold) / s0, (threshold - mu1) / s1


def class_risks(mixture: Mixture, threshold: ArrayLike) -> Pair:
    """Equation (1): R0(t) = Phi((mu0 - t)/s0) and R1(t) = Phi((t - mu1)/s1)."""
    x0, x1 = standardised(mixture, threshold)
    return ndtr(x0), ndtr(x1)


def log_class_risks(mixture: Mixture, threshold: ArrayLike) -> Pair:
    """Logarithms of the class risks (1), for thresholds at which the risks underflow."""
    x0, x1 = standardised(mixture, threshold)
    return log_ndtr(x0), log_ndtr(x1)


def average_risk(mixture: Mixture, threshold: ArrayLike) -> np.ndarray:
    """Equation (2): R(t) = p0 R0(t) + p1 R1(t)."""
    return mix(mixture.priors, class_risks(mixture, threshold))


def worst_class_risk(mixture: Mixture, threshold: ArrayLike) -> np.ndarray:
    """The larger of R0(t) and R1(t)."""
    return np.maximum(*class_risks(mixture, threshold))


def average_optimum(mixture: Mixture) -> np.ndarray:
    """Equation (3): t*, the larger intersection of p0 f0 and p1 f1; NaN where (6) fails.

    With D = mu1 - mu0, v = s1^2 - s0^2 and L = log(p0 s1 / (p1 s0)) the paper's form is
    t* = mu0 + s0 (s1 sqrt(D^2 + 2 v L) - s0 D) / v, which is 0/0 for equal deviations. Multiplied
    by its conjugate it reads t* = mu0 + s0 (D^2 + 2 s1^2 L) / (s1 sqrt(D^2 + 2 v L) + s0 D). At
    s0 = s1 = s this is the remark of appendix B.1, (mu0 + mu1)/2 + s^2 log(p0/p1) / D.

    It minimises the average risk where (7) holds too; see :func:`risk_minimiser`.

    Examples
    --------
    >>> round(float(average_optimum(Mixture((-1, 1), (0.5, 1.0)))), 4)
    -0.17
    """
    mu0, (s0, s1) = mixture.means[0], mixture.standard_deviations
    distance, log_ratio = _distance(mixture), _log_ratio(mixture)
    discriminant = _discriminant(mixture)
    root = np.sqrt(np.where(discriminant >= 0, discriminant, np.nan))
    return mu0 + s0 * (distance**2 + 2 * s1**2 * log_ratio) / (s1 * root + s0 * distance)


def worst_class_optimum(mixture: Mixture) -> np.ndarray:
    """Equation (4): where R0 = R1, t^ = (mu0 s1 + mu1 s0)/(s0 + s1), whatever the priors.

    Examples
    --------
    >>> round(float(worst_class_optimum(Mixture((-1, 1), (0.5, 1.0)))), 4)
    -0.3333
    """
    (mu0, mu1), (s0, s1) = mixture.means, mixture.standard_deviations
    return (mu0 * s1 + mu1 * s0) / (s0 + s1)


def optimal_priors(mixture: Mixture) -> Pair:
    """Equation (5): p0/p1 = s0/s1, the priors at which t* = t^."""
    s0, s1 = mixture.standard_deviations
    return s0 / (s0 + s1), s1 / (s0 + s1)


def densities_crossing(mixture: Mixture) -> np.ndarray:
    """Condition (6): D^2 + 2 (s1^2 - s0^2) log(p0 s1 / (p1 s0)) >= 0, so that t* exists."""
    return _discriminant(mixture) >= 0


def beats_constant_rules(mixture: Mixture) -> np.ndarray:
    """Condition (7): p0/p1 > Phi((t* - mu1)/s1) / Phi((t* - mu0)/s0); False where (6) fails.

    Always true for equal deviations. The sides are compared as logarithms, as they can
    underflow for thresholds far in the tails.
    """
    (s0, s1), (p0, p1) = mixture.standard_deviations, mixture.priors
    x0, x1 = standardised(mixture, average_optimum(mixture))
    right = log_ndtr(x1) - log_ndtr(-x0)
    return (s0 == s1) | (np.log(p0) - np.log(p1) > right)


def optimal_priors_attain(mixture: Mixture) -> np.ndarray:
    """Condition (11): (mu1 - mu0)/(s0 + s1) > Phi^-1(s1/(s0 + s1)).

    This is (7) at the priors (5): t^ minimises the average risk of that mixture. If it fails,
    always predicting class 1 has the lower average risk, and no priors lead to t^.
    """
    s0, s1 = mixture.standard_deviations
    return _distance(mixture) / (s0 + s1) > ndtri(s1 / (s0 + s1))


def risk_minimiser(mixture: Mixture) -> np.ndarray:
    """The global minimiser of the average risk (theorem B.1): t* where (6) and (7) hold, else -inf.

    Class 1 has the heavier tails, so the only constant rule that can compete is "always class 1".
    """
    return np.where(beats_constant_rules(mixture), average_optimum(mixture), -np.inf)


def metriq_priors(mixture: Mixture) -> Pair:
    """Class proportions under MetriQ: class densities d0 : d1 = R0(t*) : R1(t*).

    The proportions are p_k R_k / R, with the errors of the average-risk minimiser. They hold as
    long as no class density saturates at 1.
    """
    p0, p1 = mixture.priors
    log_risk0, log_risk1 = log_class_risks(mixture, risk_minimiser(mixture))
    odds = np.log(p0) - np.log(p1) + (log_risk0 - log_risk1)  # classes far apart hardly err
    return expit(odds), expit(-odds)


def optimal_class_densities(mixture: Mixture, density: ArrayLike) -> Pair:
    """Class densities with d0 p0 / (d1 p1) = s0/s1, equation (5), and d0 p0 + d1 p1 = density.

    Raises
    ------
    ValueError
        If a class density would exceed 1: a class has too few points for this proportion.

    Examples
    --------
    >>> [round(float(d), 4) for d in optimal_class_densities(Mixture((-1, 1), (0.5, 1.0)), 0.5)]
    [0.3333, 0.6667]
    """
    density = check_density(density)
    pairs = zip(mixture.priors, optimal_priors(mixture), strict=True)
    densities = tuple(density * share / prior for prior, share in pairs)
    largest = np.min(density / np.maximum(*densities))  # of many mixtures, for all of them
    feasible = np.all(np.maximum(*densities) <= 1 + 1e-12)
    _require(feasible, "density", density, f"at most {largest:.6g} for these priors")
    return densities


def metriq_class_densities(mixture: Mixture, density: ArrayLike) -> Pair:
    """MetriQ's class densities, proportional to R_k(t*); the other class takes what exceeds 1."""
    density = check_density(density)
    (p0, p1), (share0, share1) = mixture.priors, metriq_priors(mixture)
    kept0 = np.clip(density * share0, density - p1, p0)
    kept1 = np.clip(density * share1, density - p0, p1)
    return kept0 / p0, kept1 / p1


def mix(priors: Sequence[Any], values: Sequence[Any]) -> np.ndarray:
    """p0 values0 + p1 values1."""
    return priors[0] * values[0] + priors[1] * values[1]


def check_density(density: ArrayLike) -> np.ndarray:
    """Return ``density`` as float64, or raise a ValueError if it is not in (0, 1]."""
    density = np.asarray(density, dtype=np.float64)
    _require(np.all((density > 0) & (density <= 1)), "density", density, "in (0, 1]")
    return density


def _distance(mixture: Mixture) -> np.ndarray:
    return mixture.means[1] - mixture.means[0]


def _log_ratio(mixture: Mixture) -> np.ndarray:
    (s0, s1), (p0, p1) = mixture.standard_deviations, mixture.priors
    return np.log(p0) - np.log(p1) + np.log(s1 / s0)


def _discriminant(mixture: Mixture) -> np.ndarray:
    s0, s1 = mixture.standard_deviations
    return _distance(mixture) ** 2 + 2 * (s1 - s0) * (s1 + s0) * _log_ratio(mixture)


def _pair(name: str, values: tuple[ArrayLike, ArrayLike]) -> Pair:
    if len(values) != 2:
        raise ValueError(f"{name} has {len(values)} entries; allowed: one for each of 2 classes")
    first, second = (np.asarray(value, dtype=np.float64) for value in values)
    pair = first, second
    _require(all(np.isfinite(value).all() for value in pair), name, pair, "finite numbers")
    return pair


def _require(condition: bool | np.bool, name: str, value: object, allowed: str) -> None:
    if not condition:
        shown = tuple(v.tolist() for v in value) if isinstance(value, tuple) else value
        raise ValueError(f"{name} = {shown}; allowed: {allowed}")
