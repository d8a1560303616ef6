"""Stage: query trainings, one per seed; each leaves a model, a record and validation recalls."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from fairprune.atomic import atomic_path
from fairprune.costs import measured
from fairprune.provenance import file_hash, is_finished, run_key
from fairprune.records import write_record
from fairprune.schedule import Schedule
from fairprune.stages.inputs import Data, read_index_set
from fairprune.tables import RECALL, write_table
from fairprune.training import Run, Settings, Trained, train
from fairprune.version import TRAINING_VERSION

log = logging.getLogger(__name__)

_SCHEDULE = ("epochs", "drops", "epochs_rule")


@dataclass(frozen=True)
class QueryFiles:
    """Where one query training writes."""

    recall: Path
    model: Path
    record: Path
    cost: Path

    @classmethod
    def of(cls, *paths: str) -> QueryFiles:
        """From the paths of the recalls, the model, the record and the cost."""
        return cls(*map(Path, paths))

    @property
    def checkpoint(self) -> Path:
        """Progress of the training, beside its results while it lasts."""
        return self.model.with_name("checkpoint.pt")

    def finished(self, key: str) -> bool:
        """Whether all files are there and belong to the run of this key."""
        beside = {"model": self.model, "record": self.record}
        return is_finished(self.recall, key, beside) and self.cost.exists()


def train_queries(
    files: Mapping[int, QueryFiles],
    *,
    title: str,
    query: str,
    data_folder: Path,
    training_set: Path,
    model: Mapping[str, Any],
    training: Mapping[str, Any],
    recall_epoch: str,
    device: torch.device,
) -> None:
    """Train one query model per seed; finished ones with unchanged inputs are kept.

    Parameters
    ----------
    files : mapping of seed -> QueryFiles
    title, query : str
        Experiment and query, for the log and the random streams.
    data_folder, training_set : path
        Canonical data set, and the index set to train on.
    model, training : mapping
        Entries of the configuration, resolved.
    recall_epoch : {"last", "best"}
        The epoch whose validation recalls are reported; best by validation accuracy.
    device : torch device
    """
    data = Data.open(data_folder, device)
    chosen = read_index_set(training_set)
    inputs = {"examples": data_folder / "examples.parquet", "training_set": training_set}
    entry = {"model": dict(model), "training": dict(training), "recall_epoch": recall_epoch}
    images = None
    for seed, out in files.items():
        key = run_key({**entry, "query": query, "seed": seed, "v": TRAINING_VERSION}, inputs)
        if out.finished(key):
            log.info("%s/%s/seed%d: finished before, kept", title, query, seed)
            for path in (out.model, out.record, out.cost, out.recall):
                path.touch()
            continue
        if images is None:
            images = data.images("train", chosen.index), data.images("validation")
        run = Run(
            title=f"{title}/{query}/seed{seed}",
            names=("query", query, seed),
            build=lambda: data.build_model(model),
            n_classes=data.n_classes,
            train=images[0],
            validation=images[1],
            schedule=Schedule(training["epochs"], tuple(training["drops"])),
            settings=settings_from(training),
        )
        with measured(out.cost, stage="query", name=query, seed=seed, device=str(device)):
            trained = train(run, out.checkpoint, key)
        _write(out, trained, data, recall_epoch, {"entry": entry, "seed": seed, "key": key})
    for out in files.values():
        out.checkpoint.unlink(missing_ok=True)


def settings_from(training: Mapping[str, Any]) -> Settings:
    """Settings of the loop from a ``training`` entry of the configuration."""
    own = {key: value for key, value in training.items() if key not in _SCHEDULE}
    return Settings(**{**own, "record": tuple(own.get("record", ()))})


def _write(
    out: QueryFiles, trained: Trained, data: Data, recall_epoch: str, metadata: dict[str, Any]
) -> None:
    """The model and the record first, the recalls, which vouch for them, last."""
    out.model.parent.mkdir(parents=True, exist_ok=True)
    with atomic_path(out.model) as temporary:
        torch.save(trained.model.state_dict(), temporary)
    write_record(out.record, trained.record)
    n_correct = trained.validation[reported_epoch(trained.validation, recall_epoch)]
    labels = data.canonical.labels["validation"]
    write_table(
        out.recall,
        recall_table(n_correct, np.bincount(labels, minlength=data.n_classes), data),
        schema=RECALL,
        metadata={
            **metadata,
            "files": {"model": file_hash(out.model), "record": file_hash(out.record)},
        },
    )


def reported_epoch(validation: Mapping[int, np.ndarray], recall_epoch: str) -> int:
    """The last epoch, or the first with the most correct validation examples."""
    if recall_epoch == "last":
        return max(validation)
    return max(sorted(validation), key=lambda epoch: validation[epoch].sum())


def recall_table(
    n_correct: np.ndarray, n_validation: np.ndarray, data: Data
) -> dict[str, Sequence[Any]]:
    """Columns of ``recall.parquet``; the recall of a class without examples is null."""
    recall = [
        correct / total if total else None
        for correct, total in zip(n_correct.tolist(), n_validation.tolist(), strict=True)
    ]
    return {
        "class": np.arange(data.n_classes),
        "class_name": list(data.canonical.class_names),
        "n_validation": n_validation,
        "n_correct": n_correct,
        "recall": recall,
    }
