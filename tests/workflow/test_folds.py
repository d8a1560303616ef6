"""Out-of-fold recalls through the real command."""

import numpy as np

from fairprune.storage import tables
from fairprune.storage.tables import read_table
from tests.workflow.test_reruns import work
from tests.workflow.tiny import changed, rows


def test_folds_are_trainings_that_together_test_every_training_example(project):
    methods = ["random", "random_metriq", "random_out_of_fold"]
    project.configure(changed(methods=methods, densities=[0.3], seeds=1, figures=[]))
    jobs = {"query": 2, "quotas": 1, "prune": 1, "pruned": 1}
    assert work(project.jobs("pruned")) == jobs
    project.run("pruned", "--cores", "2")
    tiny = project.folder / "results/tiny"
    outcomes = [
        rows(tiny / f"query/folds/seed{fold}/outcomes.parquet", tables.OUTCOMES) for fold in (0, 1)
    ]
    index = np.sort(np.concatenate([table["index"] for table in outcomes]))
    whole = read_table(tiny / "training_set.parquet", tables.PRUNED)["index"].to_numpy()
    np.testing.assert_array_equal(index, whole)
    quotas = rows(tiny / "quotas/out_of_fold/density0.3.parquet", tables.QUOTAS)
    n_correct = sum(table.groupby("label")["correct"].sum() for table in outcomes)
    np.testing.assert_allclose(quotas["recall"], n_correct / 20)
