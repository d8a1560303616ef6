"""EL2N: the L2 norm of the error vector (Paul, Ganguli and Dziugaite, NeurIPS 2021).

    EL2N(x, y) = ||softmax(f(x)) - onehot(y)||_2

The norm is not squared. It is taken in eval mode without augmentation, early in training: after
10% of the full epochs, where the short query ends. The workflow averages over the seeds of the
query. Higher is harder and is kept first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from fairprune._validation import Positive, checked
from fairprune.algorithms.outputs import read_logits
from fairprune.training.record import ViewName

if TYPE_CHECKING:
    from fairprune.training.query import Query
    from fairprune.training.record import View

QUERY = "short"
NEEDS = "record"


def el2n(logits: ArrayLike, labels: ArrayLike) -> np.ndarray:
    """EL2N of each example.

    Parameters
    ----------
    logits : array_like of shape (N, K)
        Logits in eval mode, early in training.
    labels : array_like of shape (N,)
        Classes, 0 to K - 1.

    Returns
    -------
    ndarray of shape (N,), float64
        In [0, sqrt(2)].

    Examples
    --------
    >>> el2n([[0.0, 0.0]], [1]).round(3)
    array([0.707])
    """
    return read_logits(logits, labels).el2n


@checked
def score(
    query: Query, *, view: ViewName = "evaluation", epoch: Positive | None = None
) -> np.ndarray:
    """EL2N of each example, from the query's record.

    Parameters
    ----------
    query : Query
        Trained query with its record.
    view : {"evaluation", "train"}, default="evaluation"
        Outputs in eval mode, or those in the training minibatches.
    epoch : int, optional
        Epoch to score at, counted from 1; the last one recorded by default.

    Returns
    -------
    ndarray of shape (N,), float64
        In [0, sqrt(2)].
    """
    recorded = query.record.view(view)
    return recorded.el2n[_row(recorded, epoch)].astype(np.float64)


def _row(view: View, epoch: int | None) -> int:
    if epoch is None:
        return len(view.epochs) - 1
    rows = np.flatnonzero(view.epochs == epoch)
    if len(rows) == 0:
        known = ", ".join(str(e) for e in view.epochs)
        raise ValueError(f"epoch {epoch} was not recorded; recorded epochs: {known}")
    return int(rows[0])
