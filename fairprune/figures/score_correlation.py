"""Rank correlations between scores: which of them order the training set alike.

Spearman's correlation of the mean scores of two methods over all training examples, ties ranked
by their mean. It is null where a score is constant.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import seaborn
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from fairprune.figures import _metrics, panels, style
from fairprune.reporting.labels import label, ordered

TITLE = "Rank correlations"
NEEDS = ("scores",)


def plotted_table(*, scores: pd.DataFrame) -> pd.DataFrame:
    """Spearman's correlation of each ordered pair of scores.

    Parameters
    ----------
    scores : DataFrame
        The concatenated tables ``scores/{name}/mean.parquet`` of one experiment, with the columns
        ``name``, ``index`` and ``score``.

    Returns
    -------
    DataFrame
        Columns ``score``, ``other``, ``correlation`` (null if undefined), ``n_examples``.
    """
    scores = _metrics.require("scores", scores, ["name", "index", "score"])
    if scores.duplicated(["name", "index"]).any():
        raise ValueError("frame 'scores' must hold each index once a score")
    wide = scores.pivot(index="index", columns="name", values="score")
    if wide.isna().any(axis=None):
        raise ValueError("frame 'scores' must hold all scores for the same examples")
    names = ordered(wide.columns)
    columns = {
        "score": np.repeat(names, len(names)),
        "other": np.tile(names, len(names)),
        "correlation": wide[names].corr("spearman").to_numpy().ravel(),
        "n_examples": len(wide),
    }
    return pd.DataFrame(columns)


def draw(table: pd.DataFrame) -> Figure:
    """Draw a heat map with the values written in; each pair appears once, no score with itself."""
    names = ordered(table["score"])
    values = table.pivot(index="score", columns="other", values="correlation")
    rows, columns = (names[1:], names[:-1]) if len(names) > 1 else (names, names)
    values = values.loc[rows, columns].to_numpy()
    with style.applied():
        side = 0.48 * len(rows)
        figure = Figure(figsize=(side + 2.3, side + 1.3), layout="constrained")
        axis = figure.subplots()
        axis.grid(visible=False)
        seaborn.heatmap(
            values,
            mask=np.triu(np.ones_like(values, dtype=bool), 1),  # the other half is the same
            ax=axis,
            cmap="RdBu",
            vmin=-1,
            vmax=1,
            square=True,
            annot=np.vectorize(panels.signed, otypes=[str])(values),
            fmt="",
            annot_kws={"fontsize": 6.5},
            cbar_kws={"shrink": 0.8, "label": "Spearman's rank correlation"},
        )

        for row, column in np.argwhere(np.tril(np.isnan(values))):
            _mark_undefined(axis, row, column)
        places = np.arange(len(rows)) + 0.5
        below = [label(name) for name in columns]
        axis.set_xticks(places, below, rotation=45, ha="right", rotation_mode="anchor")
        axis.set_yticks(places, [label(name) for name in rows], rotation=0)
        axis.tick_params(length=0)
        return figure


def _mark_undefined(axis: Axes, row: int, column: int) -> None:
    """Hatch a cell without a correlation."""
    cell = Rectangle((column, row), 1, 1, fill=False, hatch="///", edgecolor="#BBBBBB")
    axis.add_patch(cell)
    axis.text(column + 0.5, row + 0.5, "n/a", ha="center", va="center", fontsize=6.5)
