"""Plain cross-entropy: the mean over the batch, with all classes weighted alike."""

from __future__ import annotations

import numpy as np

NEEDS_VALIDATION = False


def class_weights(recall: np.ndarray | None) -> None:
    """No weights, whatever the validation recalls (epochs so far, K) are."""
    return None
