"""Figure 1: the four metrics against density for every existing pruning method.

Curves are means over seeds. Bands run from the smallest to the largest seed, or are 95% intervals.
The level is that of the full data.
"""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from fairprune.figures import _metrics, panels, style

TITLE = "Existing methods"
METHODS: tuple[str, ...] | None = panels.EXISTING
NEEDS = ("final",)
OPTIONS = ("bands",)


def plotted_table(*, final: pd.DataFrame, bands: str = "range") -> pd.DataFrame:
    """Mean over seeds and band of the metrics, of all methods in ``final``.

    Parameters
    ----------
    final : DataFrame
        Rows of ``class_metrics.parquet`` of one experiment.
    bands : str
        ``range`` or ``interval``, see :func:`fairprune.figures._metrics.metrics_table`.
    """
    return _metrics.one_experiment("final", _metrics.metrics_table(final, bands=bands))


def draw(table: pd.DataFrame) -> Figure:
    """Draw one panel per metric, accuracies above and spreads below."""
    with style.applied():
        figure = Figure(figsize=(style.PAGE_WIDTH, 5.2), layout="constrained")
        axes = figure.subplots(2, 2).ravel()
        looks = style.looks(table["method"])
        panels.metrics_panels(axes, table, looks)
        panels.letter(axes)
        panels.method_legend(figure, looks, columns=5, note=panels.about_bands(table))
        return figure
