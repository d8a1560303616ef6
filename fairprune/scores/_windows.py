"""Statistics over sliding windows of epochs, shared by the trajectory scores."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

_BLOCK = 8192  # examples at a time: a window of 10 epochs in float64 then stays in the cache


def sum_over_windows(
    trajectory: np.ndarray,
    width: int,
    n_windows: int,
    weigh: Callable[[np.ndarray, np.ndarray], np.ndarray],
    weights: Sequence[float] | None = None,
) -> np.ndarray:
    """Sum a function of the mean and standard deviation of each of the first windows.

    Window ``k`` holds the rows ``k`` to ``k + width - 1``. Mean and deviation are computed
    afresh for each window, in two passes in float64. With running sums, an example that moved
    earlier and has come to rest would keep a deviation of about 1e-8, which would reorder the
    easy examples.

    Parameters
    ----------
    trajectory : ndarray of shape (T, N)
        One row per epoch.
    width : int
        Rows per window, at least 2.
    n_windows : int
        Number of windows, the first one starting at row 0.
    weigh : callable
        Takes the mean and standard deviation (divisor ``width - 1``) of a window, arrays of
        shape (n,), and returns the window's summand.
    weights : sequence of n_windows floats, optional
        Weights of the windows in the sum; 1 by default.

    Returns
    -------
    ndarray of shape (N,), float64
    """
    total = np.zeros(trajectory.shape[1])
    for start in range(0, trajectory.shape[1], _BLOCK):
        block = trajectory[:, start : start + _BLOCK].astype(np.float64)
        deviation = np.empty((width, block.shape[1]))
        for k in range(n_windows):
            window = block[k : k + width]
            mean = window.sum(axis=0) / width
            np.subtract(window, mean, out=deviation)
            np.multiply(deviation, deviation, out=deviation)
            sd = np.sqrt(deviation.sum(axis=0) / (width - 1))
            summand = weigh(mean, sd)
            total[start : start + _BLOCK] += summand if weights is None else weights[k] * summand
    return total
