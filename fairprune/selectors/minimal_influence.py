"""Remove the examples whose joint influence on the parameters is least.

Yang et al., "Dataset Pruning: Reducing Training Data by Examining Generalization Influence"
(ICLR 2023) remove the set W of the required size with the smallest ``||sum_W S_z||``. The function
:func:`fairprune.algorithms.influence.minimise` searches for it. The influences ``S_z`` come from
the score ``influence``; the scores themselves are not used.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from fairprune._validation import NotNegative, Positive, checked
from fairprune.algorithms.influence import Factors, minimise
from fairprune.selectors._artifact import rows_of

ARTIFACT = ("a", "g")


@checked
def select(
    pool: np.ndarray,
    n_keep: int,
    *,
    artifact: Mapping[str, np.ndarray],
    generator: np.random.Generator,
    scores: np.ndarray | None = None,
    n_iterations: Positive = 200,
    n_samples: NotNegative = 2,
    n_rounds: NotNegative = 100,
) -> np.ndarray:
    """Keep all of the pool but the set of least joint influence.

    Parameters
    ----------
    artifact : mapping
        ``a`` and ``g`` of all examples; see :func:`fairprune.scores.influence.artifact`.
    generator : Generator
        Source of randomness for the solver's roundings.
    scores : ndarray of shape (N,), optional
        Scores of all examples; only their number is used, to check ``artifact``.
    n_iterations, n_samples, n_rounds : int
        Options of the solver, as in :func:`fairprune.algorithms.influence.minimise`.

    Raises
    ------
    ValueError
        If the artifact belongs to another number of examples.
    """
    a, g = (artifact[name] if scores is None else rows_of(artifact, name, scores) for name in "ag")
    influences = Factors(a[pool], g[pool])
    removed = minimise(
        influences,
        len(pool) - n_keep,
        generator=generator,
        n_iterations=n_iterations,
        n_samples=n_samples,
        n_rounds=n_rounds,
    )
    return np.sort(np.delete(pool, removed))
