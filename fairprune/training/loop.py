"""The one training loop, for query models and final models (paper, appendix A).

It runs SGD with momentum, or AdamW, on (weighted) cross-entropy. The learning rate drops at given
epochs, goes through one cycle or falls along a cosine. Only final models use augmentation.
Everything random in epoch t comes from streams keyed by the run's names and t, so a run resumed
from a checkpoint ends where an uninterrupted one would.

Change ``TRAINING_VERSION`` in :mod:`fairprune.version` when the results of a training change:
trainings of another version are then redone. Other edits cost nothing.
"""

from __future__ import annotations

import logging
import math
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from fairprune import registry
from fairprune.metrics import count_correct, recalls
from fairprune.seeds import seeded, torch_generator
from fairprune.training.augmentation import augmentation
from fairprune.training.board import board
from fairprune.training.checkpoint import load_checkpoint, save_checkpoint
from fairprune.training.curve import Curve, n_points
from fairprune.training.evaluation import Observation, observe
from fairprune.training.images import Shifts, batch_sizes, placed, spread
from fairprune.training.memory import Memory
from fairprune.training.optimizers import Optimizer, make_optimizer
from fairprune.training.precision import autocast, warn_if_emulated
from fairprune.training.record import Record
from fairprune.training.run import Run, check_run
from fairprune.training.step import Step, with_teacher

PREPARED_ON = 5000  # images at most that a model sees before its first step

log = logging.getLogger(__name__)


class TrainingError(RuntimeError):
    """A training that cannot go on; the message says where and what to change."""


@dataclass
class State:
    """Everything that a training carries from one epoch to the next."""

    model: nn.Module
    optimizer: Optimizer
    step: Step
    memory: Memory
    curve: Curve
    epoch: int = 0
    validation: dict[int, np.ndarray] = field(default_factory=dict)

    def packed(self) -> dict:
        """The state as tensors and plain containers, fit for a weights-only checkpoint."""
        return {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "epoch": self.epoch,
            "validation": {e: torch.from_numpy(c) for e, c in self.validation.items()},
            "curve": self.curve.rows,
            **self.memory.packed(),
        }

    def unpack(self, packed: dict) -> None:
        """Restore what :meth:`packed` gave."""
        self.model.load_state_dict(packed["model"])
        self.optimizer.load_state_dict(packed["optimizer"])
        self.epoch = packed["epoch"]
        self.validation = {e: c.cpu().numpy() for e, c in packed["validation"].items()}
        self.curve.rows = packed["curve"]
        self.memory.unpack(packed)


@dataclass(frozen=True)
class Trained:
    """Result of a training.

    Attributes
    ----------
    model : Module
        After the last epoch, on its device.
    validation : dict of epoch -> ndarray of shape (n_validation,), bool
        Whether each validation example was classified correctly, after each evaluated epoch.
    record : Record
        The views asked for by ``settings.record``.
    curve : list of dict
        See :class:`fairprune.training.curve.Curve`.
    earlier_s : float
        Seconds of training before the checkpoint it was resumed from; 0 without a checkpoint.
    """

    model: nn.Module
    validation: dict[int, np.ndarray]
    record: Record
    curve: list[dict]
    earlier_s: float = 0.0


def train(run: Run, checkpoint: Path | None = None, key: str = "") -> Trained:
    """Train a model from its initialisation, or from a checkpoint of the same run.

    Parameters
    ----------
    run : Run
    checkpoint : path, optional
        Where to save progress, at most every ``checkpoint_interval_s`` seconds and at the end.
    key : str
        Identifies the run; a checkpoint with another key is not used.

    Raises
    ------
    ValueError
        If a setting is impossible.
    TrainingError
        If the loss is no longer finite.
    """
    check_run(run)
    warn_if_emulated(run.settings.precision, run.train.device)
    state, earlier_s = start(run), 0.0
    device, parts = run.train.device, state.packed()
    if checkpoint and (packed := load_checkpoint(checkpoint, key, device, parts)):
        state.unpack(packed)
        earlier_s = packed.get("time_s", 0.0)
        log.info("%s: resumed after epoch %d", run.title, state.epoch)
    began = saved = time.monotonic()
    with board(run.title, state.epoch) as show:
        while state.epoch < run.schedule.epochs:
            train_epoch(run, state)
            show(state.curve.rows[-1])
            now = time.monotonic()
            due = now - saved > run.settings.checkpoint_interval_s
            if checkpoint is not None and (due or state.epoch == run.schedule.epochs):
                save_checkpoint(
                    checkpoint, key, state.packed() | {"time_s": earlier_s + now - began}
                )
                saved = time.monotonic()
    record = state.memory.record(run.observed.labels.cpu().numpy(), state.epoch)
    return Trained(state.model, state.validation, record, state.curve.rows, earlier_s)


