"""Stage: final trainings on pruned index sets, tested at their last epoch."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from fairprune.jobs.cost import measured
from fairprune.stages.inputs import Data, IndexSet, read_index_set
from fairprune.storage.atomic import file_hash
from fairprune.storage.groups import read_groups
from fairprune.storage.tables import FINAL, GROUP_FINAL, write_table
from fairprune.study.runs import final_entry, final_key, is_finished
from fairprune.study.schedule import Schedule
from fairprune.training.evaluation import count_correct, observe, recalls
from fairprune.training.loop import Run, Trained, settings_from, train

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class FinalFiles:
    """What one final training reads and writes."""

    pruned: Path
    result: Path
    cost: Path
    group_result: Path | None = None

    @classmethod
    def of(cls, *paths: str) -> FinalFiles:
        """From the paths of the pruned set, the result, the cost and the result by group."""
        return cls(*map(Path, paths))

    @property
    def checkpoint(self) -> Path:
        """Progress of the training, beside its result while it lasts."""
        return self.result.with_suffix(".checkpoint.pt")

    @property
    def beside(self) -> dict[str, Path]:
        """The files that the result vouches for, by name."""
        return {"group_result": self.group_result} if self.group_result else {}


def train_finals(
    files: Mapping[tuple[str, int], FinalFiles],
    *,
    title: str,
    method: str,
    data_folder: Path,
    model: Mapping[str, Any],
    training: Mapping[str, Any],
    device: torch.device,
) -> None:
    """Train a final model on each pruned set of a method, and write its test recalls.

    Finished runs with unchanged inputs are kept. Models of one seed start from the same
    weights whatever their method and density, so that methods can be compared in pairs.

    Parameters
    ----------
    files : mapping of (canonical density, seed) -> FinalFiles
        Recalls by group are written where they have a path; the data set then needs groups.
    title, method : str
        Experiment and method, for the log.
    data_folder : path
        Canonical data set.
    model, training : mapping
        Entries of the configuration, resolved.
    device : torch device
    """
    data = Data.open(data_folder, device)
    examples = file_hash(data_folder / "examples.parquet")
    for (density, seed), out in files.items():
        run_title = f"{title}/{method}/density{density}/seed{seed}"
        entry = final_entry(model, training, density)
        key = final_key(entry, seed, examples, file_hash(out.pruned))
        if is_finished(out.result, key, out.beside) and out.cost.exists():
            log.info("%s: finished before, kept", run_title)
            for path in (*out.beside.values(), out.result, out.cost):
                path.touch()
            continue
        pruned = read_index_set(out.pruned)
        run = _run(run_title, seed, data, pruned, model, training, density)
        cost: dict[str, Any] = {
            "name": method,
            "density": density,
            "seed": seed,
            "device": str(device),
        }
        with measured(out.cost, stage="final", **cost):
            trained = train(run, out.checkpoint, key)
        metadata = {"entry": entry, "seed": seed, "key": key, "epochs": trained.epochs}
        _write(out, trained, data, pruned, metadata)
    for out in files.values():
        out.checkpoint.unlink(missing_ok=True)


def _run(
    title: str,
    seed: int,
    data: Data,
    pruned: IndexSet,
    model: Mapping[str, Any],
    training: Mapping[str, Any],
    density: str,
) -> Run:
    settings = settings_from(training)
    schedule = Schedule(training["epochs"], tuple(training["drops"]))
    return Run(
        title=title,
        names=("final", seed),
        build=lambda: data.build_model(model),
        n_classes=data.n_classes,
        train=data.images("train", pruned.index, settings.max_shift),
        validation=data.images("validation"),
        schedule=schedule.at_density(float(density), training["epochs_rule"]),
        settings=settings,
    )


def _write(
    out: FinalFiles, trained: Trained, data: Data, pruned: IndexSet, metadata: dict[str, Any]
) -> None:
    """Test the model; the result, which vouches for that by group, last."""
    correct = observe(trained.model, data.images("test")).correct.cpu().numpy()
    if out.group_result is not None:
        groups = read_groups(data.folder / "examples.parquet")
        trained_on = groups.labels["train"][pruned.index]
        table = final_table(correct, groups.labels["test"], trained_on, groups.names, "group")
        write_table(out.group_result, table, schema=GROUP_FINAL, metadata=metadata)
        hashes = {name: file_hash(path) for name, path in out.beside.items()}
        metadata = {**metadata, "files": hashes}
    canonical = data.canonical
    table = final_table(correct, canonical.labels["test"], pruned.labels, canonical.class_names)
    write_table(out.result, table, schema=FINAL, metadata=metadata)


def final_table(
    correct: np.ndarray,
    labels: np.ndarray,
    trained_on: np.ndarray,
    names: Sequence[str],
    part: str = "class",
) -> dict[str, Any]:
    """Columns of a final result, by class or by group.

    Parameters
    ----------
    correct : ndarray of shape (n_test,), bool
    labels : ndarray of shape (n_test,), int64
        Class or group of each test example.
    trained_on : ndarray of shape (n_train,), int64
        That of each training example.
    names : sequence of K str
    part : {"class", "group"}
        What the labels are.
    """
    n_correct, n_test = count_correct(correct, labels, len(names))
    return {
        part: np.arange(len(names)),
        f"{part}_name": list(names),
        "n_train": np.bincount(trained_on, minlength=len(names)),
        "n_test": n_test,
        "n_correct": n_correct,
        "recall": recalls(n_correct, n_test),
    }
