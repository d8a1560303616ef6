"""Learning curves of the final trainings: loss, and accuracies on the validation split.

Up to three densities are shown: the lowest, a middle one and the highest; methods that keep the
whole training set appear with each. Lines are means over seeds and bands run from the smallest to
the largest seed; markers are at the ends. The axis is the share of the training that is over, as
trainings on fewer examples have more epochs. An accuracy has panels if a method that prunes has
measured it more than once. They show the methods that did; the others only know it at the end.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from fairprune.figures import _metrics, panels, style
from fairprune.reporting.labels import keeps_all, ordered

TITLE = "Learning curves"
METHODS: tuple[str, ...] | None = None
MINIMUM = 1  # method
NEEDS = ("epochs",)
_LABELS = {
    "loss": "Training loss",
    "validation_accuracy": "Validation accuracy (%)",
    "worst_class_accuracy": "Worst class, validation (%)",
}
_KEYS = ["experiment", "method", "density", "epoch"]


def plotted_table(*, epochs: pd.DataFrame) -> pd.DataFrame:
    """Means over seeds of loss and accuracies, one row per method, density and epoch.

    Parameters
    ----------
    epochs : DataFrame
        The concatenated tables ``epochs/{method}/density{density}/seed{seed}.parquet`` of one
        experiment, with the columns ``experiment``, ``method``, ``density`` and ``seed``.

    Returns
    -------
    DataFrame
        Columns ``experiment``, ``method``, ``density``, ``epoch``, ``n_seeds``, ``share`` (of the
        training that is over), ``loss``, ``validation_accuracy`` and ``worst_class_accuracy`` (null
        if validation was not measured); for each of the last three also ``..._lower`` and
        ``..._upper``, the smallest and the largest of the seeds.
    """
    epochs = _metrics.require("epochs", epochs, [*_KEYS, "seed", *_LABELS])
    epochs = _metrics.one_experiment("epochs", epochs)
    means = {name: (name, "mean") for name in _LABELS}
    lower = {f"{name}_lower": (name, "min") for name in _LABELS}
    upper = {f"{name}_upper": (name, "max") for name in _LABELS}
    table = epochs.groupby(_KEYS).agg(n_seeds=("seed", "nunique"), **means, **lower, **upper)
    last = table.groupby(_KEYS[:-1]).transform("size")
    share = table.index.get_level_values("epoch") / last
    table.insert(1, "share", share)
    return table.reset_index()


def draw(table: pd.DataFrame) -> Figure:
    """Draw one row of panels per density; if only the loss has curves, one panel per density."""
    looks = style.looks(table["method"])
    pruned = table[[not keeps_all(method) for method in table["method"]]]
    densities = _few(pruned["density"].unique()) or [1.0]
    names = _shown(table if pruned.empty else pruned)
    with style.applied():
        figure, axes = _grid(len(densities), len(names))
        for row, density in zip(axes, densities, strict=True):
            shown = table[(table["density"] == density) | ~table.index.isin(pruned.index)]
            for axis, name in zip(row, names, strict=True):
                _curves(axis, _with_curves(shown, name), name, looks)
                _label(axis, name)
            row[0].set_title(f"density {density:g}", loc="left")
        for axis in axes[:-1].flat if len(names) > 1 else ():
            axis.set_xlabel("")
        for axis in axes[1:].flat if len(names) == 1 else ():
            axis.set_ylabel("")
        n_seeds = table["n_seeds"].max()
        note = f"lines: means over seeds; bands: smallest to largest of {n_seeds} seeds"
        note = note if n_seeds > 1 else "lines: one seed"
        panels.method_legend(figure, looks, columns=5, curves=True, note=note)
        return figure


def _grid(n_densities: int, n_names: int) -> tuple[Figure, np.ndarray]:
    """Axes by density and name; with a single name, the densities are side by side."""
    rows = n_densities if n_names > 1 else 1
    figure = Figure(figsize=(style.PAGE_WIDTH, 1.9 * rows + 1.2), layout="constrained")
    if n_names > 1:
        axes = figure.subplots(n_densities, n_names, squeeze=False, sharex=True, sharey="col")
        return figure, axes
    return figure, figure.subplots(1, n_densities, squeeze=False, sharex=True, sharey=True).T


def _shown(table: pd.DataFrame) -> list[str]:
    """The loss, and the accuracies that have curves."""
    return [name for name in _LABELS if name == "loss" or len(_with_curves(table, name))]


def _with_curves(rows: pd.DataFrame, name: str) -> pd.DataFrame:
    """Rows with a value, of the trainings that have more than one."""
    known = rows.dropna(subset=name)
    return known[known.groupby(_KEYS[:-1])[name].transform("size") > 1]


def _label(axis: Axes, name: str) -> None:
    axis.set_xlabel("Training done (%)")
    axis.set_ylabel(f"{_LABELS[name]} {panels.ARROWS[name != 'loss']}")
    panels.percent(axis.xaxis)
    if name != "loss":
        panels.percent(axis.yaxis)
        panels.keep_possible(axis, "y")


def _few(densities: np.ndarray) -> list[float]:
    """At most three densities: the lowest, a middle one and the highest."""
    values = sorted(map(float, densities))
    return sorted({values[0], values[len(values) // 2], values[-1]}) if values else []


def _curves(axis: Axes, rows: pd.DataFrame, name: str, looks: Mapping[str, style.Style]) -> None:
    for method in ordered(rows["method"]):
        points, look = rows[rows["method"] == method], looks[method]
        thin = {"linewidth": 1.0, "markevery": [-1], "clip_on": False}
        axis.plot(points["share"], points[name], **look.line | thin)
        band = points[f"{name}_lower"], points[f"{name}_upper"]
        axis.fill_between(points["share"], *band, color=look.color, alpha=0.12, linewidth=0)
