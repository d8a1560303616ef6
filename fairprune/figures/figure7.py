"""Figure 7: average against worst-class accuracy on long-tailed training sets (Cui et al. 2019).

One panel an imbalance factor I, the size of the largest class over that of the smallest. Curves
run through the densities, from the lowest, which is written there (the highest all lie near the
full data); methods that keep everything are single points. Thin bars: range over seeds.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke

from fairprune.figures import panels, style
from fairprune.reporting.labels import keeps_all, ordered

METHODS: tuple[str, ...] | None = ("full", "full_cdbw", "el2n", "random_metriq")
NEEDS = ("final",)
_AXES = ("average_accuracy", "worst_class_accuracy")
_LABELS = [panels.METRICS[name] for name in _AXES]
_LABEL_DISTANCE = 10  # points, from the start of a curve to the middle of its label
_KEYS = ("imbalance_factor", "experiment", "method", "density", "seed")


def plotted_table(*, final: pd.DataFrame) -> pd.DataFrame:
    """Mean, minimum and maximum over seeds of both accuracies, one row a point.

    Parameters
    ----------
    final : DataFrame
        Rows of ``class_metrics.parquet`` with a further column ``imbalance_factor``, of as
        many experiments as there are factors.
    """
    table = panels.metrics_table(final, _KEYS)
    per_factor = table.groupby("imbalance_factor")["experiment"].unique()
    for factor, experiments in per_factor.items():
        if len(experiments) > 1:
            raise ValueError(
                f"imbalance_factor {factor:g} must belong to one experiment, "
                f"got {', '.join(experiments)}"
            )
    keys = [key for key in _KEYS if key != "seed"] + ["n_seeds"]
    wide = table[table["metric"].isin(_AXES)].pivot(
        index=keys, columns="metric", values=["mean", "lower", "upper"]
    )
    wide.columns = [f"{metric}_{what}" for what, metric in wide.columns]
    return wide.reset_index()


def draw(table: pd.DataFrame) -> Figure:
    """One panel an imbalance factor, with common axes."""
    factors = sorted(table["imbalance_factor"].unique())
    with style.applied():
        figure, axes = panels.grid(len(factors), *_LABELS, width=1.65, height=1.9)
        curves = []
        for axis, factor in zip(axes, factors, strict=True):
            rows = table[table["imbalance_factor"] == factor].sort_values("density")
            for method in ordered(rows["method"]):
                curves.append((axis, method, rows[rows["method"] == method]))
                _path(*curves[-1])
            axis.set_title(f"imbalance factor {factor:g}")
            axis.margins(0.18, 0.16)  # room for the densities written in
            panels.percent(axis.xaxis)
            panels.percent(axis.yaxis)
        for curve in curves:  # once the scales are known
            _label_start(*curve)
        panels.method_legend(figure, table["method"], columns=4, levels=False)
        return figure


def _path(axis: Axes, method: str, points: pd.DataFrame) -> None:
    """A curve through the densities, with ranges over seeds."""
    look = style.style(method).line
    if keeps_all(method):
        look |= {"markersize": panels.POINT_SIZE, "zorder": 4}
    x, y = (points[f"{name}_mean"] for name in _AXES)
    thin = {"color": look["color"], "linewidth": 0.6}
    axis.hlines(y, points[f"{_AXES[0]}_lower"], points[f"{_AXES[0]}_upper"], **thin)
    axis.vlines(x, points[f"{_AXES[1]}_lower"], points[f"{_AXES[1]}_upper"], **thin)
    axis.plot(x, y, **look)


def _label_start(axis: Axes, method: str, points: pd.DataFrame) -> None:
    """The lowest density, written where the curve would go on beyond it."""
    if len(points) < 2:
        return
    axis.get_xlim(), axis.get_ylim()  # settles the limits, which the transformation needs
    places = points[[f"{name}_mean" for name in _AXES]].to_numpy()[:2]
    start, following = axis.transData.transform(places)
    length = np.hypot(*(start - following))
    beyond = (start - following) / length if length else np.array([-1.0, 0.0])
    axis.annotate(
        f"{points['density'].iloc[0]:g}",
        places[0],
        xytext=_LABEL_DISTANCE * beyond,
        textcoords="offset points",
        ha="center",
        va="center",
        fontsize=6.5,
        color=style.style(method).line["color"],
        zorder=5,
        path_effects=[withStroke(linewidth=2, foreground="white")],
    )
