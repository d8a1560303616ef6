"""How long a study will take: measured steps of its model, times the steps of its trainings."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from fairprune import allocation, registry
from fairprune.new_study.settings import Machine
from fairprune.storage.canonical import Dataset, statistics
from fairprune.storage.kinds import kind_of, model_sizes
from fairprune.study.experiment import Experiment
from fairprune.study.schedule import Schedule

if TYPE_CHECKING:
    import torch

_TIMED_STEPS = 10
_MEASURED_S = 3.0
_JOB_S = 4.0  # start of a process that trains
_FORWARD_SHARE = 1 / 3  # cost of only looking at an image, relative to a training step


class Estimate(NamedTuple):
    """Seconds for the targets ``pruned`` and ``all``, if trainings use the whole machine."""

    pruned_s: float
    all_s: float


def seconds_per_example(
    dataset: Dataset, model: Mapping[str, Any], training: Mapping[str, Any], device: torch.device
) -> float:
    """Time of a training step on this machine, per example; the first steps are not counted."""
    from fairprune.training.loop import train
    from fairprune.training.rows import labelled
    from fairprune.training.run import Run
    from fairprune.training.settings import settings_from

    images = dataset.images["train"]
    rows = np.arange(_TIMED_STEPS * training["batch_size"]) % len(images)
    sample, labels = images[rows], dataset.labels["train"][rows]
    kind = kind_of(images, "images")
    normalised = statistics(sample, kind, standardise=dataset.standardise)
    n_classes = len(dataset.class_names)
    sizes = n_classes, *model_sizes(kind, images.shape, dataset.vocabulary)
    run = Run(
        title="new-study",
        names=("new-study",),
        build=lambda: registry.build_model(model, sizes),
        n_classes=n_classes,
        train=labelled(kind, sample, labels, *normalised, device, training["max_shift"]),
        validation=None,
        schedule=Schedule(1, ()),
        settings=settings_from(training),
    )
    train(run)
    n_timed, start = 0, time.perf_counter()
    while time.perf_counter() - start < _MEASURED_S:
        train(run)
        n_timed += len(rows)
    return (time.perf_counter() - start) / n_timed


def estimate(experiment: Experiment, n_train: int, example_s: float, machine: Machine) -> Estimate:
    """Time of an experiment's trainings; scores and selections take only seconds more."""
    queries = sum(
        len(experiment.query_seeds(name)) * query_examples(experiment, name, n_train)
        for name in experiment.queries
    )
    rounds = [
        round_examples(experiment, quota, float(density), n_train)
        for quota, density, _, _ in experiment.round_runs()
    ]
    finals = sum(
        final_examples(experiment, method, float(density), n_train)
        for method, density, _ in experiment.runs()
    )
    n_queries = sum(len(experiment.query_seeds(name)) for name in experiment.queries)
    jobs = n_queries + len(rounds), len(experiment.runs())
    at_a_time = machine.gpus or max(1, machine.cores // experiment.settings["threads"])
    pruned = ((queries + sum(rounds)) * example_s + jobs[0] * _JOB_S) / at_a_time
    return Estimate(pruned, pruned + (finals * example_s + jobs[1] * _JOB_S) / at_a_time)


def query_examples(experiment: Experiment, query: str, n_train: int) -> float:
    """Number of examples in one query training; those only looked at count as a third.

    With folds, a training learns from all of them but one, and looks at that one.
    """
    training = experiment.query_training(query)
    looked_at = 1 / training.get("folds", 1)
    learned = 1 - looked_at if "folds" in training else 1.0
    record = training["record"]
    looks = training["epochs"] if "evaluation" in record else int("last" in record)
    return n_train * (learned * training["epochs"] + looked_at * _FORWARD_SHARE * looks)


def round_examples(experiment: Experiment, quota: str, density: float, n_train: int) -> float:
    """Number of examples in one training of a round; those only tested on count as a third."""
    training = experiment.round_training(quota)
    schedule = Schedule(training["epochs"], ()).at_density(density, training["epochs_rule"])
    kept = allocation.n_keep(density, n_train)
    return schedule.epochs * kept + _FORWARD_SHARE * (n_train - kept)


def final_examples(experiment: Experiment, method: str, density: float, n_train: int) -> float:
    """Number of examples in one final training."""
    training = experiment.final_training(method)
    schedule = Schedule(training["epochs"], ()).at_density(density, training["epochs_rule"])
    return schedule.epochs * allocation.n_keep(density, n_train)
