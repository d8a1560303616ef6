"""Window: examples of similar difficulty, neither the hardest nor the easiest of the pool.

Candidates are ordered from the highest score to the lowest. The first ``f`` are skipped, a share
``start`` of the surplus, and the next ``n_keep`` are kept:

    kept = ranks f .. f + n_keep - 1,    f = floor(start (P - n_keep))

``start = 0`` keeps the highest scores, like ``top``; 1 keeps the lowest and 1/2 the middle.

NUCS (Zhang et al., arXiv 2504.13234) keeps such a window in every class, with an end point that a
ridge regression on features predicts; BWS (Choi, Ki and Chung, ICML 2024) tries windows of the
whole set by kernel ridge regression. Here ``start`` is an option, the same for all classes. Ties
are taken in the order of the pool.
"""

from __future__ import annotations

from typing import Annotated

import numpy as np

from fairprune._arrays import floor_of
from fairprune._validation import Range, checked


@checked
def select(
    pool: np.ndarray,
    n_keep: int,
    *,
    scores: np.ndarray,
    start: Annotated[float, Range(0, 1)] = 0.5,
) -> np.ndarray:
    """Keep candidates of consecutive ranks.

    Parameters
    ----------
    start : float, default=0.5
        Where the window begins, from 0 (highest scores) to 1 (lowest).
    """
    order = np.argsort(-scores[pool], kind="stable")
    first = floor_of(start, len(pool) - n_keep)
    return np.sort(pool[order[first : first + n_keep]])
