"""Write the headline table to files and format it for reading.

Parquet and CSV have one row per method and density; Markdown, LaTeX and HTML show methods by
densities. :func:`summary` is the plain text printed at the end of the demo.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from fairprune.reporting import rendering
from fairprune.reporting.labels import keeps_all, label
from fairprune.reporting.rendering import Cell
from fairprune.reporting.runs import ACCURACIES, FEWEST_SEEDS, IN_SHORT
from fairprune.storage import tables
from fairprune.storage.atomic import write_text

_MEAN = "mean"  # column of the mean over densities


def write_headline(table: pd.DataFrame, paths: Mapping[str, Path | str]) -> None:
    """Write the table to the paths of ``parquet``, ``csv``, ``md``, ``tex`` and ``html``.

    The last three have one block per experiment and accuracy, in percent: methods by densities,
    with the highest mean of each density in bold, whatever its interval.
    """
    parts, note = readable(table), about(table)
    tables.write_table(paths["parquet"], table)
    write_text(paths["csv"], table.to_csv(index=False, lineterminator="\n"))
    write_text(paths["md"], rendering.markdown(parts, note))
    write_text(paths["tex"], rendering.latex(parts, note))
    write_text(paths["html"], rendering.html(parts, "Accuracy by method and density", note))


def readable(table: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Format the table for reading: one part per experiment and accuracy, by title, in percent.

    The last column is the mean over a method's densities. With up to ten classes the worst tenth
    is the worst class and has no part of its own.
    """
    parts = {}
    for experiment, results in table.groupby("experiment", sort=True):
        columns = [f"{density:g}" for density in np.sort(results["density"].dropna().unique())]
        columns += [_MEAN] if results["density"].isna().any() else []
        shown = [_MEAN if np.isnan(density) else f"{density:g}" for density in results["density"]]
        for name, text in _told_apart(results).items():
            cells = results.assign(
                column=shown, cell=[_cell(row, name) for _, row in results.iterrows()]
            )
            wide = cells.pivot(index="method", columns="column", values="cell").fillna("")
            wide = wide.loc[results["method"].unique(), columns].rename(index=label)
            parts[f"{experiment}: {text.lower()}"] = wide.rename_axis(columns=None).reset_index()
    return parts


def about(table: pd.DataFrame) -> str:
    """Say what the numbers of :func:`readable` are."""
    seeds = " to ".join(str(n) for n in sorted({table["n_seeds"].min(), table["n_seeds"].max()}))
    seeds += " seed" if seeds == "1" else " seeds"
    level = f"{100 * table['level'].iloc[0]:g}% intervals"
    return f"In percent, by density: mean over {seeds}, with {level}. Bold: the highest mean."


def summary(table: pd.DataFrame, differences: pd.DataFrame) -> str:
    """Plain text: accuracies at the middle density, the fairest method first, and findings.

    With more than ten classes the worst tenth decides, as a single worst class is mostly chance.

    Parameters
    ----------
    table, differences : DataFrame
        From :func:`fairprune.reporting.headline.headline_table` and ``difference_table``.
    """
    texts = []
    for experiment, results in table.groupby("experiment", sort=True):
        kept_all = results["method"].map(keeps_all)
        densities = np.sort(results.loc[~kept_all, "density"].dropna().unique())
        chosen = kept_all
        average, *worst = _told_apart(results)
        title = f"{experiment}: full data"
        findings: list[str] = []
        if len(densities):
            middle = densities[(len(densities) - 1) // 2]
            chosen = kept_all | (results["density"] == middle)
            title = f"{experiment}: density {middle:g} (full data: 1)"
            findings = _findings(differences, str(experiment), middle, worst[-1])
        rows = results[chosen].sort_values([worst[-1], average], ascending=False, kind="stable")
        width = max(len("method"), *rows["label"].str.len())
        shown = {name: f"{IN_SHORT[name]} (%)" for name in (average, *worst)}
        lines = [title, "  ".join([f"{'method':<{width}}", *shown.values()])]
        for row in rows.to_dict("records"):
            values = [f"{100 * row[name]:{len(text)}.1f}" for name, text in shown.items()]
            lines.append("  ".join([f"{row['label']:<{width}}", *values]))
        texts.append("\n".join(lines + findings))
    return "\n\n".join(texts)


def _findings(differences: pd.DataFrame, experiment: str, density: float, worst: str) -> list[str]:
    """List the methods whose worst classes are above or below the full data's, by intervals."""
    if differences.empty:
        return []
    rows = differences[
        (differences["experiment"] == experiment)
        & (differences["baseline"] == "full")
        & (differences["density"] == density)
        & ~differences["method"].map(keeps_all)
    ].sort_values(worst, ascending=False)
    lower, upper = rows[f"{worst}_lower"], rows[f"{worst}_upper"]
    several = rows["n_seeds"] >= FEWEST_SEEDS
    decided = {
        "above": several & (lower > 0),
        "below": several & (upper < 0),
        "not told apart": several & (lower <= 0) & (upper >= 0),
        "not decided, as the only seed says nothing about others": ~several,
    }

    name = IN_SHORT[worst].capitalize()
    lines = [f"\n{name} against the full data's at density {density:g}, points (95% interval):"]
    lines += [
        f"  {word}: {', '.join(_difference(row, worst) for row in rows[where].to_dict('records'))}"
        for word, where in decided.items()
        if where.any()
    ]
    return lines if len(rows) else []


def _difference(row: dict, worst: str) -> str:
    value, lower, upper = (100 * row[f"{worst}{key}"] for key in ("", "_lower", "_upper"))
    return f"{label(row['method'])} {value:+.1f} ({lower:+.1f} to {upper:+.1f})"


def _told_apart(rows: pd.DataFrame) -> dict[str, str]:
    """The accuracies, without the worst tenth if it is always the worst class."""
    same = (rows["worst_tenth_accuracy"] == rows["worst_class_accuracy"]).all()
    return {k: text for k, text in ACCURACIES.items() if k != "worst_tenth_accuracy" or not same}


def _cell(row: pd.Series, name: str) -> Cell:
    value, lower, upper = (f"{100 * row[f'{name}{key}']:.1f}" for key in ("", "_lower", "_upper"))
    return Cell(value, lower, upper, best=bool(row[f"{name}_best"]))
