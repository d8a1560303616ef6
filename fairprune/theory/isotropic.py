"""Isotropic Gaussians in D dimensions reduce to the univariate mixture (appendix B.4).

With class k ~ N(m_k, s_k^2 I) and the rule "predict 1 where w.x > t" for a unit vector w, w.x is
normal with mean w.m_k and deviation s_k. For fixed w the risks (1) depend only on the distance of
the projected means, which is largest along the line through the means. Every optimum of section 4
therefore has w = (m1 - m0) / ||m1 - m0||.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr

from fairprune.theory.mixture import Mixture, Pair


def reduce_isotropic(
    means: ArrayLike,
    standard_deviations: tuple[float, float],
    priors: tuple[float, float] = (0.5, 0.5),
) -> tuple[Mixture, np.ndarray]:
    """Project an isotropic mixture onto the line through its means.

    Parameters
    ----------
    means : ndarray of shape (2, D)
        Distinct means of classes 0 and 1.
    standard_deviations : pair of float
        0 < s0 <= s1, the same in all directions.
    priors : pair of float, default=(0.5, 0.5)

    Returns
    -------
    mixture : Mixture
        The univariate mixture of w.x.
    direction : ndarray of shape (D,)
        The unit vector w.

    Examples
    --------
    >>> mixture, direction = reduce_isotropic([[0, 0], [3, 4]], (1, 2))
    >>> [float(mean) for mean in mixture.means], direction.tolist()
    ([0.0, 5.0], [0.6, 0.8])
    """
    means = _check_means(means)
    difference = means[1] - means[0]
    length = np.linalg.norm(difference)
    if length == 0:
        raise ValueError(f"means = {means.tolist()}; allowed: two different points")
    direction = difference / length
    near, far = means @ direction
    return Mixture((float(near), float(far)), standard_deviations, priors), direction


def hyperplane_risks(
    means: ArrayLike,
    standard_deviations: tuple[float, float],
    direction: ArrayLike,
    threshold: ArrayLike,
) -> Pair:
    """Class risks of "predict 1 where w.x > t": Phi((w.m0 - t)/s0) and Phi((t - w.m1)/s1).

    ``direction`` is the unit vector w of shape (D,), ``means`` has shape (2, D).
    """
    means, direction = _check_means(means), np.asarray(direction, dtype=np.float64)
    if direction.shape != means.shape[1:] or abs(np.linalg.norm(direction) - 1) > 1e-9:
        raise ValueError(
            f"direction = {direction.tolist()}; allowed: a unit vector of {means.shape[1]} entries"
        )
    (mean0, mean1), (s0, s1) = means @ direction, standard_deviations
    return ndtr((mean0 - threshold) / s0), ndtr((threshold - mean1) / s1)


def _check_means(means: ArrayLike) -> np.ndarray:
    means = np.asarray(means, dtype=np.float64)
    if means.ndim != 2 or means.shape[0] != 2:
        raise ValueError(f"means has shape {means.shape}; allowed: (2, D)")
    return means
