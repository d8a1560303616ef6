"""Class-wise difficulty based weighted loss, CDB-W (Sinha et al. 2022).

Before each epoch the class weights of the cross-entropy are set from the validation recalls
r_k after the epoch before it::

    w_k = (1 - r_k) ** tau

The first epoch is uniform. The batch loss is the weighted mean, sum_i w_i l_i / sum_i w_i; a
batch whose examples all have weight zero contributes nothing.
"""

from __future__ import annotations

from typing import Annotated

import numpy as np

from fairprune._validation import Range, as_vector, checked

NEEDS_VALIDATION = True


@checked
def class_weights(
    recall: np.ndarray | None, *, tau: Annotated[float, Range(0)] = 1.0
) -> np.ndarray | None:
    """Weights (K,) from validation recalls (K,) in [0, 1]; None while there are no recalls.

    Raises
    ------
    ValueError
        If ``tau`` is negative, or a recall is missing or outside [0, 1].
    """
    if recall is None:
        return None
    return (1 - as_vector("recall", recall, minimum=0, maximum=1)) ** tau
