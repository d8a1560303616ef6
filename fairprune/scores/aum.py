"""Area under the margin (Pleiss et al., "Identifying Mislabeled Data using the Area Under the
Margin Ranking", NeurIPS 2020).

    AUM(x, y) = 1 / T sum_{t=1}^{T} (z_y^t(x) - max_{k != y} z_k^t(x))

with the logits ``z`` in the training minibatches of epoch ``t``. A *low* AUM means that an example
is hard or mislabelled. This package keeps the highest scores first, so the sign matters:

``keep="hard"`` (default)
    score = -AUM: hard examples are kept first, as in the coverage-centric selection of Zheng
    et al. (2023) and with most other scores here;
``keep="easy"``
    score = AUM: likely mislabelled examples are pruned first, as Pleiss et al. do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import ArrayLike

from fairprune._arrays import as_matrix
from fairprune._validation import checked
from fairprune.training.record import ViewName

if TYPE_CHECKING:
    from fairprune.training.query import Query

QUERY = "full"
NEEDS = "record"
VIEW = "train"  # needed of every epoch


Keep = Literal["hard", "easy"]


@checked
def aum(margin: ArrayLike, *, keep: Keep = "hard") -> np.ndarray:
    """Mean margin of each example over the epochs, with the sign that ``keep`` asks for.

    Parameters
    ----------
    margin : array_like of shape (T, N)
        Logit of the true class minus the largest other logit, after each epoch.
    keep : {"hard", "easy"}, default="hard"
        Which examples are kept first: those with a low AUM, or those with a high one.

    Returns
    -------
    ndarray of shape (N,), float64
        ``-AUM`` or ``AUM``.

    Examples
    --------
    >>> aum([[1.0, -1.0], [3.0, 0.0]])
    array([-2. ,  0.5])
    """
    area = as_matrix("margin", margin, "T, N").mean(axis=0, dtype=np.float64)
    return -area if keep == "hard" else area


@checked
def score(query: Query, *, keep: Keep = "hard", view: ViewName = "train") -> np.ndarray:
    """The :func:`aum` of a query.

    Parameters
    ----------
    query : Query
        Trained query with its record.
    keep
        As for :func:`aum`.
    view : {"train", "evaluation"}, default="train"
        Outputs in the training minibatches, or those in eval mode.

    Returns
    -------
    ndarray of shape (N,), float64
        As :func:`aum` returns it.
    """
    return aum(query.record.view(view).margin, keep=keep)
