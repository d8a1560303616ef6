"""Check the arrays of an artifact that have a row for each example."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from fairprune._arrays import as_array


def rows_of(artifact: Mapping[str, object], name: str, scores: np.ndarray) -> np.ndarray:
    """Return an artifact's array (N, D), with a row for each of the scores (N,).

    Raises
    ------
    ValueError
        If the array has another shape: with more rows, it would belong to other examples.
    """
    rows, n = as_array(f"artifact[{name!r}]", artifact[name]), len(scores)
    if rows.ndim != 2 or len(rows) != n:
        raise ValueError(
            f"artifact[{name!r}] must have a row for each of the {n} examples, got shape "
            f"{rows.shape}"
        )
    return rows
