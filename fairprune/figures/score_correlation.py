"""Rank correlations between scores: which of them order the training set alike.

Spearman's correlation of the mean scores of two methods over all training examples, ties ranked
by their mean. It is null where a score is constant.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from scipy import stats

from fairprune.figures import panels, style

METHODS: tuple[str, ...] | None = None
NEEDS = ("scores",)


def plotted_table(*, scores: pd.DataFrame | None = None) -> pd.DataFrame:
    """Spearman's correlation of each ordered pair of scores.

    Parameters
    ----------
    scores : DataFrame
        The tables ``scores/{name}/mean.parquet`` of one experiment under each other, with the
        columns ``name``, ``index`` and ``score``.

    Returns
    -------
    DataFrame
        Columns ``score``, ``other``, ``correlation`` (null if undefined), ``n_examples``.
    """
    scores = panels.require("scores", scores, ["name", "index", "score"])
    if scores.duplicated(["name", "index"]).any():
        raise ValueError("frame 'scores' must hold each index once a score")
    wide = scores.pivot(index="index", columns="name", values="score")
    if wide.isna().any(axis=None):
        raise ValueError("frame 'scores' must hold all scores for the same examples")
    names = style.ordered(wide.columns)
    ranks = stats.rankdata(wide[names].to_numpy(), axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        correlation = np.atleast_2d(np.corrcoef(ranks, rowvar=False))
    rows = [
        {
            "score": a,
            "other": b,
            "correlation": correlation[i, j],
            "n_examples": len(wide),
        }
        for i, a in enumerate(names)
        for j, b in enumerate(names)
    ]
    return pd.DataFrame(rows)


def draw(table: pd.DataFrame) -> Figure:
    """A heat map with the values written in."""
    names = style.ordered(table["score"])
    values = table.pivot(index="score", columns="other", values="correlation")
    values = values.loc[names, names].to_numpy()
    with style.applied():
        side = 1.8 + 0.48 * len(names)
        figure = Figure(figsize=(side + 0.5, side), layout="constrained")
        axis = figure.subplots()
        axis.grid(visible=False)
        image = axis.imshow(values, cmap="RdBu", vmin=-1, vmax=1)
        for (i, j), value in np.ndenumerate(values):
            _write(axis, i, j, value)
        labels = [style.label(name) for name in names]
        axis.set_xticks(range(len(names)), labels, rotation=45, ha="right", rotation_mode="anchor")
        axis.set_yticks(range(len(names)), labels)
        axis.tick_params(length=0)
        axis.spines[:].set_visible(False)
        figure.colorbar(image, ax=axis, shrink=0.8, label="Spearman's rank correlation")
        return figure


def _write(axis: object, row: int, column: int, value: float) -> None:
    """The value in its cell; an undefined one on a hatched cell."""
    if np.isnan(value):
        corner = (column - 0.5, row - 0.5)
        axis.add_patch(Rectangle(corner, 1, 1, fill=False, hatch="///", edgecolor="#BBBBBB"))
    text = "n/a" if np.isnan(value) else panels.signed(value)
    color = "white" if abs(value) > 0.6 else "black"
    axis.text(column, row, text, ha="center", va="center", fontsize=6.5, color=color)
