"""Coverage-centric coreset selection: an even sample over the range of the scores.

Zheng, Liu, Lai and Prakash, "Coverage-centric Coreset Selection for High Pruning Rates"
(ICLR 2023), Algorithm 1. Three steps:

1. drop the share ``beta`` of hardest examples, which at low density are mostly mislabelled;
2. split the range of the remaining scores into ``n_strata`` bins of equal width;
3. from the smallest bin to the largest, draw at random from each bin an even share of the
   remaining budget, ``floor(left / bins left)``, or take the whole bin if it is smaller. The
   budget that a small bin cannot use passes on to larger ones.

Scores follow the convention of this package: higher is kept first by the other selectors.
``hard="high"`` (default) says that high scores are also hard examples, as for most scores of the
package (not for ``moderate`` and ``cld``); ``hard="low"`` is for a score that puts easy examples
first. The paper tunes ``beta`` per density and data set (0 to 0.9); by default nothing is dropped.

Conventions beyond the paper: ``beta`` is a share of the pool, so within classes it applies to each
class; at most ``P - n_keep`` are dropped, so ``n_keep`` is always met; equal scores are dropped in
the order of the pool, given by a hash of the ids; bins of equal size are served in the order of the
bins. The paper's code ranks hardness by AUM whatever score it stratifies; here one score serves
both. Unlike ``top``, the result depends on the values of the scores, not only on their order.
"""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np

from fairprune._arrays import floor_of
from fairprune._validation import Positive, Range, checked


@checked
def select(
    pool: np.ndarray,
    n_keep: int,
    *,
    scores: np.ndarray,
    generator: np.random.Generator,
    beta: Annotated[float, Range(0, 1, "[)")] = 0.0,
    n_strata: Positive = 50,
    hard: Literal["high", "low"] = "high",
) -> np.ndarray:
    """Draw an even sample of the pool over the range of its scores.

    Parameters
    ----------
    generator : Generator
        Draws one priority per candidate, which decides within the bins.
    beta : float, default=0.0
        Share of the pool dropped as too hard, in [0, 1).
    n_strata : int, default=50
        Number of bins.
    hard : {"high", "low"}, default="high"
        Which end of the scores is the hard one.
    """
    priority = generator.random(len(pool))
    values = scores[pool].astype(np.float64)
    hardest_first = np.argsort(-values if hard == "high" else values, kind="stable")
    n_dropped = min(floor_of(beta, len(pool)), len(pool) - n_keep)
    rest = hardest_first[n_dropped:]
    stratum = _strata(values[rest], n_strata)
    sizes = np.bincount(stratum, minlength=n_strata)
    order = np.lexsort((priority[rest], stratum))
    starts = np.cumsum(sizes) - sizes
    rank = np.arange(len(rest)) - np.repeat(starts, sizes)  # position within its bin
    drawn = rank < np.repeat(_budgets(sizes, n_keep), sizes)
    return np.sort(pool[rest[order[drawn]]])


def _strata(values: np.ndarray, n_strata: int) -> np.ndarray:
    """Bin of each value; bins have equal width, the last one includes its upper edge."""
    if len(values) == 0 or values.min() == values.max():
        return np.zeros(len(values), np.int64)
    position = (values - values.min()) / (values.max() - values.min())
    return np.minimum((position * n_strata).astype(np.int64), n_strata - 1)


def _budgets(sizes: np.ndarray, n_keep: int) -> np.ndarray:
    """Even shares of the budget, handed out from the smallest bin to the largest."""
    budgets = np.zeros(len(sizes), np.int64)
    left = n_keep
    for served, k in enumerate(np.argsort(sizes, kind="stable")):
        budgets[k] = min(sizes[k], left // (len(sizes) - served))
        left -= budgets[k]
    return budgets
