"""Group-robust class weights: multiplicative weights that favour the classes with errors.

After each epoch the weight of class k grows with its validation error, and the loss of the next
epoch is the weighted mean of cross-entropies, as for CDB-W:

    q_k <- q_k exp(eta (1 - r_k)),    so    q_k ~ exp(eta sum_t (1 - r_k,t)),    w_k = K q_k / sum q

These are the weights of online group DRO (Sagawa, Koh, Hashimoto and Liang, "Distributionally
Robust Neural Networks for Group Shifts", ICLR 2020, Algorithm 1) with the classes as groups:
trained with these weights, the model learns to do well in its worst class. Sagawa et al. update
after every step, by the training losses of the groups in the batch, and need strong regularisation,
because those losses vanish. REDUCR (Bankes et al., NeurIPS 2024) uses held-out data, as here, to
choose batches. Here errors replace losses, once per epoch, so the weights follow from the recalls
and there is no further state to keep. Weights are per example: if classes differ in size, a class
counts in proportion to its size times its weight.
"""

from __future__ import annotations

from typing import Annotated

import numpy as np

from fairprune._validation import Range, checked
from fairprune.losses._recalls import checked_recalls

NEEDS_VALIDATION = True


@checked
def class_weights(
    recall: np.ndarray | None, *, step: Annotated[float, Range(0)] = 0.1
) -> np.ndarray | None:
    """Weights (K,) of the classes, of mean 1; None while there are no recalls.

    Parameters
    ----------
    recall : ndarray of shape (epochs so far, K), optional
        Validation recalls in [0, 1] after each epoch, in the order of the epochs.
    step : float, default=0.1
        ``eta``, at least 0.

    Raises
    ------
    ValueError
        If the option is outside its range, or a recall is missing or outside [0, 1].
    """
    if recall is None:
        return None
    exponents = step * (1 - checked_recalls(recall, "group DRO")).sum(axis=0)
    weights = np.exp(exponents - exponents.max())
    return weights / weights.mean()