def start(run: Run) -> State:
    """The state of a run before its first epoch."""
    settings = run.settings
    with seeded(*run.names, "initialisation", device=run.train.device):
        model = placed(run.build(), run.train.device)
        if callable(prepare := getattr(model, "prepare", None)):
            prepare(run.train.batch(spread(len(run.train), PREPARED_ON)))
    optimizer = make_optimizer(model, settings)
    step = Step(
        model,
        optimizer,
        settings.precision,
        settings.label_smoothing,
        with_teacher(settings),
        run.n_classes,
    )
    return State(model, optimizer, step, Memory(settings.record, run.n_classes), _curve(run))


def _curve(run: Run) -> Curve:
    n_train = len(run.train) if run.draw is None else len(run.draw(1))
    n_validation = 0 if run.validation is None else len(run.validation)
    epochs, passes = run.schedule.epochs, 1 + run.settings.flip_at_test
    points = n_points(run.curve_points, n_train, n_validation, epochs, passes)
    return Curve(epochs, n_train, points)


def train_epoch(run: Run, state: State) -> None:
    """Train for one epoch, and advance the state by it."""
    epoch, device = state.epoch + 1, run.train.device
    observation = state.memory.observation(len(run.train), device)
    weights = _class_weights(run, state)
    with seeded(*run.names, "dropout", epoch, device=device):
        loss = _steps(run, state, epoch, weights, observation)
    if not math.isfinite(loss):
        raise TrainingError(
            f"{run.title}: the loss is {loss} in epoch {epoch} at learning rate "
            f"{state.optimizer.learning_rate:g}; "
            "lower training.learning_rate of this experiment"
        )
    state.epoch = epoch
    state.curve.add(epoch, loss, float(state.optimizer.learning_rate))
    _observe_epoch(run, state, observation)
    log.info("%s: %s", run.title, state.curve.line())


def _steps(
    run: Run, state: State, epoch: int, weights: Tensor | None, observation: Observation | None
) -> float:
    """All optimisation steps of an epoch; returns the mean loss per example."""
    settings = run.settings
    drawn = None if run.draw is None else torch.from_numpy(run.draw(epoch))
    n = len(run.train) if drawn is None else len(drawn)
    order = torch.randperm(n, generator=torch_generator(*run.names, "order", epoch))
    order = order if drawn is None else drawn[order]
    shifts = None
    if settings.max_shift or settings.flip:
        stream = torch_generator(*run.names, "augmentation", epoch)
        shifts = Shifts.draw(n, settings.max_shift, settings.flip, stream)
    state.model.train()
    total = torch.zeros((), dtype=torch.float64, device=run.train.device)
    sizes = batch_sizes(n, settings.batch_size)
    rates = run.schedule.learning_rates(epoch, len(sizes), settings.learning_rate)
    batches = run.train.batches(order, sizes, shifts, augmentation(settings))
    for rate, (index, images) in zip(rates, batches, strict=True):
        state.optimizer.learning_rate = rate
        labels = run.train.labels[index]
        teacher = None if run.teacher is None else run.teacher[index]
        loss, logits = state.step(images, labels, weights, teacher)
        total += loss * len(index)
        if observation is not None:
            observation.add(index, logits, labels)
    return total.item() / n


def _class_weights(run: Run, state: State) -> Tensor | None:
    loss = registry.load("losses", run.settings.loss)
    recall = None
    if loss.NEEDS_VALIDATION and state.epoch:
        assert run.validation is not None
        labels, epochs = run.validation.labels.cpu().numpy(), range(1, state.epoch + 1)
        counts = [count_correct(state.validation[e], labels, run.n_classes) for e in epochs]
        recall = np.array([recalls(*c) for c in counts], np.float64)  # (epochs so far, K)
    weights = loss.class_weights(recall, **run.settings.loss_options)
    if weights is None:
        return None
    weights = np.asarray(weights, np.float64)
    if weights.shape != (run.n_classes,) or not ((weights >= 0) & (weights < np.inf)).all():
        raise ValueError(
            f"loss {run.settings.loss!r}: class_weights must give {run.n_classes} finite numbers "
            f"that are not negative, got {weights}"
        )
    return torch.as_tensor(weights, dtype=torch.float32, device=run.train.device)


def _observe_epoch(run: Run, state: State, observation: Observation | None) -> None:
    """After an epoch, enter its outputs into the record, and measure validation if it is due."""
    settings, last = run.settings, state.epoch == run.schedule.epochs
    if observation is not None:
        state.memory.enter_minibatches(observation)
    with autocast(settings.precision, run.train.device):
        state.memory.enter_evaluation(state.model, run.observed, run.validation, last=last)
    needs_each = registry.load("losses", settings.loss).NEEDS_VALIDATION
    interval = 1 if needs_each else settings.validation_interval
    needed = last or (interval and state.epoch % interval == 0)
    if run.validation is None or not (needed or state.curve.is_due(state.epoch)):
        return
    with autocast(settings.precision, run.train.device):
        observed = observe(state.model, run.validation, mirrored=settings.flip_at_test).correct
    correct = observed.cpu().numpy()
    if needed:
        state.validation[state.epoch] = correct
    state.curve.measure(correct, run.validation.labels.cpu().numpy(), run.n_classes)
