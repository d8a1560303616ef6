"""The settings of the training loop, as ``training`` in the configuration gives them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fairprune.study.schedule import SCHEDULE_KEYS


@dataclass(frozen=True)
class Settings:
    """How a model is trained; the fields are those of ``training`` in the configuration."""

    batch_size: int
    learning_rate: float
    optimizer: str = "sgd"
    momentum: float = 0.9
    nesterov: bool = False
    weight_decay: float = 0.0
    label_smoothing: float = 0.0
    precision: str = "float32"
    max_shift: int = 0
    flip: bool = False
    flip_at_test: bool = False
    random_resized_crop: float = 0.0
    rand_augment: Mapping[str, int] = field(default_factory=dict)
    erasing: float = 0.0
    loss: str = "cross_entropy"
    loss_options: dict = field(default_factory=dict)
    record: tuple[str, ...] = ()
    validation_interval: int = 0
    checkpoint_interval_s: float = 300.0


def settings_from(training: Mapping[str, Any], checkpoint_interval_s: float = 300.0) -> Settings:
    """Settings of the loop, from an experiment's ``training`` and the interval between saves."""
    other = (*SCHEDULE_KEYS, "fresh", "teacher")
    settings = {key: value for key, value in training.items() if key not in other}
    settings["record"] = tuple(settings.get("record", ()))
    return Settings(**settings, checkpoint_interval_s=checkpoint_interval_s)
