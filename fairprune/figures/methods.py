"""Worst-class and average accuracy against density, of all methods or those chosen.

With more than ten classes, their worst tenth takes the place of the worst class. Curves are means
over seeds. Bands run from the smallest to the largest seed, or are 95% intervals. Levels are
methods that keep the whole training set.
"""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from fairprune.figures import _metrics, panels, style

TITLE = "Accuracy against density"
METHODS: tuple[str, ...] | None = None
NEEDS = ("final",)
OPTIONS = ("bands",)


def plotted_table(*, final: pd.DataFrame, bands: str = "range") -> pd.DataFrame:
    """Mean over seeds and band of both accuracies.

    Parameters
    ----------
    final : DataFrame
        Rows of ``class_metrics.parquet`` of one experiment.
    bands : str
        ``range`` or ``interval``, see :func:`fairprune.figures._metrics.metrics_table`.
    """
    shown = (_metrics.worst_metric(final), "average_accuracy")
    return _metrics.one_experiment(
        "final", _metrics.metrics_table(final, bands=bands, metrics=shown)
    )


def draw(table: pd.DataFrame) -> Figure:
    """Draw two panels, the worst class or tenth first."""
    with style.applied():
        figure = Figure(figsize=(style.PAGE_WIDTH, 3.7), layout="constrained")
        axes = figure.subplots(1, 2)
        looks = style.looks(table["method"])
        panels.metrics_panels(axes, table, looks, table["metric"].unique())
        panels.letter(axes)
        panels.method_legend(figure, looks, columns=5, note=panels.about_bands(table))
        return figure
