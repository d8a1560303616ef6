"""EVA, evolution-aware variance (Hong, Zhang, Zhang and Zhou, "Evolution-aware VAriance (EVA)
Coreset Selection for Medical Image Classification", ACM MM 2024).

With ``e_t`` the EL2N of an example in the training minibatches of epoch ``t``, and two windows of
``J`` epochs, one early and one late in training:

    v(x)   = var(e_t : t in the window)
    EVA(x) = w v_early(x) / sum_z v_early(z) + (1 - w) v_late(x) / sum_z v_late(z)

Sums are over all examples, so both windows have the same weight although losses move less late in
training; the divisor of the variance cancels. Sums, view and the default ``w = 1/2`` are those of
the published code. Its windows are epochs 1 to 10 and 101 to 110 of 200. Here each window begins
after a share of the training, 0 or 1/2, which gives the same windows for 200 epochs. The late
window ends with the last epoch at the latest. A window in which no EL2N changes adds 0 for all
examples. Higher is kept first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import numpy as np
from numpy.typing import ArrayLike

from fairprune._arrays import as_matrix, floor_of
from fairprune._validation import Range, checked
from fairprune.training.record import ViewName

if TYPE_CHECKING:
    from fairprune.training.query import Query

QUERY = "full"
NEEDS = "record"
WINDOW = 10  # epochs; a query must have at least as many
VIEW = "train"  # needed of every epoch


Window = Annotated[int, Range(2)]
Share = Annotated[float, Range(0, 1)]


@checked
def eva(
    el2n: ArrayLike,
    *,
    window: Window = WINDOW,
    early: Share = 0.0,
    late: Share = 0.5,
    weight: Share = 0.5,
) -> np.ndarray:
    """EVA of each example.

    Parameters
    ----------
    el2n : array_like of shape (T, N)
        EL2N after each epoch; at least ``window`` epochs.
    window : int, default=10
        Epochs per window, ``J``, at least 2.
    early, late : float, default=0.0 and 0.5
        Share of the epochs before each window, in [0, 1].
    weight : float, default=0.5
        Weight ``w`` of the early window, in [0, 1].

    Returns
    -------
    ndarray of shape (N,), float64
        In [0, 1]; the scores sum to 1 if some EL2N changes in each window.
    """
    el2n = as_matrix("el2n", el2n, "T, N")
    if len(el2n) < window:
        raise ValueError(f"window={window} needs at least {window} epochs, got {len(el2n)}")
    first = _shares(el2n, window, early)
    return weight * first + (1 - weight) * _shares(el2n, window, late)


def _shares(el2n: np.ndarray, window: int, share: float) -> np.ndarray:
    """Variances in the window that begins after ``share`` of the epochs, scaled to sum to 1."""
    n_epochs = len(el2n)
    start = min(floor_of(share, n_epochs), n_epochs - window)
    variance = el2n[start : start + window].var(axis=0, dtype=np.float64)
    return variance / (variance.sum() or 1.0)


@checked
def score(
    query: Query,
    *,
    window: Window = WINDOW,
    early: Share = 0.0,
    late: Share = 0.5,
    weight: Share = 0.5,
    view: ViewName = "train",
) -> np.ndarray:
    """The :func:`eva` score (N,) of a view of a query's record, with the same options."""
    el2n = query.record.view(view).el2n
    return eva(el2n, window=window, early=early, late=late, weight=weight)
