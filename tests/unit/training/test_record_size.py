"""How large the records of the paper's studies are, beside the files that Snakemake compares."""

import numpy as np
import pytest
import yaml

from fairprune.study.project import project_file
from fairprune.training.record import Record, View, write_record

STUDIES = {"cifar": (50_000, 160), "tinyimagenet": (100_000, 200)}  # examples and epochs


@pytest.mark.parametrize("profile", ["default", "slurm"])
def test_a_copy_of_the_papers_study_with_other_times_makes_no_score_again(profile, tmp_path):
    options = yaml.safe_load(project_file(f"profiles/{profile}/config.yaml").read_text())
    shape = epochs, n = 20, 1000
    numbers = np.zeros(shape, np.float32)
    view = View(np.arange(epochs, dtype=np.int32), numbers, numbers > 0, numbers, numbers)
    write_record(tmp_path / "record.npz", Record(np.zeros(n, np.int64), 10, view, view))

    per_example = (tmp_path / "record.npz").stat().st_size / (epochs * n)
    for name, (n_examples, n_epochs) in STUDIES.items():
        size = per_example * n_examples * n_epochs
        assert size < options["max-checksum-file-size"], f"{name}: {size / 1e6:.0f} MB"
