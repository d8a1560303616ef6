"""The headline table: average and worst-class accuracy of every method at every density.

Values are means over seeds of the test split's recalls at the last epoch, with the intervals of
:mod:`fairprune.reporting.uncertainty`. Written as Parquet and CSV (one row a method and density),
and as Markdown, LaTeX and HTML (methods by densities). Also here: the recalls of the classes with
their intervals, and the plain-text summary that ends the demo.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from fairprune._validation import check_known
from fairprune.reporting import rendering
from fairprune.reporting.labels import keeps_all, label, ordered
from fairprune.reporting.recall_counts import seed_counts, seed_values
from fairprune.reporting.rendering import Cell
from fairprune.reporting.seed_spread import SeedSpread, seed_spread
from fairprune.reporting.uncertainty import (
    Estimate,
    estimate,
    paired_difference,
    recall_interval,
)
from fairprune.seeds import seed_sequence
from fairprune.storage import tables
from fairprune.storage.atomic import write_text

ACCURACIES = {
    "average_accuracy": "Average accuracy",
    "worst_class_accuracy": "Worst-class accuracy",
}
_Run = tuple[str, str, float]  # experiment, method, density
_NEEDED = ("experiment", "method", "density", "seed", "class", "n_test", "n_correct")


def headline_table(
    final: pd.DataFrame, *, level: float = 0.95, n_resamples: int = 2000
) -> pd.DataFrame:
    """Both accuracies with intervals, one row an experiment, method and density.

    Parameters
    ----------
    final : DataFrame
        Rows of final models with the columns ``experiment``, ``method``, ``density``, ``seed``,
        ``class``, ``n_test``, ``n_correct``.
    level : float in (0, 1)
        Coverage of the intervals.
    n_resamples : int
        Bootstrap resamples; their seed is fixed by experiment, method and density. How much seeds
        differ is learned from all runs of an experiment.

    Returns
    -------
    DataFrame
        Columns ``experiment``, ``method``, ``label``, ``density``, ``n_seeds``, ``level``; for each
        accuracy its value, ``_lower``, ``_upper``, ``_bias`` and ``_best``, which marks the largest
        value among the methods that prune, at densities where two or more are compared.
    """
    runs = {
        run: seed_counts(part)
        for run, part in _needed(final).groupby(["experiment", "method", "density"], sort=True)
    }
    spreads = _spreads({run: _accuracies(*counts) for run, counts in runs.items()})
    rows = []
    for run, (counts, n_test) in runs.items():
        row = dict(zip(("experiment", "method", "density"), run, strict=True))
        row |= {"label": label(row["method"]), "n_seeds": len(counts), "level": level}
        for name in ACCURACIES:
            options: dict[str, Any] = {"level": level, "n_resamples": n_resamples}
            options |= {"spread": spreads[run[0]][name]}
            options |= {"seed": seed_sequence("headline", *run, name)}
            row |= _columns(name, estimate(counts, n_test, name, **options))
        rows.append(row)
    table = pd.DataFrame(rows)
    rank = {method: i for i, method in enumerate(ordered(table["method"]))}
    table = table.sort_values(
        ["experiment", "method", "density"],
        key=lambda c: c.map(rank) if c.name == "method" else c,
        ignore_index=True,
    )
    for name in ACCURACIES:
        table[f"{name}_best"] = _best(table, name)
    first = ["experiment", "method", "label", "density", "n_seeds", "level"]
    return table[first + [c for c in table.columns if c not in first]]


def difference_table(
    final: pd.DataFrame,
    baseline: str = "random",
    *,
    level: float = 0.95,
    n_resamples: int = 2000,
) -> pd.DataFrame:
    """Each method minus a baseline at the same density, over the seeds that both have.

    Parameters
    ----------
    final, level, n_resamples
        As in :func:`headline_table`.
    baseline : str
        A method. One that keeps everything is compared with every density.

    Returns
    -------
    DataFrame
        Columns ``experiment``, ``method``, ``baseline``, ``density``, ``n_seeds``; for each
        accuracy the difference, ``_lower``, ``_upper`` and ``_bias``.
    """
    final = _needed(final)
    methods = ordered(final["method"])
    check_known(baseline, methods, f"baseline {baseline!r} has no final models")
    pairs = _pairs(final, baseline)
    differences = {
        run: {
            name: values - _accuracies(other, n_test)[name]
            for name, values in _accuracies(counts, n_test).items()
        }
        for run, (counts, other, n_test) in pairs.items()
    }
    spreads = _spreads(differences)
    rows = []
    for (experiment, method, density), (counts, other_counts, n_test) in pairs.items():
        row: dict[str, Any] = {"experiment": experiment, "method": method, "baseline": baseline}
        row |= {"density": density, "n_seeds": len(counts)}
        for name in ACCURACIES:
            stream = seed_sequence("difference", experiment, method, baseline, density, name)
            options: dict[str, Any] = {"level": level, "n_resamples": n_resamples}
            options |= {"seed": stream}
            options |= {"spread": spreads[experiment][name]}
            row |= _columns(name, paired_difference(counts, other_counts, n_test, name, **options))
        rows.append(row)
    return pd.DataFrame(rows)


def class_table(final: pd.DataFrame, *, level: float = 0.95) -> pd.DataFrame:
    """The recall of each class with Wilson's interval, K rows a final model.

    Parameters
    ----------
    final, level
        As in :func:`headline_table`; ``final`` also has the column ``class_name``.

    Returns
    -------
    DataFrame
        Columns ``experiment``, ``method``, ``density``, ``seed``, ``class``, ``class_name``,
        ``n_test``, ``n_correct``, ``recall`` (missing for a class without test examples),
        ``recall_lower``, ``recall_upper``.
    """
    table = _needed(final)[[*_NEEDED[:5], "class_name", *_NEEDED[5:]]].reset_index(drop=True)
    table["recall"] = table["n_correct"] / table["n_test"]  # 0 / 0 is missing
    limits = recall_interval(table["n_correct"].to_numpy(), table["n_test"].to_numpy(), level=level)
    table["recall_lower"], table["recall_upper"] = limits
    return table


def write_headline(table: pd.DataFrame, paths: Mapping[str, Path | str]) -> None:
    """Write the table to each path by its format: ``parquet``, ``csv``, ``md``, ``tex``, ``html``.

    For people there is a block an experiment and accuracy, in percent, methods by densities, with
    the best of a density in bold.
    """
    texts: dict[str, Callable[[pd.DataFrame], str]] = {
        "csv": lambda frame: frame.to_csv(index=False, lineterminator="\n"),
        "md": lambda frame: rendering.markdown(readable(frame)),
        "tex": lambda frame: rendering.latex(readable(frame)),
        "html": lambda frame: rendering.html(readable(frame), "Accuracy by method and density"),
    }
    for kind, path in paths.items():
        check_known(kind, ["parquet", *texts], f"unknown format {kind!r}")
        if kind == "parquet":
            tables.write_table(path, table)
        else:
            write_text(path, texts[kind](table))


def readable(table: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The table as people read it, in percent: one an experiment and accuracy, by its title."""
    parts = {}
    for experiment, part in table.groupby("experiment", sort=True):
        seeds = "-".join(str(n) for n in sorted({part["n_seeds"].min(), part["n_seeds"].max()}))
        for name, text in ACCURACIES.items():
            about = f"mean over {seeds} seed(s) and {100 * part['level'].iloc[0]:g}% interval"
            cells = part.assign(cell=[_cell(row, name) for _, row in part.iterrows()])
            wide = cells.pivot(index="label", columns="density", values="cell").fillna("")
            wide = wide.loc[part["label"].unique()].rename(columns="{:g}".format)
            title = f"{experiment}: {text.lower()} in percent by density, {about}"
            parts[title] = wide.rename_axis(index="method", columns=None).reset_index()
    return parts


