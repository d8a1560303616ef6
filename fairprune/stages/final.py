"""Stage: final trainings on pruned index sets, tested at their last epoch."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from fairprune.costs import measured
from fairprune.evaluation import class_counts_correct, observe
from fairprune.provenance import is_finished, run_key
from fairprune.schedule import Schedule
from fairprune.stages.inputs import Data, IndexSet, read_index_set
from fairprune.stages.query import settings_from
from fairprune.tables import FINAL, write_table
from fairprune.training import Run, train
from fairprune.version import TRAINING_VERSION

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class FinalFiles:
    """What one final training reads and writes."""

    pruned: Path
    result: Path
    cost: Path

    @classmethod
    def of(cls, *paths: str) -> FinalFiles:
        """From the paths of the pruned set, the result and the cost."""
        return cls(*map(Path, paths))

    @property
    def checkpoint(self) -> Path:
        """Progress of the training, beside its result while it lasts."""
        return self.result.with_suffix(".checkpoint.pt")


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
    title, method : str
        Experiment and method, for the log.
    data_folder : path
        Canonical data set.
    model, training : mapping
        Entries of the configuration, resolved.
    device : torch device
    """
    data = Data.open(data_folder, device)
    for (density, seed), out in files.items():
        run_title = f"{title}/{method}/density{density}/seed{seed}"
        entry = {"model": dict(model), "training": dict(training), "density": float(density)}
        inputs = {"examples": data_folder / "examples.parquet", "pruned": out.pruned}
        key = run_key({**entry, "seed": seed, "v": TRAINING_VERSION}, inputs)
        if is_finished(out.result, key) and out.cost.exists():
            log.info("%s: finished before, kept", run_title)
            out.result.touch()
            out.cost.touch()
            continue
        pruned = read_index_set(out.pruned)
        run = _run(run_title, seed, data, pruned, model, training, density)
        cost = {"name": method, "density": density, "seed": seed, "device": str(device)}
        with measured(out.cost, stage="final", **cost):
            trained = train(run, out.checkpoint, key)
        test = data.images("test")
        n_correct = class_counts_correct(
            observe(trained.model, test).correct, test.labels, data.n_classes
        )
        write_table(
            out.result,
            _final_table(data, pruned.labels, n_correct),
            schema=FINAL,
            metadata={"entry": entry, "seed": seed, "key": key, "epochs": trained.epochs},
        )
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


def _final_table(data: Data, labels: np.ndarray, n_correct: np.ndarray) -> dict[str, Any]:
    n_test = np.bincount(data.canonical.labels["test"], minlength=data.n_classes)
    return {
        "class": np.arange(data.n_classes),
        "class_name": list(data.canonical.class_names),
        "n_train": np.bincount(labels, minlength=data.n_classes),
        "n_test": n_test,
        "n_correct": n_correct,
        "recall": [c / n if n else None for c, n in zip(n_correct, n_test, strict=True)],
    }
