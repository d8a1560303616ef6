"""Stage: what scores, quotas and methods cost, added up over seeds and densities.

Times are here, so that the files carry ``costs`` in their names and no other table changes from run
to run.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from fairprune.reporting.rendering import html, markdown
from fairprune.storage.atomic import write_text
from fairprune.storage.tables import COSTS, read_table, write_table

TIMES = ("query_time_s", "score_time_s", "round_time_s", "selection_time_s", "final_time_s")


def write_costs(
    outputs: Mapping[str, Path],
    *,
    costs: Path,
    sources: Mapping[str, Mapping[str, Mapping[str, str]]],
) -> None:
    """Write an experiment's summary of costs as Parquet, Markdown and HTML.

    Parameters
    ----------
    outputs : mapping
        Path of each format: ``parquet``, ``md``, ``html``.
    costs : path
        ``{experiment}/costs.parquet``.
    sources
        As in :func:`cost_table`.
    """
    table = cost_table(read_table(costs, COSTS).to_pandas(), sources)
    write_table(outputs["parquet"], table)
    parts = _readable(table)
    write_text(outputs["md"], markdown(parts))
    write_text(outputs["html"], html(parts, "Costs"))


def cost_table(
    costs: pd.DataFrame, sources: Mapping[str, Mapping[str, Mapping[str, str]]]
) -> pd.DataFrame:
    """One row a score, a quota that uses recalls or rounds of trainings, and a method.

    Parameters
    ----------
    costs : DataFrame
        Rows of ``costs.parquet`` of one experiment.
    sources : mapping of kind -> name -> entry
        The kinds ``score`` and ``quota``; an entry has ``definition`` and ``query``, which is None
        for a quota that is trained in rounds.

    Returns
    -------
    DataFrame
        Columns ``experiment``, ``kind``, ``name``, ``definition``, ``query``, ``n_trainings``
        (of the query or the rounds; for a method, final ones), the sums in ``TIMES`` (missing where
        the kind has no such stage), ``memory_mb`` (largest of all steps), ``device``. A query that
        several scores share counts in each of them.
    """
    rows = []
    for kind, entries in sources.items():
        for name, entry in entries.items():
            trained = "round" if entry["query"] is None else "query"
            steps = {trained: _steps(costs, trained, entry["query"] or name)}
            if kind == "score":
                steps["score"] = _steps(costs, "score", name)
            about = {key: entry[key] for key in ("definition", "query")}
            rows.append({"kind": kind, "name": name} | about | _sums(steps, trained))
    methods = costs.loc[costs["stage"] == "final", "name"].unique()
    for name in methods:
        steps = {stage: _steps(costs, stage, name) for stage in ("selection", "final")}
        rows.append({"kind": "method", "name": name} | _sums(steps, "final"))
    columns = ["kind", "name", "definition", "query", "n_trainings", *TIMES, "memory_mb", "device"]
    table = pd.DataFrame(rows, columns=columns)
    table.insert(0, "experiment", costs["experiment"].iloc[0])
    return table


def _steps(costs: pd.DataFrame, stage: str, name: str) -> pd.DataFrame:
    return costs[(costs["stage"] == stage) & (costs["name"] == name)]


def _sums(steps: Mapping[str, pd.DataFrame], training: str) -> dict[str, object]:
    """Times by stage, and peak memory, devices and trainings of all."""
    every = pd.concat(steps.values())
    return {
        "n_trainings": len(steps[training]),
        **{f"{stage}_time_s": part["time_s"].sum() for stage, part in steps.items()},
        "memory_mb": every["memory_mb"].max(),
        "device": ", ".join(sorted(every["device"].unique())),
    }


def _readable(table: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Scores and quotas, and methods, with the columns that they have."""
    columns = {
        "name": "name",
        "kind": "kind",
        "definition": "definition",
        "query": "query",
        "n_trainings": "trainings",
        "query_time_s": "query (s)",
        "score_time_s": "score (s)",
        "round_time_s": "rounds (s)",
        "memory_mb": "peak memory (MiB)",
        "device": "device",
    }
    methods = {
        "name": "method",
        "n_trainings": "final trainings",
        "selection_time_s": "selection (s)",
        "final_time_s": "final trainings (s)",
        "memory_mb": columns["memory_mb"],
        "device": "device",
    }
    if table["round_time_s"].isna().all():
        del columns["round_time_s"]
    experiment, is_method = table["experiment"].iloc[0], table["kind"] == "method"
    return {
        f"{experiment}: costs of {title}": part[list(shown)].map(_text).rename(columns=shown)
        for title, part, shown in (
            ("scores and quotas, all seeds", table[~is_method], columns),
            ("methods, all densities and seeds", table[is_method], methods),
        )
        if len(part)
    }


def _text(value: object) -> str:
    """Names and counts as they are, times and memory with at most three digits after the point."""
    if pd.isna(value):
        return ""
    return f"{value:,.{0 if value >= 100 else 3}f}" if isinstance(value, float) else str(value)
