"""What a training remembers of its examples while it runs, and the record made from it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from fairprune.training.evaluation import Observation, observe, stack
from fairprune.training.images import ImageSet
from fairprune.training.record import SERIES, Record, View
from fairprune.training.series import class_losses, kl_steps


@dataclass
class Memory:
    """Rows of a record, one for each epoch.

    Attributes
    ----------
    asked : tuple of str
        The items of ``record`` in the configuration.
    n_classes : int
    rows : dict of item to list of dict of str to ndarray
        What has been observed, by item of ``asked``.
    log_probabilities : Tensor of shape (N, K), optional
        Those in the training minibatches of the last epoch, if KL steps are asked for.
    """

    asked: tuple[str, ...]
    n_classes: int
    rows: dict[str, list[dict[str, np.ndarray]]] = field(default_factory=dict)
    log_probabilities: Tensor | None = None

    def observation(self, n: int, device: torch.device) -> Observation | None:
        """An empty observation for an epoch's minibatches; None if nothing of them is recorded."""
        if "kl_step" in self.asked:
            return Observation(n, device, self.n_classes)
        return Observation(n, device) if "train" in self.asked else None

    def enter_minibatches(self, observation: Observation) -> None:
        """Enter the observation of an epoch's minibatches."""
        row = observation.numpy()
        if "train" in self.asked:
            self._enter("train", row)
        if "kl_step" in self.asked:
            before, now = self.log_probabilities, observation.log_probabilities
            assert now is not None
            if before is not None:
                self._enter("kl_step", kl_steps(before, now))
            self.log_probabilities = now

    def enter_evaluation(
        self, model: nn.Module, watched: ImageSet, validation: ImageSet | None, *, last: bool
    ) -> None:
        """Enter the model's outputs after an epoch, without augmentation."""
        if "evaluation" in self.asked or (last and "last" in self.asked):
            item = "evaluation" if "evaluation" in self.asked else "last"
            self._enter(item, observe(model, watched).numpy())
        if "validation_loss" in self.asked:
            assert validation is not None
            losses = class_losses(model, validation, self.n_classes)
            self._enter("validation_loss", {"validation_loss": losses})

    def _enter(self, item: str, row: dict[str, np.ndarray]) -> None:
        self.rows.setdefault(item, []).append(row)

    def packed(self) -> dict[str, Any]:
        """The rows and log-probabilities as tensors and plain containers."""
        rows = {
            item: [{name: torch.from_numpy(a) for name, a in row.items()} for row in rows]
            for item, rows in self.rows.items()
        }
        return {"rows": rows, "log_probabilities": self.log_probabilities}

    def unpack(self, packed: dict[str, Any]) -> None:
        """Restore what :meth:`packed` gave; other entries are ignored."""
        self.rows = {
            item: [{name: a.cpu().numpy() for name, a in row.items()} for row in rows]
            for item, rows in packed["rows"].items()
        }
        self.log_probabilities = packed.get("log_probabilities")

    def record(self, labels: np.ndarray, n_epochs: int) -> Record:
        """The record after the last epoch; ``labels`` are those of the examples watched."""
        views: dict[str, View] = {}
        series: dict[str, np.ndarray] = {}
        for item, rows in self.rows.items():
            if item in SERIES:
                series |= {name: np.stack([row[name] for row in rows]) for name in SERIES[item]}
                continue
            epochs = [n_epochs] if item == "last" else list(range(1, n_epochs + 1))
            views["evaluation" if item == "last" else item] = stack(epochs, rows)
        return Record(labels, self.n_classes, **views, series=series)
