"""The closed loop in the Gaussian mixture: its fixed point is the worst-class optimum.

A round mixes the classes by the weights so far, takes the average-risk minimiser (3) of that
mixture as the trained model, and moves the weights by the classes' risks R_k (1):

    p_k      = p_k(before pruning) q_k / sum
    log q_k += step clip(logit R_k - mean_j logit R_j, -clip, clip)

The loop is at rest where R_0 = R_1, that is at t^ (4), with the priors s0 : s1 (5). MetriQ takes
one step from the full data, d0 : d1 = R_0 : R_1, and ends nearby. Steps must not be too large for
the overlap of the classes, see :func:`largest_step`.

This is the limit of many examples: errors are exact, so that steps need no ``decay``, no class
density saturates at 1, and there is no ``bound`` (:mod:`fairprune.quota_rules.closed_loop`). If
condition (11) fails, no priors lead to t^, and the loop ends elsewhere.
"""

from __future__ import annotations

import numpy as np
from scipy.special import expit, log_ndtr

from fairprune._validation import NotNegative, checked
from fairprune.quota_rules.closed_loop import Step
from fairprune.theory.mixture import Mixture, Pair, risk_minimiser, standardised


@checked
def closed_loop_priors(
    mixture: Mixture, rounds: NotNegative, *, step: Step = 0.7, clip: Step = 2.0
) -> Pair:
    """Class proportions after a number of rounds, starting from those of the mixture.

    Examples
    --------
    Equation (5) asks for 1/3 and 2/3:

    >>> mixture = Mixture((-1, 1), (0.5, 1.0))
    >>> [round(float(closed_loop_priors(mixture, rounds)[0]), 4) for rounds in (0, 1, 2)]
    [0.5, 0.3327, 0.3334]
    """
    log_odds = np.log(mixture.priors[0]) - np.log(mixture.priors[1])
    for _ in range(rounds):
        gap = _logit_gap(mixture, risk_minimiser(mixture.with_priors(_priors(log_odds))))
        # each of the two logits is half of the gap away from their mean
        log_odds = log_odds + 2 * step * np.clip(gap / 2, -clip, clip)
    return _priors(log_odds)


def largest_step(mixture: Mixture) -> np.ndarray:
    """The step 2 z Phi(z) Phi(-z) / phi(z) below which the loop comes to rest at t^.

    Here z = (mu1 - mu0)/(s0 + s1), so that Phi(-z) is the risk of both classes at t^. There

        d t* / d log(p0/p1)          =  1 / (z (1/s0 + 1/s1))
        d (logit R_0 - logit R_1)/dt = -phi(z) (1/s0 + 1/s1) / (Phi(z) Phi(-z))

    so that a round multiplies a small distance from the optimal log odds by
    ``1 - step phi(z) / (z Phi(z) Phi(-z))``. Larger steps oscillate around the optimum: the more
    often classes are confused, the smaller a step must be. For classes far apart the limit is 2.

    Examples
    --------
    Risks of 0.16 and 0.31 at the optimum:

    >>> mixtures = Mixture((0.0, np.array([2.0, 1.0])), (1.0, 1.0))
    >>> largest_step(mixtures).round(2)
    array([1.1 , 0.61])
    """
    (mu0, mu1), (s0, s1) = mixture.means, mixture.standard_deviations
    z = (mu1 - mu0) / (s0 + s1)
    log_density = -(z**2) / 2 - np.log(2 * np.pi) / 2
    return 2 * z * np.exp(log_ndtr(z) + log_ndtr(-z) - log_density)


def _logit_gap(mixture: Mixture, threshold: np.ndarray) -> np.ndarray:
    """logit R_0(t) - logit R_1(t), infinite for a constant rule."""
    x0, x1 = standardised(mixture, threshold)
    return (log_ndtr(x0) - log_ndtr(-x0)) - (log_ndtr(x1) - log_ndtr(-x1))


def _priors(log_odds: np.ndarray) -> Pair:
    return expit(log_odds), expit(-log_odds)
