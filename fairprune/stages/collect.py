"""Stage: many small result files into the tables of an experiment and of the whole study."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from fairprune.jobs.cost import read_cost
from fairprune.metrics import count_correct, fairness, recalls, worst_class
from fairprune.stages.inputs import (
    Examples,
    Parts,
    check_labels,
    read_index_set,
    read_labels,
)
from fairprune.storage.tables import (
    CLASS_COUNTS,
    CLASS_METRICS,
    COSTS,
    FINAL,
    GROUP_METRICS,
    GROUP_RECALLS,
    METRICS,
    OUTCOMES,
    read_metadata,
    read_table,
    write_table,
)

_RUN_PATH = re.compile(
    r"(?P<experiment>[^/]+)/(?:final|outcomes|epochs|pruned)/(?P<method>[^/]+)"
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

        In place of ``final`` also ``outcomes``, ``epochs`` or ``pruned``.
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


def group_recall_rows(
    outcomes: Sequence[Result], pruned: Sequence[Path], groups: Parts
) -> list[dict[str, Any]]:
    """A row for each group of each final training, from its test outcomes and its pruned set."""
    rows, n_groups = [], len(groups.names)
    for result, kept in zip(outcomes, pruned, strict=True):
        table = read_table(result.path, OUTCOMES)
        check_labels(result.path, table, groups.classes["test"])
        tested = groups.labels["test"][table["index"].to_numpy()]
        n_correct, n_test = count_correct(table["correct"].to_numpy(), tested, n_groups)
        trained_on = groups.labels["train"][read_index_set(kept, groups.classes["train"]).index]
        columns = {
            "group": range(n_groups),
            "group_name": groups.names,
            "n_train": np.bincount(trained_on, minlength=n_groups).tolist(),
            "n_test": n_test.tolist(),
            "n_correct": n_correct.tolist(),
            "recall": recalls(n_correct, n_test),
        }
        values = zip(*columns.values(), strict=True)
        rows += [result.run | dict(zip(columns, row, strict=True)) for row in values]
    return rows


def group_metrics_rows(recall_rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """A row of the ``group_metrics`` table for each final training."""
    rows = []
    runs = ("experiment", "method", "density", "seed")
    for run, part in pd.DataFrame(recall_rows).groupby(list(runs), sort=False):
        tested = part[part["n_test"] > 0]
        recall = tested["recall"].astype(float)
        row = dict(zip(runs, run, strict=True)) | fairness(recall, n_test=tested["n_test"])
        row["n_groups"] = len(tested)
        row["worst_group_accuracy"] = row.pop("worst_class_accuracy")
        row["worst_group"] = tested["group_name"].iloc[worst_class(recall)]
        rows.append(row)
    return rows


def class_rows(
    results: Sequence[Result], training_set: Path, examples: Path
) -> list[dict[str, Any]]:
    """K rows for each final training, with ``n_test`` and ``n_correct`` besides the contract's.

    Parameters
    ----------
    results : sequence of Result
        Final trainings of one experiment.
    training_set, examples : path
        Of the experiment, and of its data set.
    """
    classes, names = read_labels(examples, "train")
    n_class = _sizes(training_set, classes, len(names))
    rows = []
    for result in results:
        for row in read_table(result.path, FINAL).to_pylist():
            density = _class_density(row["n_train"], n_class[row["class"]])
            rows.append(result.run | row | {"class_density": density})
    return rows


def count_rows(
    results: Sequence[Result], training_set: Path, examples: Path
) -> list[dict[str, Any]]:
    """K rows for each pruned set: sizes of the classes before and after."""
    classes, names = read_labels(examples, "train")
    before = _sizes(training_set, classes, len(names))
    rows = []
    for result in results:
        after = _sizes(result.path, classes, len(names))
        for k, name in enumerate(names):
            sizes = {"class": k, "class_name": name, "n_class": before[k], "n_train": after[k]}
            density = _class_density(after[k], before[k])
            rows.append(result.run | sizes | {"class_density": density})
    return rows


def _class_density(n_train: int, n_class: int) -> float:
    return n_train / n_class if n_class else 0.0


def _sizes(index_set: Path, classes: np.ndarray, n_classes: int) -> list[int]:
    return np.bincount(read_index_set(index_set, classes).labels, minlength=n_classes).tolist()


def write_metrics(
    outputs: Mapping[str, Path],
    *,
    experiment: str,
    final: Sequence[Path],
    costs: Sequence[Path],
    training_set: Path,
    examples: Path,
) -> None:
    """Write ``metrics``, ``class_metrics`` and ``costs`` of one experiment."""
    results = [Result.of(path) for path in final]
    write_rows(outputs["metrics"], metrics_rows(results), METRICS)
    rows = class_rows(results, training_set, examples)
    write_rows(outputs["class_metrics"], rows, CLASS_METRICS)
    cost_rows = [{"experiment": experiment, **read_cost(path)} for path in costs]
    write_rows(outputs["costs"], cost_rows, COSTS)


def write_group_metrics(
    outputs: Mapping[str, Path],
    *,
    outcomes: Sequence[Path],
    pruned: Sequence[Path],
    examples: Path,
) -> None:
    """Write ``recalls`` of the groups in every final training, and the ``metrics`` over them."""
    results = [Result.of(path) for path in outcomes]
    rows = group_recall_rows(results, pruned, Examples.read(examples).parts("group"))
    write_rows(outputs["recalls"], rows, GROUP_RECALLS)
    write_rows(outputs["metrics"], group_metrics_rows(rows), GROUP_METRICS)


def write_class_counts(
    table: Path, *, pruned: Sequence[Path], training_set: Path, examples: Path
) -> None:
    """Write the class sizes of every pruned set; needs no final training."""
    rows = count_rows([Result.of(path) for path in pruned], training_set, examples)
    write_rows(table, rows, CLASS_COUNTS)


def concatenate(table: Path, parts: Sequence[Path], schema: pa.Schema) -> None:
    """One table of all experiments, in their order."""
    write_table(table, pa.concat_tables(read_table(p, schema) for p in parts), schema=schema)


def write_rows(output: Path, rows: Sequence[Mapping[str, Any]], schema: pa.Schema) -> None:
    """Write rows, keeping the columns of ``schema``."""
    write_table(output, pa.Table.from_pylist(rows, schema=schema), schema=schema)
