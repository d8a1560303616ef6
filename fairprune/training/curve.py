"""The learning curve of a training: what each epoch did, for its log and ``epochs.parquet``.

Validation takes time, so it is measured only after some epochs: as many as asked for, or else at
most 20, and fewer if they would take more than 2% of the training.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from fairprune.metrics import count_correct, recalls

MOST_POINTS = 20
_SHARE = 0.02  # of the time of a training
_NOT_MEASURED = dict.fromkeys(("validation_accuracy", "worst_class_accuracy", "worst_class"))
_STEP_COST = 3  # of a training step in forward passes: one forward, about two backward


def n_points(asked: int | str, n_train: int, n_validation: int, epochs: int, passes: int) -> int:
    """Number of epochs after which validation is measured.

    Parameters
    ----------
    asked : int or "auto"
        How many are wanted; "auto" means as many as cost little.
    passes : int
        Number of times that each validation image goes through the model.

    Examples
    --------
    >>> n_points("auto", 45_000, 5000, 160, 1), n_points("auto", 5000, 2500, 20, 1)
    (20, 2)
    """
    if isinstance(asked, int):
        return min(asked, epochs)
    affordable = _SHARE * _STEP_COST * n_train * epochs / (max(1, n_validation) * passes)
    return min(MOST_POINTS, epochs, int(affordable))


@dataclass
class Curve:
    """What each epoch did.

    Attributes
    ----------
    epochs, n_train, points : int
        Numbers of epochs, of images in each, and of epochs after which validation is measured.
    rows : list of dict
        As in ``epochs.parquet``: ``epoch``, ``loss``, ``learning_rate``, ``validation_accuracy``,
        ``worst_class_accuracy`` and ``worst_class``. The last three are None if validation was not
        measured.
    """

    epochs: int
    n_train: int
    points: int = 0
    rows: list[dict[str, Any]] = field(default_factory=list)
    _begun: float = field(default_factory=time.monotonic)
    _here: int = 0  # epochs of this process

    def is_due(self, epoch: int) -> bool:
        """Whether validation is measured after an epoch; they are evenly spread, up to the last.

        Examples
        --------
        >>> [epoch for epoch in range(1, 11) if Curve(10, 500, points=3).is_due(epoch)]
        [4, 7, 10]
        """
        return epoch * self.points // self.epochs > (epoch - 1) * self.points // self.epochs

    def add(self, epoch: int, loss: float, learning_rate: float) -> None:
        """Add an epoch: its mean loss, and the learning rate of its last step."""
        self._here += 1
        self.rows.append(
            {"epoch": epoch, "loss": loss, "learning_rate": learning_rate, **_NOT_MEASURED}
        )

    def measure(self, correct: np.ndarray, labels: np.ndarray, n_classes: int) -> None:
        """Add validation to the last epoch, from outcomes (n,) and labels (n,)."""
        if len(labels) == 0:
            return
        recall = np.asarray(recalls(*count_correct(correct, labels, n_classes)), np.float64)
        worst = int(np.nanargmin(recall))
        self.rows[-1] |= {
            "validation_accuracy": float(np.mean(correct)),
            "worst_class_accuracy": float(recall[worst]),
            "worst_class": worst,
        }

    def line(self) -> str:
        """The last epoch in words, with the rate of this process and the time left."""
        row, elapsed_s = self.rows[-1], time.monotonic() - self._begun
        text = f"epoch {row['epoch']}/{self.epochs}, loss {row['loss']:.4f}"
        if row["validation_accuracy"] is not None:
            text += (
                f", validation accuracy {row['validation_accuracy']:.4f}"
                f", worst class {row['worst_class']} at {row['worst_class_accuracy']:.4f}"
            )
        rate = self.n_train * self._here / max(elapsed_s, 1e-9)
        left_s = (self.epochs - row["epoch"]) * elapsed_s / self._here
        return (
            f"{text}, learning rate {row['learning_rate']:.3g}, {rate:,.0f} images/s, "
            f"{left_s:.0f} s left"
        )
