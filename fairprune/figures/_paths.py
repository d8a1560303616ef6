"""Average against worst-class or worst-tenth accuracy: paths through the densities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from fairprune.figures import _metrics, panels, style
from fairprune.figures._one_image import mark, with_mark
from fairprune.reporting.labels import keeps_all, ordered

AXES = ("average_accuracy", "worst_class_accuracy")
_SCALES = (0.7, 1.5)  # of the markers at the lowest and the highest density
_FEW = 6  # densities that fit into the legend's note


def paths_table(
    final: pd.DataFrame, keys: Sequence[str], bands: str, metrics: Sequence[str] = AXES
) -> pd.DataFrame:
    """Means over seeds of the accuracies and the bars around them, one row per point.

    The bars are the ``bands`` of :func:`fairprune.figures._metrics.metrics_table`.
    """
    table = _metrics.metrics_table(final, keys, bands=bands, metrics=metrics)
    index = [key for key in keys if key != "seed"] + ["n_seeds", "bands", "one_image"]
    wide = table.pivot(index=index, columns="metric", values=["mean", "lower", "upper"])
    wide.columns = [f"{metric}_{what}" for what, metric in wide.columns]
    return wide.reset_index()


def axes_of(table: pd.DataFrame) -> dict[str, str]:
    """Names and labels of the accuracies on both axes, those whose means the table has."""
    labels = _metrics.METRICS | _metrics.WORST_TENTH
    return {name: text for name, text in labels.items() if f"{name}_mean" in table}


def draw_paths(
    axis: Axes, rows: pd.DataFrame, looks: Mapping[str, style.Style], scales: Mapping[float, float]
) -> None:
    """Draw the paths of all methods, with markers scaled as :func:`marker_scales` says."""
    for method in ordered(rows["method"]):
        points = rows[rows["method"] == method].sort_values("density")
        _path(axis, points, looks[method].line, scales)
    mark(axis, rows)
    axis.margins(0.06)
    panels.percent(axis.xaxis)
    panels.percent(axis.yaxis)


def marker_scales(table: pd.DataFrame) -> dict[float, float]:
    """Size of the markers at each density, in even steps from the lowest to the highest."""
    densities = _densities(table)
    scales = np.linspace(*_SCALES, len(densities)) if len(densities) > 1 else [1.0]
    return dict(zip(densities, scales, strict=False))


def about_paths(table: pd.DataFrame) -> str:
    """Say what is drawn, for the legend."""
    about, densities = _about_bars(table), [f"{density:g}" for density in _densities(table)]
    if len(densities) == 1:
        about += f"\ndensity {densities[0]}"
    elif densities:
        ends = f"{densities[0]} to {densities[-1]}"
        listed = ", ".join(densities) if len(densities) <= _FEW else ends
        about += f"\nmarkers grow with the density: {listed}"
    return with_mark(about, table)


def _about_bars(table: pd.DataFrame) -> str:
    n_seeds = int(table["n_seeds"].max())
    points = "means over seeds" if n_seeds > 1 else "one seed"
    if table["bands"].iloc[0] == "interval":
        return f"points: {points}; bars: {panels.about_intervals(n_seeds)}"
    if n_seeds == 1:
        return f"points: {points}"
    return f"points: {points}; bars: smallest to largest of {n_seeds} seeds"


def _densities(table: pd.DataFrame) -> np.ndarray:
    """Densities of the methods that prune."""
    return np.unique(table.loc[~table["method"].map(keeps_all), "density"])


def _path(axis: Axes, points: pd.DataFrame, look: dict, scales: Mapping[float, float]) -> None:
    """Draw a line through the densities, with a marker and two bars at each."""
    across, up = axes_of(points)
    x, y = points[f"{across}_mean"].to_numpy(), points[f"{up}_mean"].to_numpy()
    thin = {"color": look["color"], "linewidth": 0.6, "alpha": 0.5}
    axis.hlines(y, points[f"{across}_lower"], points[f"{across}_upper"], **thin)
    axis.vlines(x, points[f"{up}_lower"], points[f"{up}_upper"], **thin)
    kept_all = keeps_all(points["method"].iloc[0])
    if not kept_all:
        axis.plot(x, y, **look | {"marker": ""})
    for place, density in zip(zip(x, y, strict=True), points["density"], strict=True):
        size = panels.POINT_SIZE if kept_all else look["markersize"] * scales[density]
        point = {"linestyle": "none", "markersize": size, "zorder": 4 if kept_all else 3}
        axis.plot(*place, **look | point)
