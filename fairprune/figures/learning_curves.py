"""Learning curves of the final trainings: loss, and accuracies on the validation split.

Rows of panels: up to three densities, the lowest, a middle one and the highest; methods that keep
the whole training set stand in each. Lines: means over seeds, against the share of the training
that is over, as trainings on fewer examples have more epochs; markers: their ends.
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
    """Means over seeds of what each epoch did.

    Parameters
    ----------
    epochs : DataFrame
        The tables ``epochs/{method}/density{density}/seed{seed}.parquet`` of one experiment under
        each other, with the columns ``experiment``, ``method``, ``density`` and ``seed``.

    Returns
    -------
    DataFrame
        Columns ``experiment``, ``method``, ``density``, ``epoch``, ``n_seeds``, ``share`` of the
        training that is over, ``loss``, ``validation_accuracy`` and ``worst_class_accuracy``, the
        last two null where validation was not measured.
    """
    epochs = _metrics.require("epochs", epochs, [*_KEYS, "seed", *_LABELS])
    epochs = _metrics.one_experiment("epochs", epochs)
    table = epochs.groupby(_KEYS).agg(
        n_seeds=("seed", "nunique"), **{name: (name, "mean") for name in _LABELS}
    )
    last = table.groupby(_KEYS[:-1]).transform("size").groupby(_KEYS[:-1]).transform("max")
    share = table.index.get_level_values("epoch") / last
    table.insert(1, "share", share)
    return table.reset_index()


def draw(table: pd.DataFrame) -> Figure:
    """A row of panels a density."""
    pruned = table[[not keeps_all(method) for method in table["method"]]]
    looks = style.looks(table["method"])
    densities = _few(pruned["density"].unique()) or [1.0]
    with style.applied():
        size = (style.PAGE_WIDTH, 1.9 * len(densities) + 0.8)
        figure = Figure(figsize=size, layout="constrained")
        axes = figure.subplots(len(densities), 3, squeeze=False, sharex=True, sharey="col")
        for row, density in zip(axes, densities, strict=True):
            shown = table[(table["density"] == density) | ~table.index.isin(pruned.index)]
            for axis, name in zip(row, _LABELS, strict=True):
                _curves(axis, shown, name, looks)
            row[0].set_title(f"density {density:g}", loc="left")
        for axis, (name, text) in zip(axes[0], _LABELS.items(), strict=True):
            arrow = panels.ARROWS[name != "loss"]
            for each in axes[:, list(_LABELS).index(name)]:
                each.set_ylabel(f"{text} {arrow}")
            if name != "loss":
                panels.percent(axis.yaxis)
                panels.keep_possible(axis, "y")
        for axis in axes[-1]:
            axis.set_xlabel("Training done (%)")
            panels.percent(axis.xaxis)
        panels.method_legend(figure, looks, columns=5, curves=True)
        return figure


def _few(densities: np.ndarray) -> list[float]:
    """At most three: the lowest, the middle one and the highest."""
    values = sorted(map(float, densities))
    return sorted({values[0], values[len(values) // 2], values[-1]}) if values else []


def _curves(axis: Axes, rows: pd.DataFrame, name: str, looks: Mapping[str, style.Style]) -> None:
    for method in ordered(rows["method"]):
        points = rows[rows["method"] == method].dropna(subset=name)
        look = looks[method].line | {"linewidth": 1.0, "markevery": [-1]}
        axis.plot(points["share"], points[name], **look)
