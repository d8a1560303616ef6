"""A sensible experiment for a data set and a machine, each setting with its reason."""

from __future__ import annotations

import math
from collections import Counter
from statistics import median_high
from typing import Any, NamedTuple

import numpy as np

from fairprune.storage.canonical import Dataset
from fairprune.storage.kinds import kind_of

METHODS = (
    "full",
    "random",
    "el2n",
    "forgetting",
    "random_out_of_fold",
    "random_metriq",
    "random_tempered",
    "forgetting_metriq",
)
_DENSITIES = (0.1, 0.3, 0.5)
_LARGEST_SIZE = 64  # pixels per side that a new study starts from on a GPU
_LARGEST_ON_CPU = 32
_KEPT_PER_CLASS = 5  # examples of an average class, at the lowest density
FEW_VALIDATION = 30  # examples that measure a class, below which recalls are rough
_SHRUNK_BELOW = 200  # such examples: docs/validation.md; with more, shrinking changes little
_FLOOR_SHARE = 0.2  # of what random pruning would keep of the smallest class


class Machine(NamedTuple):
    """What the study will run on: the numbers of CPU cores and of visible GPUs."""

    cores: int
    gpus: int


class Plan(NamedTuple):
    """An entry of ``experiments``, the reason for each key, and further top-level entries."""

    settings: dict[str, Any]
    reasons: dict[str, str]
    options: dict[str, Any]


