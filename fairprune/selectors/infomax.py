"""InfoMax: scores minus pairwise similarity (Tan, Wu, Huang, Zhao and Qi, "Data Pruning by
Information Maximization", ICLR 2025).

The selection is the set ``S`` of the required size that attains

    max_S  sum_{i in S} I_i - alpha sum_{i, j in S, i != j} K_ij

``I`` are the scores and ``K`` the cosine similarities of embeddings, kept only for nearest
neighbours, as in the paper. The paper relaxes the problem to shares in [0, 1], improves them by
gradient steps, and takes the largest. We know that solver only from summaries. Here examples are
taken one after another, each time the one with the largest gain:

    gain_i = I_i - 2 alpha sum_{j in S} K_ij

Similarities below 0 count as 0, so gains only fall and the greedy choice is exact at each step.

Conventions: scores are scaled to [0, 1] in the pool, so that ``alpha`` means the same for all of
them; an edge joins two examples if one is among the other's nearest; edges to examples outside
the pool are left out; among equal gains the first in the order of the pool is taken.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import numpy as np

from fairprune._validation import Range, checked
from fairprune.algorithms.neighbours import graph, greedy
from fairprune.selectors._artifact import rows_of

ARTIFACT = ("neighbours", "distances", "metric")


@checked
def select(
    pool: np.ndarray,
    n_keep: int,
    *,
    scores: np.ndarray,
    artifact: Mapping[str, np.ndarray],
    alpha: Annotated[float, Range(0)] = 0.3,
) -> np.ndarray:
    """Select informative examples of the pool that are not alike.

    Parameters
    ----------
    artifact : mapping
        ``neighbours`` (N, k), their cosine ``distances`` (N, k) and the ``metric``; see
        :func:`fairprune.scores.neighbour_graph`.
    alpha : float, default=0.3
        Weight of the similarities, at least 0.

    Raises
    ------
    ValueError
        If the distances are not cosine distances, or belong to another number of examples.
    """
    if artifact["metric"] != "cosine":
        raise ValueError(
            f"similarities need neighbours of metric 'cosine', got {artifact['metric']}"
        )
    distances = rows_of(artifact, "distances", scores).astype(np.float64)
    similarity = np.clip(1 - distances, 0, None)
    penalties = graph(rows_of(artifact, "neighbours", scores), 2 * alpha * similarity, pool)
    values = scores[pool].astype(np.float64)
    span = np.ptp(values) if len(pool) else 0.0
    values = (values - values.min(initial=np.inf)) / (span or 1.0)
    return np.sort(pool[greedy(values, penalties, n_keep)])
