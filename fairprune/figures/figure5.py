"""Figure 5: figures 2 and 3 for MetriQ.

The class densities are MetriQ's. Which examples of a class are kept does not matter here, so
Random+MetriQ stands for all combinations.
"""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from fairprune.figures import _classes, style
from fairprune.reporting.labels import label, ordered

TITLE = "What MetriQ keeps"
METHODS: tuple[str, ...] | None = ("random_metriq",)
FINAL_METHODS = (_classes.FULL,)  # only the final models on the full data are needed
NEEDS = ("final", "pruned")


def plotted_table(*, final: pd.DataFrame, pruned: pd.DataFrame) -> pd.DataFrame:
    """The tables of figures 2 and 3, told apart by the column ``panel``.

    Parameters
    ----------
    final : DataFrame
        Rows of ``class_metrics.parquet``; those of the method ``full`` are used.
    pruned : DataFrame
        Class counts of the pruned sets of the same experiment.
    """
    parts = [
        _classes.sorted_densities(pruned).assign(panel="densities"),
        _classes.recalls(final, pruned).assign(panel="recalls"),
    ]
    whole = ("rank", "smallest_n_train", "class", "n_correlations")
    table = pd.concat(parts, ignore_index=True).astype(dict.fromkeys(whole, "Int64"))
    return table[["panel", *(name for name in table.columns if name != "panel")]]


def draw(table: pd.DataFrame) -> Figure:
    """Draw one row per method: sorted class densities, and recall against class density."""
    methods = ordered(table["method"])
    with style.applied():
        size = (6.4, 2.5 * len(methods) + 0.7)
        figure = Figure(figsize=size, layout="constrained")
        axes = figure.subplots(len(methods), 2, squeeze=False)
        for row, method in zip(axes, methods, strict=True):
            title, shown = label(method), table[table["method"] == method]
            _classes.density_panel(row[0], title, shown[shown["panel"] == "densities"])
            _classes.recall_panel(row[1], title, shown[shown["panel"] == "recalls"])
            row[0].set_xlabel("Class, sorted")
            row[0].set_ylabel("Class density")
            row[1].set_xlabel("Class density")
            row[1].set_ylabel("Test recall, full data (%)")
        _classes.density_legend(figure, table["density"])
        return figure
