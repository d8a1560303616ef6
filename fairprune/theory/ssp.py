"""What pruning around the class means does to a mixture (appendix B.3).

The supervised variant of self-supervised pruning (SSP, Sorscher et al. 2022) removes the points
with |x - mu_k| < M, whatever their class, and keeps both tails of each class. Equations (13) and
(14) of "Robust Data Pruning: Uncovering and Overcoming Implicit Bias".

Deviations: the paper gives the class risks after pruning only for thresholds between mu0 + M and
mu1 - M; :func:`ssp_class_risks` is exact for every threshold.
The paper's claim that the average-risk minimiser stays at t* is local: mu0 - M is a second minimum
of the pruned risk, and the lower one once the margin is wide. With means -1 and 1, deviations 0.5
and 1 and equal priors, it is the lower one at density 0.4 but not at 0.5. Thresholds fitted to
pruned samples lie at one or the other (see :func:`ssp_minima`), and their mean lies in between,
where no fit does.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import erf, ndtr, ndtri

from fairprune.theory.crossings import risk_increases
from fairprune.theory.mixture import Mixture, Pair, average_optimum, check_density, mix


def ssp_removed_mass(mixture: Mixture, margin: ArrayLike) -> Pair:
    """Equation (13): the share 2 Phi(M/s_k) - 1 of class k is removed."""
    margin = _check_margin(margin)
    return tuple(erf(margin / (np.sqrt(2) * s)) for s in mixture.standard_deviations)


def ssp_priors(mixture: Mixture, margin: ArrayLike) -> Pair:
    """Equation (14): the priors after pruning are proportional to p_k Phi(-M/s_k)."""
    kept = _kept_mass(mixture, margin)
    total = mix(mixture.priors, kept)
    return tuple(p * share / total for p, share in zip(mixture.priors, kept, strict=True))


def ssp_class_risks(mixture: Mixture, margin: ArrayLike, threshold: ArrayLike) -> Pair:
    """Class risks among the points that pruning keeps.

    For mu0 + M <= t <= mu1 - M they are R_k(t) / (2 Phi(-M/s_k)): with (14) the average risk is
    then proportional to the one before pruning, and t* stays where it was.
    """
    (mu0, mu1), (s0, s1) = mixture.means, mixture.standard_deviations
    margin = _check_margin(margin)
    threshold = np.asarray(threshold, dtype=np.float64)
    kept0, kept1 = _kept_mass(mixture, margin)
    above0 = _mass_above((threshold - mu0) / s0, margin / s0)
    below1 = _mass_above((mu1 - threshold) / s1, margin / s1)  # by symmetry
    return above0 / kept0, below1 / kept1


def ssp_minima(mixture: Mixture, margin: ArrayLike) -> Pair:
    """The two local minima of the average risk after pruning: mu0 - M and t*.

    Between mu0 - M and mu0 + M no point of class 0 is left, so the risk rises there with every
    point of class 1 that falls below the threshold. Up to mu0 - M the risk falls, as before
    pruning, and from mu0 + M it falls again up to t*.

    Raises
    ------
    ValueError
        If these are not both minima: t* must lie between mu0 + M and mu1 - M, and the lower
        crossing of the densities (9) below mu0 - M.

    Examples
    --------
    >>> mixture = Mixture((-1, 1), (0.5, 1.0))
    >>> [round(float(t), 3) for t in ssp_minima(mixture, ssp_margin(mixture, 0.5))]
    [-1.462, -0.17]
    """
    margin = _check_margin(margin)
    (mu0, mu1), optimum = mixture.means, average_optimum(mixture)
    inside = (margin > 0) & (mu0 + margin < optimum) & (optimum < mu1 - margin)
    if not np.all(inside & ~risk_increases(mixture, mu0 - margin)):
        raise ValueError(f"margin = {margin}; allowed: so small that mu0 - M and t* are minima")
    return mu0 - margin, optimum


def ssp_margin(mixture: Mixture, density: ArrayLike) -> np.ndarray:
    """The margin M at which the share ``density`` is kept: sum_k p_k 2 Phi(-M/s_k) = density.

    Bisection between the margins that either class alone would need, to float64 precision.
    """
    density = check_density(density)
    alone = -ndtri(density / 2)
    low, high = (s * alone for s in mixture.standard_deviations)
    for _ in range(64):
        middle = (low + high) / 2
        too_small = mix(mixture.priors, _kept_mass(mixture, middle)) > density
        low, high = np.where(too_small, middle, low), np.where(too_small, high, middle)
    return (low + high) / 2


def _kept_mass(mixture: Mixture, margin: ArrayLike) -> Pair:
    margin = _check_margin(margin)
    return tuple(2 * ndtr(-margin / s) for s in mixture.standard_deviations)


def _mass_above(threshold: np.ndarray, margin: np.ndarray) -> np.ndarray:
    """Mass of a standard normal above the threshold and outside (-margin, margin)."""
    right = ndtr(-np.maximum(threshold, margin))
    left = ndtr(-margin) - ndtr(np.minimum(threshold, -margin))
    return right + left


def _check_margin(margin: ArrayLike) -> np.ndarray:
    margin = np.asarray(margin, dtype=np.float64)
    if not np.all(margin >= 0):
        raise ValueError(f"margin = {margin}; allowed: not negative")
    return margin
