"""DUAL, difficulty and uncertainty together (Cho, Shin, Kang and Yun, "Lightweight Dataset
Pruning without Full Training via Example Difficulty and Prediction Uncertainty", ICML 2025).

With ``p_t`` the probability of the true class in the training minibatches of epoch ``t``,
over all windows of ``J`` epochs:

    DUAL(x) = 1 / (T - J + 1) sum_k (1 - mean(p_k, ..., p_{k+J-1})) sd(p_k, ..., p_{k+J-1})

The deviation has the divisor J - 1. Windows, divisor and view follow the published code, which
also multiplies the deviation by 10; the ranking is the same. Unlike dynamic uncertainty, DUAL
includes the window that ends with the last epoch. Higher is kept first.

The score is meant for early training: the paper uses the first 30 epochs of 200 on CIFAR.
Here all epochs of the query are used unless ``epochs`` is given.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import numpy as np
from numpy.typing import ArrayLike

from fairprune._arrays import as_matrix
from fairprune._validation import Positive, Range, check_integer, checked
from fairprune.scores._windows import sum_over_windows
from fairprune.training.record import ViewName

if TYPE_CHECKING:
    from fairprune.training.query import Query

QUERY = "full"
NEEDS = "record"
WINDOW = 10  # epochs; a query must have at least as many
VIEW = "train"  # needed of every epoch
ARTIFACT = ("mean_probability",)


Window = Annotated[int, Range(2)]


@checked
def dual(probability: ArrayLike, *, window: Window = WINDOW) -> np.ndarray:
    """Difficulty times uncertainty, averaged over all windows.

    Parameters
    ----------
    probability : array_like of shape (T, N)
        Probability of the true class after each epoch.
    window : int, default=10
        Epochs per window, ``J``, at least 2.

    Returns
    -------
    ndarray of shape (N,), float64
        Not negative.
    """
    probability = as_matrix("probability", probability, "T, N")
    n_windows = len(probability) - window + 1
    if n_windows < 1:
        raise ValueError(f"window={window} needs at least {window} epochs, got {len(probability)}")
    return sum_over_windows(probability, window, n_windows, _difficulty) / n_windows


def _difficulty(mean: np.ndarray, sd: np.ndarray) -> np.ndarray:
    return (1 - mean) * sd


@checked
def score(
    query: Query,
    *,
    window: Window = WINDOW,
    epochs: Positive | None = None,
    view: ViewName = "train",
) -> np.ndarray:
    """The :func:`dual` score of a query.

    Parameters
    ----------
    query : Query
        Trained query with its record.
    window : int, default=10
        Epochs per window, ``J``, at least 2.
    epochs : int, optional
        Use only the epochs up to this one; all of them by default.
    view : {"train", "evaluation"}, default="train"
        Outputs in the training minibatches, or those in eval mode.

    Returns
    -------
    ndarray of shape (N,), float64
        Not negative.
    """
    return dual(_probability(query, epochs, view), window=window)


def artifact(
    query: Query,
    *,
    window: Window = WINDOW,
    epochs: Positive | None = None,
    view: ViewName = "train",
) -> dict[str, np.ndarray]:
    """The ``mean_probability`` (N,) over the epochs of the score, for the selector ``beta``."""
    mean = _probability(query, epochs, view).mean(axis=0, dtype=np.float64)
    return {"mean_probability": mean.astype(np.float32)}


def _probability(query: Query, epochs: int | None, view: ViewName) -> np.ndarray:
    """Probability of the true class in the first epochs, (T, N)."""
    recorded = query.record.view(view)
    if epochs is None:
        return recorded.probability
    check_integer("epochs", epochs, minimum=1, maximum=int(recorded.epochs[-1]))
    return recorded.probability[recorded.epochs <= epochs]
