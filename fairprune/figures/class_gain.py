"""Gain of each class over the full data against its recall there, one panel a method.

One point a class and density, means over seeds. The mean gain of the worst fifth of the classes at
the highest density is written in. Random pruning shows what a class gains by chance alone.
"""

from __future__ import annotations

import math

import pandas as pd
from matplotlib.figure import Figure

from fairprune.figures import _classes, _metrics, panels, style
from fairprune.reporting.class_gain import class_gain_table
from fairprune.reporting.labels import keeps_all, label, ordered

TITLE = "What each class gains over the full data"
METHODS: tuple[str, ...] | None = ("full", *panels.EXISTING, "random_metriq")
NEEDED_METHODS = (_classes.FULL,)
NEEDS = ("final",)
_WORST = 0.2  # share of the classes that the number written in is about


def plotted_table(*, final: pd.DataFrame) -> pd.DataFrame:
    """Gains of the classes, with the columns of ``class_gain_table`` and ``worst_gain``.

    Parameters
    ----------
    final : DataFrame
        Rows of ``class_metrics.parquet`` of one experiment, with the method ``full``.

    Returns
    -------
    DataFrame
        ``worst_gain`` is the mean gain of the fifth of the classes, at least one, that do worst on
        the full data, of each method and density.
    """
    final = _metrics.one_experiment("final", _metrics.require("final", final, ["experiment"]))
    table = class_gain_table(final)
    table = table[[not keeps_all(method) for method in table["method"]]]
    keys = ["method", "density"]
    worst = {key: _worst_gain(part) for key, part in table.groupby(keys)}
    gain = pd.Series(worst, dtype=float).rename_axis(keys).rename("worst_gain")
    return table.join(gain, on=keys).reset_index(drop=True)


def draw(table: pd.DataFrame) -> Figure:
    """One panel a method, with common axes."""
    methods = ordered(table["method"])
    colors = _classes.density_colors(table["density"])
    size = 14 if table["class"].nunique() <= 20 else 5
    with style.applied():
        figure, axes = panels.grid(
            len(methods), "Test recall, full data (%)", "Gain over the full data (points)"
        )
        for axis, method in zip(axes, methods, strict=True):
            rows = table[table["method"] == method]
            axis.axhline(0, color=style.REFERENCE_COLOR, linewidth=0.8)
            for density, part in rows.groupby("density"):
                look = {"color": colors[density], "s": size, "alpha": 0.75, "linewidths": 0}
                axis.scatter(part["baseline_recall"], part["gain"], **look)
            highest = rows[rows["density"] == rows["density"].max()].iloc[0]
            gain = f"{100 * highest['worst_gain']:+.1f}".replace("-", "\N{MINUS SIGN}")
            note = f"worst fifth at $d$ = {highest['density']:g}: {gain}"
            panels.heading(axis, label(method), note)
            panels.percent(axis.xaxis)
            panels.percent(axis.yaxis)
        _classes.density_legend(figure, table["density"], lines=False)
        return figure


def _worst_gain(part: pd.DataFrame) -> float:
    """Mean gain of the worst fifth of the classes, at least one."""
    n = max(1, math.floor(_WORST * len(part)))
    return float(part.nsmallest(n, "baseline_recall")["gain"].mean())
