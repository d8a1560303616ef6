"""What the examples of a data set are: images, rows of features, or tokens of text.

========  =======  ==============  ==========================================================
kind      type     shape           normalised
========  =======  ==============  ==========================================================
images    uint8    (N, H, W, C)    by the mean and deviation of each channel, in [0, 1]
features  float32  (N, D)          by those of each feature over the training set, or as it is
tokens    int32    (N, L)          not; numbers of words below the vocabulary, 0 fills up
========  =======  ==============  ==========================================================
"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np

Kind = Literal["images", "features", "tokens"]
KINDS = get_args(Kind)
TYPES: dict[str, type] = {"images": np.uint8, "features": np.float32, "tokens": np.int32}
_RANKS = {"images": 4, "features": 2, "tokens": 2}


def fits(kind: str, dtype: np.dtype, shape: tuple[int, ...]) -> bool:
    """Whether an array is of this kind."""
    right = dtype == TYPES[kind] and len(shape) == _RANKS[kind]
    return right and (kind != "images" or shape[3] in (1, 3))


def kind_of(array: np.ndarray, name: str) -> str:
    """The kind of an array.

    Raises
    ------
    ValueError
        If it is of none, or its values are not those of its kind.
    """
    kind = next((kind for kind in KINDS if fits(kind, array.dtype, array.shape)), None)
    if kind is None:
        raise ValueError(
            f"{name} must be uint8 of shape (N, H, W, C) with C = 1 or 3, float32 of shape "
            f"(N, D), or int32 of shape (N, L), got {array.dtype} of shape {array.shape}"
        )
    if kind == "features" and not np.isfinite(array).all():
        row, column = np.argwhere(~np.isfinite(array))[0]
        raise ValueError(f"{name} must be finite, feature {column} of example {row} is not")
    if kind == "tokens" and array.size and array.min() < 0:
        raise ValueError(f"{name} must not be negative, got {array.min()}")
    return kind


def model_sizes(kind: str, shape: tuple[int, ...], vocabulary: int) -> tuple[int, int]:
    """``in_channels`` and ``image_size`` of a model for arrays of a kind.

    For features their number and 1, for tokens the vocabulary and how many there are.
    """
    if kind == "features":
        return shape[1], 1
    return (vocabulary, shape[1]) if kind == "tokens" else (shape[3], min(shape[1:3]))


def feature_statistics(features: np.ndarray) -> tuple[list[float], list[float]]:
    """Mean and standard deviation of each feature (N, D), in float64; 1 where nothing varies.

    Examples
    --------
    >>> feature_statistics(np.array([[0.0, 5.0], [2.0, 5.0]], dtype=np.float32))
    ([1.0, 5.0], [1.0, 1.0])
    """
    mean, std = features.mean(axis=0, dtype=np.float64), features.std(axis=0, dtype=np.float64)
    return mean.tolist(), np.where(std > 0, std, 1.0).tolist()
