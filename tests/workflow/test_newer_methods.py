"""The field's newer methods through the real command."""

import numpy as np
import pytest

from fairprune.storage import tables
from fairprune.storage.tables import read_table
from fairprune.training.record import read_record
from tests.workflow.test_reruns import work
from tests.workflow.tiny import changed, rows

METHODS = ["eva", "tdds", "cld", "dual_beta", "d2", "infomax", "el2n_mixed", "unseen_el2n"]
WINDOWS = {
    "eva": {"options": {"window": 2}},
    "dual": {"options": {"window": 2}},
    "tdds": {"options": {"window": 3}},
}


@pytest.fixture(scope="module")
def project(finished, tmp_path_factory):
    config = changed(methods=METHODS, densities=[0.3], seeds=1, figures=[])
    made = finished.copy(tmp_path_factory.mktemp("newer") / "project")
    made.configure(config | {"scores": WINDOWS})
    assert work(made.jobs("pruned"))["query"] == 1 + 2  # dynamics and unseen
    made.run("pruned", "--cores", "2")
    return made


@pytest.mark.parametrize("method", METHODS)
def test_every_method_keeps_as_many_examples(project, method):
    path = project.folder / f"results/tiny/pruned/{method}/density0.3/seed0.parquet"
    kept = rows(path, tables.PRUNED)
    assert len(kept) == 60 and kept["index"].is_unique
    if method == "cld":
        assert (kept["label"].value_counts() == 6).all()


def test_scores_of_unseen_examples_are_those_of_the_fold_left_out(project):
    tiny = project.folder / "results/tiny"
    whole = read_table(tiny / "training_set.parquet", tables.PRUNED)["index"].to_numpy()
    mean = rows(tiny / "scores/unseen_el2n/mean.parquet", tables.MEAN_SCORE)
    np.testing.assert_array_equal(mean["index"], whole)
    assert (mean["n_seeds"] == 1).all() and (mean["score_std"] == 0).all()
    scores = mean.set_index("index")
    for fold in (0, 1):
        folder = tiny / f"query/unseen/seed{fold}"
        left_out = rows(folder / "outcomes.parquet", tables.OUTCOMES)
        record = read_record(folder / "record.npz")
        np.testing.assert_array_equal(record.labels, left_out["label"])
        np.testing.assert_array_equal(record.evaluation.correct[-1], left_out["correct"])
        found = scores.loc[left_out["index"], "score"]
        np.testing.assert_array_equal(found, record.evaluation.el2n[-1])


def test_a_final_training_follows_the_model_of_its_teacher(project):
    methods = {"random_distilled": {"loss_options": {"weight": 0.9}}}
    config = changed(methods=["random_distilled"], densities=[0.3], seeds=1, figures=[])
    project.configure(config | {"methods": methods})
    target = "results/tiny/final/random_distilled/density0.3/seed0.parquet"
    assert work(project.jobs(target))["final"] == 1
    project.run(target, "--cores", "2")
    final = rows(project.folder / target, tables.FINAL)
    assert final["n_train"].sum() == 60
    assert not project.jobs(target)


def test_series_are_recorded_by_the_query_that_is_asked_for_them(project):
    query = project.folder / "results/tiny/query"
    series = read_record(query / "dynamics/seed0/record.npz").series
    assert series["kl_step"].shape == (3, 200) and series["validation_loss"].shape == (4, 10)
    assert not read_record(query / "full/seed0/record.npz").series
