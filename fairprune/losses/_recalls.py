"""Check shared by the losses that depend on validation recalls."""

from __future__ import annotations

import numpy as np


def checked_recalls(recall: np.ndarray, loss: str) -> np.ndarray:
    """Return recalls (epochs so far, K) as float64.

    Raises
    ------
    ValueError
        If a recall is missing or outside [0, 1].
    """
    recall = np.asarray(recall, dtype=np.float64)
    wrong = np.argwhere(~((recall >= 0) & (recall <= 1)))
    if len(wrong):
        epoch, k = wrong[0]
        if np.isnan(recall[epoch, k]):
            raise ValueError(
                f"class {k} has no validation examples; {loss} needs some of every class"
            )
        raise ValueError(
            f"recall of class {k} is {recall[epoch, k]}; {loss} needs validation recalls "
            "in [0, 1] for every class"
        )
    return recall
