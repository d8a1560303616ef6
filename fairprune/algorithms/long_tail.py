"""The training set of an experiment: a whole data set, a balanced part, or a long-tailed one.

Long tail (Cui et al. 2019, section 5.1, as the paper uses it for figure 7): class k of K,
counted from 0, keeps ``N_k * mu ** (k / (K - 1))`` examples with ``mu = 1 / imbalance_factor``,
rounded down, at least one. Validation and test stay as they are.
"""

from __future__ import annotations

import numpy as np

from fairprune.seeds import numpy_generator

_ROUNDING = 1e-9  # 500 * (1 / 5) is meant as 100, whatever its last bit


def long_tail_counts(class_counts: np.ndarray, imbalance_factor: float) -> np.ndarray:
    """Number of examples that each class keeps.

    Parameters
    ----------
    class_counts : ndarray of shape (K,), int
    imbalance_factor : float
        At least 1: size of the first class over that of the last, for equal ``class_counts``.

    Returns
    -------
    ndarray of shape (K,), int64

    Examples
    --------
    >>> long_tail_counts(np.array([500, 500, 500]), 100)
    array([500,  50,   5])
    """
    if imbalance_factor < 1:
        raise ValueError(f"imbalance_factor must be at least 1, got {imbalance_factor}")
    counts = np.asarray(class_counts, dtype=np.int64)
    position = np.arange(len(counts)) / max(1, len(counts) - 1)
    kept = np.floor(counts * imbalance_factor**-position + _ROUNDING).astype(np.int64)
    return np.minimum(np.maximum(kept, 1), counts)


def training_set(
    labels: np.ndarray,
    n_classes: int,
    *,
    examples_per_class: int | None = None,
    imbalance_factor: float | None = None,
) -> np.ndarray:
    """Indices of an experiment's training set, ascending.

    Classes are cut down at random, by one seeded permutation of the data set, so a smaller set
    is always part of a larger one.

    Raises
    ------
    ValueError
        If a class has fewer than ``examples_per_class`` examples.
    """
    labels = np.asarray(labels)
    counts = np.bincount(labels, minlength=n_classes)
    if examples_per_class is not None:
        if counts.min() < examples_per_class:
            raise ValueError(
                f"examples_per_class is {examples_per_class}, but class {counts.argmin()} "
                f"has only {counts.min()} training examples"
            )
        counts = np.full(n_classes, examples_per_class)
    if imbalance_factor is not None:
        counts = long_tail_counts(counts, imbalance_factor)
    shuffled = numpy_generator("training set", len(labels)).permutation(len(labels))
    by_class = shuffled[np.argsort(labels[shuffled], kind="stable")]
    starts = np.cumsum([0, *np.bincount(labels, minlength=n_classes)[:-1]])
    chosen = [by_class[a : a + n] for a, n in zip(starts, counts, strict=True)]
    return np.sort(np.concatenate(chosen))
