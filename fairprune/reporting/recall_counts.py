"""Counts per class: correct test examples, and all test examples.

A run is a method at a density in an experiment, with S seeds and K classes. Its counts are
``n_correct`` (S, K) and ``n_test`` (K,), which all seeds share.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd


def seed_counts(runs: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Correct test examples (S, K) and all test examples (K,) of a method at a density.

    ``runs`` has the columns ``experiment``, ``method``, ``density``, ``seed``, ``class``,
    ``n_test`` and ``n_correct``; all seeds have the same classes and test examples.
    """
    keys = ["experiment", "method", "density", "seed", "class"]
    if (again := runs[runs.duplicated(keys)][keys]).size:
        raise ValueError(
            f"two rows are of the same class of the same model: {again.iloc[0].to_dict()}"
        )
    correct, test = (
        runs.pivot(index="seed", columns="class", values=name).to_numpy()
        for name in ("n_correct", "n_test")
    )
    if np.isnan(correct).any() or (test != test[0]).any():
        run = ", ".join(str(runs[key].iloc[0]) for key in ("experiment", "method", "density"))
        raise ValueError(f"the seeds of {run} must share their classes and test examples")
    return correct, test[0]


def measured(n_correct: np.ndarray, n_test: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Checked counts, (S, K) and (K,), of the classes that have test examples."""
    if np.ndim(n_correct) != 2 or np.shape(n_test) != np.shape(n_correct)[1:]:
        raise ValueError(
            "n_correct must have shape (S, K) and n_test (K,), "
            f"got {np.shape(n_correct)} and {np.shape(n_test)}"
        )
    correct, test = checked_counts(n_correct, n_test)
    kept = test > 0
    if not len(correct) or not kept.any():
        raise ValueError("n_correct and n_test must hold at least one seed and one test example")
    return correct[:, kept], test[kept]


def checked_counts(n_correct: np.ndarray, n_test: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Counts as integer arrays, after checking that 0 <= n_correct <= n_test."""
    correct, test = np.asarray(n_correct), np.asarray(n_test)
    for name, counts in (("n_correct", correct), ("n_test", test)):
        if counts.dtype.kind not in "iu":
            raise ValueError(f"{name} must hold integers, got {counts.dtype}")
    if (correct < 0).any() or (correct > test).any():
        raise ValueError("n_correct must lie in [0, n_test] everywhere")
    return correct, test