def summary(table: pd.DataFrame) -> str:
    """Plain text: both accuracies at the middle density, the fairest method first."""
    blocks = []
    for experiment, part in table.groupby("experiment", sort=True):
        kept_all = part["method"].map(keeps_all)
        densities = np.sort(part.loc[~kept_all, "density"].unique())
        chosen = kept_all
        title = f"{experiment}: full data"
        if len(densities):
            middle = densities[(len(densities) - 1) // 2]
            chosen = kept_all | (part["density"] == middle)
            title = f"{experiment}: density {middle:g} (full data: 1)"
        rows = part[chosen].sort_values(
            ["worst_class_accuracy", "average_accuracy"], ascending=False, kind="stable"
        )
        width = max(len("method"), *rows["label"].str.len())
        lines = [title, f"{'method':<{width}}  average (%)  worst class (%)"]
        for row in rows.itertuples():
            average, worst = 100 * row.average_accuracy, 100 * row.worst_class_accuracy
            lines.append(f"{row.label:<{width}}  {average:11.1f}  {worst:15.1f}")
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks)


def _pairs(final: pd.DataFrame, baseline: str) -> dict[_Run, tuple[np.ndarray, ...]]:
    """Counts of each run and of its baseline by common seed, (S, K) twice, and tests (K,)."""
    pairs: dict[Any, tuple[np.ndarray, ...]] = {}
    runs = {run: part for run, part in final.groupby(["experiment", "method", "density"])}
    for (experiment, method, density), part in runs.items():
        other_density = 1.0 if keeps_all(baseline) else density
        other = runs.get((experiment, baseline, other_density))
        if method == baseline or other is None:
            continue
        if seeds := set(part["seed"]) & set(other["seed"]):
            counts, n_test = seed_counts(part[part["seed"].isin(seeds)])
            other_counts, _ = seed_counts(other[other["seed"].isin(seeds)])
            pairs[experiment, method, density] = counts, other_counts, n_test
    return pairs


