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
    """The training settings, one row an experiment.

    Parameters
    ----------
    experiments : mapping of mapping
        For each experiment ``model`` and ``dataset`` (a name, or a mapping with ``name``) and
        ``training`` with ``epochs``, ``drops``, ``batch_size``, ``learning_rate`` and
        ``weight_decay``.

    Returns
    -------
    DataFrame
        Columns ``model``, ``dataset``, ``epochs``, ``drop epochs``, ``batch``,
        ``learning rate``, ``weight decay``; equal rows appear once.
    """
    rows = []
    for name, entry in experiments.items():
        missing = [k for k in ("model", "dataset", "training") if k not in entry]
        missing += [f"training.{k}" for k in _TRAINING if k not in entry.get("training", {})]
        if missing:
            raise ValueError(f"experiment {name!r} lacks {', '.join(missing)}")
        row = {key: _name(entry[key]) for key in ("model", "dataset")}
        row |= {text: entry["training"][key] for key, text in _TRAINING.items()}
        row["drop epochs"] = ", ".join(str(epoch) for epoch in row["drop epochs"])
        shape = entry["training"].get("schedule", "drops")
        if shape != "drops":
            row["drop epochs"] = shape.replace("_", " ")
        rows.append(row)
    columns = ["model", "dataset", *_TRAINING.values()]
    return pd.DataFrame(rows, columns=columns).drop_duplicates(ignore_index=True)


def _name(entry: object) -> str:
    return str(entry["name"] if isinstance(entry, Mapping) else entry)
