"""The arrays of an artifact that have a row for each example."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from fairprune._arrays import as_array


def rows_of(artifact: Mapping[str, object], name: str, scores: np.ndarray) -> np.ndarray:
    """An array (N, D) of as many examples as there are scores (N,).

    Raises
    ------
    ValueError
        If it has another shape: with more rows, it would be that of other examples.
    """
    rows, n = as_array(f"artifact[{name!r}]", artifact[name]), len(scores)
    if rows.ndim != 2 or len(rows) != n:
        raise ValueError(
            f"artifact[{name!r}] must have a row for each of the {n} examples, got shape "
            f"{rows.shape}"
        )
    return rows
