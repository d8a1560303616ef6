"""Forgetting events (Toneva et al., "An Empirical Study of Example Forgetting", ICLR 2019).

An example is forgotten when it is classified correctly at one presentation in training and
wrongly at the next. The score is the number of such events,

    F(x) = sum_{t=1}^{T-1} [correct at t and wrong at t + 1],

counted on the outputs in the training minibatches, one presentation per epoch.

Examples never classified correctly have no event and score 0 (``never_learned="zero"``, default).
This follows the paper that proposed MetriQ, which counts how often an example "is both learned and
forgotten", its authors' code, and several libraries. It prunes the hardest examples along with the
easiest. The original code of Toneva et al. gives examples never learned the largest value
(``never_learned="maximum"``). Here that is the number of presentations ``T``, which no learned
example can reach. Higher is kept first.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import ArrayLike

from fairprune._arrays import as_matrix
from fairprune._validation import checked

if TYPE_CHECKING:
    from fairprune.training.query import Query

QUERY = "full"
NEEDS = "record"
VIEW = "train"  # needed of every epoch


NeverLearned = Literal["zero", "maximum"]


@checked
def forgetting(correct: ArrayLike, *, never_learned: NeverLearned = "zero") -> np.ndarray:
    """Number of forgetting events of each example.

    Parameters
    ----------
    correct : array_like of shape (T, N)
        Whether the example was classified correctly at each presentation.
    never_learned : {"zero", "maximum"}, default="zero"
        Score of the examples that were never classified correctly: 0, or ``T``.

    Returns
    -------
    ndarray of shape (N,), float64
        Whole numbers in [0, T / 2]; with ``"maximum"``, ``T`` for the examples never learned.

    Examples
    --------
    >>> forgetting([[1, 0, 1], [0, 0, 1], [1, 0, 1], [0, 0, 1]])
    array([2., 0., 0.])
    """
    shown = as_matrix("correct", correct, "T, N")
    if shown.dtype.kind != "b":
        if not np.isin(shown, (0, 1)).all():
            raise ValueError("correct must hold booleans, or 0 and 1")
        shown = shown.astype(bool)
    if len(shown) < 2:
        raise ValueError(f"forgetting needs at least 2 epochs, got {len(shown)}")
    events = np.zeros(shown.shape[1])
    for before, after in itertools.pairwise(shown):
        events += before & ~after
    if never_learned == "maximum":
        events[~shown.any(axis=0)] = len(shown)
    return events


@checked
def score(query: Query, *, never_learned: NeverLearned = "zero") -> np.ndarray:
    """The :func:`forgetting` score of a query whose record has every epoch of the train view."""
    view = query.record.view("train")
    if (np.diff(view.epochs) != 1).any():
        raise ValueError(f"forgetting needs every epoch of the train view, got {view.epochs}")
    return forgetting(view.correct, never_learned=never_learned)
