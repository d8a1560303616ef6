"""Gain of each class over the full data against its recall there, one panel per method.

There is one point per class and density, a mean over seeds. Chance in a full-data recall enters
both axes: a class that did badly by chance lies further left and higher, so clouds slope downwards
by themselves. The number written in is free of this slope: it is the mean gain, at the highest
density, of the fifth of the classes that do worst in the full-data trainings of the *other* seeds.
Random pruning shows the effect of fewer examples alone.
"""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import Formatter

from fairprune.figures import _classes, _metrics, panels, style
from fairprune.reporting.class_gain import class_gain_table, worst_gains
from fairprune.reporting.labels import keeps_all, label, ordered

TITLE = "What each class gains over the full data"
METHODS: tuple[str, ...] | None = ("full", *panels.EXISTING, "random_metriq")
NEEDED_METHODS = (_classes.FULL,)
NEEDS = ("final",)


def plotted_table(*, final: pd.DataFrame) -> pd.DataFrame:
    """Gains of the classes, with the columns of ``class_gain_table`` and ``worst_gain``.

    Parameters
    ----------
    final : DataFrame
        Rows of ``class_metrics.parquet`` of one experiment, with the method ``full``.

    Returns
    -------
    DataFrame
        ``worst_gain`` of each method and density comes from
        :func:`fairprune.reporting.class_gain.worst_gains` and is null for a single seed.
    """
    final = _metrics.one_experiment("final", _metrics.require("final", final, ["experiment"]))
    table = class_gain_table(final)
    table = table[[not keeps_all(method) for method in table["method"]]]
    keys = ["experiment", "method", "density"]
    return table.merge(worst_gains(final), how="left", on=keys).reset_index(drop=True)


def draw(table: pd.DataFrame) -> Figure:
    """Draw one panel per method, with common axes."""
    methods = ordered(table["method"])
    colors = _classes.density_colors(table["density"])
    with style.applied():
        figure, axes = panels.grid(
            len(methods), "Test recall, full data (%)", "Gain over the full data (points)"
        )
        for axis, method in zip(axes, methods, strict=True):
            rows = table[table["method"] == method]
            axis.axhline(0, color=style.REFERENCE_COLOR, linewidth=0.8)
            _classes.scatter(axis, rows, "baseline_recall", "gain", colors)
            panels.heading(axis, label(method), _about_worst(rows))
            panels.percent(axis.xaxis)
            panels.percent(axis.yaxis)
        _classes.density_legend(figure, table["density"], lines=False)
        return figure


def _about_worst(rows: pd.DataFrame) -> str:
    """Say what the worst classes gain at the highest density."""
    highest = rows[rows["density"] == rows["density"].max()].iloc[0]
    if pd.isna(highest["worst_gain"]):
        return "worst fifth: n/a (one seed)"
    gain = Formatter.fix_minus(f"{100 * highest['worst_gain']:+.1f}")
    return f"worst fifth at $d$ = {highest['density']:g}: {gain}"
