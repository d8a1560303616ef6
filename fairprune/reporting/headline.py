"""The headline table, differences between methods, and the recalls of the classes.

Values are means over seeds, from recalls on the test split after the last epoch, with the intervals
of :mod:`fairprune.reporting.uncertainty`. There is one row per method and density, and one for the
mean over a method's densities, whose density is missing.
:mod:`fairprune.reporting.headline_text` formats the tables for reading.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import pandas as pd

from fairprune._validation import check_known
from fairprune.reporting.labels import keeps_all, label, ordered, strategy
from fairprune.reporting.measurement import LEVEL
from fairprune.reporting.runs import (
    ACCURACIES,
    NEEDED,
    MeasuredRun,
    Run,
    checked,
    estimates,
    measured_runs,
    sorted_rows,
    weighted,
    with_means,
)
from fairprune.reporting.uncertainty import recall_interval

BASELINES = ("full", "random")


def headline_table(final: pd.DataFrame, *, n_resamples: int = 500) -> pd.DataFrame:
    """The accuracies with intervals, one row per experiment, method and density.

    Parameters
    ----------
    final : DataFrame
        Rows of final models with the columns ``experiment``, ``method``, ``density``, ``seed``,
        ``class``, ``n_test``, ``n_correct``.
    n_resamples : int
        Number of resamples; their seeds are fixed by experiment, method and density. The spread
        between seeds is learned from all runs of an experiment.

    Returns
    -------
    DataFrame
        Columns ``experiment``, ``method``, ``label``, ``density``, ``n_seeds``, ``n_densities``,
        ``level``; for each accuracy its value, ``_lower``, ``_upper``, ``_bias`` and ``_best``,
        which marks the largest value among the methods that prune, if there are two or more. A
        method with several densities has a last row without density: the mean over them. Only the
        means over the largest number of densities are compared with each other.
    """
    runs = with_means(measured_runs(final, n_resamples))
    names = ["experiment", "method", "density"]
    table = sorted_rows(estimates(runs, names, bounds=(0, 1)), names, final["method"])
    table["label"], table["level"] = table["method"].map(label), LEVEL
    for name in ACCURACIES:
        table[f"{name}_best"] = _best(table, name)
    first = ["experiment", "method", "label", "density", "n_seeds", "n_densities", "level"]
    return table[first + [c for c in table.columns if c not in first]]


def difference_table(
    final: pd.DataFrame,
    baselines: str | Iterable[str] | None = None,
    *,
    n_resamples: int = 500,
) -> pd.DataFrame:
    """Each method minus its baselines at the same density, over the seeds that both have.

    Parameters
    ----------
    final, n_resamples
        As in :func:`headline_table`.
    baselines : str or iterable of str, optional
        Methods; by default those of ``BASELINES`` that have run. A baseline that keeps everything
        is compared with every density. A method that combines a strategy with quotas or with a
        loss is also compared with that strategy, if it has run.

    Returns
    -------
    DataFrame
        Columns ``experiment``, ``method``, ``baseline``, ``density``, ``n_seeds``,
        ``n_densities``; for each accuracy the difference, ``_lower``, ``_upper`` and ``_bias``.
        As in the headline table, the last row of a pair is the mean over densities.
    """
    known = ordered(checked(final)["method"])
    usual = [name for name in BASELINES if name in known]
    if baselines is None:
        baselines = usual
    chosen = [baselines] if isinstance(baselines, str) else list(baselines)
    for name in chosen:
        check_known(name, known, f"baseline {name!r} has no final models")

    def is_usual(key: tuple) -> bool:
        return key[2] in (*usual, strategy(key[1]))

    # All pairs learn from the usual ones, so that the interval of a pair does not depend on the
    # other baselines that were asked for.
    pairs = dict(_pairs(measured_runs(final, n_resamples), dict.fromkeys([*usual, *chosen])))
    names = ["experiment", "method", "baseline", "density"]
    table = estimates(with_means(pairs), names, bounds=(-1, 1), learn_from=is_usual)
    if table.empty:
        return table
    shown = table["baseline"].isin(chosen) | (table["baseline"] == table["method"].map(strategy))
    return sorted_rows(table[shown], names, known)


def class_table(final: pd.DataFrame) -> pd.DataFrame:
    """The recall of each class with Wilson's interval, K rows per final model.

    Parameters
    ----------
    final
        As in :func:`headline_table`, with the column ``class_name``.

    Returns
    -------
    DataFrame
        Columns ``experiment``, ``method``, ``density``, ``seed``, ``class``, ``class_name``,
        ``n_test``, ``n_correct``, ``recall`` (missing for a class without test examples),
        ``recall_lower``, ``recall_upper``.
    """
    table = checked(final)[[*NEEDED[:5], "class_name", *NEEDED[5:]]].reset_index(drop=True)
    table["recall"] = table["n_correct"] / table["n_test"]  # 0 / 0 is missing
    limits = recall_interval(table["n_correct"].to_numpy(), table["n_test"].to_numpy())
    table["recall_lower"], table["recall_upper"] = limits
    return table


def _pairs(
    runs: Mapping[Run, MeasuredRun], baselines: Iterable[str]
) -> Iterator[tuple[tuple[str, str, str, float], MeasuredRun]]:
    """Differences by experiment, method, baseline and density, of runs that share a seed."""
    for (experiment, method, density), run in runs.items():
        for baseline in dict.fromkeys((*baselines, strategy(method))):
            other = runs.get((experiment, baseline, 1.0 if keeps_all(baseline) else density))
            if baseline == method or other is None:
                continue
            if (difference := weighted([run, other], [1, -1])) is not None:
                yield (experiment, method, baseline, density), difference


def _best(table: pd.DataFrame, name: str) -> pd.Series:
    """Mark the largest value at each density, among two or more methods that prune."""
    prunes = ~table["method"].map(keeps_all)
    keys = [table["experiment"], table["density"]]
    most = table["n_densities"].groupby(keys, dropna=False).transform("max")
    compared = prunes & (table["n_densities"] == most)  # a mean over fewer is another quantity
    groups = table[name].where(compared).groupby(keys, dropna=False)
    return (table[name] == groups.transform("max")) & compared & (groups.transform("count") > 1)
