"""Panels and their parts that several figures share; percent appears on axes only."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from string import ascii_lowercase
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import Formatter, FuncFormatter, MaxNLocator

from fairprune.figures import style
from fairprune.figures._metrics import METRICS, WORST_TENTH
from fairprune.figures._one_image import WORST, mark, with_mark
from fairprune.reporting.labels import keeps_all, label, ordered

EXISTING = (
    "random",
    "el2n",
    "grand",
    "influence",
    "forgetting",
    "dynamic_uncertainty",
    "coreset",
    "ssp",
)
ARROWS = {True: "\N{UPWARDS ARROW}", False: "\N{DOWNWARDS ARROW}"}  # which way is better
_HIGHER_IS_BETTER = ("average_accuracy", "worst_class_accuracy", *WORST_TENTH)
_FEW_SEEDS = 2  # up to here a range is drawn as bars: bands of two values hide each other
POINT_SIZE = 6.0  # of markers that stand alone
_MANY = 6  # densities whose values fit under a narrow panel
_WIDTH = 1.65  # inches, of a panel in a grid
_WIDE_RANGE = 30  # the axis is logarithmic if largest over smallest density reaches this


def metrics_panels(
    axes: Sequence[Axes],
    table: pd.DataFrame,
    looks: Mapping[str, style.Style],
    metrics: Sequence[str] = tuple(METRICS),
) -> None:
    """Draw one panel per metric: curves over density, levels for methods that keep everything."""
    curves = table[[not keeps_all(m) for m in table["method"]]]
    for axis, metric in zip(axes, metrics, strict=True):
        shown = table[table["metric"] == metric]
        for method in ordered(shown["method"]):
            _metric_curve(axis, shown[shown["method"] == method], looks[method])
        axis.set_ylabel(f"{(METRICS | WORST_TENTH)[metric]} {ARROWS[metric in _HIGHER_IS_BETTER]}")
        axis.set_xlabel("Density $d$")
        percent(axis.yaxis)
        keep_possible(axis, "y")
        density_axis(axis, curves["density"].unique())
        if metric == WORST:
            mark(axis, shown)


def _metric_curve(axis: Axes, points: pd.DataFrame, look: style.Style) -> None:
    points, method = points.sort_values("density"), points["method"].iloc[0]
    low, high = points["lower"].to_numpy(), points["upper"].to_numpy()
    band = {"color": look.color, "linewidth": 0}
    if keeps_all(method):
        axis.axhline(points["mean"].iloc[0], color=look.color, linestyle=look.linestyle)
        if high[0] > low[0]:
            axis.axhspan(low[0], high[0], alpha=0.1, **band)
        return
    top = 3 if method == "random_metriq" else 2
    axis.plot(points["density"], points["mean"], zorder=top, **look.line)
    if not (high > low).any():
        return
    if _has_bars(points):
        axis.vlines(points["density"], low, high, color=look.color, linewidth=0.8)
    else:
        axis.fill_between(points["density"], low, high, alpha=0.09, **band)


def about_bands(table: pd.DataFrame) -> str:
    """Say what the bands of :func:`metrics_panels` are, for the legend."""
    n_seeds, interval = int(table["n_seeds"].max()), table["bands"].iloc[0] == "interval"
    if n_seeds == 1 and not interval:
        return with_mark("lines: one seed", table)
    lines = "means over seeds" if n_seeds > 1 else "one seed"
    what = about_intervals(n_seeds) if interval else f"smallest to largest of {n_seeds} seeds"
    curves = table[[not keeps_all(method) for method in table["method"]]]
    bars = [_has_bars(curve) for _, curve in curves.groupby(["experiment", "method"])]
    shapes = "bars" if bars and all(bars) else "bands and bars" if any(bars) else "bands"
    return with_mark(f"lines: {lines}; {shapes}: {what}", table)


def about_intervals(n_seeds: int) -> str:
    """Say what the intervals are for, if there is only one seed."""
    return "95% intervals" if n_seeds > 1 else "95% intervals, for other test images only"


def _has_bars(curve: pd.DataFrame) -> bool:
    """Whether a method has bars at its densities instead of a band along them."""
    few = curve["bands"].iloc[0] == "range" and curve["n_seeds"].max() <= _FEW_SEEDS
    return bool(few or curve["density"].nunique() == 1)


def letter(axes: Iterable[Axes]) -> None:
    """Letter the panels of a figure (a), (b) and so on, above their corners."""
    place = {"xycoords": "axes fraction", "textcoords": "offset points"}
    for name, axis in zip(ascii_lowercase, axes, strict=False):
        axis.annotate(f"({name})", (0, 1), (-16, 4), fontsize=8, fontweight="bold", **place)


def keep_possible(axis: Axes, names: str) -> None:
    """Clip the limits of the named axes, "x", "y" or "xy", just outside [0, 1]."""
    for name in names:
        low, high = getattr(axis, f"get_{name}lim")()
        margin = 0.02 * min(high, 1)
        getattr(axis, f"set_{name}lim")(max(low, -margin), min(high, 1 + margin))


def same_limits(axes: Sequence[Axes]) -> None:
    """Give vertical axes the same limits, which include those of all."""
    low, high = zip(*(axis.get_ylim() for axis in axes), strict=True)
    for axis in axes:
        axis.set_ylim(min(low), max(high))


def density_axis(axis: Axes, densities: Iterable[float]) -> None:
    """Put ticks at the densities if they fit; use a logarithmic axis if they span decades.

    With many densities, only every second tick has a label.
    """
    values = np.sort(np.asarray(list(densities), float))
    if len(values) == 0:
        axis.set_xlim(0, 1)
        return
    if values[-1] / values[0] >= _WIDE_RANGE:
        axis.set_xscale("log")
        return
    span = values[-1] - values[0]
    margin = 0.05 * span if span else 0.05
    axis.set_xlim(values[0] - margin, values[-1] + margin)
    if span == 0 or np.diff(values).min() >= 0.09 * span:
        step = 1 if len(values) <= _MANY else 2
        texts = [f"{value:g}" if i % step == 0 else "" for i, value in enumerate(values)]
        axis.set_xticks(values, texts)


def percent(axis: Any) -> None:
    """Write the values of an x or y axis in percent, without the sign, which its label has."""
    axis.set_major_locator(MaxNLocator(6, steps=[1, 2, 2.5, 5, 10]))
    axis.set_major_formatter(
        FuncFormatter(lambda value, _: Formatter.fix_minus(f"{round(100 * value, 6):g}"))
    )


def signed(value: float) -> str:
    """Format a correlation with two digits and a true minus sign, never as a negative zero."""
    return Formatter.fix_minus(f"{value:z.2f}")


def method_legend(
    figure: Figure,
    looks: Mapping[str, style.Style],
    *,
    columns: int,
    levels: bool = True,
    curves: bool = False,
    note: str | None = None,
) -> None:
    """Add one legend below all panels, headed by a note.

    Methods that keep everything are shown as levels, as points (``levels=False``), or as curves
    like all others (``curves=True``).
    """
    handles = []
    for method in ordered(looks):
        look = looks[method].line
        if keeps_all(method) and not curves:
            look |= {"marker": ""} if levels else {"linestyle": "none", "markersize": POINT_SIZE}
        handles.append(Line2D([], [], label=label(method), **look))
    fitting = min(columns, int(figure.get_figwidth() / 1.15))
    bottom_legend(figure, handles, fitting, title=note, title_fontsize=style.NOTE_SIZE)


def bottom_legend(figure: Figure, handles: list[Line2D], columns: int, **options: Any) -> None:
    """Add a legend below all panels, in at most ``columns`` columns and no more than fit."""
    look = {"handles": handles, "loc": "outside lower center", **options}
    renderer = FigureCanvasAgg(figure).get_renderer()
    for n in range(max(1, min(columns, len(handles))), 0, -1):
        legend = figure.legend(ncols=n, **look)
        if n == 1 or legend.get_window_extent(renderer).width <= figure.bbox.width:
            return
        legend.remove()


def heading(axis: Axes, title: str, note: str, *, color: str = "black") -> None:
    """Write a title above the data, and below it a note in small print."""
    axis.set_title(title, pad=6 + 9 * len(note.splitlines()))
    axis.annotate(
        note,
        (0.5, 1),
        xytext=(0, 4),
        xycoords="axes fraction",
        textcoords="offset points",
        ha="center",
        fontsize=7,
        color=color,
    )


def grid(
    n_panels: int, xlabel: str, ylabel: str, *, height: float = 1.75
) -> tuple[Figure, list[Axes]]:
    """Make panels in even rows of up to four, with common axes; left-over places stay empty."""
    rows = math.ceil(n_panels / 4)
    columns = math.ceil(n_panels / rows)
    size = (_WIDTH * columns + 0.6, height * rows + 0.7)
    figure = Figure(figsize=size, layout="constrained")
    axes = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).ravel()
    for axis in axes[n_panels:]:
        axis.remove()
    for axis in axes[max(0, n_panels - columns) : n_panels]:
        axis.xaxis.set_tick_params(labelbottom=True)
        axis.set_xlabel(xlabel)
    figure.supylabel(ylabel, fontsize=style.RC["axes.labelsize"])
    return figure, list(axes[:n_panels])
