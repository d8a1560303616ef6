"""Stage: the index set that an experiment trains its queries on and prunes.

What needs NumPy is imported where it is used: the workflow is planned without.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fairprune.study.experiment import LEAST_TRAINED, Experiment


def write_training_set(table: Path, *, examples: Path, settings: Mapping[str, Any]) -> None:
    """Write the experiment's training set: ``index`` ascending and ``label``."""
    from fairprune.algorithms.long_tail import training_set
    from fairprune.stages.inputs import read_labels
    from fairprune.storage.tables import PRUNED, write_table

    labels, class_names = read_labels(examples, "train")
    index = training_set(labels, len(class_names), **settings)
    columns = {"index": index, "label": labels[index]}
    write_table(table, columns, schema=PRUNED, metadata={"entry": dict(settings)})


def check_densities(experiment: Experiment, table: Path) -> None:
    """Refuse densities that keep too few examples to train on, where the training set is known.

    Parameters
    ----------
    experiment : Experiment
    table : path
        Its training set, which need not be there, or may be of other settings.

    Raises
    ------
    ValueError
        Naming the density and the numbers of examples.
    """
    if not table.exists() or importlib.util.find_spec("pyarrow") is None:
        return  # the job that trains says so
    from fairprune.allocation import n_keep
    from fairprune.storage.tables import PRUNED, read_metadata, read_table

    try:
        n, entry = read_table(table, PRUNED).num_rows, read_metadata(table).get("entry")
    except ValueError:
        return  # the job that reads it says so
    if entry != experiment.training_set:
        return
    for density in experiment.densities:
        if (kept := n_keep(float(density), n)) < LEAST_TRAINED:
            raise ValueError(
                f"experiments.{experiment.name}.densities: {density} keeps {kept} of the {n} "
                f"training examples; a training needs at least {LEAST_TRAINED}"
            )
