"""The study on texts, through the real command: what scores, quotas and losses ask of rows."""

import csv

import numpy as np
import pytest
import yaml

from fairprune.storage import tables
from fairprune.storage.tables import read_table
from tests.workflow.tiny import ROOT, Project

CONFIG = yaml.safe_load((ROOT / "config" / "text.yaml").read_text())
WORDS = (["sum", "array", "axis"], ["frame", "column", "index"], ["graph", "node", "edge"])


def write_texts(path):
    """Texts of three kinds, some harder than others."""
    rng = np.random.default_rng(0)
    path.parent.mkdir(parents=True)
    with open(path, "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "text", "label"])
        for i in range(120):
            own = rng.choice(WORDS[i % 3], 4 - i % 3)
            other = rng.choice(np.concatenate(WORDS), 4)
            writer.writerow([f"text {i}", " ".join([*own, *other]), "abc"[i % 3]])


METHODS = {
    "docstrings": ["full_cdbw", "grand_metriq", "influence", "coreset", "ssp", "forgetting"],
    "docstrings_ngrams": ["el2n_metriq", "dynamic_uncertainty", "random_metriq_fresh"],
}


@pytest.mark.parametrize("name", METHODS)
def test_methods_run_on_texts(tmp_path, name):
    config = {**CONFIG, "run": [name]}
    base = config["experiments"]["docstrings"]
    changes = {"densities": [0.5], "seeds": 1, "mem_mb": 1000, "figures": []}
    changes["queries"] = {"short": {"seeds": 1, "epochs_share": 0.3}}
    training = {**base["training"], "epochs": 6, "batch_size": 16}
    experiment = {**base, **changes, "training": training, "methods": METHODS[name]}
    config["experiments"] = {**config["experiments"], "docstrings": experiment}

    project = Project.make(tmp_path / "project", config)
    write_texts(project.folder / "data/docstrings/docstrings.csv")
    target = f"results/{name}/metrics.parquet"
    project.run(target, "--cores", "2")
    metrics = read_table(project.folder / target, tables.METRICS)
    assert set(metrics["method"].to_pylist()) == set(METHODS[name])
    assert project.jobs(target) == {}
