"""Average against worst-class accuracy: paths through the densities, of figure 7 and others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke

from fairprune.figures import _metrics, panels, style
from fairprune.figures._one_image import mark, with_mark
from fairprune.reporting.labels import keeps_all, ordered

_NOTE = "points: means over seeds; bars: smallest to largest seed; "
AXES = ("average_accuracy", "worst_class_accuracy")
LABELS = [_metrics.METRICS[name] for name in AXES]
_LABEL_DISTANCE = 10  # points, from the start of a curve to the middle of its label
_LABEL_SIZE = (11, 7)  # points, width and height


def paths_table(final: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    """Mean, minimum and maximum over seeds of both accuracies, one row a point."""
    table = _metrics.metrics_table(final, keys)
    index = [key for key in keys if key != "seed"] + ["n_seeds", "one_image"]
    wide = table[table["metric"].isin(AXES)].pivot(
        index=index, columns="metric", values=["mean", "lower", "upper"]
    )
    wide.columns = [f"{metric}_{what}" for what, metric in wide.columns]
    return wide.reset_index()


def draw_paths(
    axis: Axes, rows: pd.DataFrame, looks: Mapping[str, style.Style]
) -> list[tuple[Axes, str, pd.DataFrame]]:
    """Curves of all methods; to be given to :func:`label_starts` once the scales are known."""
    curves = []
    for method in ordered(rows["method"]):
        points = rows[rows["method"] == method].sort_values("density")
        _path(axis, method, points, looks[method].line)
        curves.append((axis, looks[method].color, points))
    mark(axis, rows)
    axis.margins(0.18, 0.16)  # room for the densities written in
    panels.percent(axis.xaxis)
    panels.percent(axis.yaxis)
    return curves


def _path(axis: Axes, method: str, points: pd.DataFrame, look: dict) -> None:
    """A curve through the densities, with ranges over seeds."""
    if keeps_all(method):
        look |= {"markersize": panels.POINT_SIZE, "zorder": 4}
    x, y = (points[f"{name}_mean"] for name in AXES)
    thin = {"color": look["color"], "linewidth": 0.6}
    axis.hlines(y, points[f"{AXES[0]}_lower"], points[f"{AXES[0]}_upper"], **thin)
    axis.vlines(x, points[f"{AXES[1]}_lower"], points[f"{AXES[1]}_upper"], **thin)
    axis.plot(x, y, **look)


def about_paths(table: pd.DataFrame) -> str:
    """What is drawn, for the legend."""
    pruned = table[~table["method"].map(keeps_all)]
    densities = pruned["density"].unique()
    density = f"density {densities[0]:g}" if len(densities) == 1 else "at the start: density"
    return with_mark(_NOTE + density, table)


def label_starts(curves: Sequence[tuple[Axes, str, pd.DataFrame]]) -> None:
    """The lowest densities, where the curves would go on beyond them; none upon another."""
    written: list[np.ndarray] = []  # middles of labels, in points of the figure
    for axis, color, points in curves:
        if len(points) < 2:
            continue
        axis.get_xlim(), axis.get_ylim()  # settles the limits, which the transformation needs
        places = points[[f"{name}_mean" for name in AXES]].to_numpy()[:2]
        start, following = axis.transData.transform(places) * 72 / axis.figure.dpi
        length = np.hypot(*(start - following))
        beyond = (start - following) / length if length else np.array([-1.0, 0.0])
        middle = start + _LABEL_DISTANCE * beyond
        if any((np.abs(middle - other) < _LABEL_SIZE).all() for other in written):
            continue
        written.append(middle)
        axis.annotate(
            f"{points['density'].iloc[0]:g}",
            places[0],
            xytext=_LABEL_DISTANCE * beyond,
            textcoords="offset points",
            ha="center",
            va="center",
            fontsize=6.5,
            color=color,
            zorder=5,
            path_effects=[withStroke(linewidth=2, foreground="white")],
        )
