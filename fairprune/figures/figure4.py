"""Figure 4: MetriQ's quotas, alone and inside GraNd and Forgetting.

As figure 1, with a row of panels for each strategy X: X, X+MetriQ (the order of X within
MetriQ's quotas) and Random+XQ (random within the class counts of X), beside Random and
Random+MetriQ, which stand in every row.
"""

from __future__ import annotations

from string import ascii_lowercase

import pandas as pd
from matplotlib.figure import Figure

from fairprune.figures import _metrics, panels, style
from fairprune.figures.figure1 import plotted_table
from fairprune.reporting.labels import between, label, ordered

__all__ = ["METHODS", "NEEDS", "OPTIONS", "draw", "plotted_table"]

TITLE = "MetriQ's quotas, alone and combined"
METHODS: tuple[str, ...] | None = (
    "random",
    "random_metriq",
    "grand",
    "grand_metriq",
    "random_grandq",
    "forgetting",
    "forgetting_metriq",
    "random_forgettingq",
)
NEEDS = ("final",)
OPTIONS = ("bands",)


def draw(table: pd.DataFrame) -> Figure:
    """Draw one row per strategy, with one panel per metric."""
    rows, looks = _rows(set(table["method"])), style.looks(table["method"])
    with style.applied():
        size = (style.PAGE_WIDTH, 1.95 * len(rows) + 0.7)
        figure = Figure(figsize=size, layout="constrained")
        axes = figure.subplots(len(rows), len(_metrics.METRICS), squeeze=False)
        for number, (title, methods) in enumerate(rows.items()):
            panels.metrics_panels(axes[number], table[table["method"].isin(methods)], looks)
            if title:
                text = f"({ascii_lowercase[number]}) {title}"
                axes[number, 0].set_title(text, loc="left", fontweight="bold")
        for column in axes.T:  # the same metric, so that rows can be compared
            panels.same_limits(column)
        panels.method_legend(figure, looks, columns=5, note=panels.about_bands(table))
        return figure


def _rows(methods: set[str]) -> dict[str, set[str]]:
    """Methods of each row by its title; methods without a strategy are in every row."""
    combined = {between(m, "", "_metriq") or between(m, "random_", "q") for m in methods}
    strategies = ordered(combined - {"", "random"})
    families = {x: {x, f"{x}_metriq", f"random_{x}q"} & methods for x in strategies}
    shared = methods.difference(*families.values())
    return {label(x): shared | family for x, family in families.items()} or {"": shared}
