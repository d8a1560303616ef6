"""Stage: a query training; it leaves a model, a record, outcomes and recalls.

The outcomes are those on the validation split. A query with folds trains once without each fold of
the training set; its outcomes, and its record, are those on the fold that it has not seen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from fairprune.algorithms.folds import stratified_folds
from fairprune.jobs.cost import measured
from fairprune.jobs.recovery import CHECKPOINT
from fairprune.metrics import count_correct, recalls
from fairprune.selection import random_priorities
from fairprune.stages.inputs import Data, IndexSet, read_index_set
from fairprune.storage.atomic import atomic_path, file_hash
from fairprune.storage.fingerprint import NAME as FINGERPRINT
from fairprune.storage.tables import EPOCHS, OUTCOMES, RECALL, write_table
from fairprune.study.schedule import Schedule
from fairprune.study.sources import training_version
from fairprune.training.checkpoint import run_key
from fairprune.training.evaluation import observe
from fairprune.training.loop import Trained, train
from fairprune.training.precision import autocast
from fairprune.training.record import write_record
from fairprune.training.run import Run
from fairprune.training.settings import settings_from


@dataclass(frozen=True)
class QueryFiles:
    """Where a query training writes."""

    recall: Path
    model: Path
    record: Path
    outcomes: Path
    epochs: Path
    cost: Path


def train_query(
    out: QueryFiles,
    *,
    title: str,
    query: str,
    seed: int,
    data_folder: Path,
    training_set: Path,
    model: Mapping[str, Any],
    training: Mapping[str, Any],
    recall_epoch: str,
    checkpoint_interval_s: float,
    curve_points: int | str,
    device: torch.device,
) -> None:
    """Train the query model of a seed, or go on from its checkpoint.

    Parameters
    ----------
    out : QueryFiles
    title, query : str
        Experiment and query, for the log and the random streams.
    data_folder, training_set : path
        Canonical data set, and the index set to train on.
    model, training : mapping
        Entries of the configuration, resolved. With ``folds`` in ``training``, the number of
        folds, the seed is the number of the fold that is left out.
    recall_epoch : {"last", "best"}
        The epoch whose validation outcomes are reported; best by validation accuracy.
    checkpoint_interval_s : float
        Least time between two checkpoints; no number depends on it.
    curve_points : int or "auto"
        Validations of the learning curve, see :func:`fairprune.training.curve.n_points`.
    device : torch device
    """
    entry = {"model": dict(model), "training": dict(training), "recall_epoch": recall_epoch}
    key = run_key(
        {**entry, "query": query, "seed": seed, "v": training_version(model, training)},
        device=device,
        data=data_folder / FINGERPRINT,
        training_set=training_set,
    )
    data = Data.open(data_folder, device)
    settings = {name: value for name, value in training.items() if name != "folds"}
    chosen = read_index_set(training_set, data.canonical.labels["train"])
    index, held_out = _folded(chosen, data, query, training.get("folds"), seed)
    records = training["record"]
    run = Run(
        title=f"{title}/{query}/seed{seed}",
        names=("query", query, seed),
        build=lambda: data.build_model(model),
        n_classes=data.n_classes,
        train=data.images("train", index),
        validation=data.images("validation"),
        schedule=Schedule.of(training),
        settings=settings_from(settings, checkpoint_interval_s),
        curve_points=curve_points,
        watched=data.images("train", held_out) if held_out is not None and records else None,
    )

    with measured(out.cost, stage="query", name=query, seed=seed, device=str(device)) as spent:
        trained = train(run, out.recall.with_suffix(CHECKPOINT), key)
        spent.earlier_s = trained.earlier_s
        if held_out is None:
            correct = trained.validation[reported_epoch(trained.validation, recall_epoch)]
            outcomes = outcome_table(correct, data.canonical.labels["validation"])
        else:
            correct = correct_on(data, held_out, trained.model, run.settings.precision)
            outcomes = outcome_table(correct, data.canonical.labels["train"][held_out], held_out)

    metadata = {"entry": entry, "seed": seed, "key": key}
    if held_out is not None:
        metadata["split"] = "train"
    _write(out, trained, outcomes, data.canonical.class_names, metadata)


def _folded(
    chosen: IndexSet, data: Data, query: str, n_folds: int | None, fold: int
) -> tuple[np.ndarray, np.ndarray | None]:
    """Canonical indices to train on, and those of the fold left out; None without folds."""
    if n_folds is None:
        return chosen.index, None
    priorities = random_priorities(len(data.canonical.labels["train"]), "folds", query)
    folds = stratified_folds(chosen.labels, n_folds, priorities[chosen.index])
    return chosen.index[folds != fold], chosen.index[folds == fold]


def correct_on(data: Data, index: np.ndarray, model: nn.Module, precision: str) -> np.ndarray:
    """Whether training examples (n,) are classified correctly, without augmentation."""
    if len(index) == 0:
        return np.zeros(0, dtype=bool)
    with autocast(precision, data.device):
        return observe(model, data.images("train", index)).correct.cpu().numpy()


def _write(
    out: QueryFiles,
    trained: Trained,
    outcomes: Mapping[str, Any],
    class_names: Sequence[str],
    metadata: dict[str, Any],
) -> None:
    """The recalls, which hold the hashes of the model and the record, last."""
    with atomic_path(out.model) as temporary, open(temporary, "wb") as file:
        torch.save(trained.model.state_dict(), file)  # a name would end up in the bytes
    write_record(out.record, trained.record)
    write_table(out.epochs, curve_table(trained.curve), schema=EPOCHS, metadata=metadata)

    write_table(out.outcomes, outcomes, schema=OUTCOMES, metadata=metadata)
    hashes = {name: file_hash(getattr(out, name)) for name in ("model", "record")}
    table = recall_table(outcomes["correct"], outcomes["label"], class_names)
    write_table(out.recall, table, schema=RECALL, metadata={**metadata, "files": hashes})


def curve_table(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Columns of ``epochs.parquet``, of rows of a learning curve."""
    return {name: [row[name] for row in rows] for name in EPOCHS.names}


def reported_epoch(validation: Mapping[int, np.ndarray], recall_epoch: str) -> int:
    """The last epoch, or the first with the most correct validation examples."""
    if recall_epoch == "last":
        return max(validation)
    return max(sorted(validation), key=lambda epoch: validation[epoch].sum())


def outcome_table(
    correct: np.ndarray, labels: np.ndarray, index: np.ndarray | None = None
) -> dict[str, Any]:
    """Columns of ``outcomes.parquet``: was each example of a split classified correctly?

    Parameters
    ----------
    correct : ndarray of shape (n,), bool
    labels : ndarray of shape (n,), int64
    index : ndarray of shape (n,), int64, optional
        Positions within the split; by default all of them.
    """
    index = np.arange(len(labels)) if index is None else index
    return {"index": index, "label": labels, "correct": correct}


def recall_table(correct: np.ndarray, labels: np.ndarray, names: Sequence[str]) -> dict[str, Any]:
    """Columns of ``recall.parquet``.

    Parameters
    ----------
    correct : ndarray of shape (n,), bool
    labels : ndarray of shape (n,), int64
        Of the validation split, or of a fold left out.
    names : sequence of K str
    """
    n_correct, n_validation = count_correct(correct, labels, len(names))
    return {
        "class": np.arange(len(names)),
        "class_name": list(names),
        "n_validation": n_validation,
        "n_correct": n_correct,
        "recall": recalls(n_correct, n_validation),
    }
