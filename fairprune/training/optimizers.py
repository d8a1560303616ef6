"""The optimizers, by the name that ``training`` in the configuration gives."""

from __future__ import annotations

from torch import nn

from fairprune.training.adamw import AdamW
from fairprune.training.settings import OPTIMIZERS, Settings
from fairprune.training.sgd import SGD

Optimizer = SGD | AdamW


def make_optimizer(model: nn.Module, settings: Settings) -> Optimizer:
    """The optimizer of a model's parameters.

    Raises
    ------
    ValueError
        If its name is not known.
    """
    parameters = model.parameters()
    rates = {"learning_rate": settings.learning_rate, "weight_decay": settings.weight_decay}
    if settings.optimizer == "adamw":
        return AdamW(parameters, momentum=settings.momentum, **rates)
    if settings.optimizer != "sgd":
        allowed = ", ".join(OPTIMIZERS)
        raise ValueError(f"optimizer must be one of {allowed}, got {settings.optimizer!r}")
    return SGD(parameters, momentum=settings.momentum, nesterov=settings.nesterov, **rates)
