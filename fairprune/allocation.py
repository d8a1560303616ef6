"""How many examples to keep of each class.

MetriQ (metric-based quotas, Algorithm 1 of "Robust Data Pruning: Uncovering and Overcoming
Implicit Bias", Vysogorets, Ahuja and Kempe) keeps the share ``d_k`` of class ``k``. The share is
proportional to the class's error on the validation split, until the class is complete:

    d_k = min(1, c (1 - r_k))    with c such that    sum_k d_k N_k = d N.

The algorithm hands out the excess of saturated classes in rounds; its result is this closed
form, which is computed here directly: the total is piecewise linear in ``c``, its 2K
breakpoints are sorted, and a binary search finds the piece (O(K log K)).

Choices beyond the algorithm's text:

* A class with recall 1 gets density 0, or its ``minimum_per_class``. Any budget left once all
  classes with errors are complete is spread over the other classes at one equal density.
* ``minimum_per_class`` is a floor on ``d_k N_k``, ``min(minimum_per_class, N_k)``: densities
  become ``clip(c (1 - r_k), floor / N_k, 1)``, still with the exact total.
* A class without training examples (``N_k = 0``) has density 0, except at density 1, where
  every class has density 1. A class without validation examples (recall NaN) is an error.
* If the budget is below one example per class, some quotas are 0 whatever the errors.
* ``rule="authors"`` follows the published code, which makes the *sizes* ``d_k N_k``, rather
  than the densities, proportional to ``1 - r_k``. The two rules agree on balanced training sets.

Integer quotas use the largest remainder; the published code floors and draws the missing few at
random. A seeded hash of the class orders equal remainders. Ordered by index, the last classes
would always be emptied when fewer examples than classes are kept.
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from fairprune._arrays import as_integers, as_vector, exact_text
from fairprune._filling import fill
from fairprune._validation import check, check_density, check_integer
from fairprune.ties import tie_order

Rule = Literal["paper", "authors"]
Missing = Literal["error", "mean"]
_DECIMALS = 6  # far below 1 / K, far above the rounding error of d * N


def n_keep(density: float, n_examples: int) -> int:
    """Number of examples kept: ``round(d N)``, halves to the even neighbour.

    The product is first rounded to 6 decimals, so that floating-point error does not matter.

    Raises
    ------
    ValueError
        If there are examples but the density keeps none of them.

    Examples
    --------
    >>> n_keep(0.5, 5), n_keep(0.5, 7), n_keep(0.1 + 0.2, 15), n_keep(0.3, 15)
    (2, 4, 4, 4)
    """
    n_examples = check_integer("n_examples", n_examples, minimum=0)
    kept = _round(check_density(density) * n_examples)
    if n_examples and not kept:
        raise ValueError(
            f"density {density:g} keeps none of {n_examples} examples (round(d N) = 0); "
            f"it must be above 0.5 / N = {0.5 / n_examples:g}"
        )
    return kept


def metriq(
    recall: ArrayLike,
    class_counts: ArrayLike,
    density: float,
    *,
    minimum_per_class: int = 0,
    rule: Rule = "paper",
    missing: Missing = "error",
) -> np.ndarray:
    """Class densities in proportion to the class errors (MetriQ).

    Parameters
    ----------
    recall : array_like of shape (K,)
        Recalls on the validation split, in [0, 1].
    class_counts : array_like of shape (K,)
        Training examples per class, ``N_k``.
    density : float
        Share of the training set kept, in (0, 1].
    minimum_per_class : int, default=0
        Smallest number of examples to keep per class; a smaller class is kept whole.
    rule : {"paper", "authors"}, default="paper"
        Whether densities or sizes are proportional to ``1 - r_k``.
    missing : {"error", "mean"}, default="error"
        Whether a NaN recall of a class with examples is an error, or is replaced by the mean of
        the others.

    Returns
    -------
    ndarray of shape (K,), float64
        In [0, 1], with ``sum(d_k N_k) == density * sum(N_k)`` up to rounding.

    Examples
    --------
    The errors are 0.9, 0.3, 0.1 and the budget is 150. Class 0 is complete with its 100 examples,
    and the other 50 are divided 3 to 1.

    >>> metriq([0.1, 0.7, 0.9], [100, 100, 100], 0.5)
    array([1.   , 0.375, 0.125])
    """
    recall = as_vector("recall", recall, allow_nan=True, per_class=True)
    if missing != "mean":  # the mean leaves out NaN recalls by itself
        absent = np.isnan(recall) & (_sizes(class_counts, len(recall)) == 0)
        recall = np.where(absent, 1.0, recall)
    error = class_errors(recall, missing=missing)
    return proportional(
        error, class_counts, density, minimum_per_class=minimum_per_class, rule=rule
    )


def proportional(
    weight: ArrayLike,
    class_counts: ArrayLike,
    density: float,
    *,
    minimum_per_class: int = 0,
    rule: Rule = "paper",
) -> np.ndarray:
    """Class densities ``min(1, c q_k)`` for any weights ``q_k``; MetriQ's are the class errors.

    Parameters
    ----------
    weight : array_like of shape (K,)
        ``q_k``, not negative. A common factor does not matter; a class of weight 0 is the last to
        get any examples beyond its minimum.
    class_counts, density, minimum_per_class, rule
        As for :func:`metriq`.

    Returns
    -------
    ndarray of shape (K,), float64
        In [0, 1], with ``sum(d_k N_k) == density * sum(N_k)`` up to rounding.

    Examples
    --------
    >>> proportional([2, 1, 1], [100, 100, 100], 0.2)
    array([0.3 , 0.15, 0.15])
    """
    weight = as_vector("weight", weight, minimum=0, per_class=True)
    counts = _sizes(class_counts, len(weight))
    density = check_density(density)
    check("rule", rule, Rule)
    floor = np.minimum(check_integer("minimum_per_class", minimum_per_class, minimum=0), counts)
    total = density * counts.sum()
    if floor.sum() > total + 10**-_DECIMALS:
        raise ValueError(
            f"minimum_per_class={minimum_per_class} needs {floor.sum()} examples, "
            f"density {density:g} keeps {total:g} of {counts.sum()}"
        )
    if density == 1:
        return np.ones(len(counts))
    total = max(total, floor.sum())  # d N may be a rounding error below whole floors
    # scale by a power of two, which changes no digit, so that the products don't overflow
    weight = np.asarray(np.ldexp(weight, -math.frexp(weight.max(initial=0.0))[1]))
    wanted = weight * counts if rule == "paper" else np.where(counts > 0, weight, 0.0)
    sizes = fill(wanted, floor.astype(np.float64), counts.astype(np.float64), total)
    return np.divide(sizes, counts, out=np.zeros(len(counts)), where=counts > 0)


def class_errors(recall: ArrayLike, *, missing: Missing = "error") -> np.ndarray:
    """Class errors ``1 - r_k``; ``missing`` as for :func:`metriq`.

    Examples
    --------
    >>> class_errors([0.5, float("nan"), 0.75], missing="mean")
    array([0.5  , 0.375, 0.25 ])
    """
    recall = as_vector("recall", recall, minimum=0, maximum=1, allow_nan=True, per_class=True)
    if len(recall) == 0:
        raise ValueError("recall must hold at least one class")
    return 1 - _without_missing(recall, missing)


def quotas(
    class_density: ArrayLike, class_counts: ArrayLike, *, n_keep: int | None = None, seed: int = 0
) -> np.ndarray:
    """Integer quotas by the largest remainder.

    Each class gets the integer part of ``d_k N_k``. The examples missing from the total go to
    the classes with the largest fractional parts, one each; a hash of class and seed orders equal
    parts. No quota exceeds its class size, and a whole ``d_k N_k`` is met exactly.

    Parameters
    ----------
    class_density : array_like of shape (K,)
        Class densities, in [0, 1].
    class_counts : array_like of shape (K,)
        Examples per class, ``N_k``.
    n_keep : int, optional
        Sum of the quotas, within 1 of ``sum(d_k N_k)``; that sum, rounded, by default.
    seed : int, default=0
        Orders the classes whose fractional parts are equal, the same way at every total. The
        workflow's quotas are those of seed 0.

    Returns
    -------
    ndarray of shape (K,), int64

    Examples
    --------
    >>> quotas([1.0, 0.375, 0.125], [100, 100, 100])
    array([100,  37,  13])
    """
    most = 1 + 10**-_DECIMALS
    share = as_vector("class_density", class_density, minimum=0, maximum=most, per_class=True)
    counts = _sizes(class_counts, len(share))
    exact = np.minimum(share, 1) * counts
    total = math.fsum(exact)
    if n_keep is None:
        n_keep = _round(total)
    elif abs(check_integer("n_keep", n_keep, minimum=0) - total) > 1 - 10**-_DECIMALS:
        raise ValueError(
            f"n_keep must be within 1 of sum(d_k N_k) = {exact_text(total)}, got {n_keep}"
        )
    whole = np.floor(exact).astype(np.int64)
    return whole + _extra(exact - whole, n_keep - int(whole.sum()), check_integer("seed", seed))


def _sizes(class_counts: ArrayLike, n_classes: int) -> np.ndarray:
    return as_integers("class_counts", class_counts, length=n_classes, minimum=0, per_class=True)


def _round(value: float) -> int:
    return round(round(float(value), _DECIMALS))


def _without_missing(recall: np.ndarray, missing: Missing) -> np.ndarray:
    check("missing", missing, Missing)
    unknown = np.isnan(recall)
    if not unknown.any():
        return recall
    if missing == "error" or unknown.all():
        classes = ", ".join(str(k) for k in np.flatnonzero(unknown))
        raise ValueError(
            f"recall is NaN for class {classes}, which has no validation examples: pass a recall "
            "for it, or use metriq(..., missing='mean') and prune(quotas=...)"
        )
    return np.where(unknown, recall[~unknown].mean(), recall)


def _extra(remainder: np.ndarray, missing: int, seed: int) -> np.ndarray:
    """Give one more to the ``missing`` largest remainders; a seeded class order breaks ties.

    Remainders that differ by floating-point error are rounded to ties. A whole number that came
    out slightly too small has a remainder of 1 here and is completed first.
    """
    classes = tie_order(np.arange(len(remainder)), "quotas", seed)
    order = classes[np.argsort(-np.round(remainder[classes], _DECIMALS), kind="stable")]
    extra = np.zeros(len(remainder), np.int64)
    extra[order[:missing]] = 1
    return extra
