"""The metrics of final models as the table that figures plot: means over seeds and bands.

The table of a figure holds everything that is drawn, with values in [0, 1].
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pandas as pd

from fairprune.figures._one_image import one_image
from fairprune.metrics import fairness, worst_tenth
from fairprune.reporting.measurement import measure
from fairprune.reporting.recall_counts import seed_counts
from fairprune.reporting.uncertainty import bounds, interval, learned_spread
from fairprune.seeds import seed_sequence

METRICS = {
    "average_accuracy": "Average accuracy (%)",
    "worst_class_accuracy": "Worst-class accuracy (%)",
    "difference": "Difference (points)",
    "standard_deviation": "Standard deviation (points)",
}
WORST_TENTH = {"worst_tenth_accuracy": "Worst-tenth accuracy (%)"}  # of the classes
BANDS = ("range", "interval")
_RUN = ["experiment", "method", "density", "seed"]


def require(name: str, frame: pd.DataFrame, columns: Iterable[str]) -> pd.DataFrame:
    """Return the frame if it has rows and these columns.

    Raises
    ------
    ValueError
        If it is empty or lacks columns.
    """
    if frame.empty:
        raise ValueError(f"this figure needs rows in the frame {name!r}, got none")
    if missing := sorted(set(columns) - set(frame.columns)):
        raise ValueError(f"frame {name!r} lacks the columns {', '.join(missing)}")
    return frame


def one_experiment(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame if all rows belong to one experiment; otherwise raise a ValueError."""
    experiments = sorted(frame["experiment"].unique())
    if len(experiments) > 1:
        raise ValueError(f"frame {name!r} must hold one experiment, got {', '.join(experiments)}")
    return frame


def worst_metric(final: pd.DataFrame) -> str:
    """Name of the metric for the worst classes: their worst tenth if there are more than ten.

    A single worst class among many is mostly chance.
    """
    n_classes = require("final", final, ["class"])["class"].nunique()
    return "worst_tenth_accuracy" if worst_tenth(n_classes) > 1 else "worst_class_accuracy"


def run_metrics(
    final: pd.DataFrame, keys: Sequence[str] = _RUN, metrics: Iterable[str] = METRICS
) -> pd.DataFrame:
    """The metrics of each final model; classes without a recall are left out.

    Average accuracy is the share of correct test examples if the frame has the column ``n_test``;
    otherwise it is the mean of the recalls, as on a balanced test split.
    """
    measured = require("final", final, [*keys, "recall"]).dropna(subset="recall")
    rows = [
        dict(zip(keys, run, strict=True))
        | fairness(classes["recall"], n_test=classes.get("n_test"))
        for run, classes in measured.groupby(list(keys), sort=True)
    ]
    return pd.DataFrame(rows, columns=[*keys, *metrics])


def metrics_table(
    final: pd.DataFrame,
    keys: Sequence[str] = _RUN,
    *,
    bands: str = "range",
    metrics: Sequence[str] = tuple(METRICS),
) -> pd.DataFrame:
    """Mean over seeds of each metric and the band around it, one row per point drawn.

    Columns: ``keys`` without the seed, ``metric``, ``n_seeds``, ``mean``, ``bands``, ``lower``,
    ``upper``, ``one_image`` (:mod:`fairprune.figures._one_image`). The bands are the ``range`` of
    the seeds, from the smallest value to the largest, or a 95% ``interval`` as in the headline
    table; the latter needs ``n_test`` and ``n_correct``.
    """
    if bands not in BANDS:
        raise ValueError(f"bands must be one of {', '.join(BANDS)}, got {bands!r}")
    groups = [key for key in keys if key != "seed"]
    long = run_metrics(final, keys, metrics).melt([*keys], [*metrics], "metric", "value")
    long["metric"] = pd.Categorical(long["metric"], [*metrics])
    table = long.groupby([*groups, "metric"], observed=True)["value"].agg(
        n_seeds="size", mean="mean", lower="min", upper="max"
    )
    table = table.reset_index().astype({"metric": str})
    table.insert(table.columns.get_loc("lower"), "bands", bands)
    table["one_image"] = one_image(final)
    if bands == "interval":
        limits = _intervals(final, groups, metrics)
        table[["lower", "upper"]] = [
            limits[tuple(key)] for key in table[[*groups, "metric"]].values
        ]
    return table


def _intervals(
    final: pd.DataFrame, groups: Sequence[str], metrics: Iterable[str]
) -> dict[tuple, tuple[float, float]]:
    """95% intervals of the metrics; the spread between seeds is learned from the runs shown."""
    images = seed_sequence("intervals", "images")
    runs = {
        run: measure(*seed_counts(classes), images=images, own=seed_sequence("intervals", *run))
        for run, classes in require("final", final, ["n_test", "n_correct"]).groupby(list(groups))
    }
    limits = {}
    for metric in metrics:
        spread = learned_spread(measured[metric] for measured in runs.values())
        for run, measured in runs.items():
            estimate = interval(measured[metric], spread, bounds=bounds(metric))
            limits[*run, metric] = estimate.lower, estimate.upper
    return limits
