"""Figure 2: sorted class densities of the pruned sets at each density, one panel per method.

A flat line keeps the classes' proportions; a steep one turns a balanced set into an imbalanced
one. The size of the smallest class is written in for every density, in its colour.
"""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from fairprune.figures import _classes, panels, style
from fairprune.reporting.labels import label, ordered

TITLE = "Class densities of the pruned sets"
METHODS: tuple[str, ...] | None = panels.EXISTING
NEEDS = ("pruned",)


def plotted_table(*, pruned: pd.DataFrame) -> pd.DataFrame:
    """Class densities by rank, of all methods in ``pruned``.

    Parameters
    ----------
    pruned : DataFrame
        Class counts of the pruned sets of one experiment.
    """
    return _classes.sorted_densities(pruned)


def draw(table: pd.DataFrame) -> Figure:
    """Draw one panel per method, with common axes."""
    methods = ordered(table["method"])
    with style.applied():
        figure, axes = panels.grid(
            len(methods),
            "Class, sorted",
            "Class density (share of the class kept)",
        )
        for axis, method in zip(axes, methods, strict=True):
            _classes.density_panel(axis, label(method), table[table["method"] == method])
        _classes.density_legend(figure, table["density"])
        return figure
