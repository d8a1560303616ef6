"""Stage: a final training on a pruned index set, tested at its last epoch."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from fairprune.jobs.cost import Spent, measured
from fairprune.jobs.recovery import CHECKPOINT
from fairprune.library.sampling import fresh_index
from fairprune.metrics import count_correct, recalls
from fairprune.selection import members
from fairprune.stages.inputs import Data, Examples, check_beside, load_model, read_index_set
from fairprune.stages.query import curve_table, outcome_table
from fairprune.storage.atomic import atomic_path
from fairprune.storage.fingerprint import NAME as FINGERPRINT
from fairprune.storage.tables import EPOCHS, FINAL, OUTCOMES, write_table
from fairprune.study.schedule import Schedule
from fairprune.study.sources import training_version
from fairprune.training.checkpoint import load_checkpoint, run_key, save_checkpoint
from fairprune.training.evaluation import observe
from fairprune.training.images import ImageSet
from fairprune.training.loop import train
from fairprune.training.precision import autocast, set_tf32
from fairprune.training.run import Run
from fairprune.training.settings import settings_from

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class FinalFiles:
    """Where a final training writes."""

    result: Path
    outcomes: Path
    epochs: Path
    cost: Path
    weights: Path | None = None


@dataclass(frozen=True)
class FinalModel:
    """What is known of a final model that has been tested."""

    correct: np.ndarray  # (n_test,), bool: whether it classifies each test example correctly
    curve: list[dict[str, Any]]  # rows of the learning curve
    weights: dict[str, Tensor]  # empty unless they are to be kept


def train_final(
    out: FinalFiles,
    *,
    title: str,
    method: str,
    density: str,
    seed: int,
    data_folder: Path,
    pruned: Path,
    model: Mapping[str, Any],
    training: Mapping[str, Any],
    checkpoint_interval_s: float,
    curve_points: int | str,
    device: torch.device,
    training_set: Path | None = None,
    teacher: Path | None = None,
    teacher_recall: Path | None = None,
) -> None:
    """Train a final model on a pruned set, and write its test outcomes and recalls.

    Models of one seed start from the same weights whatever their method and density, so that
    methods can be compared in pairs.

    Parameters
    ----------
    out : FinalFiles
    title, method : str
        Experiment and method, for the log.
    density : str
        As in paths.
    data_folder, pruned : path
        Canonical data set, and the index set to train on.
    model, training : mapping
        Entries of the configuration, resolved.
    checkpoint_interval_s : float
        Least time between two checkpoints; no number depends on it.
    curve_points : int or "auto"
        Validations of the learning curve, see :func:`fairprune.training.curve.n_points`.
    device : torch device
    training_set : path, optional
        What a method that is ``fresh`` in ``training`` draws from, other examples in each epoch
        and as many of each class, or group, as the index set has.
    teacher, teacher_recall : path, optional
        Model and recalls of the query whose logits the loss follows.
    """
    entry = {"model": dict(model), "training": dict(training), "density": float(density)}
    files = {"data": data_folder / FINGERPRINT, "pruned": pruned}
    optional = {"training_set": training_set, "teacher": teacher}
    files |= {name: path for name, path in optional.items() if path is not None}
    settled = {**entry, "seed": seed, "v": training_version(model, training)}
    key = run_key(settled, device=device, **files)

    data = Data.open(data_folder, device)
    classes = data.canonical.labels["train"]
    kept = read_index_set(pruned, classes)
    settings = settings_from(training, checkpoint_interval_s)
    index, draw = kept.index, None
    if training_set is not None:
        index = read_index_set(training_set, classes).index
        draw = _fresh(index, kept.index, data_folder, training["fresh"], seed)
    images = data.images("train", index, settings.max_shift)
    logits = None
    if teacher is not None and teacher_recall is not None:
        check_beside(teacher_recall, model=teacher)
        followed = load_model(data, teacher, model)
        logits = _logits(followed, images, settings.precision, data.n_classes)
    run = Run(
        title=f"{title}/{method}/density{density}/seed{seed}",
        names=("final", seed),
        build=lambda: data.build_model(model),
        n_classes=data.n_classes,
        train=images,
        validation=data.images("validation"),
        schedule=Schedule.of(training).at_density(float(density), training["epochs_rule"]),
        settings=settings,
        draw=draw,
        curve_points=curve_points,
        teacher=logits,
    )

    with measured(
        out.cost, stage="final", name=method, density=density, seed=seed, device=str(device)
    ) as spent:
        checkpoint, keep_weights = out.result.with_suffix(CHECKPOINT), out.weights is not None
        final = tested(run, data, checkpoint, key, spent, keep_weights=keep_weights)
    metadata = {"entry": entry, "seed": seed, "key": key, "epochs": run.schedule.epochs}
    _write(out, final, data, model, kept.labels, metadata)


def _logits(model: nn.Module, images: ImageSet, precision: str, n_classes: int) -> Tensor:
    """Logits (N, K) of a teacher for images without augmentation, up to a constant each."""
    with autocast(precision, images.device):
        logits = observe(model, images, n_classes=n_classes).log_probabilities
    assert logits is not None
    return logits


def _fresh(
    index: np.ndarray, kept: np.ndarray, data_folder: Path, part: str, seed: int
) -> Callable[[int], np.ndarray]:
    """Draws the positions in ``index`` of each epoch, of each part as many as are kept.

    ``part`` is "class" or "group", or "all" for draws whatever the class.
    """
    labels = np.zeros(len(index), np.int64)
    if part != "all":
        examples = Examples.read(data_folder / "examples.parquet")
        labels = examples.parts(part).labels["train"][index]
    counts = np.bincount(labels)
    quotas = np.bincount(labels[np.searchsorted(index, kept)], minlength=len(counts)).tolist()
    pools = members(labels, counts, np.arange(len(index)))
    return lambda epoch: fresh_index(pools, quotas, epoch - 1, "fresh", seed)


def tested(
    run: Run, data: Data, checkpoint: Path, key: str, spent: Spent, *, keep_weights: bool = False
) -> FinalModel:
    """Train a model, or go on from its checkpoint, and test it.

    The outcomes take the place of the training's state in the checkpoint, which stays until
    Snakemake has accepted the job: a failure after the training costs no second training. But if
    ``keep_weights`` is asked for and the checkpoint has no weights, the model is trained again.
    """
    known = load_checkpoint(checkpoint, key, torch.device("cpu"))
    lacks_weights = keep_weights and not (known or {}).get("weights")
    if known is not None and "correct" in known and not lacks_weights:
        log.info("%s: trained and tested before", run.title)
        spent.earlier_s = known.get("time_s", 0.0)
        return FinalModel(
            known["correct"].numpy(), known.get("curve", []), known.get("weights", {})
        )

    trained = train(run, checkpoint, key)
    spent.earlier_s = trained.earlier_s
    set_tf32(run.settings.precision, data.device)  # which a job that was resumed has not done yet
    mirrored = run.settings.flip_at_test
    correct = observe(trained.model, data.images("test"), mirrored=mirrored).correct.cpu()
    state = trained.model.state_dict() if keep_weights else {}
    weights = {name: tensor.cpu().contiguous() for name, tensor in state.items()}
    done = {"correct": correct, "curve": trained.curve, "weights": weights}
    save_checkpoint(checkpoint, key, done | {"time_s": spent.time_s})
    return FinalModel(correct.numpy(), trained.curve, weights)


def _write(
    out: FinalFiles,
    final: FinalModel,
    data: Data,
    model: Mapping[str, Any],
    trained_on: np.ndarray,
    metadata: dict[str, Any],
) -> None:
    """Write all but the cost; ``trained_on`` has the class (n_train,) of each training example."""
    correct, labels = final.correct, data.canonical.labels["test"]
    if out.weights is not None:
        _write_weights(out.weights, final.weights, model, data)
    write_table(out.epochs, curve_table(final.curve), schema=EPOCHS, metadata=metadata)
    write_table(out.outcomes, outcome_table(correct, labels), schema=OUTCOMES, metadata=metadata)
    table = final_table(correct, labels, trained_on, data.canonical.class_names)
    write_table(out.result, table, schema=FINAL, metadata=metadata)


def _write_weights(
    path: Path, weights: Mapping[str, Tensor], model: Mapping[str, Any], data: Data
) -> None:
    """What :func:`fairprune.library.weights.load_model` reads."""
    known = data.canonical.fingerprint
    about = {
        "weights": dict(weights),
        "model": dict(model),
        "sizes": list(data.model_sizes),
        "class_names": list(data.canonical.class_names),
        **{"kind": known.kind, "mean": list(known.mean), "std": list(known.std)},
    }
    with atomic_path(path) as temporary, open(temporary, "wb") as file:
        torch.save(about, file)


def final_table(
    correct: np.ndarray, labels: np.ndarray, trained_on: np.ndarray, names: Sequence[str]
) -> dict[str, Any]:
    """Columns of a final result.

    Parameters
    ----------
    correct : ndarray of shape (n_test,), bool
    labels : ndarray of shape (n_test,), int64
    trained_on : ndarray of shape (n_train,), int64
        Class of each training example.
    names : sequence of K str
    """
    n_correct, n_test = count_correct(correct, labels, len(names))
    return {
        "class": np.arange(len(names)),
        "class_name": list(names),
        "n_train": np.bincount(trained_on, minlength=len(names)),
        "n_test": n_test,
        "n_correct": n_correct,
        "recall": recalls(n_correct, n_test),
    }
