"""Stage: the index set that an experiment trains its queries on and prunes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fairprune.algorithms.long_tail import training_set
from fairprune.stages.inputs import read_labels
from fairprune.storage.tables import PRUNED, write_table


def write_training_set(table: Path, *, examples: Path, settings: Mapping[str, Any]) -> None:
    """Write the experiment's training set: ``index`` ascending and ``label``."""
    labels, class_names = read_labels(examples, "train")
    index = training_set(labels, len(class_names), **settings)
    columns = {"index": index, "label": labels[index]}
    write_table(table, columns, schema=PRUNED, metadata={"entry": dict(settings)})
