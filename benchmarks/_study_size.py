"""How many images the trainings of the paper's study see, from its configuration."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import yaml

from fairprune.algorithms.long_tail import long_tail_counts
from fairprune.allocation import n_keep
from fairprune.study.configuration import check
from fairprune.study.experiment import Experiment
from fairprune.study.schedule import Schedule
from fairprune.study.study import Study

_ROOT = Path(__file__).resolve().parents[1]
_CLASS_SIZES = {"cifar10": [5000] * 10, "cifar100": [500] * 100, "tinyimagenet": [500] * 200}


def images_seen() -> dict[str, int]:
    """Images in all epochs of all query and final trainings, by data set."""
    config = yaml.safe_load((_ROOT / "config/config.yaml").read_text())
    check(config, _ROOT / "workflow/schemas/config.schema.yaml")
    seen = dict.fromkeys(_CLASS_SIZES, 0)
    for experiment in Study(config).experiments.values():
        seen[experiment.settings["dataset"]] += _images_of(experiment)
    return seen


def _images_of(experiment: Experiment) -> int:
    counts = np.array(_CLASS_SIZES[experiment.settings["dataset"]])
    n = int(long_tail_counts(counts, experiment.settings["imbalance_factor"] or 1).sum())
    queries = sum(
        n * experiment.query_training(query)["epochs"] * len(experiment.query_seeds(query))
        for query in experiment.queries
    )
    training = experiment.settings["training"]
    schedule = Schedule.of(training)
    finals = sum(
        n_keep(float(density), n)
        * schedule.at_density(float(density), training["epochs_rule"]).epochs
        for _, density, _ in experiment.runs()
    )
    return queries + finals