def suggest_size(sizes: Counter[tuple[int, int]], machine: Machine) -> tuple[int | None, str]:
    """Suggest ``image_size`` if images differ in size or are large for the machine, and say why.

    Examples
    --------
    >>> suggest_size(Counter({(32, 32): 9}), Machine(cores=2, gpus=0))
    (None, '')
    >>> suggest_size(Counter({(640, 480): 1, (50, 90): 1, (70, 60): 1}), Machine(8, gpus=1))
    (56, 'images differ: 70 x 60 to 640 x 480 pixels')
    """
    if not sizes:
        return None, ""
    by_area = sorted(sizes, key=lambda size: (math.prod(size), size))
    shorter = median_high(map(min, sizes.elements()))
    most = _LARGEST_SIZE if machine.gpus else _LARGEST_ON_CPU
    suggested = max(8, min(most, shorter // 8 * 8))
    smallest, largest = (" x ".join(map(str, size)) for size in (by_area[0], by_area[-1]))
    if len(sizes) > 1:
        return suggested, f"images differ: {smallest} to {largest} pixels"
    if max(by_area[0]) > 1.5 * most:
        where = "on a GPU" if machine.gpus else "without a GPU"
        return suggested, f"images have {smallest} pixels, more than trains fast {where}"
    return None, ""


def suggest_fit(sizes: Counter[tuple[int, int]]) -> tuple[str | None, str]:
    """Suggest ``fit`` if most images are not square, and say why.

    Examples
    --------
    >>> suggest_fit(Counter({(640, 480): 3, (50, 50): 2}))[0], suggest_fit(Counter({(8, 8): 1}))[0]
    ('crop', None)
    """
    oblong = sum(n for (width, height), n in sizes.items() if width != height)
    if 2 * oblong <= sizes.total():
        return None, ""
    return "crop", "to the middle; pad: between black edges, squash: out of shape"


def plan(dataset: Dataset, machine: Machine) -> Plan:
    """Model, schedule, methods and densities that fit a data set and a machine."""
    n, n_classes = len(dataset.labels["train"]), len(dataset.class_names)
    reasons: dict[str, str] = {}
    kind = kind_of(dataset.images["train"], "images")
    training = _training(dataset, machine, reasons)
    is_images, epochs = kind == "images", training["epochs"]
    training |= _augmentation(dataset, epochs, reasons) if is_images else _adamw(reasons)
    densities = _densities(n, n_classes, reasons)
    settings = {
        **(_model(machine, reasons) if is_images else _row_model(kind, machine, reasons)),
        "densities": densities,
        "seeds": 3,
        "methods": list(METHODS),
        "training": training,
    }
    reasons["seeds"] = "final trainings per method and density"
    reasons["methods"] = "random_out_of_fold first; what was measured: docs/quotas.md"
    return Plan(settings, reasons, _options(dataset, epochs, densities[0], reasons))


def _model(machine: Machine, reasons: dict[str, str]) -> dict[str, Any]:
    """The model, and what its trainings compute on."""
    if machine.gpus:
        reasons["model"] = "for small images, on a GPU; others: docs/definitions.md"
        reasons["gpu"] = "GPUs of a training"
        return {"model": {"name": "resnet18"}, "gpu": 1}
    reasons["model"] = "made for CPUs; with a GPU take resnet18"
    reasons["gpu"] = "there is none here; 1 with a GPU, and then threads: 4"
    reasons["threads"] = "cores of a training; several side by side use them best"
    return {"model": {"name": "small_cnn", "width": 32}, "gpu": 0, "threads": 1}


def _row_model(kind: str, machine: Machine, reasons: dict[str, str]) -> dict[str, Any]:
    """The model of features or tokens, and what its trainings compute on."""
    where = {"gpu": int(machine.gpus > 0), "threads": 4 if machine.gpus else 1}
    reasons["threads"] = "cores of a training; several side by side use them best"
    if kind == "tokens":
        reasons["model"] = "reads the words in their order; others: docs/definitions.md"
        return {"model": {"name": "transformer", "dropout": 0.1}, **where}
    reasons["model"] = "for rows of features; width and n_layers make it larger"
    return {"model": {"name": "mlp", "dropout": 0.3}, **where}


def _densities(n: int, n_classes: int, reasons: dict[str, str]) -> list[float]:
    chosen = [d for d in _DENSITIES if d * n >= _KEPT_PER_CLASS * n_classes] or [_DENSITIES[-1]]
    kept = chosen[0] * n / n_classes
    reasons["densities"] = f"share kept; {chosen[0]} keeps {kept:.0f} of an average class"
    return chosen


def _training(dataset: Dataset, machine: Machine, reasons: dict[str, str]) -> dict[str, Any]:
    n = len(dataset.labels["train"])
    batch_size = next(size for size, least in ((128, 10_000), (64, 1_000), (16, 0)) if n >= least)
    steps = math.ceil(n / batch_size)
    wanted, fewest, most = (20_000, 30, 160) if machine.gpus else (3_000, 8, 60)
    epochs = max(fewest, min(most, round(wanted / steps)))
    reasons["epochs"] = f"{epochs * steps:,} steps on the full set"
    reasons["batch_size"] = f"{steps:,} steps an epoch"
    return {"epochs": epochs, "batch_size": batch_size}


def _augmentation(dataset: Dataset, epochs: int, reasons: dict[str, str]) -> dict[str, Any]:
    """SGD, shifts and flips, for images."""
    side = min(dataset.images["train"].shape[1:3])
    reasons["drops"] = "after a half and three quarters, learning rate times 0.2"
    reasons["max_shift"] = f"pixels; an eighth of the {side}, 4 at most"
    reasons["flip"] = "false where mirrored images mean something else (digits, text)"
    return {
        "drops": [epochs // 2, epochs * 3 // 4],
        "learning_rate": 0.1,
        "weight_decay": 0.0005,
        "max_shift": min(4, side // 8),
        "flip": True,
    }


def _adamw(reasons: dict[str, str]) -> dict[str, Any]:
    """AdamW, for features and texts."""
    reasons["schedule"] = "rises in a tenth of the steps, and falls to 0 along a cosine"
    return {
        "optimizer": "adamw",
        "schedule": "cosine",
        "warmup_share": 0.1,
        "learning_rate": 0.001,
        "weight_decay": 0.01,
    }


def _options(
    dataset: Dataset, epochs: int, density: float, reasons: dict[str, str]
) -> dict[str, Any]:
    """Top-level entries that the data set needs besides its experiment."""
    n_train, n_validation = (
        int(np.bincount(dataset.labels[split], minlength=len(dataset.class_names)).min())
        for split in ("train", "validation")
    )
    options: dict[str, Any] = {}
    if epochs < 20:
        options["queries"] = {"short": {"epochs_share": math.ceil(200 / epochs) / 100}}
        reasons["queries"] = "two epochs; a tenth, as in the paper, would be one"

    if quotas := _quotas(n_train, n_validation, density):
        options["quotas"] = quotas
        reasons["quotas"] = (
            "few examples measure a class; without this one may keep nothing by luck"
        )
    if n_validation == 0:
        reasons["quotas"] += "; classes without validation examples take the mean recall"
    return options


def _quotas(n_train: int, n_validation: int, density: float) -> dict[str, Any]:
    """Options of quota rules, if few examples measure the smallest class."""
    floor = max(1, round(_FLOOR_SHARE * density * n_train))
    quotas = {}
    measured_by = {"metriq": n_validation, "tempered": n_validation, "out_of_fold": n_train}
    for rule, n in measured_by.items():
        options: dict[str, Any] = {}
        if n < _SHRUNK_BELOW and rule != "out_of_fold":  # which shrinks anyway
            options["shrink"] = True
        if n < FEW_VALIDATION:
            options["minimum_per_class"] = floor
        if n == 0:
            options["missing"] = "mean"
        if options:
            quotas[rule] = {"options": options}
    return quotas
