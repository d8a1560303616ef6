"""Final models that are kept, and used without the workflow."""

import numpy as np
import pytest
import torch

import fairprune
from fairprune.storage import tables
from fairprune.storage.canonical import read_canonical
from fairprune.storage.tables import read_table
from tests.workflow.test_reruns import work
from tests.workflow.tiny import Project, changed

RUN = "random/density0.3/seed0"
CHEAP = {"methods": ["random"], "densities": [0.3], "seeds": 1, "figures": []}


def test_a_model_that_is_kept_predicts_what_its_outcomes_say(tmp_path):
    project = Project.make(tmp_path / "project", changed(**CHEAP, keep_weights=True))
    target = "results/tiny/metrics.parquet"
    project.run(target, "--cores", "2")
    assert work(project.jobs(target)) == {}
    results = project.folder / "results"
    model, about = fairprune.load_model(results / f"tiny/weights/{RUN}.pt")

    canonical = read_canonical(results / "data/fashion_mnist_mini")
    assert about["class_names"] == list(canonical.class_names) and about["kind"] == "images"
    images = torch.tensor(np.array(canonical.images["test"])).permute(0, 3, 1, 2) / 255
    mean, std = (torch.tensor(about[key])[:, None, None] for key in ("mean", "std"))
    with torch.no_grad():
        predicted = model((images - mean) / std).argmax(1).numpy()
    outcomes = read_table(results / f"tiny/outcomes/{RUN}.parquet", tables.OUTCOMES)
    agree = (predicted == canonical.labels["test"]) == outcomes["correct"].to_numpy()
    assert agree.mean() > 0.999  # another order of sums may turn a tie

    project.configure(changed(**CHEAP))
    assert work(project.jobs(target)) == {}  # what is there already is right without weights too
    with pytest.raises(ValueError, match="is not a readable file of weights"):
        fairprune.load_model(results / f"tiny/outcomes/{RUN}.parquet")
