"""Stage: query trainings, one per seed; each leaves a model, a record and validation recalls."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from fairprune.jobs.cost import measured
from fairprune.stages.inputs import Data, read_index_set
from fairprune.storage.atomic import atomic_path, file_hash
from fairprune.storage.groups import read_groups
from fairprune.storage.tables import GROUP_RECALL, RECALL, write_table
from fairprune.study.runs import is_finished, query_entry, query_key
from fairprune.study.schedule import Schedule
from fairprune.training.evaluation import count_correct, recalls
from fairprune.training.loop import Run, Trained, settings_from, train
from fairprune.training.record import write_record

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class QueryFiles:
    """Where one query training writes."""

    recall: Path
    model: Path
    record: Path
    cost: Path
    group_recall: Path | None = None

    @classmethod
    def of(cls, *paths: str) -> QueryFiles:
        """From the paths of the recalls, the model, the record, the cost and the group recalls."""
        return cls(*map(Path, paths))

    @property
    def checkpoint(self) -> Path:
        """Progress of the training, beside its results while it lasts."""
        return self.model.with_name("checkpoint.pt")

    @property
    def beside(self) -> dict[str, Path]:
        """The files that the recalls vouch for, by name."""
        files = {"model": self.model, "record": self.record}
        return files | ({"group_recall": self.group_recall} if self.group_recall else {})

    def finished(self, key: str) -> bool:
        """Whether all files are there and belong to the run of this key."""
        return is_finished(self.recall, key, self.beside) and self.cost.exists()


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
        Recalls by group are written where they have a path; the data set then needs groups.
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
    hashes = [file_hash(path) for path in (data_folder / "examples.parquet", training_set)]
    entry = query_entry(model, training, recall_epoch)
    images = None
    for seed, out in files.items():
        key = query_key(entry, query, seed, *hashes)
        if out.finished(key):
            log.info("%s/%s/seed%d: finished before, kept", title, query, seed)
            for path in (*out.beside.values(), out.cost, out.recall):
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


def _write(
    out: QueryFiles, trained: Trained, data: Data, recall_epoch: str, metadata: dict[str, Any]
) -> None:
    """The recalls, which vouch for the other files, last."""
    out.model.parent.mkdir(parents=True, exist_ok=True)
    with atomic_path(out.model) as temporary, open(temporary, "wb") as file:
        torch.save(trained.model.state_dict(), file)  # a name would end up in the bytes
    write_record(out.record, trained.record)
    correct = trained.validation[reported_epoch(trained.validation, recall_epoch)]
    if out.group_recall is not None:
        groups = read_groups(data.folder / "examples.parquet")
        table = recall_table(correct, groups.labels["validation"], groups.names, "group")
        write_table(out.group_recall, table, schema=GROUP_RECALL, metadata=metadata)
    table = recall_table(correct, data.canonical.labels["validation"], data.canonical.class_names)
    hashes = {name: file_hash(path) for name, path in out.beside.items()}
    write_table(out.recall, table, schema=RECALL, metadata={**metadata, "files": hashes})


def reported_epoch(validation: Mapping[int, np.ndarray], recall_epoch: str) -> int:
    """The last epoch, or the first with the most correct validation examples."""
    if recall_epoch == "last":
        return max(validation)
    return max(sorted(validation), key=lambda epoch: validation[epoch].sum())


def recall_table(
    correct: np.ndarray, labels: np.ndarray, names: Sequence[str], part: str = "class"
) -> dict[str, Any]:
    """Columns of ``recall.parquet``, or of ``group_recall.parquet``.

    Parameters
    ----------
    correct : ndarray of shape (n_validation,), bool
    labels : ndarray of shape (n_validation,), int64
        Class or group of each validation example.
    names : sequence of K str
    part : {"class", "group"}
        What the labels are.
    """
    n_correct, n_validation = count_correct(correct, labels, len(names))
    return {
        part: np.arange(len(names)),
        f"{part}_name": list(names),
        "n_validation": n_validation,
        "n_correct": n_correct,
        "recall": recalls(n_correct, n_validation),
    }
