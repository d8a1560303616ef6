"""The profile for Slurm, against a real one: requests, GPUs, and the same results."""

import importlib.util
from collections import Counter

import pytest

from tests.workflow.slurm_cluster import SlurmUnavailable, slurm_cluster
from tests.workflow.tiny import Project, changed

TARGET = "results/tiny/class_metrics.parquet"
STUDY = changed(
    gpu=1,
    mem_mb=900,
    runtime=7,
    densities=[0.5],
    seeds=1,
    methods=["full", "random_metriq"],
    training={"epochs": 2, "batch_size": 32, "learning_rate": 0.1, "max_shift": 1},
    queries={},
)


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """The study on this machine and on a cluster, and what the cluster knows of its jobs."""
    if importlib.util.find_spec("snakemake_executor_plugin_slurm") is None:
        pytest.skip("no Slurm test: snakemake-executor-plugin-slurm is not installed")
    folder = tmp_path_factory.mktemp("slurm")
    (folder / "cluster").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CUDA_VISIBLE_DEVICES", "")  # both runs compute on the CPU
        try:
            with slurm_cluster(folder / "cluster") as cluster:
                submitted = Project.make(folder / "submitted", STUDY)
                interval = ("--slurm-init-seconds-before-status-checks", "9")
                printed = submitted.run(TARGET, "--profile", "profiles/slurm", *interval)
                jobs, given = cluster.jobs(), cluster.given_gpus()
        except SlurmUnavailable as reason:
            pytest.skip(f"no Slurm test: {reason}")
        local = Project.make(folder / "local", STUDY)
        local.run(TARGET, "--cores", "2")
    stages = {job: fields["Comment"].split("_")[1] for job, fields in jobs.items()}
    return printed, submitted, local, jobs, given, stages


def test_every_job_but_the_cheap_ones_went_through_slurm_and_completed(runs):
    printed, _, _, jobs, _, stages = runs
    assert {fields["JobState"] for fields in jobs.values()} == {"COMPLETED"}
    assert printed.count("has been submitted with SLURM jobid") == len(jobs)
    assert Counter(stages.values()) == {"data": 1, "query": 1, "final": 2}


def test_trainings_ask_for_their_gpu_memory_time_and_threads(runs):
    *_, jobs, _, stages = runs
    for job, fields in jobs.items():
        training = stages[job] in ("query", "final")
        assert fields.get("TresPerJob") == ("gres:gpu:1" if training else None), stages[job]
        if training:
            assert fields["MinMemoryNode"] == "900M"
            assert fields["TimeLimit"] == "00:07:00"
            assert fields["CPUs/Task"] == "1"


def test_other_jobs_ask_for_what_their_rule_says(runs):
    *_, jobs, _, stages = runs
    (data,) = (fields for job, fields in jobs.items() if stages[job] == "data")
    assert data["MinMemoryNode"] == "4000M"
    assert data["TimeLimit"] == "04:00:00"
    assert data["CPUs/Task"] == "4"


def test_slurm_gave_each_training_one_gpu_and_the_others_none(runs):
    *_, given, stages = runs
    assert given.keys() == stages.keys()
    for job, gpus in given.items():
        training = stages[job] in ("query", "final")
        assert gpus in (("0", "1") if training else ("none",)), stages[job]


def test_results_are_the_bytes_of_a_local_run(runs):
    _, submitted, local, *_ = runs
    tables = local.tables()
    assert TARGET.removeprefix("results/") in tables
    assert submitted.tables() == tables
