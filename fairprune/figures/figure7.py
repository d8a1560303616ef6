"""Figure 7: average against worst-class accuracy on long-tailed training sets (Cui et al. 2019).

There is one panel per imbalance factor I, the size of the largest class over that of the smallest.
Paths run through the densities, with larger markers at higher ones; methods that keep everything
are single points. Thin bars are the range of the seeds or the 95% interval.
"""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from fairprune.figures import _paths, panels, style

TITLE = "Long-tailed training sets"
METHODS: tuple[str, ...] | None = ("full", "full_cdbw", "el2n", "random_metriq")
NEEDS = ("final",)
OPTIONS = ("bands",)
_KEYS = ("imbalance_factor", "experiment", "method", "density", "seed")


def plotted_table(*, final: pd.DataFrame, bands: str = "range") -> pd.DataFrame:
    """Mean over seeds and bars of both accuracies, one row per point.

    Parameters
    ----------
    final : DataFrame
        Rows of ``class_metrics.parquet`` with a further column ``imbalance_factor``, from one
        experiment per factor.
    bands : str
        ``range`` or ``interval``, see :func:`fairprune.figures._metrics.metrics_table`.
    """
    table = _paths.paths_table(final, _KEYS, bands)
    per_factor = table.groupby("imbalance_factor")["experiment"].unique()
    for factor, experiments in per_factor.items():
        if len(experiments) > 1:
            raise ValueError(
                f"imbalance_factor {factor:g} must belong to one experiment, "
                f"got {', '.join(experiments)}"
            )
    return table


def draw(table: pd.DataFrame) -> Figure:
    """Draw one panel per imbalance factor, with common axes."""
    factors, looks = sorted(table["imbalance_factor"].unique()), style.looks(table["method"])
    with style.applied():
        figure, axes = panels.grid(len(factors), *_paths.axes_of(table).values(), height=1.9)
        scales = _paths.marker_scales(table)
        for axis, factor in zip(axes, factors, strict=True):
            _paths.draw_paths(axis, table[table["imbalance_factor"] == factor], looks, scales)
            axis.set_title(f"imbalance factor {factor:g}")
            panels.keep_possible(axis, "xy")
        note = _paths.about_paths(table)
        panels.method_legend(figure, looks, columns=4, levels=False, note=note)
        return figure
