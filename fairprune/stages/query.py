"""Stage: a query training; it leaves a model, a record, validation outcomes and recalls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from fairprune.jobs.cost import measured
from fairprune.jobs.recovery import CHECKPOINT
from fairprune.metrics import count_correct, recalls
from fairprune.stages.inputs import Data, read_index_set
from fairprune.storage.atomic import atomic_path, file_hash
from fairprune.storage.fingerprint import NAME as FINGERPRINT
from fairprune.storage.tables import OUTCOMES, RECALL, write_table
from fairprune.study.schedule import Schedule
from fairprune.training.checkpoint import run_key
from fairprune.training.loop import Run, Trained, train
from fairprune.training.record import write_record
from fairprune.training.settings import settings_from
from fairprune.version import TRAINING_VERSION


@dataclass(frozen=True)
class QueryFiles:
    """Where a query training writes."""

    recall: Path
    model: Path
    record: Path
    outcomes: Path
    cost: Path

    @property
    def checkpoint(self) -> Path:
        """Progress of the training, beside its results until they are accepted."""
        return self.recall.with_suffix(CHECKPOINT)


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
        Entries of the configuration, resolved.
    recall_epoch : {"last", "best"}
        The epoch whose validation outcomes are reported; best by validation accuracy.
    device : torch device
    """
    entry = {"model": dict(model), "training": dict(training), "recall_epoch": recall_epoch}
    key = run_key(
        {**entry, "query": query, "seed": seed, "v": TRAINING_VERSION},
        data=data_folder / FINGERPRINT,
        training_set=training_set,
    )
    data = Data.open(data_folder, device)
    run = Run(
        title=f"{title}/{query}/seed{seed}",
        names=("query", query, seed),
        build=lambda: data.build_model(model),
        n_classes=data.n_classes,
        train=data.images("train", read_index_set(training_set).index),
        validation=data.images("validation"),
        schedule=Schedule.of(training),
        settings=settings_from(training),
    )

    with measured(out.cost, stage="query", name=query, seed=seed, device=str(device)):
        trained = train(run, out.checkpoint, key)

    _write(out, trained, data, recall_epoch, {"entry": entry, "seed": seed, "key": key})


def _write(
    out: QueryFiles, trained: Trained, data: Data, recall_epoch: str, metadata: dict[str, Any]
) -> None:
    """The recalls, which hold the hashes of the model and the record, last."""
    with atomic_path(out.model) as temporary, open(temporary, "wb") as file:
        torch.save(trained.model.state_dict(), file)  # a name would end up in the bytes
    write_record(out.record, trained.record)

    correct = trained.validation[reported_epoch(trained.validation, recall_epoch)]
    labels = data.canonical.labels["validation"]
    write_table(out.outcomes, outcome_table(correct, labels), schema=OUTCOMES, metadata=metadata)
    hashes = {name: file_hash(getattr(out, name)) for name in ("model", "record")}
    table = recall_table(correct, labels, data.canonical.class_names)
    write_table(out.recall, table, schema=RECALL, metadata={**metadata, "files": hashes})


def reported_epoch(validation: Mapping[int, np.ndarray], recall_epoch: str) -> int:
    """The last epoch, or the first with the most correct validation examples."""
    if recall_epoch == "last":
        return max(validation)
    return max(sorted(validation), key=lambda epoch: validation[epoch].sum())


def outcome_table(correct: np.ndarray, labels: np.ndarray) -> dict[str, Any]:
    """Columns of ``outcomes.parquet``: was each example of a split classified correctly?

    Parameters
    ----------
    correct : ndarray of shape (n,), bool
    labels : ndarray of shape (n,), int64
    """
    return {"index": np.arange(len(labels)), "label": labels, "correct": correct}


def recall_table(correct: np.ndarray, labels: np.ndarray, names: Sequence[str]) -> dict[str, Any]:
    """Columns of ``recall.parquet``.

    Parameters
    ----------
    correct : ndarray of shape (n_validation,), bool
    labels : ndarray of shape (n_validation,), int64
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
