"""Class-wise difficulty based weighted loss, CDB-W (Sinha et al. 2022).

Before each epoch, the class weights of the cross-entropy are set from the validation recalls
r_k after the previous epoch::

    w_k = (1 - r_k) ** tau

The first epoch has uniform weights. The batch loss is the weighted mean, sum_i w_i l_i / sum_i w_i;
a batch whose examples all have weight zero contributes nothing.

The published code of the paper that proposed MetriQ uses this rule. It can oscillate: a class that
does well in one epoch has almost no weight in the next one, and is lost. Our option ``smoothing``,
s, replaces the last recalls by their exponential moving average over the epochs so far::

    m_1 = r_1,    m_t = s m_{t-1} + (1 - s) r_t,    w_k = (1 - m_k) ** tau

The average follows from the recalls of the epochs, so there is no further state to keep.
"""

from __future__ import annotations

from typing import Annotated

import numpy as np

from fairprune._validation import Range, checked
from fairprune.losses._recalls import checked_recalls

NEEDS_VALIDATION = True


@checked
def class_weights(
    recall: np.ndarray | None,
    *,
    tau: Annotated[float, Range(0)] = 1.0,
    smoothing: Annotated[float, Range(0, 1, "[)")] = 0.0,
) -> np.ndarray | None:
    """Weights (K,) of the classes; None while there are no recalls.

    Parameters
    ----------
    recall : ndarray of shape (epochs so far, K), optional
        Validation recalls in [0, 1] after each epoch, in the order of the epochs.
    tau : float, default=1.0
        Exponent, at least 0.
    smoothing : float, default=0.0
        Weight of the epochs before the last one, in [0, 1); 0 is the authors' rule.

    Raises
    ------
    ValueError
        If an option is outside its range, or a recall is missing or outside [0, 1].
    """
    if recall is None:
        return None
    recall = checked_recalls(recall, "CDB-W")
    mean = recall[0]
    for latest in recall[1:]:
        mean = smoothing * mean + (1 - smoothing) * latest
    return (1 - mean) ** tau
