"""Experiments side by side: models, data sets, or quota rules that differ in their options.

Each experiment has a column, with worst-class accuracy above and average accuracy below; a metric
has the same axis in all columns. Curves and bands are as in figure 1; levels are methods that keep
the whole training set. If one experiment has more than ten classes, all columns show the worst
tenth of the classes in place of the worst class.
"""

from __future__ import annotations

import textwrap

import pandas as pd
from matplotlib.figure import Figure

from fairprune.figures import _metrics, panels, style

TITLE = "Experiments side by side"
_WIDTH, _MARGIN = 2.6, 0.7  # inches, of a column and of the space beside the columns
_TITLE_WIDTH = 36  # characters that fit above a column, underscores counted twice


def plotted_table(*, final: pd.DataFrame, bands: str = "range") -> pd.DataFrame:
    """Mean over seeds and band of both accuracies, with the experiments in the order of ``final``.

    Parameters
    ----------
    final : DataFrame
        Rows of ``class_metrics.parquet`` of several experiments.
    bands : str
        ``range`` or ``interval``, see :func:`fairprune.figures._metrics.metrics_table`.
    """
    shown = (_metrics.worst_metric(final), "average_accuracy")
    parts = [
        _metrics.metrics_table(rows, bands=bands, metrics=shown)
        for _, rows in _metrics.require("final", final, ["experiment"]).groupby(
            "experiment", sort=False
        )
    ]
    return pd.concat(parts, ignore_index=True)


def draw(table: pd.DataFrame) -> Figure:
    """Draw two rows of panels."""
    names, metrics = list(table["experiment"].unique()), list(table["metric"].unique())
    looks = style.looks(table["method"])
    with style.applied():
        size = (max(style.PAGE_WIDTH, _MARGIN + _WIDTH * len(names)), 4.8)
        figure = Figure(figsize=size, layout="constrained")
        axes = figure.subplots(len(metrics), len(names), squeeze=False)
        for column, name in zip(axes.T, names, strict=True):
            panels.metrics_panels(column, table[table["experiment"] == name], looks, metrics)
            column[0].set_title(_wrapped(name), fontweight="bold")
        for row in axes:
            panels.same_limits(row)
            for axis in row[1:]:
                axis.set_ylabel("")
        panels.method_legend(figure, looks, columns=5, note=panels.about_bands(table))
        return figure


def _wrapped(name: str) -> str:
    """A name on lines that fit above a column, broken after underscores."""
    lines = textwrap.wrap(name.replace("_", "_ "), _TITLE_WIDTH)
    return "\n".join(line.replace("_ ", "_") for line in lines)
