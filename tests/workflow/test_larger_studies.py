"""The configurations of ImageNet and Waterbirds plan, and run on miniatures of their data."""

import numpy as np
import pytest
import yaml
from PIL import Image

from fairprune.storage import tables
from fairprune.storage.tables import read_table
from tests.workflow.test_groups import write_shard
from tests.workflow.tiny import ROOT, Project

SIDE = 32
SMALL = {
    "densities": [0.5],
    "seeds": 1,
    "threads": 1,
    "gpu": 0,
    "figures": [],
    "training": {"epochs": 2, "drops": [1], "batch_size": 8},
}


def shortened(name, methods, **changes):
    """The configuration of this name, its training and its model made small."""
    config = yaml.safe_load((ROOT / "config" / f"{name}.yaml").read_text())
    (experiment,) = config["run"]
    settings = config["experiments"][experiment]
    training = settings["training"] | SMALL["training"]
    config["experiments"][experiment] = settings | SMALL | changes | {"training": training}
    config["experiments"][experiment]["methods"] = methods
    for dataset in config["datasets"].values():
        dataset["image_size"] = SIDE
    return experiment, config


def imagenet(folder, generator):
    """Folders `train` and `val` of three classes, images of several sizes."""
    for part, n in (("train", 12), ("val", 8)):
        for k in range(3):
            (folder / part / f"n{k}").mkdir(parents=True)
            for i in range(n):
                height, width = generator.integers(33, 60, 2)
                pixels = generator.integers(0, 80, (height, width, 3)) + 80 * k
                file = folder / part / f"n{k}" / f"{part}_{k}_{i}.JPEG"
                Image.fromarray(pixels.astype(np.uint8)).save(file)


def waterbirds(folder, generator):
    """Shards of four groups, two of each class."""
    folder.mkdir(parents=True)
    for part, n in (("train", 24), ("validation", 16), ("test", 16)):
        fine = np.arange(n) % 4
        images = generator.integers(0, 60, (n, 28, 28, 1)) + 60 * fine[:, None, None, None]
        write_shard(folder / f"{part}.parquet", images.astype(np.uint8), fine)


@pytest.mark.parametrize(
    ("name", "data", "methods", "changes"),
    [
        ("imagenet", imagenet, ["random_metriq"], {}),
        (
            "waterbirds",
            waterbirds,
            ["random_metriq_group", "full_group_dro"],
            {"model": {"name": "torchvision", "architecture": "resnet18"}},
        ),
    ],
)
def test_a_miniature_is_pruned_and_trained_on(tmp_path, name, data, methods, changes):
    experiment, config = shortened(name, methods, **changes)
    if name == "waterbirds":  # the helper calls its column of groups `fine`
        config["datasets"]["waterbirds"] |= {"group_column": "fine", "label_column": "label"}
    project = Project.make(tmp_path / "project", config)
    data(project.folder / "data" / name, np.random.default_rng(0))
    project.run(f"results/{experiment}/metrics.parquet", "--cores", "1")
    metrics = read_table(project.folder / f"results/{experiment}/metrics.parquet", tables.METRICS)
    found = metrics.to_pandas().set_index("method")
    n_train = {"imagenet": 36, "waterbirds": 24}[name]
    assert found.loc[methods[0], "n_train"] == n_train / 2
    assert found["average_accuracy"].between(0, 1).all() and len(found) == len(methods)


@pytest.mark.parametrize("name", ["imagenet", "waterbirds"])
def test_the_study_of_real_size_is_planned(tmp_path, name):
    config = yaml.safe_load((ROOT / "config" / f"{name}.yaml").read_text())
    project = Project.make(tmp_path / "project", config)
    data = {"imagenet": imagenet, "waterbirds": waterbirds}[name]
    data(project.folder / "data" / name, np.random.default_rng(0))
    jobs = project.jobs()
    methods = config["experiments"][config["run"][0]]["methods"]
    whole = sum(method.startswith("full") for method in methods)
    assert jobs["final"] == 3 * (whole + 4 * (len(methods) - whole))
