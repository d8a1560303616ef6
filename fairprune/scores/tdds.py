"""TDDS, temporal dual-depth scoring (Zhang, Du, Li, Xie and Zhou, "Spanning Training Progress:
Temporal Dual-Depth Scoring (TDDS) for Enhanced Dataset Pruning", CVPR 2024).

The first depth is how far the outputs for an example move from one epoch to the next. The second
is how uneven these steps are within windows of ``J`` epochs; the last windows count most:

    s_t     = KL(p_{t+1} || p_t)                        p_t: softmax outputs in epoch t
    D_k(x)  = sqrt(sum_{t in window k} (s_t - mean)^2)  J - 1 steps, no divisor
    TDDS(x) = sum_{k=0}^{T-J} beta (1 - beta)^(T-J-k) D_k(x)

Outputs are those in the training minibatches, and ``beta = 0.9``, as in the published code. That
code uses ``sum_k |p_k log(p_k / q_k)|`` as the step (``step="absolute"``); the paper uses the
divergence. Higher is kept first.

The paper tunes the number of epochs ``T`` and the window ``J`` per data set and density, and stops
early. ``epochs`` says where to stop; by default all epochs of the query count.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from numpy.typing import ArrayLike

from fairprune._arrays import as_matrix
from fairprune._validation import Positive, Range, check_integer, checked
from fairprune.scores._windows import sum_over_windows

if TYPE_CHECKING:
    from fairprune.training.query import Query

QUERY = "dynamics"
NEEDS = "record"
WINDOW = 10  # epochs; a query must have at least as many
SERIES = "kl_step"  # the item that the query must also record


Window = Annotated[int, Range(3)]
Decay = Annotated[float, Range(0, 1, "(]")]


@checked
def tdds(steps: ArrayLike, *, window: Window = WINDOW, decay: Decay = 0.9) -> np.ndarray:
    """Unevenness of each example's steps within windows; the last windows count most.

    Parameters
    ----------
    steps : array_like of shape (T - 1, N)
        Divergence of an example's outputs from those of the epoch before, from epoch 2 on.
    window : int, default=10
        Epochs per window, ``J``, at least 3: a window has ``J - 1`` steps.
    decay : float, default=0.9
        ``beta``, in (0, 1].

    Returns
    -------
    ndarray of shape (N,), float64
        Not negative.
    """
    steps = as_matrix("steps", steps, "T - 1, N")
    n_windows = len(steps) + 2 - window
    if n_windows < 1:
        raise ValueError(f"window={window} needs at least {window} epochs, got {len(steps) + 1}")
    weights = [decay * (1 - decay) ** (n_windows - 1 - k) for k in range(n_windows)]
    norm = np.sqrt(window - 2)  # the windows' deviations have the divisor J - 2
    return norm * sum_over_windows(steps, window - 1, n_windows, _deviation, weights)


def _deviation(mean: np.ndarray, sd: np.ndarray) -> np.ndarray:
    return sd


@checked
def score(
    query: Query,
    *,
    window: Window = WINDOW,
    decay: Decay = 0.9,
    epochs: Positive | None = None,
    step: Literal["kl", "absolute"] = "kl",
) -> np.ndarray:
    """The :func:`tdds` score of a query.

    Parameters
    ----------
    query : Query
        Trained query whose record has KL steps.
    window, decay
        As for :func:`tdds`.
    epochs : int, optional
        ``T``: use only the epochs up to this one; all of them by default.
    step : {"kl", "absolute"}, default="kl"
        The Kullback-Leibler divergence, or the published code's sum of absolute terms.

    Returns
    -------
    ndarray of shape (N,), float64
        Not negative.
    """
    steps = query.record.of_epochs("kl_step" if step == "kl" else "absolute_kl_step")
    if epochs is not None:
        check_integer("epochs", epochs, minimum=1, maximum=len(steps) + 1)
        steps = steps[: epochs - 1]
    return tdds(steps, window=window, decay=decay)
