"""Stage: one training of a round, on random examples within the quotas so far.

The model is tested on what it has not seen: the training examples left out, without augmentation,
and the validation split. A round trains as a final model does at its density, with the plain loss.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from fairprune import selection
from fairprune.jobs.cost import measured
from fairprune.jobs.recovery import CHECKPOINT
from fairprune.stages.inputs import Data, Examples, IndexSet, read_index_set
from fairprune.stages.query import correct_on
from fairprune.storage.atomic import file_hash
from fairprune.storage.fingerprint import NAME as FINGERPRINT
from fairprune.storage.tables import (
    ROUND_OUTCOMES,
    ROUND_QUOTAS,
    read_metadata,
    read_table,
    write_table,
)
from fairprune.study.schedule import Schedule
from fairprune.study.sources import training_version
from fairprune.training.checkpoint import run_key
from fairprune.training.loop import train
from fairprune.training.run import Run
from fairprune.training.settings import settings_from


@dataclass(frozen=True)
class RoundFiles:
    """Where a training of a round writes."""

    outcomes: Path
    cost: Path


def train_round(
    out: RoundFiles,
    *,
    title: str,
    quota: str,
    density: str,
    number: int,
    seed: int,
    data_folder: Path,
    training_set: Path,
    quotas: Path,
    model: Mapping[str, Any],
    training: Mapping[str, Any],
    checkpoint_interval_s: float,
    device: torch.device,
) -> None:
    """Train on random examples within the quotas of a round, and write the outcomes on the rest.

    The examples, the initial weights and the batches come from streams that the quota, the density,
    the round and the seed name, and no other training shares.

    Parameters
    ----------
    out : RoundFiles
    title, quota : str
        Experiment and quota, for the log and the random streams.
    density : str
        As in paths.
    number, seed : int
        Of the round, from 1, and of the training in it.
    data_folder, training_set : path
        Canonical data set, and the index set that the quotas choose from.
    quotas : path
        Of this round.
    model, training : mapping
        Entries of the configuration, resolved.
    checkpoint_interval_s : float
        Least time between two checkpoints; no number depends on it.
    device : torch device
    """
    entry = {"model": dict(model), "training": dict(training), "density": float(density)}
    names = ("round", quota, density, number, seed)
    key = run_key(
        {**entry, "names": list(names), "v": training_version(model, training)},
        device=device,
        data=data_folder / FINGERPRINT,
        training_set=training_set,
        quotas=quotas,
    )
    data, settings = Data.open(data_folder, device), settings_from(training, checkpoint_interval_s)
    chosen = read_index_set(training_set, data.canonical.labels["train"])
    index = chosen_index(chosen, quotas, data_folder / "examples.parquet", names)
    left_out = np.setdiff1d(chosen.index, index)
    run = Run(
        title=f"{title}/{quota}/density{density}/round{number}/seed{seed}",
        names=names,
        build=lambda: data.build_model(model),
        n_classes=data.n_classes,
        train=data.images("train", index, settings.max_shift),
        validation=data.images("validation"),
        schedule=Schedule.of(training).at_density(float(density), training["epochs_rule"]),
        settings=settings,
    )

    with measured(
        out.cost,
        stage="round",
        name=quota,
        density=density,
        round_number=number,
        seed=seed,
        device=str(device),
    ) as spent:
        trained = train(run, out.outcomes.with_suffix(CHECKPOINT), key)
        spent.earlier_s = trained.earlier_s
        correct = correct_on(data, left_out, trained.model, settings.precision)

    validation = trained.validation[run.schedule.epochs]
    metadata = {"entry": entry, "seed": seed, "key": key, "quotas": file_hash(quotas)}
    table = _outcomes(data, left_out, correct, validation)
    write_table(out.outcomes, table, schema=ROUND_OUTCOMES, metadata=metadata)


def chosen_index(
    chosen: IndexSet, quotas: Path, examples: Path, names: tuple[str | int, ...]
) -> np.ndarray:
    """Random canonical indices within quotas of classes, or of groups, ascending."""
    part = read_metadata(quotas)["entry"].get("by", "class")
    labels = Examples.read(examples).parts(part).labels["train"][chosen.index]
    wanted = read_table(quotas, ROUND_QUOTAS)["quota"].to_numpy()
    priorities = selection.random_priorities(len(labels), *names, "examples")
    positions = selection.keep(labels, int(wanted.sum()), quotas=wanted, scores=priorities)
    return chosen.index[positions]


def _outcomes(
    data: Data, left_out: np.ndarray, correct: np.ndarray, validation: np.ndarray
) -> dict[str, Any]:
    """Columns of the outcomes: the training examples left out, then the validation split."""
    labels = data.canonical.labels
    return {
        "index": np.concatenate([left_out, np.arange(len(validation))]),
        "label": np.concatenate([labels["train"][left_out], labels["validation"]]),
        "correct": np.concatenate([correct, validation]),
        "split": ["train"] * len(left_out) + ["validation"] * len(validation),
    }