def _accuracies(counts: np.ndarray, n_test: np.ndarray) -> dict[str, np.ndarray]:
    """Each accuracy by seed, (S,)."""
    return {name: seed_values(counts, n_test, name) for name in ACCURACIES}


def _spreads(runs: Mapping[_Run, Mapping[str, np.ndarray]]) -> dict[str, dict[str, SeedSpread]]:
    """What all runs of an experiment say about the spread between seeds, by accuracy."""
    return {
        experiment: {
            name: seed_spread(values[name] for run, values in runs.items() if run[0] == experiment)
            for name in ACCURACIES
        }
        for experiment in {run[0] for run in runs}
    }


def _needed(final: pd.DataFrame) -> pd.DataFrame:
    if missing := sorted(set(_NEEDED) - set(final.columns)):
        raise ValueError(f"final lacks the columns {', '.join(missing)}")
    if final.empty:
        raise ValueError("final must hold at least one final model")
    return final


def _columns(name: str, result: Estimate) -> dict[str, float]:
    values = asdict(result)
    limits = {f"{name}_{key}": values[key] for key in ("lower", "upper", "bias")}
    return {name: result.value, **limits}


def _best(table: pd.DataFrame, name: str) -> pd.Series:
    """The largest value at a density, of the methods that prune, if there are two or more."""
    prunes = ~table["method"].map(keeps_all)
    groups = table[name].where(prunes).groupby([table["experiment"], table["density"]])
    return (table[name] == groups.transform("max")) & prunes & (groups.transform("count") > 1)


def _cell(row: pd.Series, name: str) -> Cell:
    value, lower, upper = (f"{100 * row[f'{name}{key}']:.1f}" for key in ("", "_lower", "_upper"))
    return Cell(value, lower, upper, best=bool(row[f"{name}_best"]))
