"""Scores, embeddings, quotas and recalls from files, through the real command."""

import os
import time

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fairprune.selection import keep
from fairprune.storage import tables
from fairprune.storage.examples import read_examples
from fairprune.storage.tables import read_table
from tests.workflow.test_reruns import work
from tests.workflow.tiny import Project, changed

CONFIG = changed(
    methods=["mine", "ssp_space", "random_given", "mine_known"],
    densities=[0.3],
    seeds=1,
    figures=[],
) | {
    "scores": {
        "mine": {"file": "mine.parquet"},
        "ssp_space": {"definition": "ssp", "embeddings": "space.npz"},
    },
    "quotas": {
        "given": {"file": "weights.csv"},
        "known": {"rule": "metriq", "file": "recalls.csv"},
    },
    "methods": {
        "random_given": {"score": "random", "quota": "given"},
        "mine_known": {"score": "mine", "quota": "known"},
    },
}


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    project = Project.make(tmp_path_factory.mktemp("outside") / "project", CONFIG)
    target = "results/data/fashion_mnist_mini/examples.parquet"
    project.run(target, "--cores", "1")
    table = read_examples(project.folder / target).to_pandas()
    train = table[table["split"] == "train"]
    order = np.random.default_rng(0).permutation(len(train))
    ids = train["id"].to_numpy()[order]
    values = np.random.default_rng(1).normal(size=len(train))
    pq.write_table(pa.table({"id": ids, "score": values}), project.folder / "mine.parquet")
    points = np.random.default_rng(2).normal(size=(len(train), 5))
    np.savez(project.folder / "space.npz", id=ids.astype(str), embedding=points)
    names = sorted(set(train["class_name"]))
    rows = [f"{name},{k + 1}" for k, name in enumerate(names)]
    (project.folder / "weights.csv").write_text("\n".join(["class_name,weight", *rows]) + "\n")
    rows = [f"{name},{k / 10}" for k, name in enumerate(names)]
    (project.folder / "recalls.csv").write_text("\n".join(["class_name,recall", *rows]) + "\n")
    return project


def test_no_model_is_trained_for_what_files_hold(project):
    expected = {"training_set": 1, "outside_score": 2, "quotas": 2, "prune": 4, "pruned": 1}
    assert work(project.jobs("pruned")) == expected
    project.run("pruned", "--cores", "2")
    tiny = project.folder / "results/tiny"
    score = read_table(tiny / "scores/mine/mean.parquet", tables.MEAN_SCORE).to_pandas()
    given = pq.read_table(project.folder / "mine.parquet").to_pandas().set_index("id")["score"]
    examples = read_examples(project.folder / "results/data/fashion_mnist_mini/examples.parquet")
    ids = examples.to_pandas().query("split == 'train'").set_index("index")["id"]
    np.testing.assert_allclose(score["score"], given[ids[score["index"]]], rtol=1e-6)

    kept = read_table(tiny / "pruned/mine/density0.3/seed0.parquet", tables.PRUNED)["index"]
    ours = keep(score["label"], 60, scores=score["score"], ids=ids[score["index"]].to_numpy())
    assert kept.to_pylist() == score["index"][ours].tolist()
    assert project.jobs("pruned") == {}


def test_a_score_of_embeddings_has_the_memory_of_its_rule(tmp_path):
    experiment = {**CONFIG["experiments"]["tiny"], "resources": {"score": {"mem_mb": 321}}}
    project = Project.make(tmp_path / "project", CONFIG | {"experiments": {"tiny": experiment}})
    (project.folder / "space.npz").touch()
    target = "results/tiny/scores/ssp_space/mean.parquet"
    printed = project.run(target, "--cores", "1", "--dry-run", "--quiet", "host")
    assert "mem_mb=321" in printed.partition("rule outside_score")[2]


def test_another_file_makes_what_depends_on_it_anew(project, tmp_path):
    copied = project.copy(tmp_path / "project")
    path = copied.folder / "weights.csv"
    path.write_text(path.read_text().replace(",1\n", ",9\n"))
    assert work(copied.jobs("pruned")) == {"quotas": 1, "prune": 1, "pruned": 1}
    os.utime(path, (time.time() + 600,) * 2)
    printed = copied.run("pruned", "--cores", "2", check=False)
    assert "weights.csv was changed in the future" in printed
    os.utime(path)
    table = pq.read_table(copied.folder / "mine.parquet")
    pq.write_table(table.slice(0, 4000), copied.folder / "mine.parquet")
    printed = copied.run("pruned", "--cores", "2", check=False)
    assert "mine.parquet has no row for" in printed


def test_a_file_that_is_not_there_is_named(project, tmp_path):
    copied = project.copy(tmp_path / "project")
    (copied.folder / "space.npz").unlink()
    assert copied.jobs("pruned") == {}  # the study is finished all the same
    for kind, name in (("scores", "mine"), ("quotas", "given")):
        entry = CONFIG[kind][name]
        copied.configure(CONFIG | {kind: CONFIG[kind] | {name: entry | {"file": "mnie.csv"}}})
        printed = copied.run("pruned", "--cores", "1", check=False)
        assert f"{kind}.{name}.file: there is no file mnie.csv, and results/tiny/" in printed
    copied.configure(CONFIG)
    target = "results/tiny/scores/ssp_space/mean.parquet"
    (copied.folder / target).unlink()
    assert "space.npz" in copied.run(target, "--cores", "1", "--dry-run", check=False)
