"""Folds of a training set, stratified by class.

The examples of each class are put in a random order and dealt to the folds in turn. Each class
starts at the fold after the one where the previous class ended, so fold sizes differ by at most one
example, overall and within each class.
"""

from __future__ import annotations

import numpy as np

from fairprune._arrays import as_labels
from fairprune._validation import check_integer


def stratified_folds(labels: object, n_folds: int, priorities: np.ndarray) -> np.ndarray:
    """The fold of each example.

    Parameters
    ----------
    labels : array_like of shape (N,)
        Class of each example.
    n_folds : int
        At least 2.
    priorities : ndarray of shape (N,)
        The examples of a class are dealt out in ascending order of priority.

    Returns
    -------
    ndarray of shape (N,), int64
        In 0 .. n_folds - 1.

    Examples
    --------
    >>> stratified_folds([0, 0, 0, 1, 1, 1], 2, np.array([0.3, 0.1, 0.2, 0.6, 0.5, 0.4]))
    array([0, 0, 1, 1, 0, 1])
    """
    labels, _ = as_labels(labels)
    n_folds = check_integer("n_folds", n_folds, minimum=2, maximum=len(labels))
    order = np.lexsort((priorities, labels))
    folds = np.empty(len(labels), np.int64)
    folds[order] = np.arange(len(labels)) % n_folds
    return folds
