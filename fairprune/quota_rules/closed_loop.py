"""Closed loop: train on the quotas, see which classes fail, and shift the budget to them.

The weights q_k start uniform. Round r trains at the requested density d, on random examples of each
class in the numbers that q prescribes. It then counts the errors x_k in n_k tries on examples that
the model has not seen: the training examples left out, and the validation split. Then

    e_k      = (x_k + 1) / (n_k + 2)
    log q_k += step / r^decay clip(logit e_k - mean_j logit e_j, -clip, clip)
    d_k      = min(1, c q_k),    c such that    sum_k d_k N_k = d N

MetriQ takes the errors of a model that saw all the data, and uses them once, unchecked. The loop
measures errors at the density itself, and a class that was cut too far gets examples back in the
next round. With ``decay`` 1 the weights average what all rounds so far propose (Robbins and Monro,
*A Stochastic Approximation Method*, 1951), so the chance results of one training weigh less and
less. At the fixed point all classes have the same error. In the mixture of the paper's section 4
this is the worst-class optimum (equations 4 and 5); see :mod:`fairprune.theory.loop`.

Conventions:

* The mean is over the classes with tries; a class without any keeps its weight.
* After a round ``q_k`` becomes ``clip(c q_k, exp(-bound), exp(bound))`` with ``c`` such that its
  mean is 1. A class that cannot be learned would otherwise take more from the others every round.
* At density 1 there is nothing to choose and no round is trained.

Options outside the equations: ``rounds`` is the number of rounds; ``seeds`` is the number of
trainings per round, whose counts are summed; ``epochs_share`` is the length of a round's training,
as a share of a final training's epochs.
"""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np

from fairprune import allocation
from fairprune._arrays import as_integers, as_vector, check_within
from fairprune._filling import water_fill
from fairprune._validation import NotNegative, Positive, Range, checked

ROUNDS: dict[str, Any] = {
    "rounds": 2,
    "seeds": 1,
    "epochs_share": 1.0,
}  # how a rule is trained in rounds
Step = Annotated[float, Range(0, 10, "(]")]
Share = Annotated[float, Range(0.000001, 1)]
Decay = Annotated[float, Range(0, 1)]


@checked
def class_density(
    class_counts: np.ndarray,
    density: float,
    *,
    log_weight: np.ndarray,
    errors: np.ndarray,
    tries: np.ndarray,
    number: Positive = 1,
    rounds: Positive = ROUNDS["rounds"],
    step: Step = 0.7,
    clip: Step = 2.0,
    bound: Step = 1.5,
    decay: Decay = 1.0,
    seeds: Positive = ROUNDS["seeds"],
    epochs_share: Share = ROUNDS["epochs_share"],
    minimum_per_class: NotNegative = 0,
) -> np.ndarray:
    """Class densities after a round.

    Parameters
    ----------
    log_weight : ndarray of shape (K,)
        ``log q_k`` that the round was trained on.
    errors, tries : ndarray of shape (K,), int
        ``x_k`` and ``n_k`` of the round.
    number : int, default=1
        ``r``, the number of the round.
    step, clip, bound, decay
        Constants of the equations.
    rounds, seeds, epochs_share
        How the workflow trains; these do not enter the equations.
    """
    how = {"step": step, "clip": clip, "bound": bound, "decay": decay}
    weight = np.exp(updated(log_weight, errors, tries, number=number, **how))
    return allocation.proportional(
        weight, class_counts, density, minimum_per_class=minimum_per_class
    )


@checked
def updated(
    log_weight: object,
    errors: object,
    tries: object,
    *,
    number: Positive = 1,
    step: Step = 0.7,
    clip: Step = 2.0,
    bound: Step = 1.5,
    decay: Decay = 1.0,
) -> np.ndarray:
    """Updated ``log q_k`` (K,) after a round; only differences of ``log_weight`` matter.

    Examples
    --------
    Errors of 3/4 and 1/4 have logits log 3 and -log 3, and half of their difference is log 3:

    >>> np.exp(updated([0, 0], [2, 0], [2, 2], step=0.5))
    array([1.5, 0.5])
    """
    log_weight = as_vector("log_weight", log_weight)
    tries = as_integers("tries", tries, length=len(log_weight), minimum=0)
    errors = as_integers("errors", errors, length=len(log_weight), minimum=0)
    check_within("errors", errors, tries, of="tries")
    tried = tries > 0
    if not tried.any():
        return log_weight
    logit = np.log(errors + 1) - np.log(tries - errors + 1)
    surplus = np.where(tried, logit - logit[tried].mean(), 0)
    moved = log_weight + step / number**decay * np.clip(surplus, -clip, clip)
    n_classes = len(moved)
    lower, upper = (np.full(n_classes, np.exp(limit)) for limit in (-bound, bound))
    return np.log(water_fill(np.exp(moved - moved.max()), lower, upper, n_classes))


def started(class_density: object, density: float, *, bound: float = 1.5) -> np.ndarray:
    """Initial ``log q_k`` (K,) from another rule: ``log(d_k / d)``, clipped to ``bound``.

    A class to which that rule gives density 0 starts at the lower bound, so that it can come back.
    """
    share = as_vector("class_density", class_density, minimum=0) / density
    return np.log(np.clip(share, np.exp(-bound), np.exp(bound)))
