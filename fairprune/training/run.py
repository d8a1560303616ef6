"""Description of a training: its data, schedule, settings and names of random streams."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from torch import Tensor, nn

from fairprune import registry
from fairprune.study.experiment import LEAST_TRAINED
from fairprune.study.schedule import Schedule
from fairprune.training.images import ImageSet
from fairprune.training.settings import Settings


@dataclass(frozen=True)
class Run:
    """One training: the model, the data, and the names that its random streams are keyed by.

    ``draw`` takes an epoch, counted from 1, and returns the positions in ``train`` to train on; by
    default all. The record's view in eval mode covers ``watched``, which is ``train`` by default.
    """

    title: str
    names: tuple[str | int, ...]
    build: Callable[[], nn.Module]
    n_classes: int
    train: ImageSet
    validation: ImageSet | None
    schedule: Schedule
    settings: Settings
    draw: Callable[[int], np.ndarray] | None = None
    curve_points: int | str = 0  # validations of the learning curve besides the last one
    watched: ImageSet | None = None
    teacher: Tensor | None = None  # logits (N, K), for a loss that needs them

    @property
    def observed(self) -> ImageSet:
        """The images that the record's view in eval mode covers."""
        return self.train if self.watched is None else self.watched


def check_run(run: Run) -> None:
    """Check, before the first epoch, for what would stop the training.

    Raises
    ------
    ValueError
        If there are too few examples, or too few validation examples for the loss.
    """
    if (n := len(run.train)) < LEAST_TRAINED:
        raise ValueError(
            f"{run.title}: {n} training example{'s' * (n != 1)}; at least {LEAST_TRAINED} needed"
        )
    loss = registry.load("losses", run.settings.loss)
    if loss.NEEDS_VALIDATION:
        assert run.validation is not None
        labels = run.validation.labels.cpu().numpy()
        tried = np.where(np.bincount(labels, minlength=run.n_classes) > 0, 0.5, np.nan)
        loss.class_weights(tried[None], **run.settings.loss_options)  # one recall for each epoch
