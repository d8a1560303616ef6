"""The density at which a method falls below random pruning.

At high densities most methods are above random pruning; as the density falls, many drop below it.
In section 2 of the paper the worst class drops much earlier than the average. The crossing is
where the mean paired difference to random first turns negative, from the highest density down,
interpolated linearly between the two neighbouring densities. Noise alone makes a difference of zero
cross somewhere, so the table also has the highest density whose whole interval, of two seeds or
more, lies below zero.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from fairprune.reporting.labels import keeps_all, label
from fairprune.reporting.runs import ACCURACIES, FEWEST_SEEDS

COLUMNS = ["experiment", "method", "metric", "n_densities", "highest", "crossing", "decided"]


def below_random_table(differences: pd.DataFrame) -> pd.DataFrame:
    """Crossings, one row per experiment, method and accuracy.

    Parameters
    ----------
    differences : DataFrame
        From :func:`fairprune.reporting.headline.difference_table`. Only the differences of
        methods that prune to ``random`` are used.

    Returns
    -------
    DataFrame
        Columns ``experiment``, ``method``, ``metric``, ``n_densities`` (compared), ``highest``
        (density compared), ``crossing`` (missing if the method is never below; ``highest`` if it
        is already below there), ``decided`` (highest density whose interval, of two seeds
        or more, lies below zero, or missing).
    """
    rows: list[tuple] = []
    if len(differences):
        prunes = ~differences["method"].map(keeps_all)
        compared = differences[prunes & (differences["baseline"] == "random")]
        compared = compared.dropna(subset="density")
        for names, densities in compared.groupby(["experiment", "method"], sort=False):
            rows += [(*names, *row) for row in _rows(densities.sort_values("density"))]
    return pd.DataFrame(rows, columns=COLUMNS).astype({"crossing": float, "decided": float})


def _rows(differences: pd.DataFrame) -> Iterator[tuple]:
    density = differences["density"].to_numpy()
    several = differences["n_seeds"].to_numpy() >= FEWEST_SEEDS
    for metric in ACCURACIES:
        decided = density[several & (differences[f"{metric}_upper"].to_numpy() < 0)]
        crossing = crossing_density(density, differences[metric].to_numpy())
        yield metric, len(density), density[-1], crossing, max(decided, default=np.nan)


def crossing_density(density: np.ndarray, difference: np.ndarray) -> float:
    """Density at which a curve first turns negative, from the highest density down.

    Parameters
    ----------
    density, difference : ndarray of shape (D,)
        Densities in ascending order and the difference at each.

    Examples
    --------
    >>> crossing_density(np.array([0.2, 0.4, 0.8]), np.array([-0.3, -0.1, 0.1]))
    0.6
    >>> crossing_density(np.array([0.2, 0.4]), np.array([0.1, -0.1]))
    0.4
    >>> crossing_density(np.array([0.2, 0.4]), np.array([0.1, 0.0]))
    nan
    """
    (below,) = np.nonzero(difference < 0)
    if not len(below):
        return float("nan")
    at = slice(below[-1], below[-1] + 2)  # the highest density below, and the next one up
    if density[at].size == 1:
        return float(density[-1])
    return round(float(np.interp(0, difference[at], density[at])), 6)


def readable(table: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Format the crossings for reading: one table per experiment, methods by accuracies."""
    parts = {}
    for experiment, rows in table.groupby("experiment", sort=False):
        cells = rows.assign(cell=[_cell(row) for row in rows.to_dict("records")])
        wide = cells.pivot(index="method", columns="metric", values="cell")
        wide = wide.loc[rows["method"].unique(), list(ACCURACIES)]
        wide = wide.rename(index=label, columns=ACCURACIES)
        title = f"{experiment}: density at which a method falls below random (in brackets: decided)"
        parts[title] = wide.rename_axis(columns=None).reset_index()
    return parts


def _cell(row: dict) -> str:
    if np.isnan(row["crossing"]):
        return "never"
    from_above = "\N{GREATER-THAN OR EQUAL TO}" if row["crossing"] == row["highest"] else ""
    decided = "" if np.isnan(row["decided"]) else f" ({row['decided']:g})"
    return f"{from_above}{row['crossing']:.2g}{decided}"
