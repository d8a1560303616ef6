"""A data set with groups finer than its classes, through the real command."""

import io

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

import fairprune
from fairprune.data import fashion_mnist_mini
from fairprune.stages.inputs import Examples
from fairprune.storage import tables
from fairprune.storage.tables import read_metadata
from tests.workflow.tiny import TINY, Project, rows

N, GROUPS = 100, 10
DENSITY = "0.5"
TARGETS = ("results/tiny/group_metrics.parquet", "results/tiny/metrics.parquet")


def write_shard(path, images, fine):
    """Images with the coarse label ``fine // 2`` and the group ``g{fine}``."""
    encoded = []
    for image in images:
        file = io.BytesIO()
        Image.fromarray(image[..., 0]).save(file, "png")
        encoded.append({"bytes": file.getvalue(), "path": None})
    columns = {"image": encoded, "label": fine // 2, "fine": [f"g{k}" for k in fine]}
    pq.write_table(pa.table(columns), path)


def configuration():
    experiment = {
        **TINY["experiments"]["tiny"],
        "dataset": "grouped",
        "examples_per_class": None,
        "densities": [float(DENSITY)],
        "methods": ["random", "random_metriq_group"],
        "queries": {"full": {"record": []}},
    }
    columns = {"label_column": "label", "group_column": "fine"}
    source = {"source": "parquet", "root": "shards", **columns}
    return {"run": ["tiny"], "datasets": {"grouped": source}, "experiments": {"tiny": experiment}}


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    project = Project.make(tmp_path_factory.mktemp("groups") / "project", configuration())
    mini = fashion_mnist_mini.load(None)
    (project.folder / "shards").mkdir()
    for split, size in (("train", N), ("test", 2 * N)):
        fine = mini.labels[split]
        first = [np.flatnonzero(fine == k)[: size // GROUPS] for k in range(GROUPS)]
        rows = np.concatenate(first)
        path = project.folder / "shards" / f"{split}.parquet"
        write_shard(path, mini.images[split][rows], fine[rows])
    project.run(*TARGETS, "--cores", "2")
    return project


@pytest.fixture(scope="module")
def results(project):
    return project.folder / "results"


def test_quotas_by_group_follow_the_recalls_of_groups(results):
    path = results / f"tiny/quotas/metriq_group/density{DENSITY}.parquet"
    quotas = rows(path, tables.QUOTAS)
    groups = Examples.read(results / "data/grouped/examples.parquet").parts("group")
    outcomes = rows(results / "tiny/query/full/seed0/outcomes.parquet", tables.OUTCOMES)
    by_class = rows(results / "tiny/query/full/seed0/recall.parquet", tables.RECALL)
    n_correct = outcomes["correct"].groupby(outcomes["label"]).sum()
    assert by_class["n_correct"].tolist() == n_correct.tolist()
    recall = outcomes["correct"].groupby(groups.labels["validation"]).mean()
    assert read_metadata(path)["entry"]["by"] == "group"
    assert quotas["class_name"].tolist() == list(groups.names) == [f"g{k}" for k in range(GROUPS)]
    np.testing.assert_allclose(quotas["recall"], recall)
    expected = fairprune.metriq(recall, quotas["n_class"], float(DENSITY))
    np.testing.assert_allclose(quotas["class_density"], expected)
    for seed in (0, 1):
        kept = results / f"tiny/pruned/random_metriq_group/density{DENSITY}/seed{seed}.parquet"
        index = rows(kept, tables.PRUNED)["index"]
        counts = np.bincount(groups.labels["train"][index], minlength=GROUPS)
        assert counts.tolist() == quotas["quota"].tolist()


def test_recalls_by_group_are_the_final_results_split_up(results):
    recalls = rows(results / "tiny/group_recalls.parquet", tables.GROUP_RECALLS)
    assert len(recalls) == GROUPS * 2 * 2
    for (method, seed), groups in recalls.groupby(["method", "seed"]):
        path = results / f"tiny/final/{method}/density{DENSITY}/seed{seed}.parquet"
        classes = rows(path, tables.FINAL)
        for column in ("n_train", "n_test", "n_correct"):
            joined = groups[column].groupby(groups["group"] // 2).sum()
            assert joined.tolist() == classes[column].tolist()


def test_the_table_has_the_worst_group_of_every_final_model(results):
    metrics = rows(results / "tiny/group_metrics.parquet", tables.GROUP_METRICS)
    by_class = rows(results / "tiny/metrics.parquet", tables.METRICS)
    keys = ["method", "density", "seed"]
    assert metrics[keys].equals(by_class[keys]) and len(metrics) == 2 * 2
    np.testing.assert_allclose(metrics["average_accuracy"], by_class["average_accuracy"])
    assert (metrics["n_groups"] == GROUPS).all()
    recalls = rows(results / "tiny/group_recalls.parquet", tables.GROUP_RECALLS)
    for row in metrics.itertuples():
        part = recalls[(recalls["method"] == row.method) & (recalls["seed"] == row.seed)]
        worst = part.loc[part["recall"].idxmin()]
        assert (row.worst_group_accuracy, row.worst_group) == (worst["recall"], worst["group_name"])


def test_a_study_with_groups_makes_their_table_and_trains_nothing_for_it(project, results):
    (results / "tiny/group_metrics.parquet").unlink()
    jobs = project.jobs("all")
    assert jobs["group_metrics"] == 1 and not {"query", "final"} & set(jobs)
