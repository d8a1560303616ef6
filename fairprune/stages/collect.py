"""Stage: many small result files into the tables of an experiment and of the whole study."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from fairprune.jobs.cost import read_cost
from fairprune.metrics import fairness, worst_class
from fairprune.stages.inputs import read_index_set, read_labels
from fairprune.storage.tables import (
    CLASS_COUNTS,
    CLASS_METRICS,
    COSTS,
    FINAL,
    GROUP_FINAL,
    GROUP_METRICS,
    METRICS,
    read_metadata,
    read_table,
    write_table,
)

_RUN_PATH = re.compile(
    r"(?P<experiment>[^/]+)/(?:final|group_final|pruned)/(?P<method>[^/]+)"
    r"/density(?P<density>[^/]+)/seed(?P<seed>\d+)\.parquet$"
)


@dataclass(frozen=True)
class Result:
    """One file of a final training or a pruned set, and the run it belongs to."""

    experiment: str
    method: str
    density: float
    seed: int
    path: Path

    @classmethod
    def of(cls, path: str | Path) -> Result:
        """From ``{experiment}/final/{method}/density{density}/seed{seed}.parquet``.

        In place of ``final`` also ``group_final`` or ``pruned``.
        """
        match = _RUN_PATH.search(str(path))
        if match is None:
            raise ValueError(f"{path} is not the path of a final result or a pruned set")
        run = match.groupdict()
        density, seed = float(run["density"]), int(run["seed"])
        return cls(run["experiment"], run["method"], density, seed, Path(path))

    @property
    def run(self) -> dict[str, Any]:
        """The first four columns of the tables."""
        return {key: value for key, value in vars(self).items() if key != "path"}


def metrics_rows(results: Sequence[Result]) -> list[dict[str, Any]]:
    """A row of the ``metrics`` table for each final training."""
    rows = []
    for result in results:
        table = read_table(result.path, FINAL).to_pandas()
        tested = table[table["n_test"] > 0]
        row = result.run | fairness(tested["recall"], n_test=tested["n_test"])
        row["n_train"] = int(table["n_train"].sum())
        row["epochs"] = read_metadata(result.path)["epochs"]
        row["worst_class"] = tested["class_name"].iloc[worst_class(tested["recall"])]
        rows.append(row)
    return rows


def group_metrics_rows(results: Sequence[Result]) -> list[dict[str, Any]]:
    """A row of the ``group_metrics`` table for each final training."""
    rows = []
    for result in results:
        table = read_table(result.path, GROUP_FINAL).to_pandas()
        tested = table[table["n_test"] > 0]
        row = result.run | fairness(tested["recall"], n_test=tested["n_test"])
        row["n_groups"] = len(tested)
        row["worst_group_accuracy"] = row.pop("worst_class_accuracy")
        row["worst_group"] = tested["group_name"].iloc[worst_class(tested["recall"])]
        rows.append(row)
    return rows


def class_rows(results: Sequence[Result], n_class: Mapping[int, int]) -> list[dict[str, Any]]:
    """K rows for each final training, with ``n_test`` and ``n_correct`` besides the contract's.

    Parameters
    ----------
    n_class : mapping of class -> size in the experiment's training set
    """
    rows = []
    for result in results:
        for row in read_table(result.path, FINAL).to_pylist():
            density = row["n_train"] / n_class[row["class"]] if n_class[row["class"]] else 0.0
            rows.append(result.run | row | {"class_density": density})
    return rows


def count_rows(
    results: Sequence[Result], training_set: Path, examples: Path
) -> list[dict[str, Any]]:
    """K rows for each pruned set: sizes of the classes before and after."""
    names = read_labels(examples, "train")[1]
    before = class_sizes(training_set, len(names))
    rows = []
    for result in results:
        after = np.bincount(read_index_set(result.path).labels, minlength=len(names))
        for k, name in enumerate(names):
            rows.append(
                result.run
                | {"class": k, "class_name": name, "n_class": before[k], "n_train": int(after[k])}
                | {"class_density": after[k] / before[k] if before[k] else 0.0}
            )
    return rows


def class_sizes(training_set: Path, n_classes: int) -> dict[int, int]:
    """Size of each class in an experiment's training set."""
    counts = np.bincount(read_index_set(training_set).labels, minlength=n_classes)
    return dict(enumerate(counts.tolist()))


def write_metrics(
    outputs: Mapping[str, Path],
    *,
    experiment: str,
    results: Sequence[Result],
    costs: Sequence[Path],
    training_set: Path,
    examples: Path,
) -> None:
    """Write ``metrics``, ``class_metrics`` and ``costs`` of one experiment."""
    sizes = class_sizes(training_set, len(read_labels(examples, "train")[1]))
    write_rows(outputs["metrics"], metrics_rows(results), METRICS)
    rows = class_rows(results, sizes)
    write_rows(outputs["class_metrics"], rows, CLASS_METRICS)
    cost_rows = [{"experiment": experiment, **read_cost(path)} for path in costs]
    write_rows(outputs["costs"], cost_rows, COSTS)


def write_group_metrics(output: Path, *, results: Sequence[Result]) -> None:
    """Write the metrics over groups, from the final results by group."""
    write_rows(output, group_metrics_rows(results), GROUP_METRICS)


def write_class_counts(
    output: Path, *, results: Sequence[Result], training_set: Path, examples: Path
) -> None:
    """Write the class sizes of every pruned set; needs no final training."""
    rows = count_rows(results, training_set, examples)
    write_rows(output, rows, CLASS_COUNTS)


def concatenate(output: Path, inputs: Sequence[Path], schema: pa.Schema) -> None:
    """One table of all experiments, in their order."""
    write_table(output, pa.concat_tables(read_table(p, schema) for p in inputs), schema=schema)


def write_rows(output: Path, rows: Sequence[Mapping[str, Any]], schema: pa.Schema) -> None:
    """Write rows, keeping the columns of ``schema``."""
    columns = {name: [row[name] for row in rows] for name in schema.names}
    arrays = [pa.array(columns[field.name], field.type) for field in schema]
    write_table(output, pa.Table.from_arrays(arrays, schema=schema), schema=schema)
