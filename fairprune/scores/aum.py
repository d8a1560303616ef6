"""Area under the margin (Pleiss et al., "Identifying Mislabeled Data using the Area Under the
Margin Ranking", NeurIPS 2020).

    AUM(x, y) = 1 / T sum_{t=1}^{T} (z_y^t(x) - max_{k != y} z_k^t(x))

with the logits ``z`` in the training minibatches of epoch ``t``. A *low* AUM means hard or
mislabelled. Scores in this package are kept from the highest down, so the sign decides:

``keep="hard"`` (default)
    score = -AUM, hard examples first, as the coverage-centric selection of Zheng et al.
    (2023) ranks it and as every other score here does;
``keep="easy"``
    score = AUM, which prunes the likely mislabelled first, the use of Pleiss et al.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from fairprune._validation import checked
from fairprune.scores import ViewName

if TYPE_CHECKING:
    from fairprune.training.query import Query

QUERY = "full"
NEEDS = "record"
VIEW = "train"  # needed of every epoch


@checked
def score(
    query: Query, *, keep: Literal["hard", "easy"] = "hard", view: ViewName = "train"
) -> np.ndarray:
    """Mean margin of each example over the epochs, with the sign that ``keep`` asks for.

    Parameters
    ----------
    query : Query
        Trained query with its record.
    keep : {"hard", "easy"}, default="hard"
        Which examples are kept first: those with a low, or those with a high AUM.
    view : {"train", "evaluation"}, default="train"
        Outputs in the training minibatches, or those in eval mode.

    Returns
    -------
    ndarray of shape (N,), float64
        ``-AUM`` or ``AUM``.
    """
    area = query.record.view(view).margin.mean(axis=0, dtype=np.float64)
    return -area if keep == "hard" else area
