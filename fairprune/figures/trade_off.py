"""Average against worst-class accuracy: what a method's worst class costs on average.

A curve a method through its densities, from the lowest, which is written there; methods that keep
everything are single points. Thin bars: smallest to largest seed. Up and to the right is better.
"""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from fairprune.figures import _metrics, _paths, panels, style

TITLE = "Average against worst class"
METHODS: tuple[str, ...] | None = None
NEEDS = ("final",)


def plotted_table(*, final: pd.DataFrame) -> pd.DataFrame:
    """Mean, minimum and maximum over seeds of both accuracies, one row a point.

    Parameters
    ----------
    final : DataFrame
        Rows of ``class_metrics.parquet`` of one experiment.
    """
    table = _paths.paths_table(final, ("experiment", "method", "density", "seed"))
    return _metrics.one_experiment("final", table)


def draw(table: pd.DataFrame) -> Figure:
    """One panel."""
    with style.applied():
        figure = Figure(figsize=(5.2, 4.6), layout="constrained")
        axis, looks = figure.subplots(), style.looks(table["method"])
        curves = _paths.draw_paths(axis, table, looks)
        panels.keep_possible(axis, "xy")
        _paths.label_starts(curves)
        for name, text in zip("xy", _paths.LABELS, strict=True):
            axis.set(**{f"{name}label": f"{text} \N{RIGHTWARDS ARROW}"})
        note = _paths.about_paths(table)
        panels.method_legend(figure, looks, columns=3, levels=False, note=note)
        return figure
