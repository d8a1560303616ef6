"""Average against worst-class accuracy: what a method's worst class costs on average.

Each method is a path through its densities, with larger markers at higher ones; methods that keep
everything are single points. Thin bars are the range of the seeds or the 95% interval. Up and to
the right is better. With more than ten classes, the mean of their worst tenth takes the place of
the worst class, which is mostly chance among many.
"""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from fairprune.figures import _metrics, _paths, panels, style

TITLE = "Average against worst class"
METHODS: tuple[str, ...] | None = None
NEEDS = ("final",)
OPTIONS = ("bands",)


def plotted_table(*, final: pd.DataFrame, bands: str = "range") -> pd.DataFrame:
    """Mean over seeds and bars of the accuracies, one row per point.

    Parameters
    ----------
    final : DataFrame
        Rows of ``class_metrics.parquet`` of one experiment.
    bands : str
        ``range`` or ``interval``, see :func:`fairprune.figures._metrics.metrics_table`.

    Returns
    -------
    DataFrame
        With ``worst_tenth_accuracy`` in place of ``worst_class_accuracy`` if there are more than
        ten classes.
    """
    shown = ("average_accuracy", _metrics.worst_metric(final))
    table = _paths.paths_table(final, ("experiment", "method", "density", "seed"), bands, shown)
    return _metrics.one_experiment("final", table)


def draw(table: pd.DataFrame) -> Figure:
    """Draw one panel."""
    with style.applied():
        figure = Figure(figsize=(5.2, 4.6), layout="constrained")
        axis, looks = figure.subplots(), style.looks(table["method"])
        _paths.draw_paths(axis, table, looks, _paths.marker_scales(table))
        panels.keep_possible(axis, "xy")
        for name, text in zip("xy", _paths.axes_of(table).values(), strict=True):
            axis.set(**{f"{name}label": f"{text} \N{RIGHTWARDS ARROW}"})
        note = _paths.about_paths(table)
        panels.method_legend(figure, looks, columns=3, levels=False, note=note)
        return figure
