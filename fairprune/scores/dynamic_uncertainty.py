"""Dynamic uncertainty (He, Yang, Huang and Zhao, "Large-scale Dataset Pruning with Dynamic
Uncertainty", 2023).

With ``p_t`` the probability of the true class after epoch ``t`` (counted from 0), over all
windows of ``J`` epochs:

    U_k(x) = sd(p_k, ..., p_{k+J-1})    divisor J - 1
    U(x)   = 1 / (T - J) sum_{k=0}^{T-J-1} U_k(x)

The window that would end with the last epoch, ``k = T - J``, is left out, as in the paper. The
paper that proposed MetriQ says "the variance ... across a fixed window of previous epochs";
He et al. and that paper's code use the standard deviation. ``spread="variance"`` squares it in
every window, which gives windows with much movement more weight in the mean.

``rule="authors"`` follows the code of the paper that proposed MetriQ: windows of ``J - 1``
epochs, ``k = 0 .. T - J``, with divisor J - 2, and their sum divided by T - J. That code also
uses the outputs in the training minibatches, which is ``view="train"``; the two options are
independent. He et al. predict in eval mode without augmentation (``view="evaluation"``,
default). Higher is more uncertain and is kept first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from numpy.typing import ArrayLike

from fairprune._arrays import as_matrix
from fairprune._validation import Range, check_integer, checked
from fairprune.scores._windows import sum_over_windows
from fairprune.training.record import ViewName

if TYPE_CHECKING:
    from fairprune.training.query import Query

QUERY = "full"
NEEDS = "record"
WINDOW = 10  # epochs; a query must have at least one more
BEYOND_WINDOW = 1
VIEW = "evaluation"  # needed of every epoch


Window = Annotated[int, Range(2)]
Rule = Literal["he", "authors"]
Spread = Literal["deviation", "variance"]


@checked
def dynamic_uncertainty(
    probability: ArrayLike,
    *,
    window: Window = WINDOW,
    rule: Rule = "he",
    spread: Spread = "deviation",
) -> np.ndarray:
    """Dynamic uncertainty of each example.

    Parameters
    ----------
    probability : array_like of shape (T, N)
        Probability of the true class after each epoch; more than ``window`` epochs.
    window : int, default=10
        Epochs per window, ``J``; at least 2, or 3 for the authors' rule.
    rule : {"he", "authors"}, default="he"
        Which windows are averaged.
    spread : {"deviation", "variance"}, default="deviation"
        Which statistic of each window is averaged.

    Returns
    -------
    ndarray of shape (N,), float64
        Not negative.
    """
    if rule == "authors":
        check_integer("window", window, minimum=3)
    probability = as_matrix("probability", probability, "T, N")
    n_windows = len(probability) - window
    if n_windows < 1:
        raise ValueError(f"window={window} needs more than {window} epochs, got {len(probability)}")
    weigh = _deviation if spread == "deviation" else _variance
    if rule == "he":
        total = sum_over_windows(probability, window, n_windows, weigh)
    else:
        total = sum_over_windows(probability, window - 1, n_windows + 1, weigh)
    return total / n_windows


def _deviation(mean: np.ndarray, sd: np.ndarray) -> np.ndarray:
    return sd


def _variance(mean: np.ndarray, sd: np.ndarray) -> np.ndarray:
    return sd**2


@checked
def score(
    query: Query,
    *,
    window: Window = WINDOW,
    rule: Rule = "he",
    view: ViewName = "evaluation",
    spread: Spread = "deviation",
) -> np.ndarray:
    """The :func:`dynamic_uncertainty` of a query.

    Parameters
    ----------
    query : Query
        Trained query whose record has more than ``window`` rows in the view.
    window, rule, spread
        As for :func:`dynamic_uncertainty`.
    view : {"evaluation", "train"}, default="evaluation"
        Outputs in eval mode, or those in the training minibatches.

    Returns
    -------
    ndarray of shape (N,), float64
        Not negative.
    """
    probability = query.record.view(view).probability
    return dynamic_uncertainty(probability, window=window, rule=rule, spread=spread)
