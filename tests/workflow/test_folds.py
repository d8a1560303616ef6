"""Out-of-fold recalls through the real command."""

import numpy as np

from fairprune.storage import tables
from fairprune.storage.tables import read_table
from tests.workflow.test_reruns import work
from tests.workflow.tiny import TINY, Project, changed


def test_folds_are_trainings_that_together_test_every_training_example(tmp_path):
    config = changed(methods=["random_out_of_fold"], densities=[0.3], seeds=1, figures=[])
    project = Project.make(tmp_path / "project", config)
    assert work(project.jobs("pruned")) == {
        "data": 1, "training_set": 1, "query": 2, "quotas": 1, "prune": 1, "pruned": 1,
    }  # fmt: skip
    project.run("pruned", "--cores", "2")
    tiny = project.folder / "results/tiny"
    outcomes = [
        read_table(tiny / f"query/folds/seed{fold}/outcomes.parquet", tables.OUTCOMES).to_pandas()
        for fold in (0, 1)
    ]
    index = np.sort(np.concatenate([table["index"] for table in outcomes]))
    whole = read_table(tiny / "training_set.parquet", tables.PRUNED)["index"].to_numpy()
    np.testing.assert_array_equal(index, whole)
    quotas = read_table(tiny / "quotas/out_of_fold/density0.3.parquet", tables.QUOTAS).to_pandas()
    n_correct = sum(table.groupby("label")["correct"].sum() for table in outcomes)
    np.testing.assert_allclose(quotas["recall"], n_correct / 20)
    costs = changed(methods=[*TINY["experiments"]["tiny"]["methods"], "random_out_of_fold"])
    project.configure(costs)
    assert work(project.jobs("pruned"))["query"] == 3  # those of `full` and `short`
