"""Accuracies of runs, and of weighted sums of runs on the same test images.

A run is a method at a density in an experiment. A difference of two runs and a mean over densities
are weighted sums, over the seeds that all of the runs have.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from fairprune.reporting.labels import ordered
from fairprune.reporting.measurement import Measurement, combined, measure
from fairprune.reporting.recall_counts import seed_counts
from fairprune.reporting.uncertainty import interval, learned_spread
from fairprune.seeds import seed_sequence

ACCURACIES = {
    "average_accuracy": "Average accuracy",
    "worst_class_accuracy": "Worst-class accuracy",
    "worst_tenth_accuracy": "Accuracy of the worst tenth of the classes",
}
IN_SHORT = {
    "average_accuracy": "average",
    "worst_class_accuracy": "worst class",
    "worst_tenth_accuracy": "worst tenth",
}
FEWEST_SEEDS = 2  # that decide a difference: the interval of one is for other test images only
NEEDED = ("experiment", "method", "density", "seed", "class", "n_test", "n_correct")
Run = tuple[str, str, float]  # experiment, method, density


@dataclass(frozen=True)
class MeasuredRun:
    """Accuracies of a run, or of a weighted sum of runs.

    Attributes
    ----------
    seeds : tuple of int, length S
    n_test : ndarray of shape (K,)
        Test examples per class.
    accuracies : mapping of str to Measurement
        By the names of ``ACCURACIES``.
    n_densities : int
        Number of densities that it is the mean over.
    """

    seeds: tuple[int, ...]
    n_test: np.ndarray
    accuracies: Mapping[str, Measurement]
    n_densities: int = 1

    def of_seeds(self, seeds: Sequence[int]) -> dict[str, Measurement]:
        """The accuracies with the values of these seeds only."""
        positions = [self.seeds.index(seed) for seed in seeds]
        return {name: each.of_seeds(positions) for name, each in self.accuracies.items()}


def checked(final: pd.DataFrame) -> pd.DataFrame:
    """The frame, if it has rows and the columns ``NEEDED``; else a ValueError."""
    if missing := sorted(set(NEEDED) - set(final.columns)):
        raise ValueError(f"final lacks the columns {', '.join(missing)}")
    if final.empty:
        raise ValueError("final must hold at least one final model")
    return final


def measured_runs(final: pd.DataFrame, n_resamples: int) -> dict[Run, MeasuredRun]:
    """Measure every run of a frame with the columns ``NEEDED``, on common simulated images."""
    runs: dict[Run, MeasuredRun] = {}
    for run, rows in checked(final).groupby(["experiment", "method", "density"], sort=True):
        counts, n_test = seed_counts(rows)
        streams = {
            "images": seed_sequence("intervals", "images"),
            "own": seed_sequence("intervals", *run),
        }
        accuracies = measure(counts, n_test, ACCURACIES, n_resamples=n_resamples, **streams)
        runs[run] = MeasuredRun(tuple(sorted(rows["seed"].unique())), n_test, accuracies)
    return runs


def weighted(runs: Sequence[MeasuredRun], weights: Sequence[float]) -> MeasuredRun | None:
    """Weighted sum of runs over the seeds that all of them have; None if there are none."""
    first = runs[0]
    if any(not np.array_equal(run.n_test, first.n_test) for run in runs):
        raise ValueError("runs that are compared must share their classes and test examples")
    seeds = sorted(set(first.seeds).intersection(*(run.seeds for run in runs)))
    if not seeds:
        return None
    shared = [run.of_seeds(seeds) for run in runs]
    sums = {name: combined([run[name] for run in shared], weights) for name in ACCURACIES}
    return MeasuredRun(tuple(seeds), first.n_test, sums)


def mean_over_densities(runs: Sequence[MeasuredRun]) -> MeasuredRun | None:
    """The mean of two or more runs of a method; None for fewer, or without common seeds."""
    if len(runs) < 2:
        return None
    mean = weighted(runs, [1 / len(runs)] * len(runs))
    return mean and replace(mean, n_densities=len(runs))


def with_means(runs: Mapping[tuple, MeasuredRun]) -> dict[tuple, MeasuredRun]:
    """Add the means over densities, with density NaN, to runs whose keys end with the density."""
    groups: dict[tuple, list[MeasuredRun]] = {}
    for key, run in runs.items():
        groups.setdefault(key[:-1], []).append(run)
    means = {(*key, np.nan): mean_over_densities(group) for key, group in groups.items()}
    return {**runs, **{key: mean for key, mean in means.items() if mean is not None}}


def estimates(
    runs: Mapping[tuple, MeasuredRun],
    names: Sequence[str],
    *,
    bounds: tuple[float, float],
    learn_from: Callable[[tuple], bool] = lambda key: True,
) -> pd.DataFrame:
    """One row per run: its key under ``names``, ``n_seeds``, ``n_densities``, and each accuracy.

    The spread between seeds is learned from all runs of the same experiment (the first of
    ``names``) for whose keys ``learn_from`` is true; means over densities learn from each other.
    """
    alike: dict[tuple, list[tuple]] = {}
    for key in runs:
        alike.setdefault((key[0], np.isnan(key[-1])), []).append(key)
    rows: list[dict[str, Any]] = []
    for keys in alike.values():
        teachers = [runs[key].accuracies for key in keys if learn_from(key)]
        spreads = {name: learned_spread(run[name] for run in teachers) for name in ACCURACIES}
        for key in keys:
            run = runs[key]
            row: dict[str, Any] = dict(zip(names, key, strict=True))
            row |= {"n_seeds": len(run.seeds), "n_densities": run.n_densities}
            for name, spread in spreads.items():
                estimate = interval(run.accuracies[name], spread, bounds=bounds)
                row[name] = estimate.value
                for end in ("lower", "upper", "bias"):
                    row[f"{name}_{end}"] = getattr(estimate, end)
            rows.append(row)
    return pd.DataFrame(rows)


def sorted_rows(table: pd.DataFrame, by: Iterable[str], methods: Iterable[str]) -> pd.DataFrame:
    """Sort rows by these columns, methods as in legends and means after densities."""
    rank = {method: i for i, method in enumerate(ordered(methods))}
    return table.sort_values(
        list(by),
        key=lambda c: c.map(rank) if c.name in ("method", "baseline") else c,
        ignore_index=True,
    )
