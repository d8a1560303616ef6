"""Mixed: a share by score, the rest at random.

Ayed and Hayou, "Data Pruning and Neural Scaling Laws: Fundamental Limitations of Score-Based
Algorithms" (TMLR 2023), show that the examples a score keeps at low density do not follow the
distribution of the data, whereas random examples do. They remedy this with randomness. Of ``n``
examples to keep,

    round(share n)    are those with the highest scores,
    the rest          are drawn at random from all other candidates.

``share = 1`` is ``top``, and ``share = 0`` is random pruning. Sets of one seed are nested across
densities: each candidate has one random priority. Ayed and Hayou also weigh both parts in the loss
of the final training; that is left out.
"""

from __future__ import annotations

from typing import Annotated

import numpy as np

from fairprune._validation import Range, checked


@checked
def select(
    pool: np.ndarray,
    n_keep: int,
    *,
    scores: np.ndarray,
    generator: np.random.Generator,
    share: Annotated[float, Range(0, 1)] = 0.5,
) -> np.ndarray:
    """Keep the highest scores of the pool, and others at random.

    Parameters
    ----------
    generator : Generator
        Draws one priority per candidate.
    share : float, default=0.5
        Share of ``n_keep`` that is kept by score, in [0, 1].
    """
    priority = generator.random(len(pool))
    order = np.argsort(-scores[pool], kind="stable")
    n_top = round(share * n_keep)
    top, rest = order[:n_top], order[n_top:]
    drawn = rest[np.argsort(-priority[rest], kind="stable")[: n_keep - n_top]]
    return np.sort(pool[np.concatenate([top, drawn])])
