"""What new-study chooses for a data set and a machine, and how long it says that takes."""

from collections import Counter

import numpy as np
import pytest
import yaml

from fairprune.new_study import __main__ as command
from fairprune.new_study.settings import Machine, plan, suggest_size
from fairprune.new_study.timing import estimate, query_examples
from fairprune.new_study.writing import configuration
from fairprune.storage.canonical import SPLITS, Dataset
from fairprune.study.schedule import Schedule
from tests.documentation import ROOT, page, study

CPU, GPU = Machine(cores=2, gpus=0), Machine(cores=8, gpus=1)


@pytest.mark.parametrize(
    ("sizes", "machine", "expected"),
    [
        ({(96, 96): 5}, GPU, None),
        ({(97, 97): 5}, GPU, 64),
        ({(64, 64): 5}, CPU, 32),
        ({(30, 20): 5, (20, 30): 5}, CPU, 16),
        ({(3, 3): 1, (4, 4): 1}, CPU, 8),
    ],
)
def test_a_size_is_suggested_where_images_differ_or_are_large(sizes, machine, expected):
    assert suggest_size(Counter(sizes), machine)[0] == expected


def dataset(n=1000, n_classes=10, size=32, validation=100):
    counts = {"train": n, "validation": validation, "test": n}
    return Dataset(
        images={s: np.zeros((counts[s], size, size, 3), np.uint8) for s in SPLITS},
        labels={s: np.arange(counts[s]) % n_classes for s in SPLITS},
        class_names=tuple(f"class {k}" for k in range(n_classes)),
        ids={s: [f"{s}{i}" for i in range(counts[s])] for s in SPLITS},
    )


def resolved(data, machine):
    base = yaml.safe_load((ROOT / "config" / "config.yaml").read_text())
    entry = {"source": "fashion_mnist_mini"}
    return command.resolve(base, "mine", entry, plan(data, machine))


@pytest.mark.parametrize("machine", [CPU, GPU], ids=["cpu", "gpu"])
@pytest.mark.parametrize("n", [40, 1000, 20_000, 200_000])
def test_every_plan_is_a_valid_configuration(project, machine, n):
    data = dataset(n, size=1)
    chosen = plan(data, machine)
    entry = {"source": "fashion_mnist_mini"}
    text = configuration("mine", entry, chosen, ["a: b # c"])
    experiment = study(yaml.safe_load(text)).experiments["mine"]
    assert experiment == resolved(data, machine)  # what the time is estimated of
    epochs = experiment.settings["training"]["epochs"]
    assert epochs >= 8
    assert experiment.settings["training"]["drops"] == [epochs // 2, epochs * 3 // 4]
    assert experiment.query_training("short")["epochs"] >= 2
    assert experiment.settings["gpu"] == machine.gpus
    assert experiment.settings["model"]["name"] == ("resnet18" if machine.gpus else "small_cnn")


@pytest.mark.parametrize(
    ("n", "validation", "options"),
    [
        (5000, 9, {"shrink": True, "minimum_per_class": 10, "missing": "mean"}),
        (5000, 290, {"shrink": True, "minimum_per_class": 10}),
        (5000, 300, {"shrink": True}),
        (5000, 1990, {"shrink": True}),
        (5000, 2000, None),
        (300, 290, {"shrink": True, "minimum_per_class": 2}),
    ],
)
def test_errors_are_shrunk_and_get_a_floor_where_few_images_measure_a_class(n, validation, options):
    chosen = plan(dataset(n, validation=validation), CPU)
    expected = {name: {"options": options} for name in ("metriq", "tempered") if options}
    assert chosen.options.get("quotas", {}) == expected


def test_out_of_fold_gets_a_floor_where_few_training_images_measure_a_class():
    chosen = plan(dataset(290, validation=2000), CPU)
    assert chosen.options["quotas"] == {"out_of_fold": {"options": {"minimum_per_class": 2}}}
    assert "may keep nothing by luck" in configuration("mine", {}, chosen, [])


def test_recalls_out_of_fold_are_recommended_and_compared():
    chosen = plan(dataset(), CPU)
    assert chosen.reasons["methods"].startswith("random_out_of_fold first")
    assert "random_out_of_fold" in chosen.settings["methods"]


@pytest.mark.parametrize(
    ("n", "densities"), [(500, [0.1, 0.3, 0.5]), (499, [0.3, 0.5]), (40, [0.5])]
)
def test_every_density_keeps_five_images_of_an_average_class(n, densities):
    assert plan(dataset(n, size=1), CPU).settings["densities"] == densities


def test_the_estimate_counts_every_training(project):
    experiment, n = resolved(dataset(), CPU), 1000
    epochs = experiment.settings["training"]["epochs"]
    full = n * epochs * (1 + 1 / 3)
    short = n * (experiment.query_training("short")["epochs"] + 1 / 3)
    assert query_examples(experiment, "full", n) == pytest.approx(full)
    folds = n / 2 * epochs
    finals = sum(
        Schedule(epochs, ()).at_density(float(density)).epochs * round(float(density) * n)
        for _, density, _ in experiment.runs()
    )
    starts = 4.0 * np.array([8, len(experiment.runs())])
    expected = estimate(experiment, n, 0.01, Machine(cores=4, gpus=0))
    pruned = ((full + 5 * short + 2 * folds) * 0.01 + starts[0]) / 4
    assert expected.pruned_s == pytest.approx(pruned)
    assert expected.all_s == pytest.approx(pruned + (finals * 0.01 + starts[1]) / 4)


def test_a_fold_that_records_looks_at_what_it_left_out():
    settings = {"methods": ["unseen_el2n"], "training": {"epochs": 8}}
    demo = yaml.safe_load(page("config/demo.yaml"))
    experiment = study(demo, {"experiments": {"demo": settings}}).experiments["demo"]
    assert query_examples(experiment, "unseen", 100) == pytest.approx(8 * (50 + 50 / 3))


def test_the_estimate_counts_trainings_in_rounds():
    demo = yaml.safe_load(page("config/demo.yaml"))
    settings = {"methods": ["random_loop"], "densities": [0.25], "training": {"epochs": 8}}
    experiment = study(demo, {"experiments": {"demo": settings}}).experiments["demo"]
    steps = 20 * 25 + 75 / 3  # (0.5 + 0.5 d) 8 / d epochs of 25 images, and 75 looked at
    expected = estimate(experiment, 100, 0.01, Machine(cores=1, gpus=0))
    assert expected.pruned_s == pytest.approx(2 * (steps * 0.01 + 4))
