"""Figure 3: test recall of the full-data model against class density, one panel per method.

There is one point per class and density. Pearson's correlation of recall and class density is
written in, averaged if there are several densities: a negative one means that easy classes are
pruned more. Below it is the range of chance, which holds 95% of the permutations of the classes.
Random pruning ignores the classes and gets no number.
"""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from fairprune.figures import _classes, panels, style
from fairprune.reporting.labels import label, ordered

TITLE = "Which classes are pruned"
METHODS: tuple[str, ...] | None = panels.EXISTING
FINAL_METHODS = (_classes.FULL,)  # only the final models on the full data are needed
NEEDS = ("final", "pruned")


def plotted_table(*, final: pd.DataFrame, pruned: pd.DataFrame) -> pd.DataFrame:
    """Class density and full-data recall of each class, of all methods in ``pruned``.

    Parameters
    ----------
    final : DataFrame
        Rows of ``class_metrics.parquet``; those of the method ``full`` are used.
    pruned : DataFrame
        Class counts of the pruned sets of the same experiment.
    """
    return _classes.recalls(final, pruned)


def draw(table: pd.DataFrame) -> Figure:
    """Draw one panel per method, with common axes."""
    methods = ordered(table["method"])
    with style.applied():
        figure, axes = panels.grid(
            len(methods), "Class density", "Test recall of the full-data model (%)"
        )
        for axis, method in zip(axes, methods, strict=True):
            _classes.recall_panel(axis, label(method), table[table["method"] == method])
        _classes.density_legend(figure, table["density"], lines=False)
        return figure
