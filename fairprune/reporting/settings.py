"""Table 1: how the models of each experiment are trained."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

_TRAINING = {
    "epochs": "epochs",
    "drops": "drop epochs",
    "batch_size": "batch",
    "learning_rate": "learning rate",
    "weight_decay": "weight decay",
}


def training_table(experiments: Mapping[str, Mapping[str, Any]]) -> pd.DataFrame:
    """The training settings, one row per experiment.

    Parameters
    ----------
    experiments : mapping of mapping
        For each experiment its resolved ``model`` (with a ``name``), ``dataset`` and ``training``.

    Returns
    -------
    DataFrame
        Columns ``model``, ``dataset``, ``epochs``, ``drop epochs``, ``batch``,
        ``learning rate``, ``weight decay``. Equal rows appear once.
    """
    rows = []
    for entry in experiments.values():
        row = {"model": entry["model"]["name"], "dataset": entry["dataset"]}
        row |= {text: entry["training"][key] for key, text in _TRAINING.items()}
        row["drop epochs"] = ", ".join(str(epoch) for epoch in row["drop epochs"])
        shape = entry["training"].get("schedule", "drops")
        if shape != "drops":
            row["drop epochs"] = shape.replace("_", " ")
        rows.append(row)
    columns = ["model", "dataset", *_TRAINING.values()]
    return pd.DataFrame(rows, columns=columns).drop_duplicates(ignore_index=True)
